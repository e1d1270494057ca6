//! A stream or many calls of the core: read step by step, by one reader at a time, until it ends or is closed.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Mutex, Notify};

use crate::js_thread::JsThread;

/// What can be closed.
pub(crate) trait Close {
    /// Closes its connections at once.
    fn close(&mut self);
}

pub(crate) struct Closable<T> {
    /// Empty while it is read, and after a panic or the end of JavaScript's thread.
    inner: Mutex<Option<T>>,
    is_closed: AtomicBool,
    /// Wakes a waiting reader.
    closed: Notify,
    /// Whose end drops it.
    owner: JsThread,
}

impl<T: Close> Closable<T> {
    pub(crate) fn new(inner: T, owner: JsThread) -> Self {
        Self { inner: Mutex::new(Some(inner)), is_closed: AtomicBool::new(false), closed: Notify::new(), owner }
    }

    /// Reads something. `None` after the end, or where it is closed meanwhile.
    pub(crate) async fn read<R>(&self, what: impl AsyncFnOnce(&mut T) -> Option<R>) -> Option<R> {
        let read = self.read_unless_closed(what).await;
        // One that is closed while it was read could not be closed from there.
        if self.is_closed.load(Ordering::SeqCst) {
            self.close_unread();
        }
        read
    }

    async fn read_unless_closed<R>(&self, what: impl AsyncFnOnce(&mut T) -> Option<R>) -> Option<R> {
        let mut inner = self.inner.lock().await;
        // Taken out, so that a panic while it is read drops it.
        let mut open = inner.take()?;
        let closed = async {
            // What is closed already gives what it has, without waiting.
            if self.is_closed.load(Ordering::SeqCst) {
                std::future::pending().await
            } else {
                self.closed.notified().await
            }
        };
        let read = tokio::select! {
            biased;
            () = closed => None,
            () = self.owner.ended() => return None,
            read = what(&mut open) => read,
        };
        *inner = Some(open);
        read
    }

    /// Closes it at once.
    pub(crate) fn close(&self) {
        self.is_closed.store(true, Ordering::SeqCst);
        self.closed.notify_one();
        self.close_unread();
    }

    fn close_unread(&self) {
        if let Ok(mut inner) = self.inner.try_lock()
            && let Some(inner) = &mut *inner
        {
            inner.close();
        }
    }
}
