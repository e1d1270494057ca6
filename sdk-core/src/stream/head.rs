//! The head of a stream's response, and the stream's errors.

use std::{borrow::Cow, time::Duration};

use http::{HeaderMap, header};

use super::event::StreamEvent;
use crate::{
    error::{
        Error,
        attempt::Attempt,
        cause::Cause,
        explain,
        facts::{Facts, StatusFacts},
        kind::{ErrorKind, Phase},
        spelling::{duration, spell},
    },
    key::{ApiKey, scrubber::Scrubber},
    redact,
    response::body::{Reading, unreadable},
    retry::failure::Failed,
    transport::plan::Plan,
};

/// Media type of event streams (WHATWG).
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// Up to the body, which must be an event stream.
#[derive(Clone, Copy)]
pub(crate) struct Head;

impl Reading for Head {
    type Body = reqwest::Response;

    async fn read(
        self,
        plan: &Plan,
        response: reqwest::Response,
        headers: &HeaderMap,
    ) -> Result<reqwest::Response, Failed> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(EVENT_STREAM) {
            return Ok(response);
        }
        let kind = if kind.is_empty() { "no content type".to_owned() } else { redact::quote(kind) };
        let problem = explain::lines([
            &format!("the response has {kind} where an event stream ({EVENT_STREAM}) was expected"),
            explain::EXECUTED,
            "This capability does not stream: call it without streaming.",
        ]);
        Err(unreadable(plan, response.status().as_u16(), headers, &problem))
    }
}

#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) request_id: Option<String>,
    pub(crate) execution_id: Option<String>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) capability: Option<String>,
    pub(crate) key: ApiKey,
}

/// Why a stream failed before its closing event.
pub(crate) enum Problem {
    Broken(reqwest::Error),
    Ended,
    Silent(Duration),
    /// The whole stream took longer than this.
    TooLong(Duration),
    /// An event is larger than this number of bytes.
    TooLarge(usize),
}

impl Opened {
    /// Records the execution id from the first event that has one.
    pub(crate) fn note_execution(&mut self, event: &StreamEvent) {
        if self.execution_id.is_none() {
            self.execution_id = event.execution_id().map(|id| Scrubber::new(&self.key).text(id.into_owned()));
        }
    }

    /// The error of a stream that failed after `seen` events.
    pub(crate) fn failed(&self, problem: Problem, seen: u64) -> Error {
        Error::new(match problem {
            Problem::Broken(error) => {
                let scrubber = Scrubber::new(&self.key);
                let mut cause = Cause::of(&error);
                cause.rewrite(&|text| scrubber.text(text));
                let mut facts = self.facts(ErrorKind::Stream, &format!("the stream broke: {}", cause.reason()), seen);
                facts.source = Some(Box::new(cause));
                facts
            }
            Problem::Ended => {
                let text = "the stream ended without a closing event (execution_complete)";
                self.facts(ErrorKind::Stream, text, seen)
            }
            Problem::Silent(wait) => {
                let mut facts = self.facts(
                    ErrorKind::Timeout,
                    &format!("the stream was silent for {} ({})", duration(wait), spell("stream_idle_timeout")),
                    seen,
                );
                facts.phase = Some(Phase::Idle);
                facts
            }
            Problem::TooLong(wait) => {
                let mut facts = self.facts(
                    ErrorKind::Timeout,
                    &format!("the stream took longer than {} ({})", duration(wait), spell("stream_timeout")),
                    seen,
                );
                facts.phase = Some(Phase::Stream);
                facts
            }
            Problem::TooLarge(limit) => {
                let text = format!("an event is larger than {} ({limit} bytes)", spell("max_event_bytes"));
                self.facts(ErrorKind::Stream, &text, seen)
            }
        })
    }

    /// The error that an event reports.
    pub(crate) fn reported(&self, event: &StreamEvent, seen: u64) -> Error {
        let scrubber = Scrubber::new(&self.key);
        let own = |text: Cow<'_, str>| scrubber.text(text.into_owned());
        let message = event.error_message().map(own);
        let code = event.code().map(own);
        let said = explain::words(message.as_deref().unwrap_or("no reason"));
        let code_text = code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        let mut facts = self.facts(ErrorKind::Stream, &format!("the stream failed: {said}{code_text}"), seen);
        if let Some(response) = &mut facts.response {
            (response.message, response.code) = (message.unwrap_or_default(), code);
            response.details = event.json().ok().map(|data| scrubber.json(data));
        }
        Error::new(facts)
    }

    pub(crate) fn facts(&self, kind: ErrorKind, problem: &str, seen: u64) -> Box<Facts> {
        let events = if seen == 1 { "1 event".to_owned() } else { format!("{seen} events") };
        let happened = format!("{}{problem}, after {events}", explain::who(self.capability.as_deref()));
        let execution = self.execution_id.as_ref().map_or_else(
            || "Check its effects before retrying.".to_owned(),
            |id| format!("Give execution {id} to the product's owner, who finds it in the product's logs."),
        );
        Box::new(Facts {
            kind: Some(kind),
            text: explain::lines([&happened, "The call had started: a retry would run it again.", &execution]),
            may_have_executed: true,
            events_seen: Some(seen),
            response: Some(StatusFacts {
                status: self.status,
                request_id: self.request_id.clone(),
                execution_id: self.execution_id.clone(),
                headers: self.headers.clone(),
                ..StatusFacts::default()
            }),
            capability: self.capability.clone(),
            key_hint: Some(self.key.hint()),
            attempts: self.attempts.clone(),
            ..Facts::default()
        })
    }
}
