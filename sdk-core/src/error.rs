//! What can go wrong with a call, and what to do about it.
//!
//! Every fallible function of this crate returns [`Error`]. Branch on its [`kind`](Error::kind); print it to learn what to
//! do; read its fields to decide:
//!
//! ```
//! use runtype_surface::{Error, ErrorKind};
//!
//! fn advice(error: &Error) -> &'static str {
//!     match error.kind() {
//!         ErrorKind::Configuration => "mend the configuration; nothing was sent",
//!         ErrorKind::Authentication => "ask for a new key",
//!         ErrorKind::PermissionDenied => "ask for a wider scope",
//!         ErrorKind::RateLimit => "come back after error.retry_after()",
//!         _ if error.may_have_executed() => "it may have run: look before you repeat it",
//!         _ => "nothing has run: repeat it",
//!     }
//! }
//! ```
//!
//! No error shows the key: not in its text, its fields, its `Debug`, or its source. Where a server repeats the key in
//! its answer, the error holds the hint (`papi_…a1b2`) in its place.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::HeaderMap;

use crate::{Attempt, redact};

type Source = Box<dyn std::error::Error + Send + Sync>;

/// What kind of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A key, id, URL, option or input is missing or malformed. Nothing was sent.
    Configuration,
    /// No connection could be made, or it broke.
    Connection,
    /// The deadline passed; [`Error::phase`] says in which phase.
    Timeout,
    /// 400, 413, 415 or 422: the request is not what the capability takes.
    BadRequest,
    /// 401: the key is missing, malformed, unknown, revoked or expired.
    Authentication,
    /// 403: the key's scope or permissions do not reach the capability.
    PermissionDenied,
    /// 404: no such product, surface or capability.
    NotFound,
    /// 429: a limit of the key is reached; [`Error::retry_after`] says for how long, if the server did.
    RateLimit,
    /// 5xx: the capability failed, or the server did; [`Error::execution_id`] finds it in the product's logs.
    Server,
    /// Any other answer that is not a success, among them redirects, which are never followed.
    Status,
    /// A success that is not what was asked for: not JSON, too large, or of another shape.
    ResponseDecode,
    /// A stream broke, ended without a closing event, or reported an error; [`Error::events_seen`] says how far it came.
    Stream,
}

impl ErrorKind {
    /// The name of the class that stands for this kind in Python and JavaScript.
    #[must_use]
    pub fn class_name(self) -> &'static str {
        match self {
            Self::Configuration => "ConfigurationError",
            Self::Connection => "APIConnectionError",
            Self::Timeout => "APITimeoutError",
            Self::BadRequest => "BadRequestError",
            Self::Authentication => "AuthenticationError",
            Self::PermissionDenied => "PermissionDeniedError",
            Self::NotFound => "NotFoundError",
            Self::RateLimit => "RateLimitError",
            Self::Server => "ServerError",
            Self::Status => "APIStatusError",
            Self::ResponseDecode => "ResponseDecodeError",
            Self::Stream => "StreamError",
        }
    }

    pub(crate) fn of_status(status: u16) -> Self {
        match status {
            400 | 413 | 415 | 422 => Self::BadRequest,
            401 => Self::Authentication,
            403 => Self::PermissionDenied,
            404 => Self::NotFound,
            429 => Self::RateLimit,
            500..=599 => Self::Server,
            _ => Self::Status,
        }
    }
}

/// What a call was doing when its time ran out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Phase {
    /// Asking the key's source.
    Key,
    /// Making a connection, or waiting for a free one.
    Connect,
    /// Sending the request, and waiting for the answer to begin.
    Answer,
    /// Reading the answer.
    Body,
    /// Waiting for the next event of a stream.
    Idle,
}

impl Phase {
    /// The phase's name: `key`, `connect`, `answer`, `body` or `idle`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Key => "key",
            Self::Connect => "connect",
            Self::Answer => "answer",
            Self::Body => "body",
            Self::Idle => "idle",
        }
    }

    pub(crate) fn doing(self) -> &'static str {
        match self {
            Self::Key => "asking the key's source",
            Self::Connect => "connecting",
            Self::Answer => "waiting for the answer",
            Self::Body => "reading the answer",
            Self::Idle => "waiting for the next event",
        }
    }
}

/// Why a call failed. See the [module](self) for how to handle it.
pub struct Error(Box<Facts>);

/// All that is known of a failure; what does not apply is empty.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) text: String,
    pub(crate) option: Option<String>,
    pub(crate) phase: Option<Phase>,
    pub(crate) path: Option<String>,
    pub(crate) may_have_executed: bool,
    pub(crate) events_seen: Option<u64>,
    pub(crate) answer: Option<StatusFacts>,
    pub(crate) capability: Option<String>,
    pub(crate) key_hint: Option<String>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) source: Option<Source>,
    pub(crate) key_function_error: Option<Source>,
}

