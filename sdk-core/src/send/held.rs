//! A call that a used-up window of the rate limit holds.

use std::time::Duration;

use crate::{
    error::{Error, attempt::Attempt, explain::AskedAgain},
    response::limits::RateLimit,
    retry::deadline::Deadline,
};

/// Why one of many calls has no response.
pub(crate) enum Refused {
    /// Its rate limit's window is used up: it is to be sent again.
    Window(Held),
    /// It failed.
    Final {
        error: Error,
        /// Whether the calls after it would fail too.
        concerns_all: bool,
    },
}

/// A call between two attempts, without the runtime's resources.
pub(crate) struct Held {
    /// The error that it ends with, should it not be sent again.
    pub(crate) error: Error,
    pub(super) so_far: SoFar,
}

/// What a call has used of its options.
pub(super) struct SoFar {
    pub(super) deadline: Deadline,
    pub(super) attempts: Vec<Attempt>,
    pub(super) retries: u32,
    pub(super) resends: u32,
    pub(super) may_have_executed: bool,
    pub(super) asked_again: AskedAgain,
}

impl Held {
    /// Time until the window resets, if the server says it.
    pub(crate) fn reset_after(&self) -> Option<Duration> {
        let reset = || self.error.headers().and_then(RateLimit::read)?.reset_after;
        self.error.retry_after().or_else(reset)
    }

    pub(super) fn into_so_far(self) -> SoFar {
        // The error has the attempts.
        SoFar { attempts: self.error.into_facts().attempts, ..self.so_far }
    }
}
