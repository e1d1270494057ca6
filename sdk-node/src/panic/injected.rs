//! Panics on request, for the tests of how panics are caught. Release builds have none.

use std::sync::{Mutex, PoisonError};

use napi_derive::napi;

use crate::panic::place::Place;

static REQUESTED: Mutex<Option<(Place, u32, String)>> = Mutex::new(None);

/// Makes the next piece of code that runs at a place panic with these words, after `skip` others. Returns `false`, and none
/// panics, where there is no such place.
#[napi]
#[must_use]
pub fn panic_next(place: String, skip: u32, words: String) -> bool {
    let place = match place.as_str() {
        "entry" => Some(Place::Entry),
        "begun" => Some(Place::Begun),
        "future" => Some(Place::Future),
        "settling" => Some(Place::Settling),
        "task" => Some(Place::Task),
        "keyFunction" => Some(Place::KeyFunction),
        "callback" => Some(Place::Callback),
        "finalizer" => Some(Place::Finalizer),
        _ => None,
    };
    let mut requested = REQUESTED.lock().unwrap_or_else(PoisonError::into_inner);
    *requested = place.map(|place| (place, skip, words));
    requested.is_some()
}

#[expect(clippy::panic, reason = "the tests have requested it")]
pub(crate) fn panic_if_requested(place: Place) {
    let mut requested = REQUESTED.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *requested {
        Some((at, skip, _)) if *at == place && *skip > 0 => *skip -= 1,
        Some((at, ..)) if *at == place => {
            if let Some((_, _, words)) = requested.take() {
                drop(requested);
                panic!("{words}");
            }
        }
        _ => {}
    }
}
