//! Reports of attempts for the application's functions that watch a call, from the core's threads to JavaScript's.
//!
//! They wait in a queue. JavaScript empties it when it is woken, and before a call resolves: so a hook runs at once, and for
//! every attempt before the call resolves. Each names its call, in whose asynchronous context JavaScript runs the hook.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use napi::{
    Status,
    bindgen_prelude::{Either, Function},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;
use runtype_surface::{ClientBuilder, bindings::attempt_report};

use crate::{
    guard::{self, Guarded},
    panic::place::Place,
    watched_call::watched,
};

/// The start of an attempt, or its end.
#[napi(object, object_from_js = false)]
pub struct AttemptReport {
    /// The number of the call.
    pub call: u32,
    /// What is known of the attempt, as JSON text.
    pub report: String,
}

/// Weak: a client with hooks does not keep the process alive.
type Wake = ThreadsafeFunction<(), (), Guarded<Vec<AttemptReport>>, Status, false, true>;

/// Reports that JavaScript has not taken yet.
#[derive(Clone, Default)]
pub(crate) struct AttemptReports {
    waiting: Arc<Mutex<Vec<AttemptReport>>>,
    /// Set once something listens.
    wake: Arc<OnceLock<Wake>>,
}

impl AttemptReports {
    /// Has attempts of watched calls reported, once something listens.
    pub(crate) fn watch(&self, builder: ClientBuilder) -> ClientBuilder {
        let (before, after) = (self.clone(), self.clone());
        builder
            .before_attempt(move |start| before.put(|| attempt_report(start, None)))
            .after_attempt(move |start, end| after.put(|| attempt_report(start, Some(end))))
    }

    /// Passes reports to `run_hooks`, which never throws.
    pub(crate) fn listen(&self, run_hooks: &Function<'_, Guarded<Vec<AttemptReport>>, ()>) -> napi::Result<()> {
        let queue = self.clone();
        let reports = move || guard::at(Place::Callback, || Either::A(queue.take()));
        let wake = run_hooks.build_threadsafe_function::<()>().weak::<true>().build_callback(move |_| Ok(reports()))?;
        // One listener is enough: it is always the same.
        let _ = self.wake.set(wake);
        Ok(())
    }

    fn put(&self, report: impl FnOnce() -> String) {
        let (Some(call), Some(wake)) = (watched(), self.wake.get()) else { return };
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.push(AttemptReport { call, report: report() });
        if waiting.len() == 1 {
            // Where JavaScript is about to end, nobody listens.
            let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
        }
    }

    /// Takes out the waiting reports.
    pub(crate) fn take(&self) -> Vec<AttemptReport> {
        std::mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
