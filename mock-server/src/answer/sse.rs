//! Server-sent events as bytes, and their response.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{
    StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
};
use serde_json::Value;

use crate::{
    answer::vocabulary::Vocabulary,
    config::{script::LineEnding, step::Step},
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

/// The bytes of a step.
pub(super) fn encode(step: &Step, line: LineEnding, vocabulary: &mut Vocabulary<'_>) -> Bytes {
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
        Some(Value::Object(fields)) if step.fill != Some(false) => {
            field("data", &vocabulary.fill(step.event.as_deref(), fields).to_string());
        }
        Some(data) => field("data", &data.to_string()),
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
