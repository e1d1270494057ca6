//! One value as Python passes it, with its option's name.

use pyo3::{
    exceptions::{PyException, PyOverflowError, PyTypeError},
    prelude::*,
    sync::PyOnceLock,
    types::{PyBool, PyBytes, PyMapping, PyString},
};
use runtype_surface::{
    Error,
    bindings::{self, refused},
};

use crate::error;

/// The characters of a text.
///
/// # Errors
///
/// `ConfigurationError` for another type and for a lone surrogate. Python's own error would hold the whole text, and this may be
/// a key.
pub(crate) fn characters<'a>(option: &str, text: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    let read = match text.cast::<PyString>() {
        Ok(text) => unicode(option, text),
        Err(_) => Err(refused(option, &format!("it must be str, not {}", type_name(text)))),
    };
    read.map_err(|problem| error::raise(text.py(), &problem))
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "another type".to_owned(), |name| name.to_string())
}

fn unicode<'a>(option: &str, text: &'a Bound<'_, PyString>) -> Result<&'a str, Error> {
    text.to_str().map_err(|_| bindings::lone_surrogate(option))
}

/// Why a value is not taken.
pub(crate) enum Refusal {
    /// It is wrong: the core reports it with the other problems.
    Problem(Error),
    /// Its own methods raised this.
    Raised(PyErr),
}

impl From<Error> for Refusal {
    fn from(problem: Error) -> Self {
        Self::Problem(problem)
    }
}

/// An option's value, with its name.
pub(crate) struct Value<'a, 'py> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a Bound<'py, PyAny>,
}

impl<'a, 'py> Value<'a, 'py> {
    /// An option that is given: `NOT_GIVEN` is not, and `None` only where it has a meaning of its own.
    pub(crate) fn given(name: &'a Bound<'py, PyAny>, value: &'a Bound<'py, PyAny>) -> PyResult<Option<Self>> {
        let py = name.py();
        static NOT_GIVEN: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let not_given = NOT_GIVEN
            .get_or_try_init(py, || py.import("runtype_surface._not_given")?.getattr("NOT_GIVEN").map(Bound::unbind))?;
        let refused = |_| PyTypeError::new_err(format!("an option's name {}", bindings::LONE_SURROGATE));
        let name = name.cast::<PyString>()?.to_str().map_err(refused)?;
        let is_given = !value.is(not_given) && (!value.is_none() || bindings::has_none(name));
        Ok(is_given.then_some(Self { name, value }))
    }

    /// For a name that no function declares, so that it can only come from within this package.
    pub(crate) fn unknown(&self) -> PyErr {
        PyTypeError::new_err(format!("{} is not an option", self.name))
    }

    fn wanted(&self, wanted: &str) -> Refusal {
        refused(self.name, &format!("it must be {wanted}, not {}", type_name(self.value))).into()
    }

    /// For a value of the wanted type whose own methods raise; an interrupt stays what it is.
    fn wanted_but(&self, wanted: &str, raised: PyErr) -> Refusal {
        let py = self.value.py();
        if !raised.is_instance_of::<PyException>(py) {
            return Refusal::Raised(raised);
        }
        let problem = refused(self.name, &format!("it must be {wanted}, and cannot be read as one"));
        let error = error::raise(py, &problem);
        error.set_cause(py, Some(raised));
        Refusal::Raised(error)
    }

    pub(crate) fn text(&self) -> Result<String, Refusal> {
        let text = self.value.cast::<PyString>().map_err(|_| self.wanted("str"))?;
        Ok(unicode(self.name, text)?.to_owned())
    }

    pub(crate) fn text_or_none(&self) -> Result<Option<String>, Refusal> {
        if self.value.is_none() { Ok(None) } else { self.text().map(Some) }
    }

    pub(crate) fn path(&self) -> Result<std::path::PathBuf, Refusal> {
        self.value.extract().map_err(|_| self.wanted("str or os.PathLike"))
    }

    pub(crate) fn truth(&self) -> Result<bool, Refusal> {
        self.value.extract().map_err(|_| self.wanted("bool"))
    }

    /// The key function, unless it is a text.
    pub(crate) fn key_function(&self) -> Result<Option<Py<PyAny>>, Refusal> {
        if self.value.is_callable() {
            return Ok(Some(self.value.clone().unbind()));
        }
        if !self.value.is_instance_of::<PyString>() {
            return Err(self.wanted("str or a function that gives one"));
        }
        Ok(None)
    }

    pub(crate) fn hook(&self) -> Result<Py<PyAny>, Refusal> {
        const CO_COROUTINE: u32 = 0x80;
        let code = self.value.getattr_opt("__code__").ok().flatten();
        let flags = code.and_then(|code| code.getattr("co_flags").ok()?.extract::<u32>().ok());
        if !self.value.is_callable() {
            return Err(self.wanted("a function"));
        }
        if flags.is_some_and(|flags| flags & CO_COROUTINE != 0) {
            return Err(bindings::async_hook(self.name).into());
        }
        Ok(self.value.clone().unbind())
    }

