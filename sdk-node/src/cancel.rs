//! Cancels calls: the native end of an `AbortSignal`.

use std::sync::Arc;

use napi_derive::napi;
use tokio::sync::Notify;

/// Cancels the one call that it is given to. Not napi's own `AbortSignal`, which overwrites the application's `onabort`.
#[napi]
#[derive(Default)]
pub struct Cancel(Arc<Notify>);

#[napi]
impl Cancel {
    /// A handle that nothing has cancelled yet.
    #[napi(constructor)]
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Drops the call's request at once.
    #[napi]
    pub fn cancel(&self) {
        // It leaves a permit, so a cancel before the call is first polled is not lost.
        self.0.notify_one();
    }
}

/// The call's end of the handle.
pub(crate) struct Cancelled(Option<Arc<Notify>>);

impl Cancelled {
    pub(crate) fn by(cancel: Option<&Cancel>) -> Self {
        Self(cancel.map(|cancel| cancel.0.clone()))
    }

    /// Runs the future to its end; `None`, and the future dropped, where it is cancelled before.
    pub(crate) async fn or<T>(self, future: impl Future<Output = T>) -> Option<T> {
        match self.0 {
            None => Some(future.await),
            Some(cancelled) => tokio::select! {
                biased;
                () = cancelled.notified() => None,
                value = future => Some(value),
            },
        }
    }
}
