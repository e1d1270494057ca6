//! Lines to standard error, for the option `log_level` and the variable `RUNTYPE_LOG`.
//!
//! ```text
//! 2026-11-24T18:09:24.123Z INFO runtype_surface: retry capability=echo attempt=1 status=429 wait_ms=1000.0
//! 2026-11-24T18:09:25.941Z INFO runtype_surface: call capability=echo status=200 duration_ms=1818.0 attempts=2 request_id=req_1 key_hint=papi_…a1b2
//! ```

use std::{
    fmt::{Display, Write as _},
    io::{self, Write as _},
    time::{Duration, SystemTime},
};

use crate::{config::log_level::LogLevel, redact};

/// Writes what its level includes.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Log(LogLevel);

impl Log {
    pub(crate) fn new(level: LogLevel) -> Self {
        Self(level)
    }

    pub(crate) fn is_on(self) -> bool {
        self.0 != LogLevel::Off
    }

    /// Writes one line of this level, if it is included. `fields` adds what it says.
    pub(crate) fn line(self, level: LogLevel, what: &str, fields: impl FnOnce(Line) -> Line) {
        if level <= self.0 {
            let Line(mut text) = fields(Line::new(SystemTime::now(), level, what));
            text.push('\n');
            // The whole line in one write, so that lines of several threads and processes do not mix. Standard error may be closed; then
            // there is nowhere to write.
            let _ = io::stderr().lock().write_all(text.as_bytes());
        }
    }
}

/// A line under construction.
pub(crate) struct Line(String);

impl Line {
    fn new(time: SystemTime, level: LogLevel, what: &str) -> Self {
        let level = level.as_str().to_ascii_uppercase();
        Self(format!("{} {level} runtype_surface: {what}", timestamp(time)))
    }

    /// Adds a field: without credentials, escaped, and in quotes where its end would not be seen otherwise.
    pub(crate) fn field(mut self, name: &str, value: impl Display) -> Self {
        let text = value.to_string();
        let hidden = redact::hide_credentials(&text);
        let shown = redact::visible(&hidden);
        // Writing to a text does not fail.
        let _ = if shown.is_empty() || shown.contains([' ', '"', '=']) {
            write!(self.0, " {name}=\"{}\"", shown.replace('"', "\\\""))
        } else {
            write!(self.0, " {name}={shown}")
        };
        self
    }

    /// Adds a field, if it has a value.
    pub(crate) fn some(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.field(name, value),
            None => self,
        }
    }

    /// Adds a duration in milliseconds.
    pub(crate) fn milliseconds(self, name: &str, time: Duration) -> Self {
        self.field(name, format_args!("{:.1}", time.as_secs_f64() * 1e3))
    }
}

/// A time in UTC, as RFC 3339 writes it.
fn timestamp(time: SystemTime) -> String {
    const DAY: u64 = 24 * 60 * 60;
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (days, of_day) = (since.as_secs() / DAY, since.as_secs() % DAY);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (of_day / 3_600, of_day / 60 % 60, of_day % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", since.subsec_millis())
}

/// Year, month and day of a number of days since 1970. Years begin in March, so that the day of a leap year is the last one.
fn date(days: u64) -> (u64, u64, u64) {
    const FROM_MARCH_OF_0: u64 = 719_468;
    const OF_400_YEARS: u64 = 146_097;
    let days = days + FROM_MARCH_OF_0;
    let (era, day) = (days / OF_400_YEARS, days % OF_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day_of_year + 2) / 153;
    let (of_month, after_march) = (day_of_year - (153 * month + 2) / 5 + 1, month < 10);
    let (month, next) = if after_march { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + next, month, of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_rfc_3339() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00.007Z"),
            (951_782_399, "2000-02-28T23:59:59.007Z"),
            (951_782_400, "2000-02-29T00:00:00.007Z"),
            (1_735_689_599, "2024-12-31T23:59:59.007Z"),
            (1_764_007_764, "2025-11-24T18:09:24.007Z"),
            (4_107_542_400, "2100-03-01T00:00:00.007Z"),
        ] {
            let time = SystemTime::UNIX_EPOCH + Duration::new(seconds, 7_999_999);
            assert_eq!(timestamp(time), expected);
        }
    }

    #[test]
    fn a_field_cannot_forge_a_line_another_field_or_show_a_key() {
        let line = Line(String::new())
            .field("a", "x\n2026 ERROR\u{202e}")
            .field("b", "1 c=2")
            .field("d", "say \"no\"")
            .field("e", "papi_abcdefgh1234")
            .field("f", "papi_…1234")
            .field("g", "")
            .some("h", None::<&str>)
            .milliseconds("i", Duration::from_micros(1_250));
        let expected =
            " a=\"x\\n2026 ERROR\\u{202e}\" b=\"1 c=2\" d=\"say \\\"no\\\"\" e=papi_… f=papi_…1234 g=\"\" i=1.2";
        assert_eq!(line.0, expected);
    }
}
