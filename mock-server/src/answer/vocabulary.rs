//! The fields that the vendor's models require of an event, filled in where they are missing.

use serde_json::{Map, Value, json};

use crate::answer::call::Call;

/// What runs a capability. Assumed: an execution with text is an agent's, any other a flow's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An agent.
    Agent,
    /// A flow.
    Flow,
}

impl Kind {
    /// The kind of an execution, by whether it has text.
    pub(super) fn with_text(has_text: bool) -> Self {
        if has_text { Self::Agent } else { Self::Flow }
    }

    /// Name on the wire.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Flow => "flow",
        }
    }
}

/// Fills in the events of one stream, in their order.
pub(super) struct Vocabulary<'a> {
    call: &'a Call,
    kind: Kind,
    seq: u64,
}

impl<'a> Vocabulary<'a> {
    /// Starts a stream.
    pub(super) fn new(call: &'a Call, kind: Kind) -> Self {
        Self { call, kind, seq: 0 }
    }

    /// The `seq` of the next event.
    pub(super) fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// An event's data with `type`, `seq`, `executionId`, and what else its name requires. Fields that are there stay.
    pub(super) fn fill(&mut self, name: Option<&str>, data: &Map<String, Value>) -> Value {
        let mut fields = data.clone();
        let mut fill = |field: &str, value: Value| {
            fields.entry(field).or_insert(value);
        };
        if let Some(name) = name {
            fill("type", json!(name));
        }
        fill("seq", json!(self.next_seq()));
        fill("executionId", json!(self.call.execution_id));
        match name.unwrap_or_default() {
            "execution_start" => {
                fill("kind", json!(self.kind.name()));
                fill("startedAt", json!(self.call.started));
            }
            "execution_complete" => {
                fill("kind", json!(self.kind.name()));
                fill("success", json!(true));
            }
            "execution_error" => fill("kind", json!(self.kind.name())),
            "turn_start" | "turn_complete" => {
                fill("id", json!("turn_1"));
                fill("role", json!("assistant"));
            }
            "step_start" | "step_complete" | "step_skip" => fill("id", json!("step_1")),
            "text_start" | "text_delta" | "text_complete" => fill("id", json!("text_1")),
            "reasoning_start" | "reasoning_delta" | "reasoning_complete" => fill("id", json!("reasoning_1")),
            "tool_start" | "tool_input_delta" | "tool_input_complete" | "tool_output_delta" => {
                fill("toolCallId", json!("call_1"));
            }
            "tool_complete" => {
                fill("toolCallId", json!("call_1"));
                fill("success", json!(true));
            }
            "approval_start" | "approval_complete" => fill("approvalId", json!("approval_1")),
            "ping" => fill("timestamp", json!(self.call.started)),
            _ => {}
        }
        Value::Object(fields)
    }
}
