//! Time of the mock: always a parameter, never read from the system, so that a test can move it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::{SignedDuration, civil::DateTime, fmt::temporal::DateTimeParser};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time, in milliseconds since 1970. Serialized as RFC 3339, such as `2026-01-31T12:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

/// The start of 1970.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl Time {
    /// The last millisecond of the year 9999, after which RFC 3339 has no times.
    pub(crate) const LAST: Self = Self(253_402_300_799_999);

    /// The machine's clock.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// Creates a time from milliseconds since 1970.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since 1970.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, rounded down.
    pub fn as_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The time, moved by milliseconds.
    pub fn moved(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// The time after a duration.
    pub fn plus(self, duration: Duration) -> Self {
        self.moved(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
    }

    /// Parses RFC 3339, with any offset.
    pub fn parse(text: &str) -> Result<Self, String> {
        let problem = || format!("{text:?} is not a time; write it as 2026-01-31T12:00:00Z (RFC 3339)");
        // Not parsed as a timestamp, which ends a day before the year 9999 does.
        let pieces = DateTimeParser::new().parse_pieces(text.trim()).map_err(|_| problem())?;
        let offset = pieces.to_numeric_offset().ok_or_else(problem)?;
        let local = pieces.date().to_datetime(pieces.time().ok_or_else(problem)?);
        let millis = local.duration_since(EPOCH).as_millis() - i128::from(offset.seconds()) * 1000;
        i64::try_from(millis).ok().map(Self).filter(|time| *time <= Self::LAST).ok_or_else(problem)
    }

    /// Whether it can be written as RFC 3339, and is not before 1970.
    pub(crate) fn is_in_range(self) -> bool {
        (Self(0)..=Self::LAST).contains(&self)
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match EPOCH.checked_add(SignedDuration::from_millis(self.0)) {
            Ok(time) => write!(f, "{time:.3}Z"),
            Err(_) => write!(f, "{} ms since 1970", self.0),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_read_back_as_it_was_written() {
        let time = Time::from_millis(1_769_860_800_123);
        assert_eq!(time.to_string(), "2026-01-31T12:00:00.123Z");
        assert_eq!(Time::parse(&time.to_string()), Ok(time));
    }

    #[test]
    fn an_offset_is_understood() {
        assert_eq!(Time::parse("2026-01-31T13:00:00+01:00"), Time::parse("2026-01-31T12:00:00Z"));
    }

    #[test]
    fn the_last_second_of_the_year_9999_is_a_time() {
        let last = Time::parse("9999-12-31T23:59:59Z").unwrap();
        assert_eq!(last.to_string(), "9999-12-31T23:59:59.000Z");
        assert!(Time::parse("9999-12-31T23:59:59-01:00").is_err(), "an hour later, in UTC");
        assert!(Time::parse("2026-01-31T12:00:00").is_err(), "without an offset");
        assert!(last.is_in_range() && !last.moved(1_000).is_in_range());
    }

    #[test]
    fn a_text_that_is_no_time_says_how_to_write_one() {
        let message = Time::parse("tomorrow").unwrap_err();
        assert!(message.contains("\"tomorrow\"") && message.contains("RFC 3339"), "{message}");
    }
}
