//! Options out of sight of everything that prints the local variables of a frame.

use pyo3::{
    PyTraverseError, PyVisit,
    exceptions::PyTypeError,
    intern,
    prelude::*,
    types::{PyDict, PyString},
};
use runtype_surface::bindings::variables;

use crate::{error, runtime::guard};

/// The options of a client or a call. Python can neither read nor print them.
///
/// pytest, Sentry and `traceback` print the local variables of each frame through which an error leaves, and a key may be
/// among a frame's keyword arguments, under its own name or, by mistake, under another. So each function of this package
/// that takes options turns them into this first, which leaves its own dict empty.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct OpaqueOptions(Py<PyDict>);

#[pymethods]
impl OpaqueOptions {
    /// Takes the options out of a dict, and leaves it empty.
    #[new]
    fn new(options: &Bound<'_, PyDict>) -> PyResult<Self> {
        guard::entry(|| {
            let taken = options.copy()?;
            options.clear();
            Ok(Self(taken.unbind()))
        })
    }

    /// Calls a class with the options. Of the arguments, `prefix` is the class's `env_prefix`; their dict is left empty.
    #[pyo3(signature = (class, arguments = None, /))]
    fn make<'py>(
        &self,
        class: &Bound<'py, PyAny>,
        arguments: Option<&Bound<'py, PyDict>>,
    ) -> PyResult<Bound<'py, PyAny>> {
        guard::entry(|| {
            let py = class.py();
            let options = self.bind(py).copy()?;
            if let Some(arguments) = arguments {
                if let Some(prefix) = arguments.get_item(intern!(py, "prefix"))? {
                    options.set_item(intern!(py, "env_prefix"), prefix)?;
                }
                arguments.clear();
            }
            class.call((), Some(&options))
        })
    }

    fn __traverse__(&self, visit: PyVisit<'_>) -> Result<(), PyTraverseError> {
        visit.call(&self.0)
    }
}

impl OpaqueOptions {
    pub(super) fn of(options: Bound<'_, PyDict>) -> Self {
        Self(options.unbind())
    }

    pub(crate) fn bind<'py>(&self, py: Python<'py>) -> &Bound<'py, PyDict> {
        self.0.bind(py)
    }
}

/// What a client keeps of its options, to be recreated from a pickle.
pub(crate) struct KeptOptions {
    /// All but a literal key.
    options: Py<PyDict>,
    had_literal_key: bool,
}

impl KeptOptions {
    pub(crate) fn of(options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let name = intern!(options.py(), "api_key");
        let options = options.copy()?;
        let had_literal_key = options.get_item(name)?.is_some_and(|key| key.is_instance_of::<PyString>());
        if had_literal_key {
            options.del_item(name)?;
        }
        Ok(Self { options: options.unbind(), had_literal_key })
    }

    /// The options that a pickled client of the class `kind` takes along.
    ///
    /// # Errors
    ///
    /// `TypeError` where the client was made with a literal key, which does not go into a pickle.
    pub(crate) fn for_pickle<'py>(&self, py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyDict>> {
        let options = self.options.bind(py);
        if self.had_literal_key {
            let prefix =
                options.get_item(intern!(py, "env_prefix"))?.and_then(|prefix| prefix.extract::<String>().ok());
            let variable = variables(prefix.as_deref()).map_err(|problem| error::raise(py, &problem))?.key;
            return Err(PyTypeError::new_err(format!(
                "this {kind} was created with a literal key, and a key does not go into a pickle: pass the key by \
                 {variable}, api_key_file, api_key_variable or a function, from which the copy reads it again"
            )));
        }
        options.copy()
    }
}
