//! Time of the mock: always a parameter, never read from the system, so that a test can move it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time, in milliseconds since 1970. Serialized as RFC 3339, such as `2026-01-31T12:00:00.000Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

impl Time {
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
        let stamp: Timestamp = text
            .trim()
            .parse()
            .map_err(|_| format!("{text:?} is not a time; write it as 2026-01-31T12:00:00Z (RFC 3339)"))?;
        Ok(Self(stamp.as_millisecond()))
    }
}

impl std::fmt::Display for Time {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(stamp) => write!(f, "{stamp:.3}"),
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
    fn a_text_that_is_no_time_says_how_to_write_one() {
        let message = Time::parse("tomorrow").unwrap_err();
        assert!(message.contains("\"tomorrow\"") && message.contains("RFC 3339"), "{message}");
    }
}
