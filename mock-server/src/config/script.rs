//! A stream as it is written down: server-sent events, step by step.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    pub(crate) fn text(self) -> &'static str {
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
    /// Text that goes out as it is, instead of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Bytes in base64 that go out as they are, instead of an event.
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
}

impl Script {
    /// A script of these steps.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::default() }
    }

    /// What is answered when no stream is asked for.
    pub(crate) fn whole_output(&self) -> Value {
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
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_script_that_contradicts_itself_is_refused() {
        let step = Step { raw: Some("x".to_owned()), ..Step::event("a", json!({})) };
        assert!(Script::new([step]).validate().unwrap_err().contains("step 1"));
        let step = Step::event("a\ndata: b", json!({}));
        assert!(Script::new([step]).validate().unwrap_err().contains("line break"));
    }
}
