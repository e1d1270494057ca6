//! What a function of the package declares, by which its options are taken and a wrong name is refused.

use pyo3::{
    exceptions::PyTypeError,
    prelude::*,
    types::{PyDict, PyString},
};
use runtype_surface::bindings::{LONE_SURROGATE, unknown_options};

use super::opaque::OpaqueOptions;
use crate::runtime::guard;

/// The arguments and options that a function declares.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct Signature {
    /// Its name, for texts: `Client.call`.
    name: String,
    arguments: Vec<String>,
    options: Vec<String>,
}

#[pymethods]
impl Signature {
    #[new]
    fn new(name: &str, arguments: Vec<String>, options: Vec<String>) -> PyResult<Self> {
        guard::entry(|| {
            // Who makes a client calls its class.
            let name = name.strip_suffix(".__init__").unwrap_or(name).to_owned();
            Ok(Self { name, arguments, options })
        })
    }

    /// Takes the options out of a dict and leaves the arguments in it.
    ///
    /// Raises:
    ///     TypeError: Some names are no options of the function, all of which it names. The dict is empty then.
    fn take(&self, options: &Bound<'_, PyDict>) -> PyResult<OpaqueOptions> {
        guard::entry(|| {
            let taken = options.copy()?;
            options.clear();
            let mut arguments = Vec::new();
            let mut unknown = Vec::new();
            for (name, value) in &taken {
                let name = name.cast::<PyString>()?;
                let text =
                    name.to_str().map_err(|_| PyTypeError::new_err(format!("an option's name {LONE_SURROGATE}")))?;
                if self.arguments.iter().any(|argument| argument == text) {
                    arguments.push((name.clone(), value));
                } else if !self.options.iter().any(|option| option == text) {
                    unknown.push(text.to_owned());
                }
            }
            if !unknown.is_empty() {
                let problem = unknown_options(&format!("{}()", self.name), &self.arguments, &self.options, &unknown);
                return Err(PyTypeError::new_err(problem.to_string()));
            }
            for (name, value) in arguments {
                taken.del_item(&name)?;
                options.set_item(name, value)?;
            }
            Ok(OpaqueOptions::of(taken))
        })
    }

    /// The error of more arguments than are declared, which names none of them.
    fn too_many<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guard::entry(|| {
            let takes = match self.arguments.as_slice() {
                [] => "no positional arguments".to_owned(),
                [one] => format!("one positional argument ({one})"),
                more => format!("{} positional arguments ({})", more.len(), more.join(", ")),
            };
            let example = self.options.first().map(|option| format!(", such as {option}=…")).unwrap_or_default();
            let error = PyTypeError::new_err(format!("{}() takes {takes}: pass options by name{example}", self.name));
            Ok(error.into_value(py).into_bound(py).into_any())
        })
    }
}
