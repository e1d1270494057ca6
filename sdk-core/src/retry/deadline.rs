//! One deadline over everything a call does.

use std::time::Duration;

use tokio::time::Instant;

/// As long as a clock can count without overflow.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// When a call began, and when it must have ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    started: Instant,
    timeout: Option<Duration>,
}

impl Deadline {
    pub(crate) fn begin(timeout: Option<Duration>) -> Self {
        Self { started: Instant::now(), timeout }
    }

    /// How long the call may take; 0 where it has no deadline, which never passes.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or_default()
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn remaining(&self) -> Duration {
        self.timeout.map_or(FOREVER, |timeout| timeout.saturating_sub(self.elapsed()))
    }

    /// Whether a wait of this length still ends in time. One that does not is not begun.
    pub(crate) fn has_room_for(&self, wait: Duration) -> bool {
        wait < self.remaining()
    }
}
