//! The gate before the calls of many: it is closed while the key's rate limit is used up.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use tokio::time::Instant;

use crate::{
    config::defaults,
    error::spelling::duration,
    redact,
    response::limits::RateLimit,
    send::clock::{Clock, Wait},
};

/// Wait for the next window where the server does not say when it begins. Assumed: bursts are counted in windows of 10 s.
const ASSUMED_WINDOW: Duration = Duration::from_secs(10);
/// A limit that lets no call pass for so many windows is not waited for again.
const MOST_WINDOWS_WITHOUT_SUCCESS: u32 = 3;
/// Shortest wait for a window. It doubles with each opening that lets no call pass: the server's wait may be rounded down, or a
/// date of a clock that is behind.
const SHORTEST_WAIT: Duration = Duration::from_secs(1);
/// The limit of that doubling.
const LONGEST_SHORTEST_WAIT: Duration = Duration::from_secs(30);
/// A longer wait is logged: somebody may be waiting for it.
const SILENT_WAIT: Duration = Duration::from_secs(5);

/// One gate for all calls of a run. A used-up window is reported by a 429, or before that by the headers of a success.
pub(super) struct Gate {
    clock: Arc<dyn Clock>,
    capability: String,
    /// Longest wait for a window.
    pub(super) max_wait: Option<Duration>,
    /// Until when it is closed.
    closed_until: Option<Instant>,
    wait: Option<Wait>,
    /// Number of times that it has opened again, which identifies a window.
    openings: u64,
    has_success: bool,
    openings_without_success: u32,
    windows_without_success: u32,
    /// Since when the waits count as one window. `None` after a success.
    waiting_since: Option<Instant>,
    limit: Option<Limit>,
}

/// The rate limit, as the server last reported it.
struct Limit {
    remaining: usize,
    until: Instant,
}

/// What a used-up window means for the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The call is to be sent again when the gate is open.
    Wait,
    /// The next window begins too late.
    TooLong,
    /// No window lets a call pass.
    NoSuccess,
}

impl Gate {
    pub(super) fn new(clock: Arc<dyn Clock>, capability: String) -> Self {
        Self {
            clock,
            capability: redact::visible(&capability).into_owned(),
            max_wait: Some(defaults::MAX_WINDOW_WAIT),
            closed_until: None,
            wait: None,
            openings: 0,
            has_success: false,
            openings_without_success: 0,
            windows_without_success: 0,
            waiting_since: None,
            limit: None,
        }
    }

    /// Whether a call may pass. While the gate is closed, its opening wakes the task.
    pub(super) fn poll_open(&mut self, in_flight: usize, context: &mut Context<'_>) -> bool {
        let now = self.clock.now();
        if let Some(limit) = &self.limit {
            if limit.until <= now {
                self.limit = None;
            } else if limit.remaining == 0 {
                // The responses in flight bring newer numbers, and wake the task.
                if in_flight > 0 {
                    return false;
                }
                let until = limit.until;
                self.close(until, now);
            }
        }
        while let Some(until) = self.closed_until {
            let wait = self.wait.get_or_insert_with(|| self.clock.sleep_until(until));
            let Poll::Ready(now) = wait.as_mut().poll(context) else { return false };
            self.wait = None;
            if now >= until {
                self.open();
            }
        }
        true
    }

    fn open(&mut self) {
        self.closed_until = None;
        self.limit = None;
        self.openings += 1;
        self.has_success = false;
    }

    fn close(&mut self, until: Instant, now: Instant) {
        self.closed_until = Some(until);
        self.wait = None;
        self.waiting_since.get_or_insert(now);
        let wait = until.saturating_duration_since(now);
        if wait > SILENT_WAIT {
            let capability = self.capability.as_str();
            tracing::warn!(
                capability,
                wait_ms = wait.as_millis(),
                "{capability}: the rate limit is used up; waiting {} for its next window",
                duration(wait),
            );
        }
    }

    /// The window that a call passes in.
    pub(super) fn pass(&mut self) -> u64 {
        if let Some(limit) = &mut self.limit {
            limit.remaining = limit.remaining.saturating_sub(1);
        }
        self.openings
    }

