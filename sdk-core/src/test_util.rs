//! Constructors for the unit tests of an application: errors, responses, events and streams without a server.
//!
//! With the feature `test-util`, which belongs in `[dev-dependencies]`. To test against a server, with keys, limits and faults, use the
//! crate `runtype-mock`.
//!
//! ```
//! use runtype_surface::{Error, ErrorKind, test_util};
//!
//! /// What is tested.
//! fn wait(error: &Error) -> Option<u64> {
//!     (error.kind() == ErrorKind::RateLimit).then(|| error.retry_after().map_or(60, |wait| wait.as_secs()))
//! }
//!
//! let error = test_util::error(ErrorKind::RateLimit).status(429).retry_after(std::time::Duration::from_secs(9)).build();
//! assert_eq!(wait(&error), Some(9));
//! ```

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::Serialize;

use crate::{
    config::options::Options,
    error::{
        Error,
        facts::{EventParts, Facts, StatusFacts, StreamFacts},
        kind::{ErrorKind, Phase},
    },
    key::ApiKey,
    response::call_response::CallResponse,
    stream::{
        EventStream,
        event::StreamEvent,
        head::{EVENT_STREAM, Opened},
        record::Record,
    },
};

/// An event with this name and data.
///
/// # Panics
///
/// If the data is not serializable as JSON.
#[must_use]
pub fn event(name: &str, data: &(impl Serialize + ?Sized)) -> StreamEvent {
    #[expect(clippy::expect_used, reason = "for tests, where a panic is a failed test")]
    let data = serde_json::to_vec(data).expect("the data of an event must be serializable as JSON");
    StreamEvent::of_parts(name, data, "")
}

/// A response with this output and the status 200. Its other fields are empty: set them.
pub fn response<T>(output: T) -> CallResponse<T> {
    CallResponse {
        output,
        status: 200,
        headers: HeaderMap::new(),
        request_id: None,
        execution_id: None,
        metadata: None,
        rate_limit: None,
        quota: None,
        attempts: Vec::new(),
        elapsed: Duration::ZERO,
        capability: None,
        key: Some(key()),
    }
}

/// An open stream of these events. It fails, completes or waits as their names and data say; without a closing event it is broken.
///
/// # Panics
///
/// Outside of a tokio runtime, which its timers need.
pub fn event_stream(events: impl IntoIterator<Item = StreamEvent, IntoIter: Send + 'static>) -> EventStream {
    let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(EVENT_STREAM))]);
    let opened = Opened { status: 200, headers, request_id: None, attempts: Vec::new(), capability: None, key: key() };
    let options = Options::default();
    let chunks = futures_util::stream::iter(events.into_iter().map(|event| Ok(event.to_sse())));
    EventStream::of_chunks(Box::pin(chunks), options.stream, Record::new(opened, options.max_response_bytes), None)
}

/// Builds an error of this kind. Its text is the name of the kind, until it is set.
pub fn error(kind: ErrorKind) -> ErrorBuilder {
    ErrorBuilder { facts: Facts { kind: Some(kind), text: format!("{kind:?}"), ..Facts::default() } }
}

/// Builder of an error, made by [`error`].
#[must_use = "a builder does nothing before it is built"]
pub struct ErrorBuilder {
    facts: Facts,
}

impl ErrorBuilder {
    /// The text that the error prints.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.facts.text = text.into();
        self
    }

    /// HTTP status of the response; see [`Error::status`].
    pub fn status(self, status: u16) -> Self {
        self.response(|response| response.status = status)
    }

    /// See [`Error::server_message`].
    pub fn server_message(self, message: impl Into<String>) -> Self {
        self.response(|response| response.message = message.into())
    }

    /// See [`Error::code`].
    pub fn code(self, code: impl Into<String>) -> Self {
        self.response(|response| response.code = Some(code.into()))
    }

    /// See [`Error::details`].
    pub fn details(self, details: serde_json::Value) -> Self {
        self.response(|response| response.details = Some(details))
    }

    /// See [`Error::request_id`].
    pub fn request_id(self, id: impl Into<String>) -> Self {
        self.response(|response| response.request_id = Some(id.into()))
    }

    /// See [`Error::execution_id`].
    pub fn execution_id(self, id: impl Into<String>) -> Self {
        self.response(|response| response.execution_id = Some(id.into()))
    }

    /// See [`Error::retry_after`].
    pub fn retry_after(self, wait: Duration) -> Self {
        self.response(|response| response.retry_after = Some(wait))
    }

    /// See [`Error::upgrade_url`].
    pub fn upgrade_url(self, url: impl Into<String>) -> Self {
        self.response(|response| response.upgrade_url = Some(url.into()))
    }

    /// Adds a header of the response; see [`Error::headers`].
    pub fn header(self, name: HeaderName, value: HeaderValue) -> Self {
        self.response(|response| drop(response.headers.insert(name, value)))
    }

    /// See [`Error::body`].
    pub fn body(self, body: impl Into<Bytes>) -> Self {
        self.response(|response| response.body = body.into())
    }

    /// See [`Error::capability`].
    pub fn capability(mut self, capability: impl Into<String>) -> Self {
        self.facts.capability = Some(capability.into());
        self
    }

    /// See [`Error::option`].
    pub fn option(mut self, option: impl Into<String>) -> Self {
        self.facts.option = Some(option.into());
        self
    }

    /// See [`Error::phase`].
    pub fn phase(mut self, phase: Phase) -> Self {
        self.facts.phase = Some(phase);
        self
    }

    /// See [`Error::path`].
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.facts.path = Some(path.into());
        self
    }

    /// See [`Error::may_have_executed`]. Default: `false`.
    pub fn may_have_executed(mut self, may_have_executed: bool) -> Self {
        self.facts.may_have_executed = may_have_executed;
        self
    }

    /// See [`Error::not_sent`]. Default: `false`.
    pub fn not_sent(mut self, not_sent: bool) -> Self {
        self.facts.not_sent = not_sent;
        self
    }

    /// How far a stream had come; see [`Error::events_seen`] and [`Error::partial_text`].
    pub fn stream(mut self, events_seen: u64, partial_text: impl Into<String>) -> Self {
        let event = self.facts.stream.take().and_then(|facts| Arc::into_inner(facts)?.event);
        let partial_text = partial_text.into();
        self.facts.stream = Some(Arc::new(StreamFacts { events_seen, partial_text, event, ..StreamFacts::default() }));
        self
    }

    /// The event that reported a stream's failure; see [`Error::event`].
    pub fn event(mut self, event: &StreamEvent) -> Self {
        let facts = self.facts.stream.take().and_then(Arc::into_inner).unwrap_or_default();
        let (name, id) = (event.name().to_owned(), event.last_event_id().into_owned());
        let event = Some(EventParts { name, data: event.data().clone(), id });
        self.facts.stream = Some(Arc::new(StreamFacts { event, ..facts }));
        self
    }

    /// The error.
    #[must_use]
    pub fn build(self) -> Error {
        Error::new(self.facts)
    }

    fn response(mut self, set: impl FnOnce(&mut StatusFacts)) -> Self {
        set(self.facts.response.get_or_insert_default());
        self
    }
}

impl std::fmt::Debug for ErrorBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ErrorBuilder").field("text", &self.facts.text).finish_non_exhaustive()
    }
}

/// The key of what no server sent.
fn key() -> ApiKey {
    #[expect(clippy::expect_used, reason = "the text is a valid key, and this is for tests")]
    ApiKey::parse("papi_of_a_test_0000a1b2").expect("a valid key")
}
