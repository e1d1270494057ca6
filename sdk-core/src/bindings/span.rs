//! The span of a call as plain data, for a language with an OpenTelemetry of its own. See the [module](crate::telemetry) of the names.

use serde::Serialize;

use super::StreamProgress;
use crate::{
    call::Call,
    error::Error,
    response::call_response::CallResponse,
    telemetry::{
        attributes::{Attributes, End, SinceEpoch, SpanEvent, TRACER, since_1970},
        trace_context::TraceContext,
    },
};

/// How a call has ended, for its span.
#[derive(Debug)]
pub enum SpanEnd<'a, T> {
    /// With a response.
    Response(&'a CallResponse<T>),
    /// With an error, before or without a stream.
    Error(&'a Error),
    /// As a stream that was read to its end, failed, or was closed.
    Stream(&'a StreamProgress),
    /// The application cancelled it.
    Cancelled,
}

/// Has every attempt of a call send the context of a trace. Headers of the application's own win.
pub fn trace(call: Call, context: TraceContext) -> Call {
    call.trace(context)
}

/// Tracer, name, kind and first attributes of a call's span, as JSON; `None` if the call is refused before it is sent.
#[must_use]
pub fn span_start(call: &Call, is_stream: bool) -> Option<String> {
    #[derive(Serialize)]
    struct Tracer {
        name: &'static str,
        version: &'static str,
    }
    #[derive(Serialize)]
    struct SpanStart<'a> {
        tracer: Tracer,
        name: String,
        kind: &'static str,
        attributes: Attributes<'a>,
    }
    call.with_asked(is_stream, |asked| {
        let start = SpanStart {
            tracer: Tracer { name: TRACER, version: env!("CARGO_PKG_VERSION") },
            name: asked.span_name(),
            kind: "client",
            attributes: asked.attributes(),
        };
        serde_json::to_string(&start).unwrap_or_default()
    })
}

/// Last attributes, events and status of a call's span, as JSON.
#[must_use]
pub fn span_end<T>(end: &SpanEnd<'_, T>) -> String {
    match end {
        SpanEnd::Response(response) => report(&End::of_response(response)),
        SpanEnd::Error(error) => report(&End::of_error(error)),
        SpanEnd::Stream(progress) => progress.0.with_end(report),
        SpanEnd::Cancelled => report(&End::cancelled()),
    }
}

fn report(end: &End<'_>) -> String {
    #[derive(Serialize)]
    struct Status<'a> {
        code: &'static str,
        description: Option<&'a str>,
    }
    #[derive(Serialize)]
    struct SpanEndReport<'a> {
        attributes: Attributes<'a>,
        events: Vec<SpanEvent<'a>>,
        end: Option<SinceEpoch>,
        status: Status<'a>,
    }
    let report = SpanEndReport {
        attributes: end.attributes(),
        events: end.events().collect(),
        end: end.last_attempt_ended().map(since_1970),
        status: Status { code: if end.is_error() { "error" } else { "unset" }, description: end.description() },
    };
    serde_json::to_string(&report).unwrap_or_default()
}
