//! Something of the core that is read step by step, by one reader at a time, until it ends or is closed.

use tokio::sync::{Mutex, Notify};

use crate::js_thread::Thread;

pub(crate) struct Source<T> {
    /// Empty once it is closed.
    open: Mutex<Option<T>>,
    /// Wakes a reader that waits, so that it closes the source.
    closed: Notify,
    /// Whose end closes it too.
    owner: Thread,
}

impl<T> Source<T> {
    pub(crate) fn new(source: T, owner: Thread) -> Self {
        Self { open: Mutex::new(Some(source)), closed: Notify::new(), owner }
    }

    /// Reads something; nothing after the end, or where it is closed meanwhile.
    pub(crate) async fn read<R>(&self, what: impl AsyncFnOnce(&mut T) -> Option<R>) -> Option<R> {
        let mut source = self.open.lock().await;
        // Taken out, so that a panic while it is read closes it.
        let mut open = source.take()?;
        let read = tokio::select! {
            biased;
            () = self.closed.notified() => return None,
            () = self.owner.ended() => return None,
            read = what(&mut open) => read,
        };
        *source = Some(open);
        read
    }

    /// Drops the source at once, and with it its connections.
    pub(crate) fn close(&self) {
        self.closed.notify_one();
        if let Ok(mut source) = self.open.try_lock() {
            *source = None;
        }
    }
}
