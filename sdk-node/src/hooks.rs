//! What the application's hooks are to be told, from the core's threads to JavaScript's.
//!
//! It waits in a queue, which JavaScript empties when it is woken, and before it hands on a result: so a hook is told at once,
//! and of every attempt before the call resolves.

use std::sync::{Arc, Mutex, PoisonError};

use napi::{
    Status,
    bindgen_prelude::{Either, Function},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use runtype_surface::{ClientBuilder, bindings::attempt_report};

use crate::panic::{self, Guarded, Place};

/// Weak: a client whose attempts are watched does not keep the process alive.
type Wake = ThreadsafeFunction<(), (), Guarded<Vec<String>>, Status, false, true>;

/// Reports that no hook has been told yet.
#[derive(Clone, Default)]
pub(crate) struct Notices(Arc<Mutex<Vec<String>>>);

impl Notices {
    /// Has each attempt reported to `tell`, which never throws.
    pub(crate) fn watch(
        &self,
        builder: ClientBuilder,
        tell: &Function<'_, Guarded<Vec<String>>, ()>,
    ) -> napi::Result<ClientBuilder> {
        let notices = self.clone();
        let reports = move || panic::at(Place::Callback, || Either::A(notices.take()));
        let wake: Arc<Wake> =
            Arc::new(tell.build_threadsafe_function::<()>().weak::<true>().build_callback(move |_| Ok(reports()))?);
        let (before, wake_before) = (self.clone(), wake.clone());
        let after = self.clone();
        Ok(builder
            .before_attempt(move |start| before.put(attempt_report(start, None), &wake_before))
            .after_attempt(move |start, end| after.put(attempt_report(start, Some(end)), &wake)))
    }

    fn put(&self, report: String, wake: &Wake) {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(report);
        if waiting.len() == 1 {
            // Where JavaScript is about to end, nobody listens.
            let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Takes out what waits.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
