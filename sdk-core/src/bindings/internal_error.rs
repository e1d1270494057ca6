//! A panic (a bug in this package) as an error of the calling language.

use std::{io::Write as _, panic};

use serde::Serialize;

/// Error text of a panic. The panic's own message is left out: it may hold an input or the key.
pub const INTERNAL_ERROR: &str =
    "internal error in runtype-surface: this is a bug, please report it; nothing of the input is shown";

/// Makes every panic of this library print its location only. Each binding links its own standard library, so the application's
/// panics are not affected.
pub fn show_places_of_panics() {
    panic::set_hook(Box::new(|panicked| {
        // Standard error may be closed; then there is nowhere to write.
        let _ = match panicked.location() {
            Some(place) => writeln!(std::io::stderr(), "runtype-surface: internal error at {place}"),
            None => writeln!(std::io::stderr(), "runtype-surface: internal error"),
        };
    }));
}

/// The report of a panic, in the form of other errors' reports.
#[must_use]
pub fn internal_error_report(may_have_executed: bool) -> String {
    #[derive(Serialize)]
    struct InternalErrorReport {
        class: &'static str,
        text: &'static str,
        may_have_executed: bool,
        not_sent: bool,
        attempts: [(); 0],
    }
    let report = InternalErrorReport {
        class: "SurfaceError",
        text: INTERNAL_ERROR,
        may_have_executed,
        not_sent: false,
        attempts: [],
    };
    serde_json::to_string(&report).unwrap_or_default()
}
