//! Values of options, in the forms that all languages use.

use std::time::Duration;

use crate::{
    error::{Error, spelling},
    redact,
};

/// Longer than any call, and short enough that no clock overflows.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Upper limit of calls in flight of many. No server handles more at once.
pub(crate) const MOST_CONCURRENCY: u64 = 10_000;

/// Upper limit of retries; a larger number is a mistake.
pub(crate) const MOST_RETRIES: u32 = 100;

/// What is retried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum RetryMode {
    /// Only calls that did not start: no connection was made; a pooled one was closed before the request was written to it; an
    /// HTTP/2 server reported the stream as not processed; 429, and 503 with `Retry-After`, as the API's own JSON error without
    /// an `executionId`. The default.
    #[default]
    Safe,
    /// Also 408, 500, 502, 503, 504, broken and timed-out attempts. The capability may run more than once; use it only where that
    /// is harmless.
    Idempotent,
}

impl RetryMode {
    /// The option's name: `safe` or `idempotent`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Idempotent => "idempotent",
        }
    }
}

impl std::str::FromStr for RetryMode {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        one_of("retry_mode", text, [Self::Safe, Self::Idempotent], Self::as_str).map_err(|error| match text {
            "never" | "none" | "off" | "no" => Error::configuration(
                "retry_mode",
                format!(
                    "{} is not a mode: to never retry, set {}",
                    redact::quote(text),
                    spelling::setting("max_retries", 0)
                ),
            ),
            _ => error,
        })
    }
}

/// Format of responses, which the surface's owner sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ResponseFormat {
    /// Detects the format by its shape, which is assumed: an object with `output`, `executionId` and at most `metadata` besides
    /// is wrapped. The default.
    #[default]
    Detect,
    /// The response is the output.
    Raw,
    /// The response is `{"output": …, "executionId": "exec_…", "metadata": {…}}`.
    Wrapped,
}

impl ResponseFormat {
    /// The option's name: `detect`, `raw` or `wrapped`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Detect => "detect",
            Self::Raw => "raw",
            Self::Wrapped => "wrapped",
        }
    }
}

impl std::str::FromStr for ResponseFormat {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        one_of("response_format", text, [Self::Detect, Self::Raw, Self::Wrapped], Self::as_str)
    }
}

/// Parses the name of a value; the error lists the valid names.
pub(crate) fn one_of<T: Copy, const N: usize>(
    option: &'static str,
    text: &str,
    values: [T; N],
    name: fn(T) -> &'static str,
) -> Result<T, Error> {
    values.into_iter().find(|value| name(*value) == text).ok_or_else(|| {
        let names: Vec<_> = values.into_iter().map(name).collect();
        Error::configuration(option, format!("{} is not one of {}", redact::quote(text), names.join(", ")))
    })
}

/// Checks a duration: more than 0 and at most a year.
pub(crate) fn duration(option: &'static str, value: Duration) -> Result<Duration, Error> {
    if value.is_zero() || value > LONGEST {
        return Err(Error::configuration(
            option,
            format!("{} is out of range: {}", spelling::duration(value), duration_range()),
        ));
    }
    Ok(value)
}

fn duration_range() -> String {
    format!("pass more than 0 and at most a year, or {} for no limit", spelling::none())
}

/// The same; `None` disables the limit.
pub(crate) fn optional_duration(option: &'static str, value: Option<Duration>) -> Result<Option<Duration>, Error> {
    value.map(|value| duration(option, value)).transpose()
}

/// Converts seconds from another language, where they may be negative, infinite or NaN.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the option.
pub fn seconds(option: &'static str, value: f64) -> Result<Duration, Error> {
    time(option, value, value, "s")
}

/// Converts milliseconds in the same way.
///
/// # Errors
///
/// As [`seconds`].
pub fn milliseconds(option: &'static str, value: f64) -> Result<Duration, Error> {
    time(option, value / 1e3, value, "ms")
}

