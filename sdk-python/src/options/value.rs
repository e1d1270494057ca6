//! One value as Python hands it over, with the name under which it was given.

use pyo3::{
    exceptions::{PyException, PyOverflowError, PyTypeError},
    prelude::*,
    types::{PyBool, PyBytes, PyMapping, PyString},
};
use runtype_surface::{Error, bindings};

use crate::error;

/// How many calls of many may be in flight.
///
/// # Errors
///
/// As the other options.
pub(crate) fn concurrency(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    Value { name: "concurrency", value }.whole_number("concurrency")
}

/// The characters of a text.
///
/// # Errors
///
/// `ConfigurationError` for a lone surrogate. Python's own error would hold the whole text, and this may be a key.
pub(crate) fn characters<'a>(option: &str, text: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    text.to_str().map_err(|_| error::raise(text.py(), &bindings::lone_surrogate(option)))
}

/// An option's value, with the name under which it was given.
pub(crate) struct Value<'a, 'py> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a Bound<'py, PyAny>,
}

impl Value<'_, '_> {
    pub(crate) fn unknown(&self) -> PyErr {
        const LONGEST_SHOWN: usize = 64;
        let shown: String = self.name.chars().take(LONGEST_SHOWN).collect();
        PyTypeError::new_err(format!("{shown} is not an option"))
    }

    fn wanted(&self, wanted: &str) -> PyErr {
        let found = self.value.get_type();
        let found = found.name().map_or_else(|_| "another type".to_owned(), |name| name.to_string());
        PyTypeError::new_err(format!("{} must be {wanted}, not {found}", self.name))
    }

    /// For a value of the wanted type whose own methods raise; an interrupt stays what it is.
    fn wanted_but(&self, wanted: &str, raised: PyErr) -> PyErr {
        let py = self.value.py();
        if !raised.is_instance_of::<PyException>(py) {
            return raised;
        }
        let error = PyTypeError::new_err(format!("{} must be {wanted}, and cannot be read as one", self.name));
        error.set_cause(py, Some(raised));
        error
    }

    fn refuse(&self, problem: &Error) -> PyErr {
        error::raise(self.value.py(), problem)
    }

    pub(crate) fn text(&self) -> PyResult<String> {
        let text = self.value.cast::<PyString>().map_err(|_| self.wanted("str"))?;
        characters(&self.name.replace('_', " "), text).map(str::to_owned)
    }

    pub(crate) fn path(&self) -> PyResult<std::path::PathBuf> {
        self.value.extract().map_err(|_| self.wanted("str or os.PathLike"))
    }

    pub(crate) fn truth(&self) -> PyResult<bool> {
        self.value.extract().map_err(|_| self.wanted("bool"))
    }

    /// The key function, unless it is a text.
    pub(crate) fn key_function(&self) -> PyResult<Option<Py<PyAny>>> {
        if self.value.is_callable() {
            return Ok(Some(self.value.clone().unbind()));
        }
        if !self.value.is_instance_of::<PyString>() {
            return Err(self.wanted("str or a function that gives one"));
        }
        Ok(None)
    }

    pub(crate) fn hook(&self) -> PyResult<Py<PyAny>> {
        const CO_COROUTINE: u32 = 0x80;
        let code = self.value.getattr_opt("__code__").ok().flatten();
        let flags = code.and_then(|code| code.getattr("co_flags").ok()?.extract::<u32>().ok());
        if !self.value.is_callable() || flags.is_some_and(|flags| flags & CO_COROUTINE != 0) {
            return Err(self.wanted("a plain function, which may begin a task but is not awaited"));
        }
        Ok(self.value.clone().unbind())
    }

    fn number(&self) -> PyResult<f64> {
        match self.value.extract::<f64>() {
            // True and False are numbers to Python, and a mistake here.
            Ok(_) if self.value.is_instance_of::<PyBool>() => Err(self.wanted("a number")),
            Ok(number) => Ok(number),
            // An integer beyond every float: whatever its rule, it is too large.
            Err(error) if error.is_instance_of::<PyOverflowError>(self.value.py()) => Ok(f64::INFINITY),
            Err(_) => Err(self.wanted("a number")),
        }
    }

    pub(crate) fn seconds(&self, option: &'static str) -> PyResult<std::time::Duration> {
        bindings::seconds(option, self.number()?).map_err(|problem| self.refuse(&problem))
    }

    pub(crate) fn whole_number(&self, option: &'static str) -> PyResult<u64> {
        bindings::whole_number(option, self.number()?).map_err(|problem| self.refuse(&problem))
    }

    pub(crate) fn retries(&self) -> PyResult<u32> {
        bindings::max_retries(self.number()?).map_err(|problem| self.refuse(&problem))
    }

    pub(crate) fn named<T: std::str::FromStr<Err = Error>>(&self) -> PyResult<T> {
        self.text()?.parse().map_err(|problem| self.refuse(&problem))
    }

    pub(crate) fn headers(&self) -> PyResult<Vec<(String, String)>> {
        let headers = self.value.cast::<PyMapping>().map_err(|_| self.wanted("a mapping of str to str"))?;
        let text = |part: &str, value: &Bound<'_, PyAny>| {
            let name = format!("the {part} of a header in {}", self.name);
            Value { name: &name, value }.text()
        };
        let unreadable = |raised| self.wanted_but("a mapping of str to str", raised);
        let pair = |item: Bound<'_, PyAny>| {
            let (name, value) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>().map_err(unreadable)?;
            Ok((text("name", &name)?, text("value", &value)?))
        };
        headers.items().map_err(unreadable)?.iter().map(pair).collect()
    }

    pub(crate) fn certificates(&self) -> PyResult<Vec<Vec<u8>>> {
        let wanted = || self.wanted("PEM text (str or bytes), or a list of such");
        let one = |value: &Bound<'_, PyAny>| match value.cast::<PyString>() {
            Ok(text) => characters("root certificates", text).map(|pem| pem.as_bytes().to_vec()),
            Err(_) => value.cast::<PyBytes>().map(|pem| pem.as_bytes().to_vec()).map_err(|_| wanted()),
        };
        if self.value.is_instance_of::<PyString>() || self.value.is_instance_of::<PyBytes>() {
            return Ok(vec![one(self.value)?]);
        }
        let unreadable = |raised| self.wanted_but("a list of PEM texts", raised);
        self.value.try_iter().map_err(|_| wanted())?.map(|pem| one(&pem.map_err(unreadable)?)).collect()
    }
}
