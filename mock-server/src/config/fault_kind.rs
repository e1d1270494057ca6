//! The kinds of faults: what each does to an answer.

use serde::{Deserialize, Serialize};

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The answer comes late, by `latency_ms`. Other faults may apply to the same request.
    Latency,
    /// Another answer instead of the real one: `status`, `headers`, and a body.
    Status,
    /// The connection is reset (RST), before the answer or after `after_bytes` of its body.
    Reset,
    /// The connection is closed (FIN), before the answer or after `after_bytes` of its body.
    Close,
    /// `Content-Length` tells the truth, the body ends early, after `after_bytes` or in the middle.
    Truncate,
    /// Silence, with the connection open: before the answer, or after `after_bytes` of its body.
    Stall,
    /// Bytes that are not HTTP, then a close.
    Garbage,
    /// The body trickles: `chunk_bytes` at a time, `wait_ms` apart.
    SlowBody,
    /// A whole answer whose body is JSON cut in the middle.
    BadJson,
    /// `Content-Length` lies by `length_offset` bytes; then a close.
    BadLength,
    /// A whole answer; then, after `wait_ms`, the connection is closed without notice, as an impatient server does.
    HangUp,
}

impl FaultKind {
    /// Its name, as in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Latency => "latency",
            Self::Status => "status",
            Self::Reset => "reset",
            Self::Close => "close",
            Self::Truncate => "truncate",
            Self::Stall => "stall",
            Self::Garbage => "garbage",
            Self::SlowBody => "slow_body",
            Self::BadJson => "bad_json",
            Self::BadLength => "bad_length",
            Self::HangUp => "hang_up",
        }
    }

    /// Whether the capability has run by the time this applies, when nothing else is said.
    pub(super) fn reaches(self, after_bytes: Option<usize>) -> bool {
        match self {
            Self::Status | Self::Garbage => false,
            Self::Reset | Self::Close | Self::Stall => after_bytes.is_some(),
            _ => true,
        }
    }
}
