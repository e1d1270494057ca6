//! The exceptions of a stream that is used in a way that streams do not allow, for Python code to raise.

use pyo3::{exceptions::PyBaseException, prelude::*};
use runtype_surface::{Error, bindings};

use crate::{error, runtime::guard};

/// Reading a stream that was closed before its end.
#[pyfunction]
pub(crate) fn closed_stream(py: Python<'_>) -> PyResult<Py<PyBaseException>> {
    made(py, bindings::closed_stream)
}

/// Reading a stream that was closed before it was opened.
#[pyfunction]
pub(crate) fn never_opened_stream(py: Python<'_>) -> PyResult<Py<PyBaseException>> {
    made(py, bindings::never_opened_stream)
}

/// Iterating over a stream that was already read.
#[pyfunction]
pub(crate) fn stream_already_read(py: Python<'_>) -> PyResult<Py<PyBaseException>> {
    made(py, bindings::stream_already_read)
}

/// Reading a stream that another reader waits for.
#[pyfunction]
pub(crate) fn second_reader(py: Python<'_>) -> PyResult<Py<PyBaseException>> {
    made(py, bindings::second_reader)
}

/// Entering a stream twice.
#[pyfunction]
pub(crate) fn stream_already_entered(py: Python<'_>) -> PyResult<Py<PyBaseException>> {
    made(py, bindings::stream_already_entered)
}

/// Asking for the response of a stream that is not open yet. `entered_by` is the statement that opens it.
#[pyfunction]
pub(crate) fn stream_not_open(py: Python<'_>, entered_by: &str) -> PyResult<Py<PyBaseException>> {
    made(py, || bindings::stream_not_open(entered_by))
}

fn made(py: Python<'_>, problem: impl FnOnce() -> Error) -> PyResult<Py<PyBaseException>> {
    guard::entry(|| Ok(error::raise(py, &problem()).into_value(py)))
}