/// What the server answered.
#[derive(Clone, Default)]
pub(crate) struct StatusFacts {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) code: Option<String>,
    pub(crate) details: Option<serde_json::Value>,
    pub(crate) request_id: Option<String>,
    pub(crate) execution_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) location: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Error {
    pub(crate) fn new(facts: impl Into<Box<Facts>>) -> Self {
        Self(facts.into())
    }

    pub(crate) fn configuration(option: impl Into<String>, problem: impl fmt::Display) -> Self {
        let option = option.into();
        let text = format!("{option}: {problem}");
        Self::configuration_text(option, text)
    }

    /// The refusal of an argument that a language's binding cannot hand over, such as an input that is not JSON there.
    #[doc(hidden)]
    #[must_use]
    pub fn refused(option: &str, problem: &str) -> Self {
        Self::configuration(option, redact::hide_credentials(problem))
    }

    pub(crate) fn configuration_text(option: String, text: String) -> Self {
        Self::new(Facts { kind: Some(ErrorKind::Configuration), text, option: Some(option), ..Facts::default() })
    }

    /// Says where a malformed value was found.
    pub(crate) fn found_in(mut self, place: impl fmt::Display) -> Self {
        self.0.text = format!("{} (found in {place})", self.0.text);
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    pub(crate) fn with_key_function_error(mut self, error: Source) -> Self {
        self.0.source = Some(Box::new(Cause::of(&*error)));
        self.0.key_function_error = Some(error);
        self
    }

    /// Where nothing else caused this error, what caused the other did.
    pub(crate) fn caused_by(mut self, other: Self) -> Self {
        if self.0.source.is_none() {
            self.0.source = other.0.source;
            self.0.key_function_error = other.0.key_function_error;
        }
        self
    }

    /// The very error of the application's key function, for a language that hands its exception back as the cause. It may
    /// hold what this error's texts and sources leave out.
    #[doc(hidden)]
    #[must_use]
    pub fn key_function_error(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.0.key_function_error.as_deref()
    }

    /// The same error once more, without what caused it.
    pub(crate) fn again(&self) -> Self {
        let facts = &*self.0;
        Self::new(Facts {
            kind: facts.kind,
            text: facts.text.clone(),
            option: facts.option.clone(),
            phase: facts.phase,
            path: facts.path.clone(),
            may_have_executed: facts.may_have_executed,
            events_seen: facts.events_seen,
            answer: facts.answer.clone(),
            capability: facts.capability.clone(),
            key_hint: facts.key_hint.clone(),
            attempts: facts.attempts.clone(),
            source: None,
            key_function_error: None,
        })
    }

    pub(crate) fn into_facts(self) -> Box<Facts> {
        self.0
    }

    fn answer(&self) -> Option<&StatusFacts> {
        self.0.answer.as_ref()
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind.unwrap_or(ErrorKind::Configuration)
    }

    /// The HTTP status, where the server answered.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.answer().map(|answer| answer.status)
    }

    /// The server's own words where it answered with an error, else the text of this error.
    #[must_use]
    pub fn message(&self) -> &str {
        self.answer().map(|answer| answer.message.as_str()).filter(|text| !text.is_empty()).unwrap_or(&self.0.text)
    }

    /// The server's error code, such as `SLOW_MODE_HOURLY_LIMIT_EXCEEDED`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.answer()?.code.as_deref()
    }

    /// What the server added under `details`.
    #[must_use]
    pub fn details(&self) -> Option<&serde_json::Value> {
        self.answer()?.details.as_ref()
    }

    /// The id of the request, from the answer's headers.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.answer()?.request_id.as_deref()
    }

    /// The id under which the product's owner finds the execution in the logs.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.answer()?.execution_id.as_deref()
    }

    /// How long the server asked to wait (`retry-after-ms`, or `Retry-After` in seconds or as a date).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.answer()?.retry_after
    }

    /// Where a redirect pointed. It was not followed.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.answer()?.location.as_deref()
    }

    /// The answer's headers.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.answer().map(|answer| &answer.headers)
    }

    /// The answer's body as it came, up to 64 KiB.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.answer().map(|answer| &answer.body)
    }

    /// The capability that was called.
    #[must_use]
    pub fn capability(&self) -> Option<&str> {
        self.0.capability.as_deref()
    }

    /// The hint of the key that was used last, such as `papi_…a1b2`.
    #[must_use]
    pub fn key_hint(&self) -> Option<&str> {
        self.0.key_hint.as_deref()
    }

    /// What happened at each attempt, in order. Empty where nothing was sent.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// Whether the server may have run the capability. `false` only where it cannot have: the caller may repeat the call.
    #[must_use]
    pub fn may_have_executed(&self) -> bool {
        self.0.may_have_executed
    }

    /// What the call was doing when its time ran out.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.0.phase
    }

    /// The option that is wrong, in words: `api key`, `product id`, `max retries`.
    #[must_use]
    pub fn option(&self) -> Option<&str> {
        self.0.option.as_deref()
    }

    /// The path inside a success at which its shape is another than asked for, such as `items[3].words`.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// How many events a stream had handed on before it failed.
    #[must_use]
    pub fn events_seen(&self) -> Option<u64> {
        self.0.events_seen
    }

    pub(crate) fn text(&self) -> &str {
        &self.0.text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.text)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct(self.kind().class_name());
        shown.field("text", &self.0.text);
        if let Some(answer) = self.answer() {
            shown.field("status", &answer.status).field("request_id", &answer.request_id);
            shown.field("execution_id", &answer.execution_id);
        }
        shown.field("capability", &self.0.capability).field("key_hint", &self.0.key_hint);
        shown.field("attempts", &self.0.attempts).finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_deref().map(|source| source as _)
    }
}

/// A cause whose text is kept and whose type is not: what it said, less anything that looks like a credential.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(crate) struct Cause {
    text: String,
    #[source]
    source: Option<Box<Cause>>,
}

impl Cause {
    /// Copies a chain of causes.
    pub(crate) fn of(error: &(dyn std::error::Error + 'static)) -> Self {
        Self {
            text: redact::hide_credentials(&error.to_string()).into_owned(),
            source: error.source().map(|source| Box::new(Self::of(source))),
        }
    }

    /// The chain in one line, the innermost reason last, each said once.
    pub(crate) fn line(&self) -> String {
        let mut line = self.text.clone();
        let mut next = self.source.as_deref();
        while let Some(cause) = next {
            if !line.ends_with(&cause.text) {
                line = format!("{line}: {}", cause.text);
            }
            next = cause.source.as_deref();
        }
        line
    }
}
