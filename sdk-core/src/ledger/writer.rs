//! The thread that writes: a disk that is slow delays the rows that wait for it, and nothing else.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
};

use tokio::sync::{mpsc, oneshot};

use super::log::{Log, Place};

/// Most lines that are written before their rows go on.
const MOST_AT_ONCE: usize = 1_024;

/// A line to be written.
struct Order {
    line: Vec<u8>,
    done: oneshot::Sender<io::Result<Place>>,
}

/// Writes lines on a thread of its own, in order. Dropping it closes the file.
pub(super) struct Writer {
    orders: mpsc::UnboundedSender<Order>,
    /// `None` once it is closed.
    log: Arc<Mutex<Option<Log>>>,
    /// In a forked child there is no thread, and the lock is the parent's.
    process: u32,
}

impl Writer {
    /// `sync`: wait until the lines are on the disk.
    pub(super) fn start(log: Log, sync: bool) -> io::Result<Self> {
        let sync = if sync { Some(log.sync()?) } else { None };
        let log = Arc::new(Mutex::new(Some(log)));
        let (orders, mut given) = mpsc::unbounded_channel::<Order>();
        let shared = log.clone();
        thread::Builder::new().name("runtype-ledger".to_owned()).spawn(move || {
            let mut written = Vec::new();
            while let Some(first) = given.blocking_recv() {
                let mut next = Some(first);
                {
                    let mut log = locked(&shared);
                    let Some(log) = log.as_mut() else { return };
                    while let Some(Order { line, done }) = next {
                        written.push((done, log.append(&line)));
                        next = if written.len() < MOST_AT_ONCE { given.try_recv().ok() } else { None };
                    }
                }
                // One wait for the disk serves all lines that were written before it.
                let synced = sync.as_ref().map_or(Ok(()), |sync| sync());
                for (done, place) in written.drain(..) {
                    let synced = synced.as_ref().map_err(again).copied();
                    let _ = done.send(place.and_then(|place| synced.map(|()| place)));
                }
            }
        })?;
        Ok(Self { orders, log, process: std::process::id() })
    }

    /// Writes a line. It is written even if the future is dropped.
    pub(super) fn append(&self, line: Vec<u8>) -> impl Future<Output = io::Result<Place>> + Send + use<> {
        let (done, written) = oneshot::channel();
        let _ = self.orders.send(Order { line, done });
        async { written.await.unwrap_or_else(|_| Err(closed())) }
    }

    /// Reads a line again. It takes as long as the disk's cache does.
    pub(super) fn read(&self, place: Place) -> io::Result<Vec<u8>> {
        locked(&self.log).as_mut().ok_or_else(closed)?.read(place)
    }
}

impl Writer {
    /// Closes the file, and releases its lock. A line that is being written is written first; no later one is.
    pub(super) fn close(&self) {
        if self.process == std::process::id()
            && let Some(log) = locked(&self.log).take()
        {
            log.unlock();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

fn locked(log: &Mutex<Option<Log>>) -> MutexGuard<'_, Option<Log>> {
    log.lock().unwrap_or_else(PoisonError::into_inner)
}

fn closed() -> io::Error {
    io::Error::other("the ledger is closed")
}

/// Copies an error of the operating system.
fn again(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::new(error.kind(), error.to_string()), io::Error::from_raw_os_error)
}
