//! Configuration of a scripted stream: server-sent events, step by step.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::step::Step;

/// Line ending of a stream. WHATWG allows all three.
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

/// A scripted stream.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// Steps, in order.
    pub steps: Vec<Step>,
    /// Output for calls without a stream. Default: the failure that the script ends with, as a 500; else its last `finalOutput`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<Value>,
    /// Line ending.
    pub line_ending: LineEnding,
    /// Start with a byte order mark. Default: `false`.
    pub bom: bool,
    /// Bytes per chunk, across events without a pause between them. Default: one event per chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chunk_bytes: Option<usize>,
    /// Number of bytes after which the stream is cut off; `end` says how (`complete` ends the body there).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cut_at_byte: Option<usize>,
    /// What follows the last event, or the cut.
    pub end: StreamEnd,
}

impl Script {
    /// A script of these steps.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self { steps: steps.into_iter().collect(), ..Self::default() }
    }

    /// The output for calls without a stream.
    pub(crate) fn whole_output(&self) -> Value {
        let last = || self.steps.iter().rev().find_map(|step| step.data.as_ref()?.get("finalOutput").cloned());
        self.output.clone().or_else(last).unwrap_or_default()
    }

    /// Validates it; the error names the field, the rule and the remedy.
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
                return Err(format!("step {number}: a step has either raw bytes or an event; split it into two steps"));
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
