//! One event of a stream.

use std::{borrow::Cow, cell::LazyCell, time::Duration};

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{
    event_kind::EventKind,
    fields::{Field, Fields},
    parser::RawEvent,
};

/// Name of an event without a name and without a `type` in its data (WHATWG).
const UNNAMED: &str = "message";

/// Event of a stream: name, data, and typed access to the vocabulary's fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEvent {
    name: Cow<'static, str>,
    kind: EventKind,
    data: Bytes,
    id: Bytes,
}

impl StreamEvent {
    pub(crate) fn new(raw: RawEvent) -> Self {
        let data = raw.data.clone();
        Self::named(raw, || Fields::of(&data).kind.text())
    }

    /// `kind`: the `type` in the data, which names an event without an `event` field: the vocabulary repeats the name there.
    pub(crate) fn named<'a>(raw: RawEvent, kind: impl FnOnce() -> Option<Cow<'a, str>>) -> Self {
        let (kind, name) = EventKind::of(if raw.name.is_empty() {
            kind().unwrap_or(UNNAMED.into())
        } else {
            String::from_utf8_lossy(&raw.name)
        });
        Self { name, kind, data: raw.data, id: raw.id }
    }

    /// Creates an event, for the application's tests.
    #[doc(hidden)]
    #[must_use]
    pub fn of_parts(name: &str, data: impl Into<Bytes>, id: &str) -> Self {
        let copy = |text: &str| Bytes::copy_from_slice(text.as_bytes());
        Self::new(RawEvent { name: copy(name), data: data.into(), id: copy(id) })
    }

    /// Name of the event: its `event` field, else its data's `type`, else `message`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Kind of the event, by the vendor's vocabulary.
    #[must_use]
    pub fn kind(&self) -> EventKind {
        self.kind
    }

    /// The data as received: JSON text; an object, by the vendor's vocabulary.
    #[must_use]
    pub fn data(&self) -> &Bytes {
        &self.data
    }

    /// The event's `id` field, or that of the last event with one.
    #[must_use]
    pub fn last_event_id(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.id)
    }

    /// Decodes the data.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] if it is not JSON or has another shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.data)
    }

    /// Text of a `…_delta` event.
    #[must_use]
    pub fn delta(&self) -> Option<Cow<'_, str>> {
        self.fields().delta.text()
    }

    /// Whole text of a `text_complete` event, which repeats its deltas.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        self.fields().text.text()
    }

    /// Number of the event in its execution (`seq`).
    #[must_use]
    pub fn seq(&self) -> Option<u64> {
        self.fields().seq.read()
    }

    /// Execution id, by which the product's owner finds the execution in the logs.
    #[must_use]
    pub fn execution_id(&self) -> Option<Cow<'_, str>> {
        self.fields().execution_id.text()
    }

    /// Id of the text, tool or step that the event belongs to (the data's `id`).
    #[must_use]
    pub fn part_id(&self) -> Option<Cow<'_, str>> {
        self.fields().id.text()
    }

    /// Duration of the execution, from `execution_complete`.
    #[must_use]
    pub fn duration(&self) -> Option<Duration> {
        self.fields().duration_ms.read().and_then(|time: f64| Duration::try_from_secs_f64(time / 1e3).ok())
    }

    /// The capability's output as JSON text, from `execution_complete`; of a failure, the partial output.
    #[must_use]
    pub fn final_output(&self) -> Option<Bytes> {
        self.part(self.fields().final_output)
    }

    /// Code of an `execution_error` or `error` event; the digits if it is a number.
    #[must_use]
    pub fn code(&self) -> Option<Cow<'_, str>> {
        self.fields().error_code()
    }

    /// Message of an `execution_error` or `error` event.
    #[must_use]
    pub fn error_message(&self) -> Option<Cow<'_, str>> {
        self.fields().error_message()
    }

    /// Whether the execution succeeded, from `execution_complete`. Only `false` makes it a failure.
    #[must_use]
    pub fn success(&self) -> Option<bool> {
        self.fields().success.read()
    }

    /// Why the execution stopped, from `execution_complete` or `execution_error`.
    #[must_use]
    pub fn stop_reason(&self) -> Option<Cow<'_, str>> {
        self.fields().stop_reason.text()
    }

    /// URL at which the plan can be upgraded, from an `execution_error` or `error` event.
    #[must_use]
    pub fn upgrade_url(&self) -> Option<Cow<'_, str>> {
        self.fields().error_upgrade_url()
    }

    /// Id of the tool call that a nested flow or agent runs in. The event is not part of the answer itself.
    #[must_use]
    pub fn parent_tool_call_id(&self) -> Option<Cow<'_, str>> {
        self.fields().parent()
    }

    /// Name of the tool, from `tool_…`, `await` and `approval_…` events.
    #[must_use]
    pub fn tool_name(&self) -> Option<Cow<'_, str>> {
        self.fields().tool_name.text()
    }

    /// What the execution waits for, from an `await` event; `detached` if it goes on without this reader.
    #[must_use]
    pub fn await_reason(&self) -> Option<Cow<'_, str>> {
        self.fields().await_reason.text()
    }

    /// Whether the stream goes on after an `error` event: it does unless the event says `recoverable: false`. `Some(false)` for
    /// `execution_error`, and `None` for events that are no errors.
    #[must_use]
    pub fn recoverable(&self) -> Option<bool> {
        matches!(self.kind, EventKind::Error | EventKind::ExecutionError).then(|| !self.is_failure())
    }

    /// Size in bytes, without an id that it shares with the previous event.
    pub(crate) fn weight(&self, before: Option<&Self>) -> usize {
        self.name.len() + self.data.len() + if self.shares_id(before) { 0 } else { self.id.len() }
    }

    fn shares_id(&self, before: Option<&Self>) -> bool {
        before.is_some_and(|before| before.id.as_ptr() == self.id.as_ptr() && before.id.len() == self.id.len())
    }

    /// Whether this event reports that the execution failed: `execution_error`, `error` with `recoverable: false`, or
    /// `execution_complete` with `success: false`. Any other `error` event is recoverable, and the stream goes on; so it does after
    /// the failure of a nested flow or agent, which has a [parent](Self::parent_tool_call_id).
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.is_failure_by(&LazyCell::new(|| self.fields()))
    }

    /// Reads the fields only of an event that may be a failure.
    pub(crate) fn is_failure_by<'a>(&self, fields: &LazyCell<Fields<'a>, impl FnOnce() -> Fields<'a>>) -> bool {
        let is_failure = match self.kind {
            EventKind::ExecutionError => true,
            EventKind::Error => fields.recoverable.read() == Some(false),
            EventKind::ExecutionComplete => fields.success.read() == Some(false),
            _ => false,
        };
        is_failure && !fields.is_nested()
    }

    pub(crate) fn is_approval(&self) -> bool {
        self.kind == EventKind::ApprovalStart
    }

    /// Whether it is a piece of a text: a `…_delta` event, also of a name that is not in the vocabulary.
    pub(crate) fn is_delta(&self) -> bool {
        self.name.ends_with("_delta")
    }

    pub(crate) fn set_data(&mut self, data: Bytes) {
        self.data = data;
    }

    /// A field of the data, as JSON text that shares its bytes.
    pub(crate) fn part(&self, field: Field<'_>) -> Option<Bytes> {
        field.json().map(|json| self.data.slice_ref(json.as_bytes()))
    }

    fn fields(&self) -> Fields<'_> {
        Fields::of(&self.data)
    }

    /// Appends the event's name, data and id to a JSON list, for languages that parse JSON. Data that is not JSON becomes a
    /// string; an id that the previous event has too becomes `null`.
    #[doc(hidden)]
    pub fn write_json(&self, text: &mut Vec<u8>, before: Option<&Self>) {
        let string = |text: &mut Vec<u8>, value: &str| {
            let _ = serde_json::to_writer(text, value);
        };
        string(text, &self.name);
        text.push(b',');
        if serde_json::from_slice::<&RawValue>(&self.data).is_ok() {
            text.extend_from_slice(&self.data);
        } else {
            string(text, &String::from_utf8_lossy(&self.data));
        }
        text.push(b',');
        if self.shares_id(before) {
            text.extend_from_slice(b"null");
        } else {
            string(text, &self.last_event_id());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &'static str, data: &'static str) -> StreamEvent {
        StreamEvent::new(RawEvent { name: name.into(), data: data.into(), id: Bytes::new() })
    }

    #[test]
    fn an_event_without_a_name_is_named_by_its_data() {
        assert_eq!(event("", r#"{"type":"text_delta","delta":"a"}"#).kind(), EventKind::TextDelta);
        assert_eq!(event("", r#"{"delta":"a"}"#).name(), "message");
        assert_eq!(event("", "no json").name(), "message");
        assert_eq!(event("artifact_start", r#"{"type":"x"}"#).name(), "artifact_start");
        assert_eq!(event("artifact_start", "{}").kind(), EventKind::Other);
    }

    #[test]
    fn the_fields_of_the_vocabulary_are_typed() {
        let complete = event(
            "execution_complete",
            r#"{"type":"execution_complete","seq":9,"executionId":"exec_1","finalOutput":{"a": 1.50},"durationMs":12.5}"#,
        );
        assert_eq!((complete.seq(), complete.execution_id().as_deref()), (Some(9), Some("exec_1")));
        assert_eq!(complete.final_output().as_deref(), Some(&b"{\"a\": 1.50}"[..]));
        assert_eq!(complete.duration(), Some(Duration::from_micros(12_500)));
        let delta = event("text_delta", r#"{"delta":"z\u00fc\n","id":"t1"}"#);
        assert_eq!((delta.delta().as_deref(), delta.part_id().as_deref()), (Some("zü\n"), Some("t1")));
    }

    #[test]
    fn a_field_of_another_type_hides_no_other() {
        let odd = event(
            "text_delta",
            r#"{"delta":"a","seq":"1","durationMs":"2","executionId":3,"code":[],"message":{},"type":null,"id":[]}"#,
        );
        assert_eq!(odd.delta().as_deref(), Some("a"));
        assert_eq!((odd.seq(), odd.duration(), odd.execution_id(), odd.code()), (None, None, None, None));
        let error = event("error", r#"{"error":{"code":500,"message":"boom"},"code":true,"executionId":"exec_1"}"#);
        assert_eq!((error.error_message().as_deref(), error.code().as_deref()), (Some("boom"), Some("500")));
        assert_eq!(error.execution_id().as_deref(), Some("exec_1"));
        assert_eq!(event("", r#"{"type":"execution_complete","id":4}"#).kind(), EventKind::ExecutionComplete);
        assert_eq!(event("text_delta", r#"{"delta":"a","delta":"b"}"#).delta().as_deref(), Some("b"));
    }

    #[test]
    fn half_a_surrogate_pair_hides_no_text() {
        let cut = event("text_delta", r#"{"delta":"smile \ud83d","\ud83d":1,"id":"t1"}"#);
        assert_eq!(cut.delta().as_deref(), Some("smile \u{fffd}"));
        assert_eq!(cut.part_id().as_deref(), Some("t1"));
    }

    #[test]
    fn an_error_event_says_what_is_wrong_in_either_form() {
        for data in [
            r#"{"error":"boom","code":"E1"}"#,
            r#"{"error":{"message":"boom","code":"E1"}}"#,
            r#"{"message":"boom","code":"E1"}"#,
        ] {
            let error = event("execution_error", data);
            assert!(error.is_failure());
            assert_eq!(error.recoverable(), Some(false));
            assert_eq!(
                (error.error_message().as_deref(), error.code().as_deref()),
                (Some("boom"), Some("E1")),
                "{data}"
            );
        }
    }

    #[test]
    fn an_error_event_is_recoverable_unless_it_says_no() {
        for (data, expected) in [("{}", true), (r#"{"recoverable":true}"#, true), (r#"{"recoverable":false}"#, false)] {
            assert_eq!(event("error", data).recoverable(), Some(expected), "{data}");
        }
        assert_eq!(event("ping", r#"{"recoverable":true}"#).recoverable(), None);
    }

    #[test]
    fn an_event_crosses_as_json_whatever_its_data_is() {
        for (data, expected) in [
            (r#"{"a":1}"#, r#""custom",{"a":1},"""#),
            ("plain \"text\"", r#""custom","plain \"text\"","""#),
            ("", r#""custom","","""#),
        ] {
            let mut text = Vec::new();
            event("custom", data).write_json(&mut text, None);
            assert_eq!(String::from_utf8(text).unwrap(), expected);
        }
        let (first, mut text) = (StreamEvent::of_parts("a", "1", "an id"), Vec::new());
        first.write_json(&mut text, Some(&event("b", "2")));
        first.clone().write_json(&mut text, Some(&first));
        assert_eq!(text, br#""a",1,"an id""a",1,null"#);
    }
}
