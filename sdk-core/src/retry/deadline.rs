//! The deadline of a call.

use std::time::Duration;

use tokio::time::Instant;

/// Longest duration that no clock overflows on.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// Start and deadline of a call. The time is a parameter: waits of a test move it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Deadline {
    started: Instant,
    timeout: Option<Duration>,
    /// Time that does not count against the timeout.
    paused: Duration,
}

impl Deadline {
    pub(crate) fn begin(timeout: Option<Duration>, now: Instant) -> Self {
        Self { started: now, timeout, paused: Duration::ZERO }
    }

    /// The call's timeout; 0 if it has none.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout.unwrap_or_default()
    }

    /// Time since the start, pauses included.
    pub(crate) fn elapsed(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.started)
    }

    pub(crate) fn remaining(&self, now: Instant) -> Duration {
        let spent = self.elapsed(now).saturating_sub(self.paused);
        self.timeout.map_or(FOREVER, |timeout| timeout.saturating_sub(spent))
    }

    /// Whether a wait ends before the deadline. A wait that does not is not started.
    pub(crate) fn has_room_for(&self, wait: Duration, now: Instant) -> bool {
        wait < self.remaining(now)
    }

    /// Moves the deadline by a time that does not count.
    pub(crate) fn pause(&mut self, time: Duration) {
        self.paused += time;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_moves_the_deadline_but_not_the_start() {
        let second = Duration::from_secs(1);
        let began = Instant::now();
        let mut deadline = Deadline::begin(Some(20 * second), began);
        deadline.pause(60 * second);
        let now = began + 65 * second;
        assert_eq!((deadline.elapsed(now), deadline.remaining(now)), (65 * second, 15 * second));
        assert!(deadline.has_room_for(14 * second, now) && !deadline.has_room_for(15 * second, now));
        assert_eq!(Deadline::begin(None, began).remaining(now), FOREVER);
    }

    #[test]
    fn a_call_without_a_timeout_has_a_hundred_years() {
        let began = Instant::now();
        let deadline = Deadline::begin(None, began);
        assert_eq!(deadline.remaining(began), Duration::from_secs(3_153_600_000));
        assert_eq!(deadline.timeout(), Duration::ZERO);
        assert_eq!(Deadline::begin(Some(Duration::from_secs(20)), began).timeout(), Duration::from_secs(20));
    }

    #[test]
    fn pauses_add_up() {
        let second = Duration::from_secs(1);
        let began = Instant::now();
        let mut deadline = Deadline::begin(Some(10 * second), began);
        deadline.pause(2 * second);
        deadline.pause(3 * second);
        assert_eq!(deadline.remaining(began + 12 * second), 3 * second);
    }
}
