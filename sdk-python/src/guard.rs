//! Keeps a panic on this side of the language border.
//!
//! A panic is a bug of this package, and Python gets an exception of this package for it. PyO3 itself would raise
//! `PanicException`, which `except Exception` misses and whose text is the panic's: it may hold a part of the input or the
//! key. On the network's threads nobody would raise anything, and a caller would wait forever.

use std::{
    future::poll_fn,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    task::Poll,
};

use pyo3::prelude::*;

use crate::failure;

/// A panic that was caught. What it said is dropped.
#[derive(Debug)]
pub(crate) struct Panicked;

impl From<Panicked> for PyErr {
    fn from(_: Panicked) -> Self {
        Python::attach(failure::internal)
    }
}

/// Runs the body of a function that Python or an event loop calls: of every one.
pub(crate) fn body<T>(body: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    // Whatever it leaves half-done stands behind a lock or is dropped with its call.
    let ended = panic::catch_unwind(AssertUnwindSafe(|| {
        rehearsal::panic_where_told(rehearsal::Place::Body);
        body()
    }));
    ended.unwrap_or_else(|_| Err(Panicked.into()))
}

/// Drives work, on whatever thread: every future of the core.
pub(crate) async fn work<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = pin!(work);
    poll_fn(|context| {
        let polled = panic::catch_unwind(AssertUnwindSafe(|| {
            rehearsal::panic_where_told(rehearsal::Place::Work);
            work.as_mut().poll(context)
        }));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}

/// Panics for tests, in debug builds only: no input is known that makes one.
#[cfg(debug_assertions)]
pub(crate) mod rehearsal {
    use std::sync::{Mutex, PoisonError};

    use pyo3::{exceptions::PyValueError, prelude::*};

    #[derive(Clone, Copy, PartialEq, Eq)]
    pub(crate) enum Place {
        Body,
        Work,
    }

    static TOLD: Mutex<Option<(Place, String)>> = Mutex::new(None);

    /// Has the next body (`body`) or the next step of some work (`work`) panic, with these words.
    #[pyfunction]
    pub(crate) fn _panic_for_tests(place: &str, words: String) -> PyResult<()> {
        let place = match place {
            "body" => Place::Body,
            "work" => Place::Work,
            _ => return Err(PyValueError::new_err("a place is body or work")),
        };
        *TOLD.lock().unwrap_or_else(PoisonError::into_inner) = Some((place, words));
        Ok(())
    }

    pub(super) fn panic_where_told(here: Place) {
        let told = TOLD.lock().unwrap_or_else(PoisonError::into_inner).take_if(|(place, _)| *place == here);
        if let Some((_, words)) = told {
            #[expect(clippy::panic, reason = "it is what a test asked for, and no release has it")]
            {
                panic!("{words}");
            }
        }
    }
}

#[cfg(not(debug_assertions))]
mod rehearsal {
    pub(super) enum Place {
        Body,
        Work,
    }

    pub(super) fn panic_where_told(_: Place) {}
}
