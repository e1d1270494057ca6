//! A type of the application that an output must have.

use pyo3::{intern, prelude::*, sync::PyOnceLock, types::PyDict};

/// Checks an output, and returns it as the type has it.
pub(crate) struct OutputType(Py<PyAny>);

/// Why an output is not of its type.
pub(crate) struct Mismatch {
    /// JSON pointer to the value; none for the whole output.
    pub(crate) path: Option<String>,
    pub(crate) reason: String,
}

impl OutputType {
    /// The option `output_type`, if it is given.
    ///
    /// # Errors
    ///
    /// `ConfigurationError` for a type that is not supported.
    pub(crate) fn among(options: &Bound<'_, PyDict>) -> PyResult<Option<Self>> {
        let given = options.get_item(intern!(options.py(), "output_type"))?;
        given.map_or(Ok(None), |output_type| Self::of(&output_type))
    }

    /// The same of an argument; none for `None`.
    pub(crate) fn of(output_type: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        if output_type.is_none() {
            return Ok(None);
        }
        let py = output_type.py();
        let validator = module(py)?.call_method1(intern!(py, "validator"), (output_type,))?;
        Ok(Some(Self(validator.unbind())))
    }

    /// Checks an output.
    ///
    /// # Errors
    ///
    /// What code of the application raised.
    pub(crate) fn check<'py>(&self, output: &Bound<'py, PyAny>) -> PyResult<Result<Bound<'py, PyAny>, Mismatch>> {
        let py = output.py();
        let raised = match self.0.bind(py).call1((output,)) {
            Ok(checked) => return Ok(Ok(checked)),
            Err(raised) => raised,
        };
        let mismatch = module(py)?.getattr(intern!(py, "Mismatch"))?;
        if !raised.matches(py, &mismatch)? {
            return Err(raised);
        }
        let value = raised.value(py);
        let path: String = value.getattr(intern!(py, "path"))?.extract()?;
        let reason = value.getattr(intern!(py, "reason"))?.extract()?;
        Ok(Err(Mismatch { path: Some(path).filter(|path| !path.is_empty()), reason }))
    }
}

fn module(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    Ok(MODULE.get_or_try_init(py, || py.import("runtype_surface._output_type").map(Bound::unbind))?.bind(py))
}
