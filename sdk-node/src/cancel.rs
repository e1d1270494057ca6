//! Cancels calls: the native end of an `AbortSignal`.

use std::sync::Arc;

use napi::{Env, bindgen_prelude::ObjectFinalize};
use napi_derive::napi;
use tokio::sync::Notify;

use crate::{
    guard::{self, Guarded},
    js_thread::JsThread,
    panic::{self, place::Place},
};

/// Cancels the one call that it is passed to. Not napi's own `AbortSignal`, which overwrites the application's `onabort`.
#[napi(custom_finalize)]
pub struct Cancel(Arc<Notify>);

impl ObjectFinalize for Cancel {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::drop_collected(self)
    }
}

/// A handle for a call that is not sent yet.
#[napi(ts_return_type = "Cancel | NativeError")]
#[must_use]
pub fn open_cancel() -> Guarded<Cancel> {
    guard::plain(Place::Entry, || Cancel(Arc::default()))
}

#[napi]
impl Cancel {
    /// Drops the call's request at once.
    #[napi(ts_return_type = "undefined | NativeError")]
    pub fn cancel(&self) -> Guarded<()> {
        // It leaves a permit, so a cancel before the call is first polled is not lost.
        guard::plain(Place::Entry, || self.0.notify_one())
    }
}

/// The call's end of the handle.
pub(crate) struct Cancelled {
    by: Option<Arc<Notify>>,
    /// Whose end cancels the call too.
    owner: JsThread,
}

impl Cancelled {
    pub(crate) fn by(cancel: Option<&Cancel>) -> Self {
        Self { by: cancel.map(|cancel| cancel.0.clone()), owner: JsThread::current() }
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
