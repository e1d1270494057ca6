//! The command `runtype-surface`, started as `npx runtype-surface`.

use napi_derive::napi;
use runtype_surface::cli::{self, Surroundings};

use crate::{
    guard::{self, Guarded},
    panic::place::Place,
};

/// Runs the command on this thread; returns its exit code. `program` is how it was started.
#[napi(ts_return_type = "number | NativeError")]
#[must_use]
pub fn run_command(program: String, arguments: Vec<String>) -> Guarded<u32> {
    guard::plain(Place::Entry, || {
        let arguments = arguments.into_iter().map(Into::into).collect();
        cli::run(arguments, Surroundings::of_process(&program, "node")).into()
    })
}