    fn number(&self, wanted: &str) -> Result<f64, Refusal> {
        match self.value.extract::<f64>() {
            // True and False are numbers to Python, and a mistake here.
            Ok(_) if self.value.is_instance_of::<PyBool>() => Err(self.wanted(wanted)),
            Ok(number) => Ok(number),
            // An integer beyond every float: whatever its rule, it is too large.
            Err(error) if error.is_instance_of::<PyOverflowError>(self.value.py()) => Ok(f64::INFINITY),
            Err(_) => Err(self.wanted(wanted)),
        }
    }

    /// A duration in seconds or as a `timedelta`; none for `None`.
    pub(crate) fn duration(&self, option: &'static str) -> Result<Option<std::time::Duration>, Refusal> {
        const WANTED: &str = "a number of seconds, a timedelta or None";
        if self.value.is_none() {
            return Ok(None);
        }
        // Who has a `timedelta` has loaded `datetime`; this package need not.
        let seconds = match self.value.get_type().getattr_opt("total_seconds") {
            Ok(Some(total_seconds)) => {
                let seconds = total_seconds.call1((self.value,)).and_then(|seconds| seconds.extract());
                seconds.map_err(|raised| self.wanted_but(WANTED, raised))?
            }
            _ => self.number(WANTED)?,
        };
        Ok(Some(bindings::seconds(option, seconds)?))
    }

    pub(crate) fn whole_number(&self, option: &'static str) -> Result<u64, Refusal> {
        Ok(bindings::whole_number(option, self.number("a number")?)?)
    }

    pub(crate) fn retries(&self) -> Result<u32, Refusal> {
        Ok(bindings::max_retries(self.number("a number")?)?)
    }

    pub(crate) fn named<T: std::str::FromStr<Err = Error>>(&self) -> Result<T, Refusal> {
        Ok(self.text()?.parse()?)
    }

    /// The names and values of a mapping, or of pairs.
    pub(crate) fn headers(&self) -> Result<Vec<(String, String)>, Refusal> {
        const WANTED: &str = "a mapping of str to str, or a list of (name, value) pairs";
        let unreadable = |raised| self.wanted_but(WANTED, raised);
        let name_of = |name: &Bound<'_, PyAny>| match name.cast::<PyString>() {
            Ok(name) => Ok(unicode(self.name, name)?.to_owned()),
            Err(_) => Err(Refusal::from(refused(
                self.name,
                &format!("the name of a header must be str, not {}", type_name(name)),
            ))),
        };
        let value_of = |name: &str, value: &Bound<'_, PyAny>| match value.cast::<PyString>() {
            Ok(value) => Ok(unicode(self.name, value)?.to_owned()),
            Err(_) => Err(Refusal::from(bindings::header_value(name, type_name(value), "str"))),
        };
        let pair = |item: &Bound<'_, PyAny>| {
            let parts = item.extract::<Vec<Bound<'_, PyAny>>>().map_err(|_| self.wanted(WANTED))?;
            let [name, value] = parts.as_slice() else { return Err(self.wanted(WANTED)) };
            let name = name_of(name)?;
            let value = value_of(&name, value)?;
            Ok((name, value))
        };
        if let Ok(mapping) = self.value.cast::<PyMapping>() {
            return mapping.items().map_err(unreadable)?.iter().map(|item| pair(&item)).collect();
        }
        if self.value.is_instance_of::<PyString>() || self.value.is_instance_of::<PyBytes>() {
            return Err(self.wanted(WANTED));
        }
        let items = self.value.try_iter().map_err(|_| self.wanted(WANTED))?;
        if items.is(self.value) {
            // An iterator gives its pairs once, and a client reads them again in another process.
            return Err(self.wanted(WANTED));
        }
        items.map(|item| pair(&item.map_err(unreadable)?)).collect()
    }

    pub(crate) fn certificates(&self) -> Result<Vec<Vec<u8>>, Refusal> {
        let wanted = || self.wanted("PEM text (str or bytes), a path, or a list of such");
        let one = |value: &Bound<'_, PyAny>| {
            if let Ok(text) = value.cast::<PyString>() {
                return Ok(unicode("root_certificates", text)?.as_bytes().to_vec());
            }
            if let Ok(pem) = value.cast::<PyBytes>() {
                return Ok(pem.as_bytes().to_vec());
            }
            let path: std::path::PathBuf = value.extract().map_err(|_| wanted())?;
            path.into_os_string().into_string().map(String::into_bytes).map_err(|_| wanted())
        };
        let is_path = || matches!(self.value.get_type().hasattr("__fspath__"), Ok(true));
        if self.value.is_instance_of::<PyString>() || self.value.is_instance_of::<PyBytes>() || is_path() {
            return Ok(vec![one(self.value)?]);
        }
        let unreadable = |raised| self.wanted_but("a list of PEM texts", raised);
        self.value.try_iter().map_err(|_| wanted())?.map(|pem| one(&pem.map_err(unreadable)?)).collect()
    }
}
