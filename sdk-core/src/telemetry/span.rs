//! The span of one call: for `tracing`, for OpenTelemetry where the feature is on, and the line of the log.

use std::time::Duration;

use tokio::time::Instant;
use tracing::{Span, field::Empty};

use super::{
    attributes::{Asked, Attributes, DOCUMENT, End, SpanEvent, Value},
    exported::{ExportedSpan, Parent},
    log::Log,
};
use crate::{
    config::log_level::LogLevel,
    error::{attempt::Attempt, spelling::duration},
    transport::plan::Plan,
};

/// A longer wait is a warning: somebody may be waiting for it.
const SILENT_WAIT: Duration = Duration::from_secs(5);

/// The span of one call. It ends once; a call that is dropped before was cancelled.
pub(crate) struct CallSpan {
    span: Span,
    exported: ExportedSpan,
    log: Log,
    /// For the log; `None` where it is off.
    capability: Option<String>,
    began: Instant,
    is_ended: bool,
}

impl CallSpan {
    /// Begins the span of a call, and has its attempts send its context.
    pub(crate) fn begin(log: Log, plan: &mut Plan, parent: &Parent, is_stream: bool) -> Self {
        let outgoing = &plan.outgoing;
        let asked =
            Asked { method: &outgoing.method, url: &outgoing.url, capability: plan.capability.as_deref(), is_stream };
        let span = Self {
            span: call_span(&asked),
            exported: ExportedSpan::begin(&asked, parent),
            log,
            capability: log.is_on().then(|| name(plan.capability.as_deref()).to_owned()),
            began: Instant::now(),
            is_ended: false,
        };
        if plan.options.trace_propagation
            && let Some(context) = span.exported.trace_context()
        {
            context.add_to(&mut plan.outgoing.headers);
        }
        span
    }

    /// That of `tracing`, to be entered while the call is polled.
    pub(crate) fn entered(&self) -> Span {
        self.span.clone()
    }

    /// Records an attempt that has ended.
    pub(crate) fn attempt(&mut self, span: &Span, attempt: &Attempt) {
        let event = SpanEvent::of(attempt);
        record(span, &event.attributes);
        self.log.line(LogLevel::Debug, "attempt", |line| {
            line.some("capability", self.capability.as_deref())
                .field("attempt", attempt.number)
                .some("status", attempt.outcome.status())
                .some("error", attempt.outcome.error_type().filter(|_| attempt.outcome.status().is_none()))
                .milliseconds("duration_ms", attempt.elapsed)
                .field("key_hint", &attempt.key_hint)
        });
        self.exported.event(event);
    }

    /// Records a wait before the next attempt, the `retry`-th retry.
    pub(crate) fn retry(&self, capability: Option<&str>, last: Option<&Attempt>, wait: Duration, retry: Retry) {
        let (capability, attempt, wait_ms) =
            (name(capability), last.map(|last| last.number), u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        tracing::debug!(capability, attempt, wait_ms, "retrying the call");
        let is_long = wait > SILENT_WAIT;
        let reason = if retry.is_asked_for { ", as the server asks" } else { "" };
        let text =
            is_long.then(|| format!("{capability}: waiting {} before retry {}{reason}", duration(wait), retry.number));
        if let Some(text) = &text {
            tracing::warn!(capability, wait_ms, "{text}");
        }
        let level = if is_long { LogLevel::Warn } else { LogLevel::Info };
        self.log.line(level, "retry", |line| {
            let outcome = last.map(|last| last.outcome);
            let status = outcome.and_then(|outcome| outcome.status());
            line.field("capability", capability)
                .some("attempt", attempt)
                .some("status", status)
                .some("error", outcome.and_then(|outcome| outcome.error_type()).filter(|_| status.is_none()))
                .milliseconds("wait_ms", wait)
                .some("message", text)
        });
    }

    /// Ends the span. Later calls change nothing.
    pub(crate) fn end(&mut self, end: &End<'_>) {
        if std::mem::replace(&mut self.is_ended, true) {
            return;
        }
        if !self.span.is_disabled() {
            record(&self.span, &end.attributes());
            if end.is_error() {
                self.span.record("otel.status_code", "ERROR");
            }
        }
        self.exported.end(end);
        let level = if end.is_error() { LogLevel::Error } else { LogLevel::Info };
        let what = if end.stream.is_some() { "stream" } else { "call" };
        self.log.line(level, what, |line| {
            line.some("capability", self.capability.as_deref())
                .some("error", end.error.map(|error| error.kind().class_name()))
                .some("status", end.status)
                .some("outcome", end.stream.map(|stream| stream.outcome))
                .some("outcome", end.is_cancelled.then_some("cancelled"))
                .some("events", end.stream.map(|stream| stream.events))
                .milliseconds("duration_ms", self.began.elapsed())
                .some("attempts", (!end.is_cancelled).then_some(end.attempts.len()))
                .some("request_id", end.request_id)
                .some("execution_id", end.execution_id)
                .some("key_hint", end.key_hint())
        });
        // Closes the span, though the stream may be kept.
        self.span = Span::none();
    }
}

impl Drop for CallSpan {
    fn drop(&mut self) {
        self.end(&End::cancelled());
    }
}

/// A retry that is about to be waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Retry {
    pub(crate) number: u32,
    /// Whether the server says how long to wait.
    pub(crate) is_asked_for: bool,
}

fn name(capability: Option<&str>) -> &str {
    capability.unwrap_or(DOCUMENT)
}

/// The span of a call. It has the URL, never the key or a body.
fn call_span(asked: &Asked<'_>) -> Span {
    let span = tracing::info_span!(
        "call",
        otel.name = Empty,
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = Empty,
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        error.r#type = Empty,
        server.address = Empty,
        server.port = Empty,
        url.full = Empty,
        runtype.capability = Empty,
        runtype.streaming = Empty,
        runtype.attempts = Empty,
        runtype.request_id = Empty,
        runtype.execution_id = Empty,
        runtype.key_hint = Empty,
        runtype.stream.outcome = Empty,
        runtype.stream.events = Empty,
        runtype.cancelled = Empty,
    );
    if !span.is_disabled() {
        span.record("otel.name", asked.span_name());
        record(&span, &asked.attributes());
    }
    span
}

/// The span of an attempt, a child of the call's.
pub(crate) fn attempt_span() -> Span {
    tracing::info_span!(
        "attempt",
        http.request.resend_count = Empty,
        http.response.status_code = Empty,
        error.r#type = Empty,
        runtype.attempt.duration = Empty,
        runtype.attempt.wait = Empty,
        runtype.key_hint = Empty,
    )
}

fn record(span: &Span, attributes: &Attributes<'_>) {
    for (name, value) in &attributes.0 {
        match value {
            Value::Text(text) => span.record(*name, &**text),
            Value::Whole(number) => span.record(*name, number),
            Value::Seconds(seconds) => span.record(*name, seconds),
            Value::Flag(flag) => span.record(*name, flag),
        };
    }
}
