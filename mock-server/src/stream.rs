//! Streams by script: server-sent events, step by step.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::{Bytes, BytesMut};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::answer::Call;
use crate::plan::{End, Frame, Plan};
use crate::vocabulary::event_stream;

/// How lines of a stream end. WHATWG allows all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LineEnding {
    /// `\n`. The default.
    #[default]
    Lf,
    /// `\r\n`
    Crlf,
    /// `\r`
    Cr,
}

impl LineEnding {
    fn text(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::Crlf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

/// What follows the last event of a script.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StreamEnd {
    /// The body is complete. The default.
    #[default]
    Complete,
    /// The connection is closed without the last chunk.
    Close,
    /// The connection is reset.
    Reset,
    /// Nothing, and the connection stays open.
    Stall,
}

/// A stream, step by step.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// What goes out, in order.
    pub steps: Vec<Step>,
    /// What is answered when no stream is asked for; the last `finalOutput` of the script when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// How lines end.
    pub line_ending: LineEnding,
    /// Whether a byte order mark comes first.
    pub bom: bool,
    /// How many bytes go out at a time, across events that no pause parts; one event at a time when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunk_bytes: Option<usize>,
    /// After how many bytes the stream is cut off; `end` then says how (`complete` means a body that ends there).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_at_byte: Option<usize>,
    /// What follows the last event, or the cut.
    pub end: StreamEnd,
}

/// One step of a script: an event, a comment, bytes as they are, or a pause alone.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// The pause before it, in milliseconds.
    pub wait_ms: u64,
    /// The event's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The event's data. An object goes out as JSON in one line, and gets the vocabulary's `type`, `seq` and
    /// `executionId` where it has none of its own; a string goes out as it is, one `data` line a line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// The event's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The event's `retry`, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<u64>,
    /// A comment line, before the event when there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Text that goes out as it is, in place of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Bytes in base64 that go out as they are, in place of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_base64: Option<String>,
    /// `false` leaves the data as it is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fill: Option<bool>,
}

impl Step {
    /// An event of the vocabulary.
    pub fn event(name: impl Into<String>, data: Value) -> Self {
        Self { event: Some(name.into()), data: Some(data), ..Self::default() }
    }

    /// The same step after a pause.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self
    }

    /// The bytes of the step. `seq` counts the events that are filled in.
    pub(crate) fn bytes(&self, line: LineEnding, seq: &mut u64, call: &Call) -> Bytes {
        if let Some(encoded) = &self.raw_base64 {
            return BASE64.decode(encoded).unwrap_or_default().into();
        }
        if let Some(raw) = &self.raw {
            return raw.clone().into();
        }
        let end = line.text();
        let mut text = String::new();
        let mut field = |name: &str, value: &str| {
            text.push_str(name);
            text.push_str(": ");
            text.push_str(value);
            text.push_str(end);
        };
        if let Some(comment) = &self.comment {
            field("", comment);
        }
        if let Some(name) = &self.event {
            field("event", name);
        }
        if let Some(id) = &self.id {
            field("id", id);
        }
        if let Some(retry) = self.retry {
            field("retry", &retry.to_string());
        }
        match &self.data {
            Some(Value::String(lines)) => lines.split('\n').for_each(|line| field("data", line)),
            Some(data) => field("data", &self.filled(data, seq, call).to_string()),
            None => {}
        }
        if self.event.is_some()
            || self.data.is_some()
            || self.comment.is_some()
            || self.id.is_some()
            || self.retry.is_some()
        {
            text.push_str(end);
        }
        text.into()
    }

    fn filled(&self, data: &Value, seq: &mut u64, call: &Call) -> Value {
        let mut data = data.clone();
        if let (Some(fields), true) = (data.as_object_mut(), self.fill != Some(false)) {
            *seq += 1;
            if let Some(name) = &self.event {
                fields.entry("type").or_insert_with(|| json!(name));
            }
            fields.entry("seq").or_insert_with(|| json!(seq));
            fields.entry("executionId").or_insert_with(|| json!(call.execution_id));
        }
        data
    }
}

impl Script {
    /// A script of these steps.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::default() }
    }

    /// What is answered when no stream is asked for.
    pub fn whole_output(&self) -> Value {
        let last = || self.steps.iter().rev().find_map(|step| step.data.as_ref()?.get("finalOutput").cloned());
        self.output.clone().or_else(last).unwrap_or_default()
    }

    /// Says what is wrong with it, naming the field, the rule and the remedy.
    pub(crate) fn validate(&self) -> Result<(), String> {
        if self.chunk_bytes == Some(0) {
            return Err("`chunk_bytes` must be at least 1".to_owned());
        }
        for (number, step) in self.steps.iter().enumerate() {
            let number = number + 1;
            if let Some(encoded) = &step.raw_base64 {
                let decoded = BASE64.decode(encoded);
                decoded.map_err(|error| format!("step {number}: `raw_base64` cannot be decoded: {error}"))?;
            }
            let verbatim = step.raw.is_some() || step.raw_base64.is_some();
            if verbatim && (step.event.is_some() || step.data.is_some() || step.comment.is_some()) {
                return Err(format!("step {number}: raw bytes and an event exclude each other; make it two steps"));
            }
            let names = [&step.event, &step.id, &step.comment];
            if names.into_iter().flatten().any(|text| text.contains(['\n', '\r'])) {
                return Err(format!(
                    "step {number}: a line break in `event`, `id` or `comment` would begin another field"
                ));
            }
        }
        Ok(())
    }

    /// The answer of the script.
    pub(crate) fn plan(&self, call: &Call) -> Plan {
        let mut seq = 0;
        let mut frames = Vec::new();
        if self.bom {
            frames.push(Frame { wait: Duration::ZERO, bytes: Bytes::from_static("\u{feff}".as_bytes()) });
        }
        frames.extend(self.steps.iter().map(|step| Frame {
            wait: Duration::from_millis(step.wait_ms),
            bytes: step.bytes(self.line_ending, &mut seq, call),
        }));
        if let Some(size) = self.chunk_bytes {
            frames = rechunk(frames, size.max(1));
        }
        let mut plan = event_stream(frames);
        plan.end = match self.end {
            StreamEnd::Complete => End::Complete,
            StreamEnd::Close => End::Close(Duration::ZERO),
            StreamEnd::Reset => End::Reset,
            StreamEnd::Stall => End::Stall,
        };
        if let Some(bytes) = self.cut_at_byte {
            plan.keep(bytes);
        }
        plan
    }
}

