//! Kinds of faults.

use serde::{Deserialize, Serialize};

/// Kind of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// Delays the response by `latency_ms`. Other faults may apply to the same request.
    Latency,
    /// Sends another response: `status`, `headers`, and a body.
    Status,
    /// Resets the connection (RST), before the response or after `after_bytes` of its body.
    Reset,
    /// Closes the connection (FIN), before the response or after `after_bytes` of its body.
    Close,
    /// Ends the body early, after `after_bytes` or in the middle, with a correct `Content-Length`.
    Truncate,
    /// Sends nothing more with the connection open, before the response or after `after_bytes` of its body.
    Stall,
    /// Sends bytes that are not HTTP, then closes.
    Garbage,
    /// Sends the body slowly: `chunk_bytes` at a time, `wait_ms` apart.
    SlowBody,
    /// Sends a complete response whose body is truncated JSON.
    BadJson,
    /// Sends a `Content-Length` that is wrong by `length_offset` bytes, then closes.
    BadLength,
    /// Sends the complete response, then closes the connection after `wait_ms` without notice, as an impatient server does.
    HangUp,
}

impl FaultKind {
    /// Its name in the configuration.
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

    /// Whether the capability runs before the fault applies, by default.
    pub(super) fn reaches(self, after_bytes: Option<usize>) -> bool {
        match self {
            Self::Status | Self::Garbage => false,
            Self::Reset | Self::Close | Self::Stall => after_bytes.is_some(),
            _ => true,
        }
    }
}
