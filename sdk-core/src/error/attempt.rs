//! One attempt of a call.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::kind::ErrorKind;

/// One attempt of a call. Responses and errors list them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// Number of the attempt, counted from 1.
    pub number: u32,
    /// Wait between the previous attempt and this one.
    #[serde(serialize_with = "milliseconds", rename = "waited_ms")]
    pub waited: Duration,
    /// Start of the attempt, relative to the start of the call.
    #[serde(serialize_with = "milliseconds", rename = "started_ms")]
    pub started: Duration,
    /// Duration of the attempt.
    #[serde(serialize_with = "milliseconds", rename = "elapsed_ms")]
    pub elapsed: Duration,
    /// Outcome of the attempt.
    #[serde(flatten)]
    pub outcome: AttemptOutcome,
    /// Hint of the key that was used, such as `papi_…a1b2`.
    pub key_hint: String,
}

/// Outcome of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The server responded.
    Responded {
        /// The HTTP status.
        status: u16,
    },
    /// No connection could be made, or it broke.
    Broken {
        /// Whether the server may have run the capability.
        may_have_executed: bool,
    },
    /// The attempt timed out.
    TimedOut {
        /// Whether the server may have run the capability.
        may_have_executed: bool,
    },
    /// A successful response could not be read: it was too large, or its encoding was invalid.
    Unreadable,
}

impl AttemptOutcome {
    /// The HTTP status, if the server responded.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Responded { status } => Some(status),
            _ => None,
        }
    }

    /// OpenTelemetry's `error.type`: the status, or the name of the class; `None` for a success.
    pub(crate) fn error_type(self) -> Option<String> {
        match self {
            Self::Responded { status } if (200..300).contains(&status) => None,
            Self::Responded { status } => Some(status.to_string()),
            Self::Broken { .. } => Some(ErrorKind::Connection.class_name().to_owned()),
            Self::TimedOut { .. } => Some(ErrorKind::Timeout.class_name().to_owned()),
            Self::Unreadable => Some(ErrorKind::ResponseDecode.class_name().to_owned()),
        }
    }
}

pub(crate) fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64((duration.as_secs_f64() * 1e6).round() / 1e3)
}
