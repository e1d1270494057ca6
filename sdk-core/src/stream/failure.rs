//! The errors of a stream.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use bytes::Bytes;

use super::{event::StreamEvent, fields::Fields, head::Opened, text::Text};
use crate::{
    error::{
        Error,
        cause::Cause,
        explain,
        facts::{EventParts, Facts, StatusFacts, StreamFacts},
        kind::{ErrorKind, Phase},
        spelling::{duration, spell},
    },
    key::scrubber::Scrubber,
    redact,
};

/// Code of the error of a text or an output that is not there because the execution waits.
const AWAITING: &str = "awaiting";

/// The `awaitReason` of an execution that goes on without its reader.
const DETACHED: &str = "detached";

const STARTED: &str = "The call had started: a retry would run it again.";

/// Why a stream failed before its closing event.
pub(crate) enum Problem {
    Broken(reqwest::Error),
    Ended,
    Silent(Duration),
    /// The whole stream took longer than this.
    TooLong(Duration),
    /// An event is larger than this number of bytes.
    TooLarge(usize),
    /// More than this number of bytes came without an event.
    NoEvent(usize),
}

/// How far a stream has come when it fails.
pub(crate) struct Progress<'a> {
    pub(crate) opened: &'a Opened,
    pub(crate) execution_id: Option<&'a str>,
    pub(crate) seen: u64,
    pub(crate) text: &'a Text,
}

