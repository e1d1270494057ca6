//! What happened at one attempt of a call.

use std::time::Duration;

use serde::{Serialize, Serializer};

use super::kind::ErrorKind;

/// One attempt of a call: when it began, how long it took, how it ended. Responses and errors list them.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Attempt {
    /// Counts from 1.
    pub number: u32,
    /// How long the client waited before this attempt, after the one before.
    #[serde(serialize_with = "milliseconds", rename = "waited_ms")]
    pub waited: Duration,
    /// When it began, counted from the begin of the call.
    #[serde(serialize_with = "milliseconds", rename = "started_ms")]
    pub started: Duration,
    /// How long it took.
    #[serde(serialize_with = "milliseconds", rename = "elapsed_ms")]
    pub elapsed: Duration,
    /// How it ended.
    #[serde(flatten)]
    pub outcome: AttemptOutcome,
    /// The hint of the key that it was sent with, such as `papi_…a1b2`.
    pub key_hint: String,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AttemptOutcome {
    /// The server responded.
    Responded {
        /// With this HTTP status.
        status: u16,
    },
    /// There was no connection, or it broke.
    Broken {
        /// Whether the server may have run the capability.
        may_have_executed: bool,
    },
    /// Its time ran out.
    TimedOut {
        /// Whether the server may have run the capability.
        may_have_executed: bool,
    },
    /// A success could not be read: too large, or its encoding was broken.
    Unreadable,
}

impl AttemptOutcome {
    /// The response's status, where there was one.
    #[must_use]
    pub fn status(self) -> Option<u16> {
        match self {
            Self::Responded { status } => Some(status),
            _ => None,
        }
    }

    /// What OpenTelemetry calls `error.type`: the status, or the name of the class; none for a success.
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
