//! An error as plain data, for the languages that make their own exception of it.

use http::HeaderMap;
use serde::Serialize;

use crate::{Attempt, Error, ErrorKind};

#[derive(Serialize)]
struct Report<'a> {
    class: &'static str,
    text: &'a str,
    message: &'a str,
    option: Option<&'a str>,
    phase: Option<&'static str>,
    path: Option<&'a str>,
    events_seen: Option<u64>,
    may_have_executed: bool,
    status: Option<u16>,
    code: Option<&'a str>,
    details: Option<&'a serde_json::Value>,
    request_id: Option<&'a str>,
    execution_id: Option<&'a str>,
    retry_after_ms: Option<f64>,
    location: Option<&'a str>,
    headers: Option<Vec<(&'a str, String)>>,
    capability: Option<&'a str>,
    key_hint: Option<&'a str>,
    attempts: &'a [Attempt],
}

impl Error {
    /// Every field but the raw body, as JSON: the same in every language.
    #[doc(hidden)]
    #[must_use]
    pub fn report(&self) -> String {
        let report = Report {
            class: self.kind().class_name(),
            text: self.text(),
            message: self.message(),
            option: self.option(),
            phase: self.phase().map(crate::Phase::as_str),
            path: self.path(),
            events_seen: self.events_seen(),
            may_have_executed: self.may_have_executed(),
            status: self.status(),
            code: self.code(),
            details: self.details(),
            request_id: self.request_id(),
            execution_id: self.execution_id(),
            retry_after_ms: self.retry_after().map(|wait| wait.as_secs_f64() * 1e3),
            location: self.location(),
            headers: self.headers().map(header_pairs),
            capability: self.capability(),
            key_hint: self.key_hint(),
            attempts: self.attempts(),
        };
        serde_json::to_string(&report).unwrap_or_else(|_| {
            format!(
                "{{\"class\":\"{}\",\"text\":\"\",\"message\":\"\",\"attempts\":[]}}",
                ErrorKind::Configuration.class_name()
            )
        })
    }
}

/// Headers in the order in which they came, names in lower case, values as text.
pub(crate) fn header_pairs(headers: &HeaderMap) -> Vec<(&str, String)> {
    headers
        .iter()
        .map(|(name, value)| (name.as_str(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
        .collect()
}
