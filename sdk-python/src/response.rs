//! The result of a call: the capability's output, alone or with its metadata.

use bytes::Bytes;
use pyo3::{exceptions::PyValueError, intern, prelude::*, sync::PyOnceLock};
use runtype_surface::{
    CallResponse, Error,
    bindings::{Report as _, undecodable},
};

use crate::{error, json::decode::decode, log};

/// What is wanted of a call.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The output alone.
    Output,
    /// The output with its metadata.
    Response,
}

impl Wanted {
    /// Reads how the Python side names it.
    pub(crate) fn parse(name: &str) -> PyResult<Self> {
        match name {
            "output" => Ok(Self::Output),
            "response" => Ok(Self::Response),
            _ => Err(PyValueError::new_err("what is wanted is output or response")),
        }
    }
}

/// Returns what is wanted of a call that has ended; `ended` is none where its client was closed meanwhile.
pub(crate) fn finish(
    py: Python<'_>,
    ended: Option<Result<CallResponse<Bytes>, Error>>,
    capability: &str,
    wanted: Wanted,
) -> PyResult<Py<PyAny>> {
    let response = match ended {
        Some(Ok(response)) => response,
        Some(Err(problem)) => {
            log::failed(py, &problem)?;
            return Err(error::raise(py, &problem));
        }
        None => return Err(error::cancelled(py, capability)),
    };
    log::responded(py, &response)?;
    let output = match decode(py, &response.output) {
        Ok(output) => output,
        Err(reason) => return Err(error::raise(py, &undecodable(response, &reason))),
    };
    if wanted == Wanted::Output {
        return Ok(output.unbind());
    }
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("runtype_surface._response").map(Bound::unbind))?.bind(py);
    let report = decode(py, response.report().as_bytes()).map_err(PyValueError::new_err)?;
    Ok(module.call_method1(intern!(py, "of_report"), (output, report))?.unbind())
}
