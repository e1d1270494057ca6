//! Errors, responses and streams as plain data, from which each language builds its own objects.

use std::borrow::Cow;

use bytes::Bytes;
use http::HeaderMap;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    error::{
        Error,
        attempt::Attempt,
        kind::{ErrorKind, Phase},
    },
    response::{
        call_response::CallResponse,
        limits::{Quota, RateLimit},
    },
    send::hooks::AttemptStart,
    stream::EventStream,
};

/// The fields as JSON, the same in every language.
pub trait Report {
    /// Every field except the large ones, which are passed as bytes.
    #[must_use]
    fn report(&self) -> String;
}

#[derive(Serialize)]
struct ErrorReport<'a> {
    class: &'static str,
    text: &'a str,
    server_message: Option<&'a str>,
    option: Option<&'a str>,
    phase: Option<&'static str>,
    path: Option<&'a str>,
    events_seen: Option<u64>,
    partial_text: Option<&'a str>,
    partial_output: Option<&'a RawValue>,
    stop_reason: Option<&'a str>,
    event: Option<EventReport<'a>>,
    may_have_executed: bool,
    not_sent: bool,
    status: Option<u16>,
    code: Option<&'a str>,
    details: Option<&'a serde_json::Value>,
    request_id: Option<&'a str>,
    execution_id: Option<&'a str>,
    retry_after_ms: Option<f64>,
    location: Option<&'a str>,
    upgrade_url: Option<&'a str>,
    os_code: Option<&'static str>,
    headers: Option<Vec<(&'a str, String)>>,
    capability: Option<&'a str>,
    key_hint: Option<&'a str>,
    attempts: &'a [Attempt],
}

impl Report for Error {
    fn report(&self) -> String {
        let report = ErrorReport {
            class: self.kind().class_name(),
            text: self.text(),
            server_message: self.server_message(),
            option: self.option(),
            phase: self.phase().map(Phase::as_str),
            path: self.path(),
            events_seen: self.events_seen(),
            partial_text: self.partial_text(),
            partial_output: self.partial_output().and_then(|output| serde_json::from_slice(output).ok()),
            stop_reason: self.stop_reason(),
            event: self.stream().and_then(|stream| stream.event.as_ref()).map(|event| EventReport {
                name: &event.name,
                data: String::from_utf8_lossy(&event.data),
                id: &event.id,
            }),
            may_have_executed: self.may_have_executed(),
            not_sent: self.not_sent(),
            status: self.status(),
            code: self.code(),
            details: self.details(),
            request_id: self.request_id(),
            execution_id: self.execution_id(),
            retry_after_ms: self.retry_after().map(|wait| wait.as_secs_f64() * 1e3),
            location: self.location(),
            upgrade_url: self.upgrade_url(),
            os_code: self.os_code(),
            headers: self.headers().map(header_pairs),
            capability: self.capability(),
            key_hint: self.key_hint(),
            attempts: self.attempts(),
        };
        serde_json::to_string(&report).unwrap_or_else(|_| {
            format!("{{\"class\":\"{}\",\"text\":\"\",\"attempts\":[]}}", ErrorKind::Configuration.class_name())
        })
    }
}

/// An event; its data as received, which may not be JSON.
#[derive(Serialize)]
struct EventReport<'a> {
    name: &'a str,
    data: Cow<'a, str>,
    id: &'a str,
}

#[derive(Serialize)]
struct ResponseReport<'a> {
    status: u16,
    headers: Vec<(&'a str, String)>,
    request_id: Option<&'a str>,
    execution_id: Option<&'a str>,
    metadata: Option<&'a RawValue>,
    rate_limit: Option<RateLimit>,
    quota: Option<&'a Quota>,
    attempts: &'a [Attempt],
    elapsed_ms: f64,
}

impl<T> Report for CallResponse<T> {
    fn report(&self) -> String {
        let report = ResponseReport {
            status: self.status,
            headers: header_pairs(&self.headers),
            request_id: self.request_id.as_deref(),
            execution_id: self.execution_id.as_deref(),
            metadata: self.metadata.as_deref().and_then(|metadata| serde_json::from_slice(metadata).ok()),
            rate_limit: self.rate_limit,
            quota: self.quota.as_ref(),
            attempts: &self.attempts,
            elapsed_ms: self.elapsed.as_secs_f64() * 1e3,
        };
        serde_json::to_string(&report).unwrap_or_default()
    }
}

#[derive(Serialize)]
struct StreamReport<'a> {
    status: u16,
    headers: Vec<(&'a str, String)>,
    request_id: Option<&'a str>,
    attempts: &'a [Attempt],
}

impl Report for EventStream {
    /// What is known once the response has begun.
    fn report(&self) -> String {
        let report = StreamReport {
            status: self.status(),
            headers: header_pairs(self.headers()),
            request_id: self.request_id(),
            attempts: self.attempts(),
        };
        serde_json::to_string(&report).unwrap_or_default()
    }
}

/// An attempt for hooks, with its outcome once it has ended.
#[must_use]
pub fn attempt_report(start: &AttemptStart<'_>, end: Option<&Attempt>) -> String {
    #[derive(Serialize)]
    struct AttemptReport<'a> {
        start: &'a AttemptStart<'a>,
        end: Option<&'a Attempt>,
    }
    serde_json::to_string(&AttemptReport { start, end }).unwrap_or_default()
}

/// The error of an output that a language's own JSON parser rejected. The core parses it again, so that the same output gives the
/// same error in every language; `reason` is used if the core's parser accepts it.
#[must_use]
pub fn undecodable(response: CallResponse<Bytes>, reason: &str) -> Error {
    response.undecodable(reason)
}

/// What the application's key function failed with, on one line and without a key, for a language that chains it as the cause.
/// The original is not kept: what prints a cause would print a key in it.
#[must_use]
pub fn key_function_error(error: &Error) -> Option<&str> {
    error.key_function_error()
}

/// Headers in the order received: names in lower case, values as text.
fn header_pairs(headers: &HeaderMap) -> Vec<(&str, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}
