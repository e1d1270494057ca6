//! Server-sent events in the vendor's vocabulary.

use std::fmt;

use serde_json::{Value, json};

use crate::answer::Call;

/// One event: a name, and JSON data that repeats it in `type`.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: Value,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event: {}\ndata: {}\n\n", self.name, self.data)
    }
}

/// The events of one execution that ends well: its start, its text word by word when it has one, its end.
pub(crate) fn events(output: &Value, call: &Call) -> Vec<Event> {
    let mut events = Vec::new();
    let mut push = |name: &str, fields: Value| {
        let mut data =
            json!({ "type": name, "seq": events.len() + 1, "executionId": call.execution_id });
        if let (Some(data), Value::Object(fields)) = (data.as_object_mut(), fields) {
            data.extend(fields);
        }
        events.push(Event {
            name: name.to_owned(),
            data,
        });
    };
    push("execution_start", json!({ "capability": call.slug }));
    if let Some(text) = text_of(output) {
        push("text_start", json!({ "id": "text_1" }));
        for delta in text.split_inclusive(' ') {
            push("text_delta", json!({ "id": "text_1", "delta": delta }));
        }
        push("text_complete", json!({ "id": "text_1", "text": text }));
    }
    push(
        "execution_complete",
        json!({ "finalOutput": output, "durationMs": 0 }),
    );
    events
}

/// The text an output consists of: a string, or an agent's `response`.
fn text_of(output: &Value) -> Option<&str> {
    output
        .as_str()
        .or_else(|| output.get("response").and_then(Value::as_str))
}
