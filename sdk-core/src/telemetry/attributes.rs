//! Names and values of the attributes of a call's span: the semantic conventions for HTTP clients, and our own under `runtype.`.

use std::{
    borrow::Cow,
    time::{Duration, SystemTime},
};

use http::Method;
use serde::{Serialize, Serializer, ser::SerializeMap as _};
use url::Url;

use crate::{
    error::{Error, attempt::Attempt, kind::ErrorKind},
    redact,
    response::call_response::CallResponse,
};

/// Name of the tracer.
pub(crate) const TRACER: &str = "runtype_surface";

/// Name of the event of an attempt.
const ATTEMPT_EVENT: &str = "runtype.attempt";

/// Name of what a call without a capability fetches.
pub(crate) const DOCUMENT: &str = "openapi.json";

/// Value of an attribute.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum Value<'a> {
    Text(Cow<'a, str>),
    Whole(i64),
    /// Seconds, to the microsecond.
    Seconds(f64),
    Flag(bool),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Value<'_> {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<Duration> for Value<'_> {
    fn from(time: Duration) -> Self {
        Self::Seconds((time.as_secs_f64() * 1e6).round() / 1e6)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Flag(value)
    }
}

fn whole<'a>(number: impl TryInto<i64>) -> Value<'a> {
    Value::Whole(number.try_into().unwrap_or(i64::MAX))
}

/// Attributes with their names, in a fixed order.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Attributes<'a>(pub(crate) Vec<(&'static str, Value<'a>)>);

impl<'a> Attributes<'a> {
    fn set(&mut self, name: &'static str, value: impl Into<Value<'a>>) {
        self.0.push((name, value.into()));
    }

    fn set_some(&mut self, name: &'static str, value: Option<impl Into<Value<'a>>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// What a call asks for, known when it starts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) url: &'a Url,
    /// `None` for the OpenAPI document.
    pub(crate) capability: Option<&'a str>,
    pub(crate) is_stream: bool,
}

impl<'a> Asked<'a> {
    /// Name of the span: the method and a target of which there are few.
    pub(crate) fn span_name(&self) -> String {
        format!("{} {}", self.method, self.capability.unwrap_or(DOCUMENT))
    }

    /// Attributes that are known at the start, on which a sampler decides.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        let mut all = Attributes::default();
        all.set("http.request.method", self.method.as_str());
        all.set_some("server.address", self.url.host_str());
        all.set_some("server.port", self.url.port_or_known_default().map(whole));
        all.set("url.full", full_url(self.url));
        all.set_some("runtype.capability", self.capability);
        all.set("runtype.streaming", self.is_stream);
        all
    }
}

/// The URL without credentials. An endpoint with some is refused; what only looks like one is hidden.
fn full_url(url: &Url) -> Cow<'_, str> {
    redact::hide_credentials(url.as_str())
}

impl<'a> From<Cow<'a, str>> for Value<'a> {
    fn from(text: Cow<'a, str>) -> Self {
        Self::Text(text)
    }
}

/// How a call has ended.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct End<'a> {
    pub(crate) status: Option<u16>,
    pub(crate) error: Option<&'a Error>,
    pub(crate) request_id: Option<&'a str>,
    pub(crate) execution_id: Option<&'a str>,
    pub(crate) attempts: &'a [Attempt],
    pub(crate) stream: Option<StreamEnd>,
    /// Whether the application cancelled the call, or dropped it.
    pub(crate) is_cancelled: bool,
}

/// How a stream has ended whose response had begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StreamEnd {
    /// `completed`, `awaiting`, `failed`, or `closed` by the application.
    pub(crate) outcome: &'static str,
    pub(crate) events: u64,
}

impl<'a> End<'a> {
    pub(crate) fn of_response<T>(response: &'a CallResponse<T>) -> Self {
        Self {
            status: Some(response.status),
            request_id: response.request_id.as_deref(),
            execution_id: response.execution_id.as_deref(),
            attempts: &response.attempts,
            ..Self::default()
        }
    }

    pub(crate) fn of_error(error: &'a Error) -> Self {
        Self {
            status: error.status(),
            error: Some(error),
            request_id: error.request_id(),
            execution_id: error.execution_id(),
            attempts: error.attempts(),
            ..Self::default()
        }
    }

    pub(crate) fn cancelled() -> Self {
        Self { is_cancelled: true, ..Self::default() }
    }

