//! Catches panics, which are bugs, before they end the process.
//!
//! JavaScript calls `extern "C"` functions, and a panic that leaves one aborts the process. napi's own `catch_unwind` repeats
//! the panic's words, which may hold an input or a key.

#[cfg(debug_assertions)]
pub mod injected;
pub(crate) mod place;

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
};

use futures_util::FutureExt as _;
use runtype_surface::bindings::{internal_error_report, show_places_of_panics};

#[cfg(debug_assertions)]
pub(crate) use crate::panic::injected::panic_if_requested;
use crate::panic::place::Place;

#[cfg(not(debug_assertions))]
pub(crate) fn panic_if_requested(_place: Place) {}

/// What is left of a panic: not its words.
#[derive(Clone, Copy)]
pub(crate) struct Panicked {
    /// Whether the server may have run the capability.
    pub(crate) may_have_executed: bool,
}

impl Panicked {
    /// The same fields as of other errors.
    pub(crate) fn report(&self) -> String {
        internal_error_report(self.may_have_executed)
    }

    fn at(place: Place, payload: Box<dyn Any + Send>) -> Self {
        // Its destructor can be any code, and may panic too. It leaks a little, once a bug.
        std::mem::forget(payload);
        Self { may_have_executed: place != Place::Entry }
    }
}

/// Runs `step` to its end.
pub(crate) fn caught<T>(place: Place, step: impl FnOnce() -> T) -> Result<T, Panicked> {
    let step = || {
        panic_if_requested(place);
        step()
    };
    panic::catch_unwind(AssertUnwindSafe(step)).map_err(|payload| Panicked::at(place, payload))
}

/// Runs a future to its end.
pub(crate) async fn caught_future<T>(place: Place, future: impl Future<Output = T>) -> Result<T, Panicked> {
    // The future moves in, so that it is dropped where its panic is caught too.
    let whole = async move {
        panic_if_requested(place);
        future.await
    };
    AssertUnwindSafe(whole).catch_unwind().await.map_err(|payload| Panicked::at(place, payload))
}

/// Runs `step`, a method of an error itself; returns `otherwise` where it panics.
pub(crate) fn caught_or<T>(otherwise: impl FnOnce() -> T, step: impl FnOnce() -> T) -> T {
    caught(Place::Entry, step).unwrap_or_else(|_| otherwise())
}

/// Drops an object that JavaScript has collected.
pub(crate) fn drop_collected<T>(object: T) -> napi::Result<()> {
    // Nobody is left to receive an error; the panic hook has shown the place.
    let _ = caught(Place::Finalizer, || drop(object));
    Ok(())
}

#[napi_derive::module_init]
fn show_places_only() {
    show_places_of_panics();
}
