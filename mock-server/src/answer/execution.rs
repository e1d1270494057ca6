//! Any output as a stream of the vendor's events.

use std::time::Duration;

use serde::Serialize;
use serde_json::{
    Value, json,
    value::{RawValue, to_raw_value},
};

use crate::{
    answer::{
        call::Call,
        sse::{encode, event_stream},
        usage::Usage,
        vocabulary::{Kind, Vocabulary},
    },
    clock::Time,
    config::{script::LineEnding, step::Step},
    plan::{Frame, Plan},
};

/// An output as the events of a successful execution: its start, its text word by word if it has one, its end.
/// One chunk per event.
pub(super) fn execution(output: &RawValue, call: &Call) -> Plan {
    let text = text_of(output);
    let kind = Kind::with_text(text.is_some());
    let mut steps = vec![Step::event("execution_start", json!({ "capability": call.slug }))];
    if let Some(text) = text {
        steps.push(Step::event("text_start", json!({ "role": "assistant" })));
        steps.extend(text.split_inclusive(' ').map(Step::text));
        steps.push(Step::event("text_complete", json!({ "text": text })));
    }
    let mut vocabulary = Vocabulary::new(call, kind);
    let mut frames: Vec<_> = (1..)
        .zip(steps)
        .map(|(number, step): (u64, _)| {
            let step = Step { id: Some(number.to_string()), ..step };
            Frame { wait: Duration::ZERO, bytes: encode(&step, LineEnding::Lf, &mut vocabulary) }
        })
        .collect();
    let seq = vocabulary.next_seq();
    let data = serde_json::to_string(&complete(output, call, kind, seq)).unwrap_or_default();
    let last = format!("event: execution_complete\nid: {seq}\ndata: {data}\n\n");
    frames.push(Frame { wait: Duration::ZERO, bytes: last.into() });
    event_stream(frames)
}

/// Data of `execution_complete`. Not a `Step`, because a `Value` could not hold every string.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Complete<'a> {
    r#type: &'static str,
    seq: u64,
    execution_id: &'a str,
    kind: &'static str,
    success: bool,
    stop_reason: &'static str,
    final_output: Box<RawValue>,
    completed_at: Time,
    duration_ms: u64,
    #[serde(flatten)]
    usage: Usage,
}

fn complete<'a>(output: &RawValue, call: &'a Call, kind: Kind, seq: u64) -> Complete<'a> {
    Complete {
        r#type: "execution_complete",
        seq,
        execution_id: &call.execution_id,
        kind: kind.name(),
        success: true,
        stop_reason: "end_turn",
        final_output: final_output(output),
        completed_at: call.started.plus(call.latency),
        duration_ms: u64::try_from(call.latency.as_millis()).unwrap_or(u64::MAX),
        usage: Usage::of(call.input.get(), output.get()),
    }
}

/// An output as the string that the vendor's models require: a string stays as it is, anything else is its JSON.
fn final_output(output: &RawValue) -> Box<RawValue> {
    if output.get().starts_with('"') {
        return output.to_owned();
    }
    to_raw_value(output.get()).unwrap_or_default()
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