    /// `error.type`: the status of an error response, else the name of the class; `None` for a success.
    pub(crate) fn error_type(&self) -> Option<Cow<'static, str>> {
        let error = self.error?;
        Some(match error.status().filter(|_| error.is_status()) {
            Some(status) => Cow::Owned(status.to_string()),
            None => Cow::Borrowed(error.kind().class_name()),
        })
    }

    /// Hint of the key that was used last.
    pub(crate) fn key_hint(&self) -> Option<&'a str> {
        self.attempts.last().map(|last| last.key_hint.as_str()).or(self.error.and_then(Error::key_hint))
    }

    /// Attributes that are known at the end.
    pub(crate) fn attributes(&self) -> Attributes<'a> {
        let mut all = Attributes::default();
        all.set_some("http.response.status_code", self.status.map(whole));
        all.set_some("error.type", self.error_type());
        let resends = self.attempts.len().saturating_sub(1);
        all.set_some("http.request.resend_count", (resends > 0).then(|| whole(resends)));
        all.set_some("runtype.attempts", (!self.attempts.is_empty()).then(|| whole(self.attempts.len())));
        all.set_some("runtype.request_id", self.request_id);
        all.set_some("runtype.execution_id", self.execution_id);
        all.set_some("runtype.key_hint", self.key_hint());
        all.set_some("runtype.stream.outcome", self.stream.map(|stream| stream.outcome));
        all.set_some("runtype.stream.events", self.stream.map(|stream| whole(stream.events)));
        all.set_some("runtype.cancelled", self.is_cancelled.then_some(true));
        all
    }

    /// One event for each attempt.
    pub(crate) fn events(&self) -> impl Iterator<Item = SpanEvent<'a>> + use<'a> {
        self.attempts.iter().map(SpanEvent::of)
    }

    /// When the call ended: with its last attempt. Its result may wait for a reader after that. `None` for a stream, which goes on, and
    /// without an attempt.
    pub(crate) fn last_attempt_ended(&self) -> Option<SystemTime> {
        let last = self.attempts.last().filter(|_| self.stream.is_none())?;
        last.began.checked_add(last.elapsed)
    }

    /// Whether the span's status is an error. A call that was cancelled, and a stream that was closed, did not fail.
    pub(crate) fn is_error(&self) -> bool {
        self.error.is_some()
    }

    /// The status's description. That of an error response follows from its status, and the text of a response that cannot be read, or
    /// of a stream's failure, may have a part of the body: only our own sentences are shown.
    pub(crate) fn description(&self) -> Option<&'a str> {
        let error = self.error?;
        matches!(error.kind(), ErrorKind::Connection | ErrorKind::Timeout).then(|| error.text().lines().next())?
    }
}

/// An event of a span.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct SpanEvent<'a> {
    pub(crate) name: &'static str,
    #[serde(serialize_with = "time")]
    pub(crate) time: SystemTime,
    pub(crate) attributes: Attributes<'a>,
}

impl<'a> SpanEvent<'a> {
    /// The event of an attempt, at its start.
    pub(crate) fn of(attempt: &'a Attempt) -> Self {
        let mut all = Attributes::default();
        all.set("http.request.resend_count", whole(attempt.number.saturating_sub(1)));
        all.set_some("http.response.status_code", attempt.outcome.status().map(whole));
        all.set_some("error.type", attempt.outcome.error_type());
        all.set("runtype.attempt.duration", attempt.elapsed);
        all.set("runtype.attempt.wait", attempt.waited);
        all.set("runtype.key_hint", attempt.key_hint.as_str());
        Self { name: ATTEMPT_EVENT, time: attempt.began, attributes: all }
    }
}

/// Seconds and nanoseconds: a number of nanoseconds is too large for JavaScript.
pub(crate) type SinceEpoch = (u64, u32);

/// A time as such.
pub(crate) fn since_1970(time: SystemTime) -> SinceEpoch {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    (since.as_secs(), since.subsec_nanos())
}