fn time(option: &'static str, seconds: f64, given: f64, unit: &str) -> Result<Duration, Error> {
    if !given.is_finite() {
        let problem = format!("{} is not a duration: pass {} for no limit", number(given), spelling::none());
        return Err(Error::configuration(option, problem));
    }
    Duration::try_from_secs_f64(seconds).ok().and_then(|value| duration(option, value).ok()).ok_or_else(|| {
        Error::configuration(option, format!("{} {unit} is out of range: {}", number(given), duration_range()))
    })
}

/// Converts a whole number from another language, where it may be negative or fractional.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the option.
pub fn whole_number(option: &'static str, value: f64) -> Result<u64, Error> {
    // 2^53: up to here a float represents every whole number exactly.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && (0.0..=LARGEST).contains(&value) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be whole and in range"
        )]
        return Ok(value as u64);
    }
    let problem = if value.is_finite() && value.fract() == 0.0 {
        format!("{} is out of range: pass {}", number(value), range(option))
    } else {
        format!("{} is not a whole number: pass {}", number(value), range(option))
    };
    Err(Error::configuration(option, problem))
}

/// The values that a count may have.
fn range(option: &str) -> String {
    match option {
        "max_retries" => format!("0 to {}", MOST_RETRIES),
        "concurrency" => format!("1 to {}", MOST_CONCURRENCY),
        _ => "at least 1".to_owned(),
    }
}

/// A number in readable form; a very large one would have up to 309 digits otherwise.
fn number(value: f64) -> String {
    match value {
        _ if value.is_infinite() => "infinity".to_owned(),
        _ if value.abs() >= 1e15 => format!("{value:e}"),
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_cannot_be_waited_for_is_refused_by_name() {
        for value in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e30, 1e-12] {
            let error = seconds("timeout", value).unwrap_err();
            assert_eq!(error.option(), Some("timeout"), "{value}");
        }
        let infinite = seconds("timeout", f64::INFINITY).unwrap_err();
        assert_eq!(infinite.to_string(), "timeout: infinity is not a duration: pass None for no limit");
        assert_eq!(seconds("timeout", 2.5).unwrap(), Duration::from_millis(2_500));
        assert_eq!(milliseconds("timeout", 2.5).unwrap(), Duration::from_micros(2_500));
        let zero = seconds("timeout", 0.0).unwrap_err().to_string();
        assert_eq!(zero, "timeout: 0 s is out of range: pass more than 0 and at most a year, or None for no limit");
        assert!(milliseconds("timeout", -1.0).unwrap_err().to_string().starts_with("timeout: -1 ms is out of range"));
        assert!(seconds("timeout", 0.0).unwrap_err().to_string().ends_with("at most a year, or None for no limit"));
        assert!(seconds("timeout", 1e300).unwrap_err().to_string().starts_with("timeout: 1e300 s is out of range"));
    }

    #[test]
    fn a_mode_that_never_retries_is_a_number_of_retries() {
        let error = "never".parse::<RetryMode>().unwrap_err();
        assert_eq!(error.to_string(), "retry_mode: \"never\" is not a mode: to never retry, set max_retries=0");
        assert!("often".parse::<RetryMode>().unwrap_err().to_string().ends_with("is not one of safe, idempotent"));
    }

    #[test]
    fn a_count_is_whole_and_not_negative() {
        for value in [-1.0, 0.5, f64::NAN, f64::INFINITY] {
            assert_eq!(whole_number("max_retries", value).unwrap_err().option(), Some("max_retries"), "{value}");
        }
        let infinite = whole_number("max_retries", f64::INFINITY).unwrap_err();
        assert_eq!(infinite.to_string(), "max_retries: infinity is not a whole number: pass 0 to 100");
        let text = |option, value| whole_number(option, value).unwrap_err().to_string();
        assert_eq!(text("concurrency", -1.0), "concurrency: -1 is out of range: pass 1 to 10000");
        assert_eq!(text("max_retries", 1e30), "max_retries: 1e30 is out of range: pass 0 to 100");
        assert_eq!(text("max_event_bytes", 0.5), "max_event_bytes: 0.5 is not a whole number: pass at least 1");
        assert_eq!(whole_number("max_retries", 3.0).unwrap(), 3);
    }
}
