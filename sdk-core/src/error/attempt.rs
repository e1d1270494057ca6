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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_that_failed_has_the_status_or_the_class_as_its_type() {
        let rows = [
            (AttemptOutcome::Responded { status: 200 }, Some(200), None),
            (AttemptOutcome::Responded { status: 299 }, Some(299), None),
            (AttemptOutcome::Responded { status: 302 }, Some(302), Some("302")),
            (AttemptOutcome::Responded { status: 503 }, Some(503), Some("503")),
            (AttemptOutcome::Broken { may_have_executed: true }, None, Some("APIConnectionError")),
            (AttemptOutcome::TimedOut { may_have_executed: true }, None, Some("APITimeoutError")),
            (AttemptOutcome::Unreadable, None, Some("ResponseDecodeError")),
        ];
        for (outcome, status, error_type) in rows {
            assert_eq!((outcome.status(), outcome.error_type().as_deref()), (status, error_type), "{outcome:?}");
        }
    }

    #[test]
    fn times_are_written_in_milliseconds_to_the_microsecond() {
        let attempt = Attempt {
            number: 2,
            waited: Duration::from_millis(500),
            started: Duration::from_nanos(1_234_567_400),
            elapsed: Duration::ZERO,
            outcome: AttemptOutcome::Responded { status: 429 },
            key_hint: "papi_…a1b2".into(),
        };
        let expected = serde_json::json!({
            "number": 2, "waited_ms": 500.0, "started_ms": 1234.567, "elapsed_ms": 0.0,
            "outcome": "responded", "status": 429, "key_hint": "papi_…a1b2",
        });
        assert_eq!(serde_json::to_value(attempt).unwrap(), expected);
    }
}
