//! Lines for the logger `runtype_surface`: one a call at DEBUG, one a retry at INFO, the core's warnings, and one a hook that failed
//! at ERROR. Their records have what they say as attributes, too. Never the key, never a body.

use std::{borrow::Cow, time::Duration};

use bytes::Bytes;
use pyo3::{
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyString},
};
use runtype_surface::{Attempt, AttemptOutcome, CallResponse, Error, EventStream, bindings};

const DEBUG: u8 = 10;
const INFO: u8 = 20;

/// A warning of the core.
#[derive(Debug, Default)]
pub(crate) struct Warning {
    pub(crate) text: String,
    pub(crate) capability: Option<String>,
    pub(crate) wait: Option<Duration>,
}

/// Attributes of a line's record. Each record has all of them, so that a format may name them.
#[derive(Default)]
struct Fields<'a> {
    capability: Option<Cow<'a, str>>,
    /// Number of the attempt, for a retry.
    attempt: Option<u32>,
    /// Number of attempts, for a call.
    attempts: Option<usize>,
    status: Option<u16>,
    /// Name of the class.
    error: Option<&'static str>,
    wait: Option<Duration>,
    duration: Option<Duration>,
    request_id: Option<Cow<'a, str>>,
    execution_id: Option<Cow<'a, str>>,
    key_hint: Option<&'a str>,
}

impl Fields<'_> {
    /// The keyword arguments of a logging method. An attribute that the application's own records have is left out: `logging` refuses to
    /// overwrite it.
    fn keywords<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let all = PyDict::new(py);
        all.set_item("capability", &self.capability)?;
        all.set_item("attempt", self.attempt)?;
        all.set_item("attempts", self.attempts)?;
        all.set_item("status", self.status)?;
        all.set_item("error", self.error)?;
        all.set_item("wait", self.wait.map(|wait| wait.as_secs_f64()))?;
        all.set_item("duration", self.duration.map(|time| time.as_secs_f64()))?;
        all.set_item("request_id", &self.request_id)?;
        all.set_item("execution_id", &self.execution_id)?;
        all.set_item("key_hint", self.key_hint)?;
        let record =
            py.import(intern!(py, "logging"))?.call_method1(intern!(py, "makeLogRecord"), (PyDict::new(py),))?;
        let extra = PyDict::new(py);
        for (name, value) in all {
            if !record.hasattr(name.cast::<PyString>()?)? {
                extra.set_item(name, value)?;
            }
        }
        let keywords = PyDict::new(py);
        keywords.set_item(intern!(py, "extra"), extra)?;
        Ok(keywords)
    }
}

/// Notes a warning of the core.
pub(crate) fn warning(py: Python<'_>, Warning { text, capability, wait }: &Warning) -> PyResult<()> {
    let Some(logger) = logger(py)? else { return Ok(()) };
    let capability = capability.as_deref().map(bindings::visible);
    let keywords = Fields { capability, wait: *wait, ..Fields::default() }.keywords(py)?;
    logger.call_method(intern!(py, "warning"), ("%s", text), Some(&keywords)).map(drop)
}

/// Notes a call that succeeded.
pub(crate) fn responded(py: Python<'_>, response: &CallResponse<Bytes>) -> PyResult<()> {
    // One of a ledger is of an earlier run.
    if response.attempts.is_empty() {
        return Ok(());
    }
    let Some(logger) = logger(py)? else { return Ok(()) };
    let name = bindings::visible(response.capability().unwrap_or("openapi.json"));
    retries(logger, &name, &response.attempts)?;
    if is_enabled(logger, DEBUG)? {
        let request_id = response.request_id.as_deref().map(bindings::visible);
        let took = milliseconds(response.elapsed);
        let template = intern!(py, "%s: %d after %.1f ms, attempts %d, request %s");
        let request = request_id.as_deref().unwrap_or("-");
        let arguments = (template, &*name, response.status, took, response.attempts.len(), request);
        let fields = Fields {
            capability: Some(Cow::Borrowed(&*name)),
            status: Some(response.status),
            duration: Some(response.elapsed),
            request_id: request_id.clone(),
            execution_id: response.execution_id.as_deref().map(bindings::visible),
            ..of_attempts(&response.attempts)
        };
        logger.call_method(intern!(py, "debug"), arguments, Some(&fields.keywords(py)?))?;
    }
    Ok(())
}

/// Notes a stream whose response has begun.
pub(crate) fn opened(py: Python<'_>, stream: &EventStream, capability: &str) -> PyResult<()> {
    let Some(logger) = logger(py)? else { return Ok(()) };
    let name = bindings::visible(capability);
    retries(logger, &name, stream.attempts())?;
    if is_enabled(logger, DEBUG)? {
        let request_id = stream.request_id().map(bindings::visible);
        let template = intern!(py, "%s: %d and a stream, attempts %d, request %s");
        let request = request_id.as_deref().unwrap_or("-");
        let arguments = (template, &*name, stream.status(), stream.attempts().len(), request);
        let fields = Fields {
            capability: Some(Cow::Borrowed(&*name)),
            status: Some(stream.status()),
            request_id: request_id.clone(),
            ..of_attempts(stream.attempts())
        };
        logger.call_method(intern!(py, "debug"), arguments, Some(&fields.keywords(py)?))?;
    }
    Ok(())
}

