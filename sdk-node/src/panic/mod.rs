//! Keeps a panic, which is a bug, from ending the process: it becomes a failure like others.
//!
//! JavaScript calls `extern "C"` functions, and a panic that leaves one aborts the process. So the body of everything that
//! JavaScript, napi's promises and its finalizers call runs in here. napi's own `catch_unwind` repeats the panic's words,
//! which may hold an input or a key.

use std::{
    any::Any,
    panic::{self as std_panic, AssertUnwindSafe},
};

use futures_util::FutureExt as _;
use napi::{
    Env,
    bindgen_prelude::{Either, PromiseRaw, ToNapiValue},
};

#[cfg(debug_assertions)]
pub mod injected;

use runtype_surface::bindings::{internal_error_report, show_places_of_panics};

use crate::error::Failure;

#[cfg(debug_assertions)]
pub(crate) use crate::panic::injected::panic_if_asked;

#[cfg(not(debug_assertions))]
pub(crate) fn panic_if_asked(_place: Place) {}

/// A value, or why there is none.
pub(crate) type Guarded<T> = Either<T, Failure>;

/// A promise of such a value, or why there is none.
pub(crate) type GuardedPromise<'env, T> = Guarded<PromiseRaw<'env, Guarded<T>>>;

/// Where code runs that a panic may come from.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A function that JavaScript calls, which sends nothing by itself.
    Entry,
    /// The same of a stream or of many calls, which may have begun.
    Begun,
    /// The future behind a promise.
    Future,
    /// What makes a promise's value of the future's, on JavaScript's thread.
    Settling,
    /// A task that runs beside.
    Task,
    /// The asking of a key function.
    KeyFunction,
    /// A callback that a thread of the core has queued for JavaScript's.
    Callback,
    /// The end of an object that JavaScript has collected.
    Finalizer,
}

/// What is left of a panic: not its words.
#[derive(Clone, Copy)]
pub(crate) struct Panicked {
    /// Whether the server may have run the capability.
    pub(crate) may_have_executed: bool,
}

impl Panicked {
    /// As of other errors.
    pub(crate) fn report(&self) -> String {
        internal_error_report(self.may_have_executed)
    }

    fn at(place: Place, payload: Box<dyn Any + Send>) -> Self {
        // Its destructor is anybody's code, and may panic too. It leaks a little, once a bug.
        std::mem::forget(payload);
        Self { may_have_executed: place != Place::Entry }
    }
}

/// Runs `step`, which gives a failure where it panics.
pub(crate) fn at<T>(place: Place, step: impl FnOnce() -> Guarded<T>) -> Guarded<T> {
    caught(place, step).unwrap_or_else(|panicked| Either::B(panicked.into()))
}

/// Runs what JavaScript calls on a failure itself.
pub(crate) fn or<T>(otherwise: impl FnOnce() -> T, step: impl FnOnce() -> T) -> T {
    caught(Place::Entry, step).unwrap_or_else(|_| otherwise())
}

/// The body of a function that JavaScript calls.
pub(crate) fn entry<T>(place: Place, step: impl FnOnce() -> napi::Result<Guarded<T>>) -> napi::Result<Guarded<T>> {
    caught(place, step).unwrap_or_else(|panicked| Ok(Either::B(panicked.into())))
}

/// The body of a function that JavaScript calls and that cannot fail.
pub(crate) fn plain<T>(place: Place, step: impl FnOnce() -> T) -> Guarded<T> {
    at(place, || Either::A(step()))
}

/// A promise of what `settle` makes of what the future gives.
pub(crate) fn promise<'env, T: Send + 'static, V: ToNapiValue>(
    env: &'env Env,
    future: impl Future<Output = T> + Send + 'static,
    settle: impl FnOnce(&'env Env, T) -> napi::Result<Guarded<V>> + 'static,
) -> napi::Result<GuardedPromise<'env, V>> {
    let ended = async move { Ok(ended(Place::Future, future).await) };
    let promise = env.spawn_future_with_callback(ended, |env, ended| {
        ended
            .and_then(|value| caught(Place::Settling, || settle(env, value)))
            .unwrap_or_else(|panicked| Ok(Either::B(panicked.into())))
    })?;
    Ok(Either::A(promise))
}

/// Runs a future to its end.
pub(crate) async fn ended<T>(place: Place, future: impl Future<Output = T>) -> Result<T, Panicked> {
    // Inside of another one, so that its own end runs there too.
    let whole = async move {
        panic_if_asked(place);
        future.await
    };
    AssertUnwindSafe(whole).catch_unwind().await.map_err(|payload| Panicked::at(place, payload))
}

/// Drops an object that JavaScript has collected.
pub(crate) fn dropped<T>(object: T) -> napi::Result<()> {
    // Nobody is left to be told; the hook has shown where it was.
    let _ = caught(Place::Finalizer, || drop(object));
    Ok(())
}

fn caught<T>(place: Place, step: impl FnOnce() -> T) -> Result<T, Panicked> {
    let step = || {
        panic_if_asked(place);
        step()
    };
    std_panic::catch_unwind(AssertUnwindSafe(step)).map_err(|payload| Panicked::at(place, payload))
}

#[napi_derive::module_init]
fn show_places_only() {
    show_places_of_panics();
}
