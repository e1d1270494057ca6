//! One event of a stream.

use std::borrow::Cow;

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::{fields::Fields, parser::RawEvent, text::Text};

/// Name of an event without a name and without a `type` in its data (WHATWG).
const UNNAMED: &str = "message";

/// Defines the vendor's events. The list grows; other names are [`Other`](EventKind::Other).
macro_rules! vocabulary {
    ($($(#[$doc:meta])* $kind:ident = $name:literal,)*) => {
        /// Kind of an event, by the vendor's vocabulary.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum EventKind {
            $($(#[$doc])* $kind,)*
            /// A name that is not in the list. The event is yielded unchanged.
            Other,
        }

        impl EventKind {
            /// The kind of a name, and the name; it is copied only if it is not in the list.
            fn of(name: Cow<'_, str>) -> (Self, Cow<'static, str>) {
                match &*name {
                    $($name => (Self::$kind, Cow::Borrowed($name)),)*
                    _ => (Self::Other, Cow::Owned(name.into_owned())),
                }
            }
        }
    };
}

vocabulary! {
    /// An execution begins.
    ExecutionStart = "execution_start",
    /// An execution is complete: `finalOutput`, `durationMs`.
    ExecutionComplete = "execution_complete",
    /// An execution failed: `error`, `code`.
    ExecutionError = "execution_error",
    /// A step of a flow begins.
    StepStart = "step_start",
    /// A step of a flow is complete.
    StepComplete = "step_complete",
    /// A step of a flow is skipped.
    StepSkip = "step_skip",
    /// A turn of an agent begins.
    TurnStart = "turn_start",
    /// A turn of an agent is complete.
    TurnComplete = "turn_complete",
    /// A text begins.
    TextStart = "text_start",
    /// A piece of a text: `delta`, `id`.
    TextDelta = "text_delta",
    /// A text is complete.
    TextComplete = "text_complete",
    /// A model's reasoning begins.
    ReasoningStart = "reasoning_start",
    /// A piece of a model's reasoning.
    ReasoningDelta = "reasoning_delta",
    /// A model's reasoning is complete.
    ReasoningComplete = "reasoning_complete",
    /// A tool is called.
    ToolStart = "tool_start",
    /// A piece of a tool's input.
    ToolInputDelta = "tool_input_delta",
    /// A tool's input is complete.
    ToolInputComplete = "tool_input_complete",
    /// A piece of a tool's output.
    ToolOutputDelta = "tool_output_delta",
    /// A tool call is complete.
    ToolComplete = "tool_complete",
    /// The execution waits for an approval.
    ApprovalStart = "approval_start",
    /// An approval was granted or denied.
    ApprovalComplete = "approval_complete",
    /// The execution waits.
    Await = "await",
    /// A notice about the model's context.
    ContextNotice = "context_notice",
    /// A source that the text cites.
    Source = "source",
    /// A custom event of the product.
    Custom = "custom",
    /// A keep-alive.
    Ping = "ping",
    /// An error during the stream.
    Error = "error",
}

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
        // The vocabulary repeats the name in the data's `type`, which names an event without an `event` field.
        let (kind, name) = EventKind::of(if raw.name.is_empty() {
            let fields: Fields = serde_json::from_slice(&raw.data).unwrap_or_default();
            fields.kind.text().unwrap_or(UNNAMED.into())
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

    /// Appends the text of a `text_delta` event.
    pub(crate) fn add_text(&self, text: &mut Text) {
        if self.kind == EventKind::TextDelta {
            text.add(self.fields().delta);
        }
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

    /// Duration of the execution in milliseconds, from `execution_complete`.
    #[must_use]
    pub fn duration_ms(&self) -> Option<f64> {
        self.fields().duration_ms.read()
    }

    /// The capability's output as JSON text, from `execution_complete`.
    #[must_use]
    pub fn final_output(&self) -> Option<Bytes> {
        self.fields().final_output.0.map(|output| self.data.slice_ref(output.get().as_bytes()))
    }

    /// Code of an `execution_error` or `error` event; the digits if it is a number.
    #[must_use]
    pub fn code(&self) -> Option<Cow<'_, str>> {
        let fields = self.fields();
        fields.code.code().or_else(|| fields.error.read::<Fields<'_>>()?.code.code())
    }

    /// Message of an `execution_error` or `error` event.
    #[must_use]
    pub fn error_message(&self) -> Option<Cow<'_, str>> {
        let fields = self.fields();
        let inner = || fields.error.read::<Fields<'_>>()?.message.text();
        fields.error.text().or_else(inner).or_else(|| fields.message.text())
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
    /// `execution_complete` with `success: false`. Any other `error` event is recoverable, and the stream goes on.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        match self.kind {
            EventKind::ExecutionError => true,
            EventKind::Error => self.fields().recoverable.read() == Some(false),
            EventKind::ExecutionComplete => self.fields().success.read() == Some(false),
            _ => false,
        }
    }

    /// Whether the stream may end after this event. Assumed from the vocabulary: no other event ends a stream.
    pub(crate) fn is_closing(&self) -> bool {
        self.kind == EventKind::ExecutionComplete || self.is_failure()
    }

    fn fields(&self) -> Fields<'_> {
        serde_json::from_slice(&self.data).unwrap_or_default()
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
        assert_eq!(complete.duration_ms(), Some(12.5));
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
        assert_eq!((odd.seq(), odd.duration_ms(), odd.execution_id(), odd.code()), (None, None, None, None));
        let error = event("error", r#"{"error":{"code":500,"message":"boom"},"code":true,"executionId":"exec_1"}"#);
        assert_eq!((error.error_message().as_deref(), error.code().as_deref()), (Some("boom"), Some("500")));
        assert_eq!(error.execution_id().as_deref(), Some("exec_1"));
        assert_eq!(event("", r#"{"type":"execution_complete","id":4}"#).kind(), EventKind::ExecutionComplete);
        assert_eq!(event("text_delta", r#"{"delta":"a","delta":"b"}"#).delta().as_deref(), Some("b"));
    }

    #[test]
    fn half_a_surrogate_pair_hides_no_text() {
        let cut = event("text_delta", r#"{"delta":"smile \ud83d","\ud83d":1,"id":"t1"}"#);
        assert!(cut.delta().is_some_and(|delta| delta.starts_with("smile \u{fffd}")), "{cut:?}");
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
