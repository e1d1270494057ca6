//! Server-sent events as bytes, and their response.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{
    StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use serde_json::{Value, json};

use crate::{
    answer::call::Call,
    config::script::{LineEnding, Step},
    plan::{Frame, Framing, Plan},
};

/// A response of type `text/event-stream`.
pub(super) fn event_stream(frames: Vec<Frame>) -> Plan {
    let mut plan = Plan::empty(StatusCode::OK);
    plan.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    plan.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    plan.frames = frames;
    plan.framing = Framing::Chunked;
    plan
}

/// The bytes of a step. `seq` counts the filled-in events.
pub(super) fn encode(step: &Step, line: LineEnding, seq: &mut u64, call: &Call) -> Bytes {
    if let Some(encoded) = &step.raw_base64 {
        return BASE64.decode(encoded).unwrap_or_default().into();
    }
    if let Some(raw) = &step.raw {
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
    if let Some(comment) = &step.comment {
        field("", comment);
    }
    if let Some(name) = &step.event {
        field("event", name);
    }
    if let Some(id) = &step.id {
        field("id", id);
    }
    if let Some(retry) = step.retry {
        field("retry", &retry.to_string());
    }
    match &step.data {
        Some(Value::String(lines)) => lines.split('\n').for_each(|line| field("data", line)),
        Some(data) => field("data", &filled(step, data, seq, call).to_string()),
        None => {}
    }
    if step.event.is_some()
        || step.data.is_some()
        || step.comment.is_some()
        || step.id.is_some()
        || step.retry.is_some()
    {
        text.push_str(end);
    }
    text.into()
}

/// The data of an event, with the vocabulary's common fields.
fn filled(step: &Step, data: &Value, seq: &mut u64, call: &Call) -> Value {
    let mut data = data.clone();
    if let (Some(fields), true) = (data.as_object_mut(), step.fill != Some(false)) {
        *seq += 1;
        if let Some(name) = &step.event {
            fields.entry("type").or_insert_with(|| json!(name));
        }
        fields.entry("seq").or_insert_with(|| json!(seq));
        fields.entry("executionId").or_insert_with(|| json!(call.execution_id));
    }
    data
}
