//! The span of a call, where the application has loaded OpenTelemetry. It is found in `sys.modules`, never imported. What it is
//! told comes from the core.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use pyo3::{
    exceptions::{PyException, PyValueError},
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyTuple},
};
use runtype_surface::{
    Call, CallResponse, Error,
    bindings::{self, SpanEnd, StreamProgress, TraceContext, span_start},
};

use crate::{
    json::decode::decode,
    log,
    variables::{self, Variables},
};

/// A span that has not ended yet.
pub(crate) struct CallSpan {
    /// In a forked child it is the parent's to end.
    process: u32,
    span: Mutex<Option<Py<PyAny>>>,
}

/// Whether the application has loaded OpenTelemetry: one look into `sys.modules`.
pub(crate) fn is_wanted(py: Python<'_>) -> PyResult<bool> {
    static MODULES: PyOnceLock<Py<PyDict>> = PyOnceLock::new();
    let modules = MODULES
        .get_or_try_init(py, || PyResult::Ok(py.import("sys")?.getattr("modules")?.cast_into::<PyDict>()?.unbind()))?;
    let Some(trace) = modules.bind(py).get_item(intern!(py, "opentelemetry.trace"))? else { return Ok(false) };
    // While another thread is loading the module, it has no list of its names yet.
    trace.hasattr(intern!(py, "__all__"))
}

/// Starts the span of a call that is about to be sent, and has the call send its context. `variables` are those of whoever made
/// the call, where they are not the current ones.
pub(crate) fn trace(
    py: Python<'_>,
    call: Call,
    is_stream: bool,
    variables: Option<&Variables>,
) -> PyResult<(Call, Option<Arc<CallSpan>>)> {
    if !is_wanted(py)? {
        return Ok((call, None));
    }
    let Some(report) = span_start(&call, is_stream) else { return Ok((call, None)) };
    Ok(match start(py, &report, variables)? {
        None => (call, None),
        Some((span, None)) => (call, Some(span)),
        Some((span, Some(context))) => (bindings::trace(call, context), Some(span)),
    })
}

/// Starts a span. None where OpenTelemetry is told to keep quiet, or fails, which affects no call.
pub(crate) fn start(
    py: Python<'_>,
    report: &str,
    variables: Option<&Variables>,
) -> PyResult<Option<(Arc<CallSpan>, Option<TraceContext>)>> {
    let started = (|| {
        let start = py.import(intern!(py, "runtype_surface._span"))?.getattr(intern!(py, "start"))?;
        let report = decode(py, report.as_bytes()).map_err(PyValueError::new_err)?;
        let span = variables::run(variables, &start, &PyTuple::new(py, [report])?)?;
        if span.is_none() {
            return Ok(None);
        }
        let parent: String = span.getattr(intern!(py, "traceparent"))?.extract()?;
        let state: Option<String> = span.getattr(intern!(py, "tracestate"))?.extract()?;
        let context = TraceContext::new(&parent, state.as_deref());
        let span = CallSpan { process: std::process::id(), span: Mutex::new(Some(span.unbind())) };
        Ok(Some((Arc::new(span), context)))
    })();
    started.or_else(|raised| note(py, &raised).map(|()| None))
}

impl CallSpan {
    /// Ends the span of a call that has ended; none where it was cancelled, or its client was closed.
    pub(crate) fn end_call(&self, py: Python<'_>, ended: Option<Result<&CallResponse<Bytes>, &Error>>) -> PyResult<()> {
        self.end(
            py,
            &match ended {
                Some(Ok(response)) => SpanEnd::Response(response),
                Some(Err(error)) => SpanEnd::Error(error),
                None => SpanEnd::Cancelled,
            },
        )
    }

    /// Ends the span of a stream that has ended, failed, or was closed.
    pub(crate) fn end_stream(&self, py: Python<'_>, progress: &StreamProgress) -> PyResult<()> {
        self.end(py, &SpanEnd::<Bytes>::Stream(progress))
    }

    /// Only the first end counts.
    fn end(&self, py: Python<'_>, end: &SpanEnd<'_, Bytes>) -> PyResult<()> {
        let span = self.span.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(span) = span.filter(|_| self.process == std::process::id()) else { return Ok(()) };
        let ended = (|| {
            let report = if span.bind(py).getattr(intern!(py, "is_recording"))?.is_truthy()? {
                decode(py, bindings::span_end(end).as_bytes()).map_err(PyValueError::new_err)?
            } else {
                py.None().into_bound(py)
            };
            span.call_method1(py, intern!(py, "end"), (report,)).map(drop)
        })();
        ended.or_else(|raised| note(py, &raised))
    }
}

/// What OpenTelemetry raises affects no call, and is a line of the log. An interrupt stays one.
fn note(py: Python<'_>, raised: &PyErr) -> PyResult<()> {
    if !raised.is_instance_of::<PyException>(py) {
        return Err(raised.clone_ref(py));
    }
    log::hook_failed(py, "OpenTelemetry", raised)
}

/// Ends the span of a call that is over for another reason than its result: the wait for it was interrupted, cancelled or given up.
pub(crate) fn cancelled(py: Python<'_>, span: Option<&CallSpan>) {
    if let Some(Err(raised)) = span.map(|span| span.end_call(py, None)) {
        raised.write_unraisable(py, None);
    }
}
