//! Options as Python hands them over: names and values, each given to the core, which knows the rules.

use std::sync::Arc;

use pyo3::{
    exceptions::{PyException, PyOverflowError, PyTypeError},
    prelude::*,
    types::{PyBool, PyBytes, PyDict, PyMapping, PyString},
};
use runtype_surface::{Call, ClientBuilder, Error, KeySource, bindings};

use crate::{failure, hook::Hooks, key_function};

/// A client's options, and the hooks among them.
///
/// # Errors
///
/// `TypeError` for a name that is no option or a value of a wrong type, `ConfigurationError` for a value that the core
/// refuses.
pub(crate) fn client(
    mut builder: ClientBuilder,
    options: &Bound<'_, PyDict>,
) -> PyResult<(ClientBuilder, Option<Arc<Hooks>>)> {
    let mut hooks = Hooks::default();
    let mut key_option: Option<String> = None;
    for (name, value) in options {
        let name = name_of(&name)?.to_owned();
        if value.is_none() {
            continue;
        }
        if name.starts_with("api_key") {
            if let Some(other) = &key_option {
                let problem = format!("{other} and {name} are given: give one of them");
                return Err(failure::refused(value.py(), "api key", &problem));
            }
            key_option = Some(name.clone());
        }
        let option = Given { name: &name, value: &value };
        builder = match name.as_str() {
            "env_prefix" => builder.env_prefix(&option.text()?),
            "api_key" => option.api_key(builder)?,
            "api_key_file" => builder.api_key_source(KeySource::file(option.path()?)),
            "api_key_variable" => builder.api_key_source(KeySource::variable(option.text()?)),
            "product_id" => builder.product_id(option.text()?),
            "surface_id" => builder.surface_id(option.text()?),
            "endpoint_url" => builder.endpoint_url(option.text()?),
            "base_url" => builder.base_url(option.text()?),
            "auth_header" => builder.auth_header(option.named()?),
            "connect_timeout" => builder.connect_timeout(option.seconds("connect timeout")?),
            "timeout" => builder.timeout(option.seconds("timeout")?),
            "attempt_timeout" => builder.attempt_timeout(option.seconds("attempt timeout")?),
            "max_retries" => builder.max_retries(option.retries()?),
            "retry_mode" => builder.retry_mode(option.named()?),
            "max_response_bytes" => builder.max_response_bytes(option.whole_number("max response bytes")?),
            "response_format" => builder.response_format(option.named()?),
            "stream_idle_timeout" => builder.stream_idle_timeout(option.seconds("stream idle timeout")?),
            "max_event_bytes" => builder.max_event_bytes(option.whole_number("max event bytes")?),
            "hand_on_stream_errors" => builder.hand_on_stream_errors(option.truth()?),
            "headers" => option.headers()?.iter().fold(builder, |builder, (name, value)| builder.header(name, value)),
            "proxy" => builder.proxy(option.text()?),
            "root_certificates" => option.certificates()?.into_iter().fold(builder, ClientBuilder::root_certificate),
            "allow_insecure_http" => builder.allow_insecure_http(option.truth()?),
            "jitter_seed" => builder.jitter_seed(option.whole_number("jitter seed")?),
            "before_attempt" => hooks.before(option.hook()?, builder),
            "after_attempt" => hooks.after(option.hook()?, builder),
            _ => return Err(option.unknown()),
        };
    }
    Ok((builder, hooks.shared()))
}

/// The options of one call.
///
/// # Errors
///
/// As [`client`].
pub(crate) fn call(mut call: Call, options: &Bound<'_, PyDict>) -> PyResult<Call> {
    for (name, value) in options {
        let name = name_of(&name)?;
        if value.is_none() {
            continue;
        }
        let option = Given { name, value: &value };
        call = match name {
            "timeout" => call.timeout(option.seconds("timeout")?),
            "attempt_timeout" => call.attempt_timeout(option.seconds("attempt timeout")?),
            "max_retries" => call.max_retries(option.retries()?),
            "retry_mode" => call.retry_mode(option.named()?),
            "max_response_bytes" => call.max_response_bytes(option.whole_number("max response bytes")?),
            "response_format" => call.response_format(option.named()?),
            "stream_idle_timeout" => call.stream_idle_timeout(option.seconds("stream idle timeout")?),
            "max_event_bytes" => call.max_event_bytes(option.whole_number("max event bytes")?),
            "hand_on_stream_errors" => call.hand_on_stream_errors(option.truth()?),
            "headers" => option.headers()?.iter().fold(call, |call, (name, value)| call.header(name, value)),
            _ => return Err(option.unknown()),
        };
    }
    Ok(call)
}

