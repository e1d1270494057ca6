//! Errors of calls.
//!
//! Every fallible function of this crate returns [`Error`]. Branch on its [`kind`](Error::kind), print it for the cause and the
//! remedy, and read its fields for details:
//!
//! ```
//! use runtype_surface::{Error, ErrorKind};
//!
//! fn advice(error: &Error) -> &'static str {
//!     match error.kind() {
//!         ErrorKind::Configuration => "fix the configuration; nothing was sent",
//!         ErrorKind::Authentication => "get a new key",
//!         ErrorKind::PermissionDenied => "ask for a wider scope",
//!         ErrorKind::RateLimit => "retry after error.retry_after()",
//!         _ if error.may_have_executed() => "check the call's effects before retrying",
//!         _ => "safe to retry",
//!     }
//! }
//! ```
//!
//! No error shows the key: not in its text, fields, `Debug` output or source. If a server echoes the key in its response, the
//! error has the hint (`papi_…a1b2`) instead.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::HeaderMap;

pub(crate) mod attempt;
pub(crate) mod cause;
pub(crate) mod explain;
pub(crate) mod facts;
pub(crate) mod kind;
pub(crate) mod spelling;

use attempt::Attempt;
use cause::Cause;
use facts::{Facts, Source, StatusFacts, StreamFacts};
use kind::{ErrorKind, Phase};
use spelling::spell;

/// Error of a call. See the [module](self) for how to handle it.
pub struct Error(Box<Facts>);

impl Error {
    pub(crate) fn new(facts: impl Into<Box<Facts>>) -> Self {
        Self(facts.into())
    }

    pub(crate) fn configuration(option: impl AsRef<str>, problem: impl fmt::Display) -> Self {
        let option = spell(option.as_ref()).into_owned();
        let text = format!("{option}: {problem}");
        Self::configuration_text(option, text)
    }

    pub(crate) fn configuration_text(option: String, text: String) -> Self {
        Self::new(Facts { kind: Some(ErrorKind::Configuration), text, option: Some(option), ..Facts::default() })
    }

    /// Adds where a malformed value was found.
    pub(crate) fn found_in(mut self, place: impl fmt::Display) -> Self {
        self.0.text = format!("{} (found in {place})", self.0.text);
        self
    }

    pub(crate) fn with_source(mut self, source: impl Into<Source>) -> Self {
        self.0.source = Some(source.into());
        self
    }

    /// Adds what the application's key function failed with, in words without a key. The error itself is dropped: what prints a
    /// chain of causes would print a key that is in it.
    pub(crate) fn with_key_function_error(mut self, text: String) -> Self {
        self.0.source = Some(Box::new(Cause::of(&*Source::from(text.as_str()))));
        self.0.key_function_error = Some(text);
        self
    }

    /// Takes the other error's source if this one has none.
    pub(crate) fn caused_by(mut self, other: Self) -> Self {
        if self.0.source.is_none() {
            self.0.source = other.0.source;
            self.0.key_function_error = other.0.key_function_error;
        }
        self
    }

    /// What the application's key function failed with, in words without a key.
    pub(crate) fn key_function_error(&self) -> Option<&str> {
        self.0.key_function_error.as_deref()
    }

    /// Copies the error without its source.
    pub(crate) fn again(&self) -> Self {
        let facts = &*self.0;
        Self::new(Facts {
            kind: facts.kind,
            text: facts.text.clone(),
            option: facts.option.clone(),
            phase: facts.phase,
            path: facts.path.clone(),
            may_have_executed: facts.may_have_executed,
            not_sent: facts.not_sent,
            stream: facts.stream.clone(),
            response: facts.response.clone(),
            capability: facts.capability.clone(),
            key_hint: facts.key_hint.clone(),
            attempts: facts.attempts.clone(),
            source: None,
            key_function_error: None,
            os_code: facts.os_code,
        })
    }

    /// The error of a call that was not sent because of this one.
    pub(crate) fn of_unsent(&self, reason: &str) -> Self {
        let mut error = self.again();
        error.0.text = explain::not_sent(self.capability(), reason, &self.0.text);
        (error.0.may_have_executed, error.0.not_sent) = (false, true);
        error.0.attempts = Vec::new();
        error
    }

    pub(crate) fn into_facts(self) -> Box<Facts> {
        self.0
    }

    fn response(&self) -> Option<&StatusFacts> {
        self.0.response.as_ref()
    }

