//! Cancels calls: the native end of an `AbortSignal`.

use std::sync::Arc;

use napi::{Env, bindgen_prelude::ObjectFinalize};
use napi_derive::napi;
use tokio::sync::Notify;

use crate::{
    js_thread::Thread,
    panic::{self, Guarded, Place},
};

/// Cancels the one call that it is given to. Not napi's own `AbortSignal`, which overwrites the application's `onabort`.
#[napi(custom_finalize)]
pub struct Cancel(Arc<Notify>);

impl ObjectFinalize for Cancel {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::dropped(self)
    }
}

/// A handle that nothing has cancelled yet.
#[napi(ts_return_type = "Cancel | Failure")]
#[must_use]
pub fn open_cancel() -> Guarded<Cancel> {
    panic::plain(Place::Entry, || Cancel(Arc::default()))
}

#[napi]
impl Cancel {
    /// Drops the call's request at once.
    #[napi(ts_return_type = "undefined | Failure")]
    pub fn cancel(&self) -> Guarded<()> {
        // It leaves a permit, so a cancel before the call is first polled is not lost.
        panic::plain(Place::Entry, || self.0.notify_one())
    }
}

/// The call's end of the handle.
pub(crate) struct Cancelled {
    by: Option<Arc<Notify>>,
    /// Whose end cancels the call too.
    owner: Thread,
}

impl Cancelled {
    pub(crate) fn by(cancel: Option<&Cancel>) -> Self {
        Self { by: cancel.map(|cancel| cancel.0.clone()), owner: Thread::current() }
    }

    /// Runs the future to its end; `None`, and the future dropped, where it is cancelled before.
    pub(crate) async fn or<T>(self, future: impl Future<Output = T>) -> Option<T> {
        let cancelled = async {
            match &self.by {
                Some(cancelled) => cancelled.notified().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            () = cancelled => None,
            value = future => Some(value),
            () = self.owner.ended() => None,
        }
    }
}