impl Progress<'_> {
    /// The error of a stream that ended before its closing event.
    pub(crate) fn failed(&self, problem: Problem) -> Error {
        Error::new(match problem {
            Problem::Broken(error) => {
                let scrubber = self.scrubber();
                let mut cause = Cause::of(&error);
                cause.rewrite(&|text| scrubber.text(text));
                let mut facts = self.facts(ErrorKind::Stream, &format!("the stream broke: {}", cause.reason()));
                facts.source = Some(Box::new(cause));
                facts
            }
            Problem::Ended => {
                let text = "the stream ended without a closing event (execution_complete)";
                self.facts(ErrorKind::Stream, text)
            }
            Problem::Silent(wait) => {
                let text = format!("the stream was silent for {} ({})", duration(wait), spell("stream_idle_timeout"));
                let mut facts = self.facts(ErrorKind::Timeout, &text);
                facts.phase = Some(Phase::Idle);
                facts
            }
            Problem::TooLong(wait) => {
                let text = format!("the stream took longer than {} ({})", duration(wait), spell("stream_timeout"));
                let mut facts = self.facts(ErrorKind::Timeout, &text);
                facts.phase = Some(Phase::Stream);
                facts
            }
            Problem::TooLarge(limit) => {
                let text = format!("an event is larger than {} ({limit} bytes)", spell("max_event_bytes"));
                self.facts(ErrorKind::Stream, &text)
            }
            Problem::NoEvent(limit) => {
                let text = format!("no event came within {} ({limit} bytes)", spell("max_event_bytes"));
                self.facts(ErrorKind::Stream, &text)
            }
        })
    }

    /// The error that an event reports.
    pub(crate) fn reported(&self, event: &StreamEvent, fields: &Fields<'_>) -> Error {
        let scrubber = self.scrubber();
        let own = |text: Cow<'_, str>| scrubber.text(text.into_owned());
        let message = fields.error_message().map(own);
        let code = fields.error_code().map(own);
        let stop_reason = fields.stop_reason.text().map(own);
        let said = match (&message, &stop_reason) {
            (Some(message), _) => explain::words(message).into_owned(),
            (None, Some(reason)) => format!("no message, stop reason {}", redact::quote(reason)),
            (None, None) => "no reason".to_owned(),
        };
        let code_text = code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        let mut facts = self.facts(ErrorKind::Stream, &format!("the stream failed: {said}{code_text}"));
        if let Some(response) = &mut facts.response {
            (response.message, response.code) = (message.unwrap_or_default(), code);
            response.details = fields.error_details().map(|details| scrubber.json(details));
            response.upgrade_url = fields.error_upgrade_url().map(own);
        }
        let output = fields.final_output.json().filter(|_| fields.final_output.is_present());
        let output = output.map(|output| Bytes::from(scrubber.bytes(output.as_bytes().to_vec())));
        facts.stream = Some(Arc::new(StreamFacts {
            partial_output: output,
            stop_reason,
            event: Some(parts(event, &scrubber)),
            ..self.stream_facts()
        }));
        Error::new(facts)
    }

    /// The error of asking for the text or the output of an execution that waits after this event.
    pub(crate) fn awaiting(&self, event: &StreamEvent) -> Error {
        let scrubber = self.scrubber();
        let quote = |text: Cow<'_, str>| redact::quote(&scrubber.text(text.into_owned()));
        let reason = event.await_reason();
        let is_detached = reason.as_deref() == Some(DETACHED);
        let mut happened = if is_detached {
            "the execution goes on without this reader".to_owned()
        } else if event.is_approval() {
            "the execution awaits an approval".to_owned()
        } else {
            "the execution awaits a result".to_owned()
        };
        if let Some(tool) = event.tool_name().filter(|_| !is_detached) {
            happened.push_str(" of the tool ");
            happened.push_str(&quote(tool));
        }
        if let Some(reason) = reason {
            happened.push_str(&format!(" (await reason {})", quote(reason)));
        }
        let action = if is_detached { "follow" } else { "resume" };
        let execution = self.execution_id.map(|id| format!(" Give them execution {id}.")).unwrap_or_default();
        let remedy =
            format!("A product key cannot {action} it: the product's owner can, with a platform key.{execution}");
        let mut facts = self.facts_with(ErrorKind::Stream, &happened, &remedy);
        if let Some(response) = &mut facts.response {
            response.code = Some(AWAITING.to_owned());
        }
        let event = Some(parts(event, &scrubber));
        facts.stream = Some(Arc::new(StreamFacts { event, ..self.stream_facts() }));
        Error::new(facts)
    }

    /// The error of asking for a text that exceeds this number of bytes.
    pub(crate) fn text_too_large(&self, limit: u64) -> Error {
        let option = spell("max_response_bytes");
        let happened = format!("the text of the stream is larger than {option} ({limit} bytes)");
        let remedy = format!("Increase {option} for the next call, or read the events one by one.");
        Error::new(self.facts_with(ErrorKind::Stream, &happened, &remedy))
    }

    /// The error of an output that does not have the expected shape.
    pub(crate) fn undecodable(&self, path: Option<String>, reason: &dyn fmt::Display) -> Error {
        let place = path.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
        let text = format!("the final output does not have the expected shape{place}: {reason}");
        let mut facts = self.facts(ErrorKind::ResponseDecode, &text);
        facts.path = path;
        Error::new(facts)
    }

    fn scrubber(&self) -> Scrubber {
        Scrubber::new(&self.opened.key)
    }

    fn facts(&self, kind: ErrorKind, problem: &str) -> Box<Facts> {
        let remedy = self.execution_id.map_or_else(
            || "Check its effects before retrying.".to_owned(),
            |id| format!("Give execution {id} to the product's owner, who finds it in the product's logs."),
        );
        self.facts_with(kind, problem, &remedy)
    }

    fn facts_with(&self, kind: ErrorKind, problem: &str, remedy: &str) -> Box<Facts> {
        let opened = self.opened;
        let events = if self.seen == 1 { "1 event".to_owned() } else { format!("{} events", self.seen) };
        let happened = format!("{}{problem}, after {events}", explain::who(opened.capability.as_deref()));
        Box::new(Facts {
            kind: Some(kind),
            text: explain::lines([&happened, STARTED, remedy]),
            may_have_executed: true,
            stream: Some(Arc::new(self.stream_facts())),
            response: Some(StatusFacts {
                status: opened.status,
                request_id: opened.request_id.clone(),
                execution_id: self.execution_id.map(str::to_owned),
                headers: opened.headers.clone(),
                ..StatusFacts::default()
            }),
            capability: opened.capability.clone(),
            key_hint: Some(opened.key.hint()),
            attempts: opened.attempts.clone(),
            ..Facts::default()
        })
    }

    /// The text so far, without the key. It may end anywhere, so an end that is a part of the key is dropped.
    fn partial_text(&self) -> String {
        let scrubber = self.scrubber();
        let mut text = scrubber.text(self.text.decoded());
        text.truncate(scrubber.begin_of_secret_at_end(text.as_bytes()));
        text
    }

    fn stream_facts(&self) -> StreamFacts {
        StreamFacts { events_seen: self.seen, partial_text: self.partial_text(), ..StreamFacts::default() }
    }
}

/// An event without the key.
fn parts(event: &StreamEvent, scrubber: &Scrubber) -> EventParts {
    EventParts {
        name: scrubber.text(event.name().to_owned()),
        data: scrubber.bytes(event.data().to_vec()).into(),
        id: scrubber.text(event.last_event_id().into_owned()),
    }
}

impl Error {
    /// The event that reported a stream's failure, or after which its execution waits; without the key, if the server repeated
    /// it.
    #[must_use]
    pub fn event(&self) -> Option<StreamEvent> {
        let EventParts { name, data, id } = self.stream()?.event.as_ref()?;
        Some(StreamEvent::of_parts(name, data.clone(), id))
    }
}
