//! Panics on request, for the tests of how panics are caught. Release builds have none.

use std::sync::{Mutex, PoisonError};

use napi_derive::napi;

use crate::panic::Place;

static ASKED: Mutex<Option<(Place, u32, String)>> = Mutex::new(None);

/// Has the next piece of code that runs at a place panic, after `skip` others, with these words. Where there
/// is no such place, none does, and it gives `false`.
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
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    *asked = place.map(|place| (place, skip, words));
    asked.is_some()
}

#[expect(clippy::panic, reason = "the tests have asked for it")]
pub(crate) fn panic_if_asked(place: Place) {
    let mut asked = ASKED.lock().unwrap_or_else(PoisonError::into_inner);
    match &mut *asked {
        Some((at, skip, _)) if *at == place && *skip > 0 => *skip -= 1,
        Some((at, ..)) if *at == place => {
            if let Some((_, _, words)) = asked.take() {
                drop(asked);
                panic!("{words}");
            }
        }
        _ => {}
    }
}
