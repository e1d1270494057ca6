//! What a call tells to tracing systems and logs. The names and values of all attributes are defined here, for the three languages.
//!
//! A call is one span of the kind CLIENT with the attributes of OpenTelemetry's semantic conventions for HTTP clients. Each attempt is an
//! event of that span, and sends its `traceparent` and `tracestate`. Nothing here holds a key or a part of a body.
//!
//! # For the language bindings
//!
//! A binding whose process has loaded OpenTelemetry makes one span a call, with the data of this module:
//!
//! 1. `bindings::span_start(&call, is_stream)` is the span's name and its first attributes, as JSON; none if the call is refused before
//!    it is sent, which has no span.
//! 2. `bindings::TraceContext::new(traceparent, tracestate)` is what the span injects; `bindings::trace(call, context)` has every
//!    attempt of the call send it. A `traceparent` header of the application's own wins. For many calls each input has its own:
//!    `InputGiver::give_traced(json, context)`.
//! 3. `bindings::span_end(SpanEnd::…)` is the rest once the call has ended, as JSON: the attributes, the events with their times, and the
//!    status. A stream ends with its `StreamProgress`, whether it was read to its end, failed, or was closed. `SpanEnd::Cancelled` is a
//!    call that was cancelled.
//!
//! ```text
//! span_start: {"tracer": {"name": "runtype_surface", "version": "1.2.3"}, "name": "POST summarize-article", "kind": "client",
//!              "attributes": {"http.request.method": "POST", …}}
//! span_end:   {"attributes": {"http.response.status_code": 200, …},
//!              "events": [{"name": "runtype.attempt", "time": [1764007200, 123456789], "attributes": {…}}],
//!              "end": [1764007200, 234567891], "status": {"code": "error", "description": null}}
//! ```
//!
//! A `time` has seconds and nanoseconds since 1970, as two numbers, and so has `end`, which is null where the span ends now. A status
//! `code` is `unset` or `error`. Attributes are texts, whole numbers, fractions and truth values.

pub(crate) mod attributes;
pub(crate) mod exported;
pub(crate) mod log;
pub(crate) mod span;
pub(crate) mod trace_context;
