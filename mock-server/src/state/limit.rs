//! Rate limits per minute and per day, counted in fixed windows that begin at the full minute and day (UTC).

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::clock::Time;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// A window that is used up. Assumed: the vendor only shows `SLOW_MODE_HOURLY_LIMIT_EXCEEDED`; these have the same form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exhausted {
    /// The limit per minute.
    Minute,
    /// The limit per day.
    Day,
}

impl Exhausted {
    /// The `code` in the body of the 429. Assumed.
    pub fn code(self) -> &'static str {
        match self {
            Self::Minute => "MINUTE_LIMIT_EXCEEDED",
            Self::Day => "DAILY_LIMIT_EXCEEDED",
        }
    }

    /// The `error` in the body of the 429. Assumed, except for "daily limit", which is seen in the wild.
    pub fn message(self) -> &'static str {
        match self {
            Self::Minute => "Rate limit exceeded",
            Self::Day => "Rate limit exceeded: daily limit reached",
        }
    }
}

/// A window: its start and its number of calls.
#[derive(Debug, Clone, Copy, Default)]
struct Window {
    began: i64,
    used: u64,
}

impl Window {
    /// Starts a new window once the time has left this one, also if the clock moved back.
    fn roll(&mut self, now: Time, length: i64) {
        let began = now.as_millis().div_euclid(length) * length;
        if began != self.began {
            *self = Self { began, used: 0 };
        }
    }
}

/// Usage of a key's limits.
#[derive(Debug, Clone, Copy, Default)]
pub struct Usage {
    minute: Window,
    day: Window,
    total: u64,
    last: Option<Time>,
}

/// State of a key's limits after a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Limit of the window with the fewest calls left.
    pub limit: u64,
    /// Number of calls left in it.
    pub remaining: u64,
    /// Start of the next window, in Unix seconds.
    pub reset: i64,
    /// The window that is used up, if there is one.
    pub exhausted: Option<Exhausted>,
}

impl Usage {
    /// Number of calls so far, without those that a limit forbade.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Time of the last such call.
    pub fn last(&self) -> Option<Time> {
        self.last
    }

    /// Counts a call, unless a limit forbids it. `None` if the key has no limits.
    pub fn count(&mut self, per_minute: Option<u64>, per_day: Option<u64>, now: Time) -> Option<Standing> {
        self.minute.roll(now, MINUTE_MS);
        self.day.roll(now, DAY_MS);
        let day_full = per_day.is_some_and(|limit| self.day.used >= limit);
        let minute_full = per_minute.is_some_and(|limit| self.minute.used >= limit);
        if !day_full && !minute_full {
            self.minute.used += 1;
            self.day.used += 1;
            self.total += 1;
            self.last = Some(now);
        }
        let minute = per_minute.map(|limit| Standing {
            limit,
            remaining: limit.saturating_sub(self.minute.used),
            reset: (self.minute.began + MINUTE_MS) / 1000,
            exhausted: minute_full.then_some(Exhausted::Minute),
        });
        let day = per_day.map(|limit| Standing {
            limit,
            remaining: limit.saturating_sub(self.day.used),
            reset: (self.day.began + DAY_MS) / 1000,
            exhausted: day_full.then_some(Exhausted::Day),
        });
        match (minute, day) {
            (_, Some(day)) if day_full => Some(day),
            (Some(minute), Some(day)) if !minute_full && day.remaining < minute.remaining => Some(day),
            (Some(minute), _) => Some(minute),
            (None, day) => day,
        }
    }
}

impl Standing {
    /// Seconds until the next window, rounded up, at least one.
    pub fn retry_after_seconds(&self, now: Time) -> i64 {
        (self.reset - now.as_millis().div_euclid(1000)).max(1)
    }

    /// Writes the `X-RateLimit-*` headers.
    pub fn write(&self, headers: &mut HeaderMap) {
        headers.insert(LIMIT, HeaderValue::from(self.limit));
        headers.insert(REMAINING, HeaderValue::from(self.remaining));
        headers.insert(RESET, HeaderValue::from(self.reset));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-31T12:00:00Z
    const NOON: Time = Time::from_millis(1_769_860_800_000);

    #[test]
    fn a_key_without_limits_is_not_counted() {
        assert_eq!(Usage::default().count(None, None, NOON), None);
    }

    #[test]
    fn the_third_of_two_calls_a_minute_is_refused_until_the_minute_is_over() {
        let mut usage = Usage::default();
        assert_eq!(usage.count(Some(2), None, NOON).map(|s| s.remaining), Some(1));
        assert_eq!(usage.count(Some(2), None, NOON.moved(10_000)).map(|s| s.remaining), Some(0));
        let third = usage.count(Some(2), None, NOON.moved(20_500)).unwrap();
        assert_eq!(third.exhausted, Some(Exhausted::Minute));
        assert_eq!(third.retry_after_seconds(NOON.moved(20_500)), 40);
        assert_eq!(usage.count(Some(2), None, NOON.moved(60_000)).unwrap().exhausted, None);
    }

    #[test]
    fn a_refused_call_does_not_use_up_the_day() {
        let mut usage = Usage::default();
        usage.count(Some(1), Some(2), NOON);
        for _ in 0..10 {
            assert_eq!(usage.count(Some(1), Some(2), NOON).unwrap().exhausted, Some(Exhausted::Minute));
        }
        assert_eq!((usage.total(), usage.last()), (1, Some(NOON)));
        assert_eq!(usage.count(Some(1), Some(2), NOON.moved(60_000)).unwrap().exhausted, None);
        let third = usage.count(Some(1), Some(2), NOON.moved(120_000)).unwrap();
        assert_eq!(third.exhausted, Some(Exhausted::Day));
        assert_eq!(third.reset, NOON.as_seconds() + 12 * 3600);
    }

    #[test]
    fn the_headers_tell_of_the_window_that_runs_out_first() {
        let mut usage = Usage::default();
        assert_eq!(usage.count(Some(10), Some(3), NOON).map(|s| (s.limit, s.remaining)), Some((3, 2)));
        assert_eq!(usage.count(Some(10), Some(100), NOON).map(|s| (s.limit, s.remaining)), Some((10, 8)));
    }
}
