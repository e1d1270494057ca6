//! One step of a scripted stream.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// One step of a script: an event, a comment, raw bytes, or a pause.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Step {
    /// Pause before it, in milliseconds.
    pub wait_ms: u64,
    /// The event's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// The event's data. An object is sent as one line of JSON, and gets `type`, `seq`, `executionId` and what else the
    /// vocabulary requires of the event, unless it has them; a string is sent unchanged, with one `data` line per line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// The event's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The event's `retry`, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<u64>,
    /// A comment line, before the event if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Raw text instead of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw: Option<String>,
    /// Raw bytes in base64 instead of an event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_base64: Option<String>,
    /// `false` sends the data unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fill: Option<bool>,
}

impl Step {
    /// An event of the vocabulary.
    pub fn event(name: impl Into<String>, data: Value) -> Self {
        Self { event: Some(name.into()), data: Some(data), ..Self::default() }
    }

    /// A piece of the answer's text.
    pub fn text(delta: impl Into<String>) -> Self {
        Self::event("text_delta", json!({ "delta": delta.into() }))
    }

    /// A piece of text from a flow or an agent that runs as a tool; it does not belong to the answer's text.
    pub fn nested_text(parent_tool_call_id: impl Into<String>, delta: impl Into<String>) -> Self {
        let parent = parent_tool_call_id.into();
        let id = format!("text_of_{parent}");
        Self::event("text_delta", json!({ "id": id, "parentToolCallId": parent, "delta": delta.into() }))
    }

    /// An `error` after which the stream goes on.
    pub fn recoverable_error(message: impl Into<String>) -> Self {
        Self::event("error", json!({ "error": message.into(), "recoverable": true }))
    }

    /// The end of a failed execution, `execution_error`.
    pub fn execution_error(code: impl Into<String>, message: impl Into<String>) -> Self {
        let code = code.into();
        Self::event("execution_error", json!({ "code": code, "error": { "code": code, "message": message.into() } }))
    }

    /// The end of an execution. As on the wire, an output that is no string is sent as its JSON.
    pub fn execution_complete(output: impl Into<Value>) -> Self {
        let output = match output.into() {
            Value::String(text) => text,
            other => other.to_string(),
        };
        Self::event("execution_complete", json!({ "finalOutput": output, "stopReason": "end_turn" }))
    }

    /// The end of an execution whose steps failed: `execution_complete` with `success: false`.
    pub fn execution_failed() -> Self {
        Self::event("execution_complete", json!({ "success": false, "stopReason": "error", "failedSteps": 1 }))
    }

    /// An `await` for the result of a tool that the caller runs.
    pub fn await_tool(tool_name: impl Into<String>, parameters: Value) -> Self {
        Self::event("await", json!({ "toolName": tool_name.into(), "parameters": parameters }))
    }

    /// An `await` for a reason; `detached` means that the execution goes on without this reader.
    pub fn await_reason(reason: impl Into<String>) -> Self {
        Self::event("await", json!({ "awaitReason": reason.into() }))
    }

    /// A pause until somebody approves a tool.
    pub fn approval_start(tool_name: impl Into<String>, parameters: Value) -> Self {
        Self::event("approval_start", json!({ "toolName": tool_name.into(), "parameters": parameters }))
    }

    /// A comment line, which keeps a connection alive.
    pub fn comment(text: impl Into<String>) -> Self {
        Self { comment: Some(text.into()), ..Self::default() }
    }

    /// Raw text instead of an event.
    pub fn raw(text: impl Into<String>) -> Self {
        Self { raw: Some(text.into()), ..Self::default() }
    }

    /// `data: [DONE]`, with which some streams close.
    pub fn done() -> Self {
        Self { data: Some(Value::from("[DONE]")), ..Self::default() }
    }

    /// The same step after a pause.
    #[must_use]
    pub fn after(mut self, wait: Duration) -> Self {
        self.wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        self
    }
}
