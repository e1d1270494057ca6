//! Application of a fault to a response.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use bytes::Bytes;
use http::{StatusCode, header::CONTENT_TYPE};

use crate::{
    config::{fault::Fault, fault_kind::FaultKind},
    plan::{End, Frame, Framing, Plan, REQUEST_ID},
    seed,
};

/// A fault that applies to a request, and its random draw.
#[derive(Debug)]
pub(crate) struct AppliedFault {
    pub(super) fault: Fault,
    /// Seed of the garbage bytes.
    pub(super) draw: u64,
}

impl AppliedFault {
    /// Whether the capability still runs.
    pub(crate) fn reaches(&self) -> bool {
        self.fault.reaches()
    }

    /// Applies the fault. `real` is the response without it.
    pub(crate) fn apply(&self, real: Plan) -> Plan {
        let fault = &self.fault;
        let mut plan = real;
        plan.fault = Some(fault.kind);
        match fault.kind {
            FaultKind::Latency => {}
            FaultKind::Status => {
                let latency = plan.latency;
                let request_id = plan.headers.remove(REQUEST_ID);
                plan = Plan { latency, fault: plan.fault, ..answer(fault) };
                if let Some(id) = request_id {
                    plan.headers.entry(REQUEST_ID).or_insert(id);
                }
            }
            FaultKind::Reset => cut(&mut plan, fault.after_bytes, End::Reset),
            FaultKind::Close => cut(&mut plan, fault.after_bytes, End::Close(Duration::ZERO)),
            FaultKind::Stall => cut(&mut plan, fault.after_bytes, End::Stall),
            FaultKind::Truncate => {
                let half = plan.body().len() / 2;
                cut(&mut plan, Some(fault.after_bytes.unwrap_or(half)), End::Close(Duration::ZERO));
            }
            FaultKind::Garbage => {
                plan.frames = vec![Frame { wait: Duration::ZERO, bytes: garbage(self.draw) }];
                plan.framing = Framing::Naked;
                plan.end = End::Close(Duration::ZERO);
            }
            FaultKind::SlowBody => {
                let wait = Duration::from_millis(fault.wait_ms.unwrap_or(10));
                let size = fault.chunk_bytes.unwrap_or(1).max(1);
                let body = plan.body();
                plan.frames = body.chunks(size).map(|piece| Frame { wait, bytes: body.slice_ref(piece) }).collect();
            }
            FaultKind::BadJson => {
                let body = plan.body();
                plan.frames =
                    vec![Frame { wait: Duration::ZERO, bytes: body.slice(..body.len().div_ceil(2).min(body.len())) }];
            }
            FaultKind::BadLength => {
                let length = i64::try_from(plan.body().len()).unwrap_or(i64::MAX);
                let claimed = length.saturating_add(fault.length_offset.unwrap_or(16));
                plan.framing = Framing::Claimed(u64::try_from(claimed).unwrap_or(0));
                plan.end = End::Close(Duration::ZERO);
            }
            FaultKind::HangUp => plan.end = End::Close(Duration::from_millis(fault.wait_ms.unwrap_or(0))),
        }
        plan.latency += Duration::from_millis(fault.latency_ms.unwrap_or(0));
        plan
    }
}

/// The response of a `status` fault.
fn answer(fault: &Fault) -> Plan {
    let status = fault.status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::OK);
    let mut plan = if let Some(json) = &fault.json {
        Plan::json(status, json)
    } else if let Some(text) = &fault.text {
        Plan::new(status, "text/plain; charset=utf-8", text.clone())
    } else if let Some(encoded) = &fault.base64 {
        Plan::new(status, "application/octet-stream", BASE64.decode(encoded).unwrap_or_default())
    } else if let Some(bytes) = fault.fill_bytes {
        Plan::new(status, "application/json", filler(bytes))
    } else if status.is_client_error() || status.is_server_error() {
        // In the form of the API's errors.
        Plan::error(status, status.canonical_reason().unwrap_or("Unknown error"))
    } else {
        Plan::empty(status)
    };
    let headers = fault.header_map().unwrap_or_default();
    if headers.contains_key(CONTENT_TYPE) {
        plan.headers.remove(CONTENT_TYPE);
    }
    plan.headers.extend(headers);
    plan
}

/// Ends a response early: before its first byte, or after some bytes of its body, with the announced length unchanged.
fn cut(plan: &mut Plan, after_bytes: Option<usize>, end: End) {
    plan.end = end;
    match after_bytes {
        Some(bytes) => plan.keep(bytes),
        None => {
            plan.frames.clear();
            plan.framing = Framing::Naked;
        }
    }
}

/// A JSON string of exactly this many bytes, quotes included.
fn filler(bytes: usize) -> Bytes {
    let mut text = vec![b'a'; bytes];
    if let [first, .., last] = text.as_mut_slice() {
        *first = b'"';
        *last = b'"';
    }
    text.into()
}

/// Forty bytes that no HTTP client parses as a status line.
fn garbage(draw: u64) -> Bytes {
    (0..40_u64).map(|n| 0x80 | (seed::mix(&[draw, n]) & 0x7f) as u8).collect()
}