/// How many calls of many may be in flight.
///
/// # Errors
///
/// As [`client`].
pub(crate) fn concurrency(value: &Bound<'_, PyAny>) -> PyResult<u64> {
    Given { name: "concurrency", value }.whole_number("concurrency")
}

/// The characters of a text.
///
/// # Errors
///
/// `ConfigurationError` for a lone surrogate. Python's own error would hold the whole text, and this may be a key.
pub(crate) fn characters<'a>(option: &str, text: &'a Bound<'_, PyString>) -> PyResult<&'a str> {
    let problem = "it has a lone surrogate, which is no character";
    text.to_str().map_err(|_| failure::refused(text.py(), option, problem))
}

fn name_of<'a>(name: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    let refused = |_| PyTypeError::new_err("an option's name has a lone surrogate, which is no character");
    name.cast::<PyString>()?.to_str().map_err(refused)
}

/// An option's value, with the name under which it was given.
struct Given<'a, 'py> {
    name: &'a str,
    value: &'a Bound<'py, PyAny>,
}

impl Given<'_, '_> {
    fn unknown(&self) -> PyErr {
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

    fn refuse(&self, error: &Error) -> PyErr {
        failure::raise(self.value.py(), error)
    }

    fn text(&self) -> PyResult<String> {
        let text = self.value.cast::<PyString>().map_err(|_| self.wanted("str"))?;
        characters(&self.name.replace('_', " "), text).map(str::to_owned)
    }

    fn path(&self) -> PyResult<std::path::PathBuf> {
        self.value.extract().map_err(|_| self.wanted("str or os.PathLike"))
    }

    fn truth(&self) -> PyResult<bool> {
        self.value.extract().map_err(|_| self.wanted("bool"))
    }

    fn api_key(&self, builder: ClientBuilder) -> PyResult<ClientBuilder> {
        if self.value.is_callable() {
            return Ok(builder.api_key_source(key_function::source(self.value.clone().unbind())));
        }
        if !self.value.is_instance_of::<PyString>() {
            return Err(self.wanted("str or a function that gives one"));
        }
        Ok(builder.api_key(self.text()?))
    }

    fn hook(&self) -> PyResult<Py<PyAny>> {
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

    fn seconds(&self, option: &'static str) -> PyResult<std::time::Duration> {
        bindings::seconds(option, self.number()?).map_err(|error| self.refuse(&error))
    }

    fn whole_number(&self, option: &'static str) -> PyResult<u64> {
        bindings::whole_number(option, self.number()?).map_err(|error| self.refuse(&error))
    }

    fn retries(&self) -> PyResult<u32> {
        // The core refuses what is far below this.
        Ok(u32::try_from(self.whole_number("max retries")?).unwrap_or(u32::MAX))
    }

    fn named<T: std::str::FromStr<Err = Error>>(&self) -> PyResult<T> {
        self.text()?.parse().map_err(|error| self.refuse(&error))
    }

    fn headers(&self) -> PyResult<Vec<(String, String)>> {
        let headers = self.value.cast::<PyMapping>().map_err(|_| self.wanted("a mapping of str to str"))?;
        let text = |part: &str, value: &Bound<'_, PyAny>| {
            let name = format!("the {part} of a header in {}", self.name);
            Given { name: &name, value }.text()
        };
        let unreadable = |raised| self.wanted_but("a mapping of str to str", raised);
        let pair = |item: Bound<'_, PyAny>| {
            let (name, value) = item.extract::<(Bound<'_, PyAny>, Bound<'_, PyAny>)>().map_err(unreadable)?;
            Ok((text("name", &name)?, text("value", &value)?))
        };
        headers.items().map_err(unreadable)?.iter().map(pair).collect()
    }

    fn certificates(&self) -> PyResult<Vec<Vec<u8>>> {
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
