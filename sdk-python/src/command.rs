//! The command `runtype-surface`, started as `python -m runtype_surface` or by its console script.

use std::ffi::OsString;

use pyo3::prelude::*;
use runtype_surface::cli::{self, Surroundings};

use crate::runtime::guard;

/// Runs the command; gives its exit code. `program` is how it was started.
#[pyfunction]
pub(crate) fn run_command(py: Python<'_>, program: &str, arguments: Vec<OsString>) -> PyResult<u8> {
    guard::entry(|| Ok(py.detach(|| cli::run(arguments, Surroundings::of_process(program, "python")))))
}
