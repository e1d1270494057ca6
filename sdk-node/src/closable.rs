//! A stream or many calls of the core: read step by step, by one reader at a time, until it ends or is closed.

use tokio::sync::{Mutex, Notify};

use crate::js_thread::JsThread;

pub(crate) struct Closable<T> {
    /// Empty once it is closed.
    open: Mutex<Option<T>>,
    /// Wakes a waiting reader, which then closes it.
    closed: Notify,
    /// Whose end closes it too.
    owner: JsThread,
}

impl<T> Closable<T> {
    pub(crate) fn new(inner: T, owner: JsThread) -> Self {
        Self { open: Mutex::new(Some(inner)), closed: Notify::new(), owner }
    }

    /// Reads something. `None` after the end, or where it is closed meanwhile.
    pub(crate) async fn read<R>(&self, what: impl AsyncFnOnce(&mut T) -> Option<R>) -> Option<R> {
        let mut inner = self.open.lock().await;
        // Taken out, so that a panic while it is read closes it.
        let mut open = inner.take()?;
        let read = tokio::select! {
            biased;
            () = self.closed.notified() => return None,
            () = self.owner.ended() => return None,
            read = what(&mut open) => read,
        };
        *inner = Some(open);
        read
    }

    /// Drops the inner value at once, and with it its connections.
    pub(crate) fn close(&self) {
        self.closed.notify_one();
        if let Ok(mut inner) = self.open.try_lock() {
            *inner = None;
        }
    }
}
