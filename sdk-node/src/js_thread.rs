//! The thread that JavaScript runs on: the main one, or a worker's, which may be terminated at any time.

use tokio::sync::watch;

thread_local! {
    /// Dropped with the thread.
    static ALIVE: watch::Sender<()> = watch::Sender::new(());
}

/// Waits for the end of a thread, after which nobody reads what it has started.
pub(crate) struct JsThread(Option<watch::Receiver<()>>);

impl JsThread {
    /// The current thread.
    pub(crate) fn current() -> Self {
        Self(ALIVE.try_with(watch::Sender::subscribe).ok())
    }

    pub(crate) async fn ended(&self) {
        if let Some(mut alive) = self.0.clone() {
            // Nothing is ever sent; it fails once the sender is gone.
            while alive.changed().await.is_ok() {}
        }
    }
}
