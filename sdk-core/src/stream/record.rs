//! What a stream has said so far.

use std::{
    cell::LazyCell,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::{
    event::StreamEvent,
    event_kind::EventKind,
    failure::{Problem, Progress},
    fields::Fields,
    head::Opened,
    misuse,
    nested::NestedTexts,
    outcome::{StreamOutcome, Usage},
    parser::RawEvent,
    surrogates::{Halves, has_surrogate},
    text::Text,
};
use crate::{error::Error, key::scrubber::Scrubber};

/// What a stream has said so far. Shared with those who ask for it while the stream is being read elsewhere.
pub(crate) struct Record {
    pub(crate) opened: Opened,
    execution_id: OnceLock<String>,
    state: Mutex<State>,
}

struct State {
    seen: u64,
    halves: Halves,
    text: Text,
    nested: NestedTexts,
    final_output: Option<Bytes>,
    usage: Option<Usage>,
    /// The last event, if the execution waits after it.
    awaited: Option<StreamEvent>,
    outcome: Option<StreamOutcome>,
    failed: Option<Error>,
}

impl Record {
    /// `max_text_bytes`: maximum size of the text, as JSON.
    pub(crate) fn new(opened: Opened, max_text_bytes: u64) -> Self {
        Self {
            opened,
            execution_id: OnceLock::new(),
            state: Mutex::new(State {
                seen: 0,
                halves: Halves::default(),
                text: Text::new(max_text_bytes),
                nested: NestedTexts::default(),
                final_output: None,
                usage: None,
                awaited: None,
                outcome: None,
                failed: None,
            }),
        }
    }

    /// Records what an event says, before it is yielded. Its data is parsed at most once.
    ///
    /// # Errors
    ///
    /// The failure that the event reports.
    pub(crate) fn take(&self, raw: RawEvent) -> Result<StreamEvent, Error> {
        let data = raw.data.clone();
        let fields = LazyCell::new(|| Fields::of(&data));
        let mut event = StreamEvent::named(raw, || fields.kind.text());
        if self.execution_id.get().is_none()
            && let Some(id) = fields.execution_id.text()
        {
            let _ = self.execution_id.set(Scrubber::new(&self.opened.key).text(id.into_owned()));
        }
        let mut state = self.state();
        if event.is_failure_by(&fields) {
            if event.kind() == EventKind::ExecutionComplete {
                state.usage = Some(Usage::read(&fields));
            }
            return Err(self.progress(&state).reported(&event, &fields));
        }
        state.seen += 1;
        state.note(&mut event, &fields);
        Ok(event)
    }

    /// The error of a stream that ended before its closing event.
    pub(crate) fn problem(&self, problem: Problem) -> Error {
        self.progress(&self.state()).failed(problem)
    }

    /// Records the error that ends the stream.
    pub(crate) fn fail(&self, error: &Error) {
        let mut state = self.state();
        state.failed = Some(error.again());
        state.outcome = None;
    }

    /// Records that the stream was closed before its end.
    pub(crate) fn close(&self) {
        self.state().failed.get_or_insert_with(misuse::closed_stream);
    }

    /// Whether the execution waits after the last event, so that the stream may end here.
    pub(crate) fn end_awaiting(&self) -> bool {
        let mut state = self.state();
        let is_awaiting = state.awaited.is_some();
        if is_awaiting {
            state.outcome = Some(StreamOutcome::Awaiting);
        }
        is_awaiting
    }

    /// Whether the text exceeds its limit, so that reading on gives no text.
    pub(crate) fn is_text_too_large(&self) -> bool {
        self.state().text.exceeded().is_some()
    }

    /// The text until now, or why there is none.
    pub(crate) fn text(&self) -> Result<String, Error> {
        let state = self.state();
        self.unless_ended_without_answer(&state)?;
        match state.text.exceeded() {
            Some(limit) => Err(self.progress(&state).text_too_large(limit)),
            None => Ok(state.text.decoded()),
        }
    }

    /// The final output as JSON text, or why there is none.
    pub(crate) fn final_output(&self) -> Result<Bytes, Error> {
        let state = self.state();
        self.unless_ended_without_answer(&state)?;
        Ok(state.final_output.clone().unwrap_or_else(|| Bytes::from_static(b"null")))
    }

    /// Decodes the final output.
    pub(crate) fn decode<T: DeserializeOwned>(&self, output: &[u8]) -> Result<T, Error> {
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(output)).map_err(|error| {
            let path = Some(error.path().to_string()).filter(|path| path != ".");
            self.progress(&self.state()).undecodable(path, error.inner())
        })
    }

    /// The error of a final output that a language's own JSON parser rejected.
    pub(crate) fn undecodable(&self, reason: &str) -> Error {
        self.progress(&self.state()).undecodable(None, &reason)
    }

    pub(crate) fn execution_id(&self) -> Option<&str> {
        self.execution_id.get().map(String::as_str)
    }

    pub(crate) fn events_seen(&self) -> u64 {
        self.state().seen
    }

    pub(crate) fn outcome(&self) -> Option<StreamOutcome> {
        self.state().outcome
    }

    pub(crate) fn usage(&self) -> Option<Usage> {
        self.state().usage.clone()
    }

    fn unless_ended_without_answer(&self, state: &State) -> Result<(), Error> {
        if let Some(error) = &state.failed {
            return Err(error.again());
        }
        match &state.awaited {
            Some(event) if state.outcome == Some(StreamOutcome::Awaiting) => Err(self.progress(state).awaiting(event)),
            _ => Ok(()),
        }
    }

    fn progress<'a>(&'a self, state: &'a State) -> Progress<'a> {
        Progress { opened: &self.opened, execution_id: self.execution_id(), seen: state.seen, text: &state.text }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A panic while it was held leaves nothing half done that matters: the stream is not read on.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn note<'a>(&mut self, event: &mut StreamEvent, fields: &LazyCell<Fields<'a>, impl FnOnce() -> Fields<'a>>) {
        // A keep-alive does not end the waiting.
        if event.kind() != EventKind::Ping {
            self.awaited = None;
        }
        if event.is_delta() && (self.halves.are_waiting() || has_surrogate(event.data())) {
            let mended = self.halves.mend(event.name(), event.data(), fields);
            if let Some(data) = mended {
                event.set_data(data);
                // The fields are those of the data before.
                return self.note_text(event, &Fields::of(&event.data().clone()));
            }
        }
        match event.kind() {
            EventKind::TextStart => self.nested.start(fields),
            EventKind::TextDelta | EventKind::TextComplete => self.note_text(event, fields),
            // That of a nested flow or agent completes nothing else.
            EventKind::ExecutionComplete if !fields.is_nested() => {
                self.final_output = event.part(fields.final_output);
                self.usage = Some(Usage::read(fields));
                self.outcome = Some(StreamOutcome::Completed);
            }
            EventKind::Await | EventKind::ApprovalStart => self.awaited = Some(event.clone()),
            _ => {}
        }
    }

    /// Adds the text of the answer itself, not that of a nested flow or agent.
    fn note_text(&mut self, event: &StreamEvent, fields: &Fields<'_>) {
        if self.nested.has(event.kind(), fields) {
            return;
        }
        match (event.kind(), fields.delta.content(), fields.text.content()) {
            (EventKind::TextDelta, Some(delta), _) => self.text.add(fields.id.json(), delta),
            (EventKind::TextComplete, _, Some(text)) => self.text.complete(fields.id.json(), text),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;

    use super::*;
    use crate::{key::ApiKey, stream::fields::PARSED};

    fn record() -> Record {
        let opened = Opened {
            status: 200,
            headers: HeaderMap::new(),
            request_id: None,
            attempts: Vec::new(),
            capability: None,
            key: ApiKey::parse("papi_record_key_0001").unwrap(),
        };
        Record::new(opened, 100)
    }

    fn raw(name: &'static str, data: &'static str) -> RawEvent {
        RawEvent { name: name.into(), data: data.into(), id: Bytes::new() }
    }

    /// Number of times that an event is parsed before it is yielded.
    fn parsed(record: &Record, name: &'static str, data: &'static str) -> usize {
        let before = PARSED.get();
        let _ = record.take(raw(name, data));
        PARSED.get() - before
    }

    #[test]
    fn an_event_is_parsed_at_most_once() {
        let record = record();
        for (name, data) in [
            ("step_start", "{}"),
            ("", r#"{"type":"text_delta","delta":"a"}"#),
            ("error", r#"{"message":"slow"}"#),
            ("execution_start", r#"{"executionId":"exec_1"}"#),
            ("text_delta", r#"{"delta":"\ud83d\ude00"}"#),
            ("await", "{}"),
            ("execution_complete", r#"{"success":true,"finalOutput":1}"#),
            ("execution_complete", r#"{"success":false}"#),
        ] {
            assert!(parsed(&record, name, data) <= 1, "{name} {data}");
        }
        // Once the execution id is known, only what the stream itself needs is parsed.
        assert_eq!(parsed(&record, "step_start", "{}"), 0);
        assert_eq!(parsed(&record, "tool_output_delta", r#"{"delta":"x"}"#), 0);
        assert_eq!(record.text().unwrap(), "a😀");
    }
}