    /// Kind of the error.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind.unwrap_or(ErrorKind::Configuration)
    }

    /// HTTP status, if the server responded.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status)
    }

    /// Message of the server's error response; `None` if it sent none.
    #[must_use]
    pub fn server_message(&self) -> Option<&str> {
        self.response().map(|response| response.message.as_str()).filter(|text| !text.is_empty())
    }

    /// Whether a timeout passed: [`ErrorKind::Timeout`].
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.kind() == ErrorKind::Timeout
    }

    /// Whether the connection could not be made or broke: [`ErrorKind::Connection`].
    #[must_use]
    pub fn is_connection(&self) -> bool {
        self.kind() == ErrorKind::Connection
    }

    /// Whether a key, id, URL, option or input is missing or malformed: [`ErrorKind::Configuration`].
    #[must_use]
    pub fn is_configuration(&self) -> bool {
        self.kind() == ErrorKind::Configuration
    }

    /// Whether the server responded with an error status.
    #[must_use]
    pub fn is_status(&self) -> bool {
        self.status().is_some_and(|status| !(200..300).contains(&status))
    }

    /// URL at which the plan can be upgraded, from a 402 or a stream's error.
    #[must_use]
    pub fn upgrade_url(&self) -> Option<&str> {
        self.response()?.upgrade_url.as_deref()
    }

    /// Operating system's code of a connection error, such as `ECONNREFUSED`.
    #[must_use]
    pub fn os_code(&self) -> Option<&'static str> {
        self.0.os_code
    }

    /// The server's error code, such as `SLOW_MODE_HOURLY_LIMIT_EXCEEDED`.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.response()?.code.as_deref()
    }

    /// The server's `details`.
    #[must_use]
    pub fn details(&self) -> Option<&serde_json::Value> {
        self.response()?.details.as_ref()
    }

    /// Request id, from the response's headers.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.response()?.request_id.as_deref()
    }

    /// Execution id, by which the product's owner finds the execution in the logs.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.response()?.execution_id.as_deref()
    }

    /// Wait that the server asked for (`retry-after-ms`, or `Retry-After` in seconds or as a date).
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.response()?.retry_after
    }

    /// Target of a redirect, which was not followed.
    #[must_use]
    pub fn location(&self) -> Option<&str> {
        self.response()?.location.as_deref()
    }

    /// The response's headers.
    #[must_use]
    pub fn headers(&self) -> Option<&HeaderMap> {
        self.response().map(|response| &response.headers)
    }

    /// The response's body, unparsed, up to 64 KiB.
    #[must_use]
    pub fn body(&self) -> Option<&Bytes> {
        self.response().map(|response| &response.body)
    }

    /// The capability that was called.
    #[must_use]
    pub fn capability(&self) -> Option<&str> {
        self.0.capability.as_deref()
    }

    /// Hint of the key that was used last, such as `papi_…a1b2`.
    #[must_use]
    pub fn key_hint(&self) -> Option<&str> {
        self.0.key_hint.as_deref()
    }

    /// All attempts, in order. Empty if nothing was sent.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// Whether the server may have run the capability. `false` only if it cannot have: the call is safe to retry.
    #[must_use]
    pub fn may_have_executed(&self) -> bool {
        self.0.may_have_executed
    }

    /// Whether this call of [many](crate::CallMany) was not sent, because the error of another one concerns all: a refused key, a
    /// missing permission, an exhausted day or plan. The other fields are that error's, except for the attempts.
    #[must_use]
    pub fn not_sent(&self) -> bool {
        self.0.not_sent
    }

    /// What the call was doing when it timed out.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.0.phase
    }

    /// Invalid option or variable, in the application's spelling: `api_key`, `max_retries`, `RUNTYPE_MAX_RETRIES`.
    #[must_use]
    pub fn option(&self) -> Option<&str> {
        self.0.option.as_deref()
    }

    /// Path of the value that failed to deserialize, such as `items[3].words`.
    #[must_use]
    pub fn path(&self) -> Option<&str> {
        self.0.path.as_deref()
    }

    /// Number of events that a stream had yielded before it failed.
    #[must_use]
    pub fn events_seen(&self) -> Option<u64> {
        self.stream().map(|stream| stream.events_seen)
    }

    /// Text of the answer that a stream had yielded before it failed, at most
    /// [`max_response_bytes`](crate::Call::max_response_bytes).
    #[must_use]
    pub fn partial_text(&self) -> Option<&str> {
        self.stream().map(|stream| stream.partial_text.as_str())
    }

    /// Partial output as JSON text, if the event that reported a stream's failure has one (its `finalOutput`).
    #[must_use]
    pub fn partial_output(&self) -> Option<&Bytes> {
        self.stream()?.partial_output.as_ref()
    }

    /// Why the execution of a stream that failed had stopped, if the server says.
    #[must_use]
    pub fn stop_reason(&self) -> Option<&str> {
        self.stream()?.stop_reason.as_deref()
    }

    pub(crate) fn stream(&self) -> Option<&StreamFacts> {
        self.0.stream.as_deref()
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
        if let Some(response) = self.response() {
            shown.field("status", &response.status).field("request_id", &response.request_id);
            shown.field("execution_id", &response.execution_id);
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

#[cfg(test)]
mod tests;
