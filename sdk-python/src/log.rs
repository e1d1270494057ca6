//! Lines for the logger `runtype_surface`: one a call at DEBUG, one a retry at INFO, the core's warnings, and one a hook that failed
//! at ERROR. Never the key, never a body.

use bytes::Bytes;
use pyo3::{intern, prelude::*, sync::PyOnceLock, types::PyDict};
use runtype_surface::{Attempt, AttemptOutcome, CallResponse, Error, EventStream, bindings};

const DEBUG: u8 = 10;
const INFO: u8 = 20;

/// Notes a warning of the core.
pub(crate) fn warning(py: Python<'_>, text: &str) -> PyResult<()> {
    let Some(logger) = logger(py)? else { return Ok(()) };
    logger.call_method1(intern!(py, "warning"), ("%s", text)).map(drop)
}

/// Notes a call that succeeded.
pub(crate) fn responded(py: Python<'_>, response: &CallResponse<Bytes>) -> PyResult<()> {
    let Some(logger) = logger(py)? else { return Ok(()) };
    let name = &*bindings::visible(response.capability().unwrap_or("openapi.json"));
    retries(logger, name, &response.attempts)?;
    if is_enabled(logger, DEBUG)? {
        let request = bindings::visible(response.request_id.as_deref().unwrap_or("-"));
        let took = milliseconds(response.elapsed);
        let template = intern!(py, "%s: %d after %.1f ms, attempts %d, request %s");
        logger.call_method1(
            intern!(py, "debug"),
            (template, name, response.status, took, response.attempts.len(), request),
        )?;
    }
    Ok(())
}

/// Notes a stream whose response has begun.
pub(crate) fn opened(py: Python<'_>, stream: &EventStream, capability: &str) -> PyResult<()> {
    let Some(logger) = logger(py)? else { return Ok(()) };
    let capability = &*bindings::visible(capability);
    retries(logger, capability, stream.attempts())?;
    if is_enabled(logger, DEBUG)? {
        let request = bindings::visible(stream.request_id().unwrap_or("-"));
        let template = intern!(py, "%s: %d and a stream, attempts %d, request %s");
        let attempts = stream.attempts().len();
        logger.call_method1(intern!(py, "debug"), (template, capability, stream.status(), attempts, request))?;
    }
    Ok(())
}

/// Notes a call that failed.
pub(crate) fn failed(py: Python<'_>, error: &Error) -> PyResult<()> {
    let Some(logger) = logger(py)? else { return Ok(()) };
    let name = &*bindings::visible(error.capability().unwrap_or("-"));
    retries(logger, name, error.attempts())?;
    if is_enabled(logger, DEBUG)? {
        let class = error.kind().class_name();
        let request = bindings::visible(error.request_id().unwrap_or("-"));
        let template = intern!(py, "%s: %s, attempts %d, request %s");
        logger.call_method1(intern!(py, "debug"), (template, name, class, error.attempts().len(), request))?;
    }
    Ok(())
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
        logger
            .call_method1(intern!(py, "info"), (template, name, before.number, outcome, milliseconds(after.waited)))?;
    }
    Ok(())
}

fn milliseconds(time: std::time::Duration) -> f64 {
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