fn time<S: Serializer>(time: &SystemTime, serializer: S) -> Result<S::Ok, S::Error> {
    since_1970(*time).serialize(serializer)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::error::{
        attempt::AttemptOutcome,
        facts::{Facts, StatusFacts},
    };

    fn attempt(number: u32, outcome: AttemptOutcome) -> Attempt {
        Attempt {
            number,
            waited: Duration::from_millis(u64::from(number - 1) * 500),
            started: Duration::ZERO,
            elapsed: Duration::from_nanos(1_234_567_890),
            outcome,
            key_hint: "papi_…a1b2".into(),
            began: SystemTime::UNIX_EPOCH + Duration::new(1_764_007_200, 5),
        }
    }

    fn failed(kind: ErrorKind, status: Option<u16>, attempts: Vec<Attempt>) -> Error {
        Error::new(Facts {
            kind: Some(kind),
            text: "echo: the first line\nthe second".into(),
            response: status.map(|status| StatusFacts {
                status,
                message: "words of the server".into(),
                request_id: Some("req_1".into()),
                execution_id: Some("exec_1".into()),
                ..StatusFacts::default()
            }),
            attempts,
            ..Facts::default()
        })
    }

    #[test]
    fn a_span_starts_with_the_request_and_without_credentials() {
        let url = Url::parse("https://api.example/v1/papi_abcdefgh1234/api/echo?stream=true").unwrap();
        let asked = Asked { method: &Method::POST, url: &url, capability: Some("echo"), is_stream: true };
        assert_eq!(asked.span_name(), "POST echo");
        assert_eq!(
            serde_json::to_value(asked.attributes()).unwrap(),
            json!({
                "http.request.method": "POST", "server.address": "api.example", "server.port": 443,
                "url.full": "https://api.example/v1/papi_…/api/echo?stream=true",
                "runtype.capability": "echo", "runtype.streaming": true,
            })
        );
        let document = Asked { method: &Method::GET, capability: None, is_stream: false, ..asked };
        assert_eq!(document.span_name(), "GET openapi.json");
        assert_eq!(document.attributes().0.iter().find(|(name, _)| *name == "runtype.capability"), None);
    }

    #[test]
    fn a_refused_call_has_its_status_as_its_type_and_no_words_of_the_server() {
        let attempts = vec![
            attempt(1, AttemptOutcome::Broken { may_have_executed: false }),
            attempt(2, AttemptOutcome::Responded { status: 503 }),
        ];
        let error = failed(ErrorKind::Server, Some(503), attempts);
        let end = End::of_error(&error);
        assert_eq!(
            serde_json::to_value(end.attributes()).unwrap(),
            json!({
                "http.response.status_code": 503, "error.type": "503", "http.request.resend_count": 1, "runtype.attempts": 2,
                "runtype.request_id": "req_1", "runtype.execution_id": "exec_1", "runtype.key_hint": "papi_…a1b2",
            })
        );
        assert_eq!((end.is_error(), end.description()), (true, None));
        assert_eq!(
            serde_json::to_value(end.events().collect::<Vec<_>>()).unwrap(),
            json!([
                { "name": "runtype.attempt", "time": [1_764_007_200, 5], "attributes": {
                    "http.request.resend_count": 0, "error.type": "APIConnectionError", "runtype.attempt.duration": 1.234568,
                    "runtype.attempt.wait": 0.0, "runtype.key_hint": "papi_…a1b2" } },
                { "name": "runtype.attempt", "time": [1_764_007_200, 5], "attributes": {
                    "http.request.resend_count": 1, "http.response.status_code": 503, "error.type": "503",
                    "runtype.attempt.duration": 1.234568, "runtype.attempt.wait": 0.5, "runtype.key_hint": "papi_…a1b2" } },
            ])
        );
    }

    #[test]
    fn a_description_is_only_a_sentence_of_our_own() {
        for (kind, status, error_type, description) in [
            (ErrorKind::Connection, None, "APIConnectionError", Some("echo: the first line")),
            (ErrorKind::Timeout, None, "APITimeoutError", Some("echo: the first line")),
            (ErrorKind::ResponseDecode, Some(200), "ResponseDecodeError", None),
            (ErrorKind::Stream, Some(200), "StreamError", None),
            (ErrorKind::Status, Some(302), "302", None),
            (ErrorKind::Configuration, None, "ConfigurationError", None),
        ] {
            let error = failed(kind, status, Vec::new());
            let end = End::of_error(&error);
            assert_eq!((end.error_type().as_deref(), end.description()), (Some(error_type), description), "{kind:?}");
        }
    }

    #[test]
    fn a_cancelled_call_and_a_closed_stream_did_not_fail() {
        let cancelled = End::cancelled();
        assert_eq!(serde_json::to_value(cancelled.attributes()).unwrap(), json!({ "runtype.cancelled": true }));
        let closed =
            End { status: Some(200), stream: Some(StreamEnd { outcome: "closed", events: 3 }), ..End::default() };
        let expected =
            json!({ "http.response.status_code": 200, "runtype.stream.outcome": "closed", "runtype.stream.events": 3 });
        assert_eq!(serde_json::to_value(closed.attributes()).unwrap(), expected);
        assert!(!cancelled.is_error() && !closed.is_error());
    }
}
