//! Faults at work: which request one strikes, and what becomes of the answer.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_TYPE;

use crate::decide::REQUEST_ID;
use crate::fault::{Fault, FaultKind};
use crate::plan::{End, Frame, Framing, Plan};
use crate::seed;

impl Fault {
    /// The answer of a `status` fault.
    fn answer(&self) -> Plan {
        let status = self.status.and_then(|code| StatusCode::from_u16(code).ok()).unwrap_or(StatusCode::OK);
        let mut plan = if let Some(json) = &self.json {
            Plan::json(status, json)
        } else if let Some(text) = &self.text {
            Plan::new(status, "text/plain; charset=utf-8", text.clone())
        } else if let Some(encoded) = &self.base64 {
            Plan::new(status, "application/octet-stream", BASE64.decode(encoded).unwrap_or_default())
        } else if let Some(bytes) = self.fill_bytes {
            Plan::new(status, "application/json", filler(bytes))
        } else if status.is_client_error() || status.is_server_error() {
            // As the API writes its errors.
            Plan::error(status, status.canonical_reason().unwrap_or("Unknown error"))
        } else {
            Plan::empty(status)
        };
        let headers = self.header_map().unwrap_or_default();
        if headers.contains_key(CONTENT_TYPE) {
            plan.headers.remove(CONTENT_TYPE);
        }
        plan.headers.extend(headers);
        plan
    }

    /// What becomes of an answer. `real` is what would have been said; `draw` decides what garbage looks like.
    pub fn apply(&self, real: Plan, draw: u64) -> Plan {
        let mut plan = real;
        plan.fault = Some(self.kind);
        match self.kind {
            FaultKind::Latency => {}
            FaultKind::Status => {
                let latency = plan.latency;
                let request_id = plan.headers.remove(REQUEST_ID);
                plan = Plan { latency, fault: plan.fault, ..self.answer() };
                if let Some(id) = request_id {
                    plan.headers.entry(REQUEST_ID).or_insert(id);
                }
            }
            FaultKind::Reset => cut(&mut plan, self.after_bytes, End::Reset),
            FaultKind::Close => cut(&mut plan, self.after_bytes, End::Close(Duration::ZERO)),
            FaultKind::Stall => cut(&mut plan, self.after_bytes, End::Stall),
            FaultKind::Truncate => {
                let half = plan.body().len() / 2;
                cut(&mut plan, Some(self.after_bytes.unwrap_or(half)), End::Close(Duration::ZERO));
            }
            FaultKind::Garbage => {
                plan.frames = vec![Frame { wait: Duration::ZERO, bytes: garbage(draw) }];
                plan.framing = Framing::Naked;
                plan.end = End::Close(Duration::ZERO);
            }
            FaultKind::SlowBody => {
                let wait = Duration::from_millis(self.wait_ms.unwrap_or(10));
                let size = self.chunk_bytes.unwrap_or(1).max(1);
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
                let claimed = length.saturating_add(self.length_offset.unwrap_or(16));
                plan.framing = Framing::Claimed(u64::try_from(claimed).unwrap_or(0));
                plan.end = End::Close(Duration::ZERO);
            }
            FaultKind::HangUp => plan.end = End::Close(Duration::from_millis(self.wait_ms.unwrap_or(0))),
        }
        plan.latency += Duration::from_millis(self.latency_ms.unwrap_or(0));
        plan
    }
}

/// Ends an answer early: before its first byte, or after some bytes of its body while its length stays as it was told.
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

/// Forty bytes that no HTTP client takes for a status line.
fn garbage(draw: u64) -> Bytes {
    (0..40_u64).map(|n| 0x80 | (seed::mix(&[draw, n]) & 0x7f) as u8).collect()
}

/// A fault that is set, with what it has counted so far.
#[derive(Debug, Clone)]
pub struct ActiveFault {
    /// Its id, `flt_…`.
    pub id: String,
    /// What it is.
    pub fault: Fault,
    /// Which one of its surface's faults it is, from 0, which the draw depends on.
    pub ordinal: u64,
    /// How many requests matched its place.
    pub matched: u64,
    /// How many it struck.
    pub struck: u64,
}

impl ActiveFault {
    /// Counts a request where it is in this fault's place.
    pub fn counts(&mut self, slug: Option<&str>) -> bool {
        let is_here = self.fault.capability.is_none() || self.fault.capability.as_deref() == slug;
        self.matched += u64::from(is_here);
        is_here
    }

    /// Says whether this fault strikes the request that was counted last, and with which draw. `lane` is the connection's
    /// number on this surface and the request's number on that connection.
    pub fn strikes(&mut self, seed: u64, lane: (u64, u64)) -> Option<u64> {
        if self.fault.times.is_some_and(|times| self.struck >= times) {
            return None;
        }
        if self.fault.nth.as_ref().is_some_and(|nth| !nth.contains(self.matched)) {
            return None;
        }
        let draw = seed::mix(&[seed, self.ordinal, lane.0, lane.1]);
        if self.fault.probability.is_some_and(|probability| seed::unit(draw) >= probability) {
            return None;
        }
        self.struck += 1;
        Some(draw)
    }
}
