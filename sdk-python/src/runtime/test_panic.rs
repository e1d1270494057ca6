//! Panics on request, for the tests of [`guard`](super::guard): no input is known that makes one. Release builds have none.

/// Where a panic may be asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A function that Python or an event loop calls.
    Entry,
    /// A step of a future of the core.
    Future,
}

#[cfg(not(debug_assertions))]
pub(super) fn panic_if_asked(_: Place) {}

#[cfg(debug_assertions)]
pub(super) use asked::panic_if_asked;

#[cfg(debug_assertions)]
pub(crate) mod asked {
    use std::sync::{Mutex, PoisonError};

    use pyo3::{exceptions::PyValueError, prelude::*};

    use super::Place;

    static ASKED: Mutex<Option<(Place, String)>> = Mutex::new(None);

    /// Has the next function that Python calls (`entry`) or the next step of a future (`future`) panic, with these words.
    #[pyfunction]
    pub(crate) fn _panic_for_tests(place: &str, words: String) -> PyResult<()> {
        let place = match place {
            "entry" => Place::Entry,
            "future" => Place::Future,
            _ => return Err(PyValueError::new_err("a place is entry or future")),
        };
        *ASKED.lock().unwrap_or_else(PoisonError::into_inner) = Some((place, words));
        Ok(())
    }

    #[expect(clippy::panic, reason = "a test has asked for it")]
    pub(in super::super) fn panic_if_asked(here: Place) {
        let asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner).take_if(|(place, _)| *place == here);
        if let Some((_, words)) = asked {
            panic!("{words}");
        }
    }
}