/// Notes a call that failed.
pub(crate) fn failed(py: Python<'_>, error: &Error) -> PyResult<()> {
    let Some(logger) = logger(py)? else { return Ok(()) };
    let name = bindings::visible(error.capability().unwrap_or("-"));
    retries(logger, &name, error.attempts())?;
    if is_enabled(logger, DEBUG)? {
        let class = error.kind().class_name();
        let request_id = error.request_id().map(bindings::visible);
        let template = intern!(py, "%s: %s, attempts %d, request %s");
        let request = request_id.as_deref().unwrap_or("-");
        let arguments = (template, &*name, class, error.attempts().len(), request);
        let fields = Fields {
            capability: error.capability().map(bindings::visible),
            status: error.status(),
            error: Some(class),
            request_id: request_id.clone(),
            execution_id: error.execution_id().map(bindings::visible),
            ..of_attempts(error.attempts())
        };
        logger.call_method(intern!(py, "debug"), arguments, Some(&fields.keywords(py)?))?;
    }
    Ok(())
}

fn of_attempts(attempts: &[Attempt]) -> Fields<'_> {
    let key_hint = attempts.last().map(|last| last.key_hint.as_str());
    Fields { attempts: Some(attempts.len()), key_hint, ..Fields::default() }
}

/// Notes a hook that raised: its exception and where, on one line.
///
/// # Errors
///
/// What the application's logging raises.
pub(crate) fn hook_failed(py: Python<'_>, hook: &str, raised: &PyErr) -> PyResult<()> {
    let name = raised.get_type(py).name().map_or_else(|_| "an exception".to_owned(), |name| name.to_string());
    let text = raised.value(py).str().map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    let place = place(py, raised).ok().flatten().map(|place| format!(" ({place})")).unwrap_or_default();
    let colon = if text.is_empty() { "" } else { ": " };
    let line = bindings::hook_failed(hook, &format!("{name}{colon}{text}{place}"));
    // The application has not loaded `logging` where it has nothing to log; then this line goes to standard error.
    let logging = py.import(intern!(py, "logging"))?;
    let logger = logging.call_method1(intern!(py, "getLogger"), (intern!(py, "runtype_surface"),))?;
    logger.call_method1(intern!(py, "error"), ("%s", line)).map(drop)
}

/// The file and line at which an exception was raised.
fn place(py: Python<'_>, raised: &PyErr) -> PyResult<Option<String>> {
    let Some(traceback) = raised.traceback(py) else { return Ok(None) };
    let mut last = traceback.into_any();
    loop {
        let next = last.getattr(intern!(py, "tb_next"))?;
        if next.is_none() {
            break;
        }
        last = next;
    }
    let code = last.getattr(intern!(py, "tb_frame"))?.getattr(intern!(py, "f_code"))?;
    let file: String = code.getattr(intern!(py, "co_filename"))?.extract()?;
    let line: u32 = last.getattr(intern!(py, "tb_lineno"))?.extract()?;
    Ok(Some(format!("{file}:{line}")))
}

fn retries(logger: &Bound<'_, PyAny>, name: &str, attempts: &[Attempt]) -> PyResult<()> {
    if attempts.len() < 2 || !is_enabled(logger, INFO)? {
        return Ok(());
    }
    let py = logger.py();
    for pair in attempts.windows(2) {
        let [before, after] = pair else { continue };
        let outcome = match before.outcome {
            AttemptOutcome::Responded { status } => format!("status {status}"),
            AttemptOutcome::TimedOut { .. } => "no response in time".to_owned(),
            AttemptOutcome::Broken { .. } => "a broken connection".to_owned(),
            _ => "an unreadable response".to_owned(),
        };
        let template = intern!(py, "%s: attempt %d ended with %s, retried after %.1f ms");
        let arguments = (template, name, before.number, outcome, milliseconds(after.waited));
        let fields = Fields {
            capability: Some(Cow::Borrowed(name)),
            attempt: Some(before.number),
            status: before.outcome.status(),
            wait: Some(after.waited),
            key_hint: Some(&before.key_hint),
            ..Fields::default()
        };
        logger.call_method(intern!(py, "info"), arguments, Some(&fields.keywords(py)?))?;
    }
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn is_enabled(logger: &Bound<'_, PyAny>, level: u8) -> PyResult<bool> {
    logger.call_method1(intern!(logger.py(), "isEnabledFor"), (level,))?.is_truthy()
}

/// The logger, where the application has loaded `logging`. Where it has not, nobody listens, and the 10 ms that loading
/// takes are spared.
fn logger(py: Python<'_>) -> PyResult<Option<&Bound<'_, PyAny>>> {
    static LOGGER: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    if let Some(logger) = LOGGER.get(py) {
        return Ok(Some(logger.bind(py)));
    }
    let modules = MODULES
        .get_or_try_init(py, || PyResult::Ok(py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?.unbind()))?;
    let Some(logging) = modules.bind(py).get_item(intern!(py, "logging"))? else { return Ok(None) };
    // While another thread is loading the module, it has no `getLogger` yet.
    let Some(get_logger) = logging.getattr_opt(intern!(py, "getLogger"))? else { return Ok(None) };
    let logger = get_logger.call1((intern!(py, "runtype_surface"),))?.unbind();
    Ok(Some(LOGGER.get_or_init(py, || logger).bind(py)))
}
