//! Reports of attempts for the application's hooks, from the core's threads to JavaScript's.
//!
//! They wait in a queue. JavaScript empties it when it is woken, and before a call resolves: so a hook runs at once, and for
//! every attempt before the call resolves.

use std::sync::{Arc, Mutex, PoisonError};

use napi::{
    Status,
    bindgen_prelude::{Either, Function},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use runtype_surface::{ClientBuilder, bindings::attempt_report};

use crate::{
    guard::{self, Guarded},
    panic::place::Place,
};

/// Weak: a client with hooks does not keep the process alive.
type Wake = ThreadsafeFunction<(), (), Guarded<Vec<String>>, Status, false, true>;

/// Reports that no hook has received yet.
#[derive(Clone, Default)]
pub(crate) struct AttemptReports(Arc<Mutex<Vec<String>>>);

impl AttemptReports {
    /// Reports each attempt to `run_hooks`, which never throws.
    pub(crate) fn watch(
        &self,
        builder: ClientBuilder,
        run_hooks: &Function<'_, Guarded<Vec<String>>, ()>,
    ) -> napi::Result<ClientBuilder> {
        let queue = self.clone();
        let reports = move || guard::at(Place::Callback, || Either::A(queue.take()));
        let wake: Arc<Wake> = Arc::new(
            run_hooks.build_threadsafe_function::<()>().weak::<true>().build_callback(move |_| Ok(reports()))?,
        );
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

    /// Takes out the waiting reports.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
