//! The deadline of a call.

use std::time::Duration;

use tokio::time::Instant;

/// Longest duration that no clock overflows on.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Start and deadline of a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    started: Instant,
    timeout: Option<Duration>,
}

impl Deadline {
    pub(crate) fn begin(timeout: Option<Duration>) -> Self {
        Self { started: Instant::now(), timeout }
    }

    /// The call's timeout; 0 if it has none.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or_default()
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn remaining(&self) -> Duration {
        self.timeout.map_or(FOREVER, |timeout| timeout.saturating_sub(self.elapsed()))
    }

    /// Whether a wait ends before the deadline. A wait that does not is not started.
    pub(crate) fn has_room_for(&self, wait: Duration) -> bool {
        wait < self.remaining()
    }
}
