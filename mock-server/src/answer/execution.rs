//! Any output as a stream of the vendor's events.

use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json, value::RawValue};

use crate::{
    answer::{
        call::Call,
        sse::{encode, event_stream},
    },
    config::script::{LineEnding, Step},
    plan::{Frame, Plan},
};

/// An output as the events of a successful execution: its start, its text word by word if it has one, its end.
/// One chunk per event.
pub(super) fn execution(output: &RawValue, call: &Call) -> Plan {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Complete<'a> {
        r#type: &'static str,
        seq: u64,
        execution_id: &'a str,
        final_output: &'a RawValue,
        duration_ms: u64,
    }

    let mut steps = vec![Step::event("execution_start", json!({ "capability": call.slug }))];
    if let Some(text) = text_of(output) {
        steps.push(Step::event("text_start", json!({ "id": "text_1" })));
        let deltas = text.split_inclusive(' ');
        steps.extend(deltas.map(|delta| Step::event("text_delta", json!({ "id": "text_1", "delta": delta }))));
        steps.push(Step::event("text_complete", json!({ "id": "text_1", "text": text })));
    }
    let mut seq = 0;
    let mut frames: Vec<_> = steps
        .iter()
        .map(|step| Frame { wait: Duration::ZERO, bytes: encode(step, LineEnding::Lf, &mut seq, call) })
        .collect();
    // The output is sent exactly as computed: converting it to `Value` would round numbers.
    let complete = Complete {
        r#type: "execution_complete",
        seq: seq + 1,
        execution_id: &call.execution_id,
        final_output: output,
        duration_ms: 0,
    };
    let data = serde_json::to_string(&complete).unwrap_or_default();
    let last = format!("event: execution_complete\ndata: {data}\n\n");
    frames.push(Frame { wait: Duration::ZERO, bytes: last.into() });
    event_stream(frames)
}

/// The text of an output: a string, or an agent's `response`.
fn text_of(output: &RawValue) -> Option<String> {
    match serde_json::from_str(output.get()).ok()? {
        Value::String(text) => Some(text),
        Value::Object(mut fields) => match fields.remove("response")? {
            Value::String(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}