/// The same bytes in pieces of one size, kept apart only where a pause parts them.
fn rechunk(frames: Vec<Frame>, size: usize) -> Vec<Frame> {
    let mut runs: Vec<(Duration, BytesMut)> = Vec::new();
    for frame in frames {
        match runs.last_mut() {
            Some((_, run)) if frame.wait.is_zero() => run.extend_from_slice(&frame.bytes),
            _ => runs.push((frame.wait, BytesMut::from(frame.bytes.as_ref()))),
        }
    }
    let mut pieces = Vec::new();
    for (mut wait, run) in runs {
        let run = run.freeze();
        for piece in run.chunks(size) {
            pieces.push(Frame { wait: std::mem::take(&mut wait), bytes: run.slice_ref(piece) });
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(script: &Script) -> String {
        let plan = script.plan(&Call::for_test("agent", &json!({})));
        String::from_utf8_lossy(&plan.body()).into_owned()
    }

    #[test]
    fn an_event_gets_what_the_vocabulary_asks_for() {
        let script = Script::new([Step::event("text_delta", json!({"delta": "Hi"}))]);
        let text = text(&script);
        let (name, data) = text.trim_end().split_once('\n').unwrap();
        assert_eq!(name, "event: text_delta");
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(data, json!({"type": "text_delta", "seq": 1, "executionId": "exec_test", "delta": "Hi"}));
    }

    #[test]
    fn lines_end_as_the_script_says_and_text_is_one_data_line_a_line() {
        let step = Step {
            comment: Some("keep-alive".to_owned()),
            event: Some("note".to_owned()),
            id: Some("7".to_owned()),
            retry: Some(50),
            data: Some(json!("a\nb")),
            ..Step::default()
        };
        let script = Script { bom: true, line_ending: LineEnding::Crlf, ..Script::new([step.clone()]) };
        assert_eq!(
            text(&script),
            "\u{feff}: keep-alive\r\nevent: note\r\nid: 7\r\nretry: 50\r\ndata: a\r\ndata: b\r\n\r\n"
        );
        let cr = Script { line_ending: LineEnding::Cr, ..Script::new([step]) };
        assert_eq!(text(&cr), ": keep-alive\revent: note\rid: 7\rretry: 50\rdata: a\rdata: b\r\r");
    }

    #[test]
    fn the_same_bytes_whatever_the_size_of_the_pieces() {
        let steps = [Step::event("a", json!({"n": 1})), Step::event("b", json!({"ü": "ö"}))];
        let whole = text(&Script::new(steps.clone()));
        for size in 1..=whole.len() {
            let script = Script { chunk_bytes: Some(size), ..Script::new(steps.clone()) };
            assert_eq!(text(&script), whole);
            let frames = script.plan(&Call::for_test("agent", &json!({}))).frames;
            assert_eq!(frames.len(), whole.len().div_ceil(size));
        }
    }

    #[test]
    fn a_pause_parts_what_goes_out() {
        let steps = [Step::event("a", json!({})), Step::event("b", json!({})).after(Duration::from_millis(5))];
        let script = Script { chunk_bytes: Some(10_000), ..Script::new(steps) };
        let frames = script.plan(&Call::for_test("agent", &json!({}))).frames;
        assert_eq!(frames.iter().map(|frame| frame.wait.as_millis()).collect::<Vec<_>>(), [0, 5]);
    }

    #[test]
    fn a_stream_can_be_cut_at_any_byte() {
        let whole = text(&Script::new([Step::event("a", json!({"n": 1}))]));
        for bytes in 0..whole.len() {
            let script = Script {
                cut_at_byte: Some(bytes),
                end: StreamEnd::Reset,
                ..Script::new([Step::event("a", json!({"n": 1}))])
            };
            assert_eq!(text(&script), whole[..bytes]);
            assert_eq!(script.plan(&Call::for_test("agent", &json!({}))).end, End::Reset);
        }
    }

    #[test]
    fn a_script_that_contradicts_itself_is_refused() {
        let step = Step { raw: Some("x".to_owned()), ..Step::event("a", json!({})) };
        assert!(Script::new([step]).validate().unwrap_err().contains("step 1"));
        let step = Step::event("a\ndata: b", json!({}));
        assert!(Script::new([step]).validate().unwrap_err().contains("line break"));
    }
}
