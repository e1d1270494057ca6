//! A panic, which is a bug of this package, as the languages show it.

use std::{io::Write as _, panic};

use serde::Serialize;

/// The text of an error that stands for a panic. The panic's own words may hold an input or the key.
pub const INTERNAL_ERROR: &str =
    "internal error in runtype-surface: this is a bug, please report it; nothing of the input is shown";

/// Has every panic of this library print where it happened, and not its words. Each binding is a library with a standard
/// library of its own, so the application's panics are left alone.
pub fn show_places_of_panics() {
    panic::set_hook(Box::new(|panicked| {
        // Where standard error is closed there is nobody to tell.
        let _ = match panicked.location() {
            Some(place) => writeln!(std::io::stderr(), "runtype-surface: internal error at {place}"),
            None => writeln!(std::io::stderr(), "runtype-surface: internal error"),
        };
    }));
}

/// The report of an error that stands for a panic, as of other errors.
#[must_use]
pub fn internal_error_report(may_have_executed: bool) -> String {
    #[derive(Serialize)]
    struct InternalErrorReport {
        class: &'static str,
        text: &'static str,
        may_have_executed: bool,
        attempts: [(); 0],
    }
    let report = InternalErrorReport { class: "SurfaceError", text: INTERNAL_ERROR, may_have_executed, attempts: [] };
    serde_json::to_string(&report).unwrap_or_default()
}
