//! One deadline over everything a call does.

use std::time::Duration;

use tokio::time::Instant;

/// When a call began, and when it must have ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    started: Instant,
    timeout: Duration,
}

impl Deadline {
    pub(crate) fn begin(timeout: Duration) -> Self {
        Self { started: Instant::now(), timeout }
    }

    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn remaining(&self) -> Duration {
        self.timeout.saturating_sub(self.elapsed())
    }

    /// Whether a wait of this length still ends in time. One that does not is not begun.
    pub(crate) fn has_room_for(&self, wait: Duration) -> bool {
        wait < self.remaining()
    }
}
