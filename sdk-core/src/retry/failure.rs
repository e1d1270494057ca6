//! Failures of an attempt.

use std::time::Duration;

use crate::{error::facts::Facts, transport::Unprocessed};

/// A failed attempt: what the retry decision depends on, and the error's data.
pub(crate) struct Failed {
    pub(crate) failure: Failure,
    pub(crate) facts: Box<Facts>,
}

/// Failure of an attempt, as the retry decision sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No connection could be made, or it broke.
    Broken { may_have_executed: bool },
    /// The attempt timed out.
    TimedOut { may_have_executed: bool },
    /// An HTTP/2 server reported the request as not processed.
    Unprocessed(Unprocessed),
    /// The server responded with an error.
    Responded {
        status: u16,
        retry_after: Option<Duration>,
        /// Whether it is a 429 that means an exhausted day or plan.
        exhausted: bool,
        /// Whether it is one of the API's own errors.
        is_api_error: bool,
        may_have_executed: bool,
    },
    /// A successful response could not be read.
    Unreadable,
}

impl Failure {
    /// Wait that the server asked for.
    pub(crate) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Responded { retry_after, .. } => retry_after,
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_response_can_ask_for_a_wait() {
        let wait = Some(Duration::from_secs(3));
        let response = Failure::Responded {
            status: 429,
            retry_after: wait,
            exhausted: false,
            is_api_error: true,
            may_have_executed: false,
        };
        assert_eq!(response.retry_after(), wait);
        assert_eq!(Failure::Broken { may_have_executed: false }.retry_after(), None);
    }
}