    /// Records a success and the rate limit that it reports.
    pub(super) fn succeeded(&mut self, limit: Option<RateLimit>, in_flight: usize) {
        self.has_success = true;
        (self.openings_without_success, self.windows_without_success) = (0, 0);
        self.waiting_since = None;
        let Some(RateLimit { remaining: Some(remaining), reset_after: Some(wait), .. }) = limit else { return };
        // A window that is too long to wait for is the server's to refuse, in its own words.
        self.limit = self.max_wait.is_none_or(|most| wait <= most).then(|| Limit {
            // The server's count may not include the calls in flight; the safe assumption is that it includes none.
            remaining: usize::try_from(remaining).unwrap_or(usize::MAX).saturating_sub(in_flight),
            until: self.clock.now() + wait,
        });
    }

    /// Closes the gate after a 429 to a call that passed in this window.
    pub(super) fn refused(&mut self, window: u64, reset_after: Option<Duration>) -> Verdict {
        let wait = reset_after.unwrap_or(ASSUMED_WINDOW);
        if self.max_wait.is_some_and(|most| wait > most) {
            return Verdict::TooLong;
        }
        let now = self.clock.now();
        let until = now + wait.max(self.shortest_wait());
        match self.closed_until {
            Some(closed_until) => {
                if until > closed_until {
                    self.closed_until = Some(until);
                    self.wait = None;
                }
            }
            // The response came late: another window has begun.
            None if window < self.openings => {}
            None => {
                // The first window had begun before the run.
                if window > 0 && !self.has_success {
                    self.count_opening_without_success(now);
                }
                if self.windows_without_success >= MOST_WINDOWS_WITHOUT_SUCCESS {
                    return Verdict::NoSuccess;
                }
                self.close(now + wait.max(self.shortest_wait()), now);
            }
        }
        Verdict::Wait
    }

    fn shortest_wait(&self) -> Duration {
        let wait = SHORTEST_WAIT.saturating_mul(2_u32.saturating_pow(self.openings_without_success));
        let most = self.max_wait.unwrap_or(LONGEST_SHORTEST_WAIT);
        wait.min(LONGEST_SHORTEST_WAIT).min(most)
    }

    /// Counts a window only once it can have passed. A limit on waits that leaves no time for that makes each opening count.
    fn count_opening_without_success(&mut self, now: Instant) {
        self.openings_without_success += 1;
        let waited = self.waiting_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
        if waited >= ASSUMED_WINDOW || self.max_wait.is_some_and(|most| most < SHORTEST_WAIT) {
            self.windows_without_success += 1;
            self.waiting_since = Some(now);
        }
    }
}

impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gate").field("is_closed", &self.closed_until.is_some()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;
    use crate::send::clock::FakeClock;

    const SECOND: Duration = Duration::from_secs(1);

    fn gate() -> (Gate, FakeClock) {
        let clock = FakeClock::new();
        (Gate::new(Arc::new(clock.clone()), "echo".to_owned()), clock)
    }

    fn is_open(gate: &mut Gate, in_flight: usize) -> bool {
        gate.poll_open(in_flight, &mut Context::from_waker(Waker::noop()))
    }

    fn reported(remaining: u64, seconds: u32) -> Option<RateLimit> {
        let reset_after = Some(seconds * SECOND);
        Some(RateLimit { remaining: Some(remaining), reset_after, ..RateLimit::default() })
    }

    #[test]
    fn a_window_is_waited_for_once_however_many_calls_it_refuses() {
        let (mut gate, clock) = gate();
        for seconds in [30, 40, 20] {
            assert_eq!(gate.refused(0, Some(seconds * SECOND)), Verdict::Wait);
        }
        assert!(is_open(&mut gate, 0));
        assert!((39 * SECOND..=40 * SECOND).contains(&clock.moved()), "{clock:?}");
        // A response of the window before does not close the gate again.
        assert_eq!(gate.refused(0, Some(40 * SECOND)), Verdict::Wait);
        assert!(is_open(&mut gate, 0) && clock.moved() <= 40 * SECOND);
    }

    #[test]
    fn three_windows_without_a_success_end_the_run_and_a_success_starts_the_count_again() {
        let (mut gate, _) = gate();
        for round in 0..2 {
            for _ in 0..2 {
                let window = gate.pass();
                assert_eq!(gate.refused(window, None), Verdict::Wait, "{round}");
                assert!(is_open(&mut gate, 0));
            }
            gate.succeeded(None, 0);
        }
        let verdicts = [(); 4].map(|()| {
            let window = gate.pass();
            let verdict = gate.refused(window, None);
            is_open(&mut gate, 0);
            verdict
        });
        assert_eq!(verdicts, [Verdict::Wait, Verdict::Wait, Verdict::Wait, Verdict::NoSuccess]);
    }

    /// Sends rows one by one to a server with windows of 3 s, 100 calls each. Returns how many arrive before the run stops.
    fn arrived(rows: u32, retry_after: impl Fn(Duration) -> Duration) -> u32 {
        const WINDOW: Duration = Duration::from_secs(3);
        let (mut gate, clock) = gate();
        let began = clock.now();
        let (mut window, mut used, mut arrived) = (0, 0, 0);
        while arrived < rows {
            assert!(is_open(&mut gate, 0));
            let passed = gate.pass();
            let elapsed = clock.now() - began;
            let now_in = elapsed.as_millis() / WINDOW.as_millis();
            if now_in > window {
                (window, used) = (now_in, 0);
            }
            if used < 100 {
                used += 1;
                arrived += 1;
                gate.succeeded(None, 0);
                continue;
            }
            let left = (u32::try_from(window).unwrap() + 1) * WINDOW - elapsed;
            if gate.refused(passed, Some(retry_after(left))) != Verdict::Wait {
                break;
            }
        }
        arrived
    }

    #[test]
    fn a_wait_that_ends_before_its_window_loses_no_row() {
        assert_eq!(arrived(500, |left| Duration::from_secs(left.as_secs())), 500, "rounded down");
        assert_eq!(arrived(500, |_| Duration::ZERO), 500, "always 0");
        assert_eq!(arrived(500, |left| left.saturating_sub(5 * SECOND)), 500, "a clock that is 5 s behind");
    }

    #[test]
    fn a_server_that_never_lets_a_call_pass_is_asked_less_and_less_often_and_then_no_more() {
        let (mut gate, clock) = gate();
        let mut calls = 0;
        loop {
            assert!(is_open(&mut gate, 0));
            let window = gate.pass();
            calls += 1;
            assert!(calls < 20, "{clock:?}");
            if gate.refused(window, Some(Duration::ZERO)) == Verdict::NoSuccess {
                break;
            }
        }
        // Waits of 1, 2, 4, 8, 16 and 30 s, three times 10 s or more.
        assert_eq!(calls, 7);
        assert!((60 * SECOND..=61 * SECOND).contains(&clock.moved()), "{clock:?}");
    }

    #[test]
    fn a_limit_below_the_shortest_wait_is_kept_and_makes_each_opening_count() {
        let (mut gate, clock) = gate();
        gate.max_wait = Some(Duration::ZERO);
        let verdicts = [(); 4].map(|()| {
            assert!(is_open(&mut gate, 0));
            let window = gate.pass();
            gate.refused(window, Some(Duration::ZERO))
        });
        assert_eq!(verdicts, [Verdict::Wait, Verdict::Wait, Verdict::Wait, Verdict::NoSuccess]);
        assert!(clock.moved() < SECOND, "{clock:?}");
    }

    #[test]
    fn a_window_that_is_too_long_ends_the_run() {
        let (mut gate, clock) = gate();
        assert_eq!(gate.refused(0, Some(901 * SECOND)), Verdict::TooLong);
        assert_eq!(gate.refused(0, Some(900 * SECOND)), Verdict::Wait);
        gate.max_wait = None;
        assert_eq!(gate.refused(0, Some(86_400 * SECOND)), Verdict::Wait);
        assert!(is_open(&mut gate, 0) && clock.moved() > 86_000 * SECOND);
    }

    #[test]
    fn a_reported_limit_lets_as_many_calls_pass_as_remain() {
        let (mut gate, clock) = gate();
        gate.succeeded(reported(5, 30), 3);
        for _ in 0..2 {
            assert!(is_open(&mut gate, 3));
            gate.pass();
        }
        // The calls in flight may report more.
        assert!(!is_open(&mut gate, 1) && clock.moved().is_zero());
        assert!(is_open(&mut gate, 0) && clock.moved() > 29 * SECOND);
        let before = clock.moved();
        gate.succeeded(reported(0, 3_600), 0);
        assert!(is_open(&mut gate, 0) && clock.moved() == before, "a window that is too long is not waited for");
    }
}
