//! The core's errors as Python exceptions.

use std::fmt;

use pyo3::{
    exceptions::PyRuntimeError,
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyBytes, PyModule},
};
use runtype_surface::{
    Error,
    bindings::{self, Report as _},
};

use crate::json::decode::decode;

/// Makes the exception of an error. Its `__cause__` says what the application's own key function raised, if it did: its class and
/// its words, without a key. A traceback prints causes, and the function's own exception may hold the key.
pub(crate) fn raise(py: Python<'_>, error: &Error) -> PyErr {
    let exception = make(py, error).unwrap_or_else(|failed| failed);
    if let Some(raised) = bindings::key_function_error(error) {
        exception.set_cause(py, Some(PyRuntimeError::new_err(raised.to_owned())));
    }
    exception
}

/// Makes the exception of a call that ended since its client was closed.
pub(crate) fn cancelled(py: Python<'_>, capability: &str) -> PyErr {
    let made = errors(py).and_then(|errors| errors.call_method1(intern!(py, "of_closing"), (capability,)));
    made.map_or_else(|failed| failed, PyErr::from_value)
}

/// Makes the exception of a panic, which says nothing of what the panic said.
pub(crate) fn internal(py: Python<'_>) -> PyErr {
    // A call may have been sent before the panic.
    let report = bindings::internal_error_report(true);
    let made = decode(py, report.as_bytes())
        .map_err(PyRuntimeError::new_err)
        .and_then(|report| errors(py)?.call_method1(intern!(py, "of_report"), (report, py.None())));
    made.map_or_else(|failed| failed, PyErr::from_value)
}

fn make(py: Python<'_>, error: &Error) -> PyResult<PyErr> {
    let report = decode(py, error.report().as_bytes()).map_err(PyRuntimeError::new_err)?;
    if let Some(event) = error.event() {
        // The class of events lies above this module.
        let class = py.import("runtype_surface._native")?.getattr(intern!(py, "StreamEvent"))?;
        let data = PyBytes::new(py, event.data());
        let event = class.call_method1(intern!(py, "_of_json"), (event.name(), data, event.last_event_id()))?;
        report.set_item(intern!(py, "event"), event)?;
    }
    let body = error.body().map(|body| PyBytes::new(py, body));
    Ok(PyErr::from_value(errors(py)?.call_method1(intern!(py, "of_report"), (report, body))?))
}

/// Why the application's key function returned no key, on its way through the core.
#[derive(Debug)]
pub(crate) struct KeyFunctionError {
    /// Kept as text: showing a `PyErr` would need the GIL.
    text: String,
}

impl KeyFunctionError {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    pub(crate) fn of(raised: &PyErr) -> Self {
        Self::new(raised.to_string())
    }
}

impl fmt::Display for KeyFunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for KeyFunctionError {}

/// The module that holds the classes: exceptions are plain Python classes, which can be subclassed and pickled.
fn errors(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    Ok(MODULE.get_or_try_init(py, || py.import("runtype_surface._errors").map(Bound::unbind))?.bind(py))
}
