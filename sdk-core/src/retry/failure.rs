//! How an attempt failed.

use std::time::Duration;

use crate::{error::facts::Facts, transport::Unprocessed};

/// An attempt's failure: what a retry depends on, and what the caller is told.
pub(crate) struct Failed {
    pub(crate) failure: Failure,
    pub(crate) facts: Box<Facts>,
}

/// How an attempt failed, as far as a retry is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The connection was not made, or it broke.
    Broken { may_have_executed: bool },
    /// The attempt took too long.
    TimedOut { may_have_executed: bool },
    /// An HTTP/2 server said that it did not process the request.
    Unprocessed(Unprocessed),
    /// The server responded.
    Responded { status: u16, retry_after: Option<Duration>, exhausted: bool, may_have_executed: bool },
    /// The response is a success that cannot be read.
    Unreadable,
}

impl Failure {
    /// How long the server asked to wait.
    pub(crate) fn retry_after(self) -> Option<Duration> {
        match self {
            Self::Responded { retry_after, .. } => retry_after,
            _ => None,
        }
    }
}
