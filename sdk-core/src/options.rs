//! The options of a client and of a call, and the rules that make one impossible.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use crate::{Error, RetryMode, redact};

/// Longer than any call, and short enough that no clock overflows.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// What holds for a call: the client's options, under those of the call.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// The whole call, all attempts and waits included.
    pub(crate) timeout: Duration,
    /// One attempt, if it shall be shorter than the call.
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) max_retries: u32,
    pub(crate) retry_mode: RetryMode,
    pub(crate) max_response_bytes: u64,
    pub(crate) response_format: ResponseFormat,
    pub(crate) headers: HeaderMap,
    pub(crate) stream: StreamOptions,
}

/// What holds for a stream once it has begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamOptions {
    /// How long nothing may come.
    pub(crate) idle_timeout: Duration,
    /// How large one event may be.
    pub(crate) max_event_bytes: usize,
    /// Whether error events are handed on like others.
    pub(crate) hand_on_errors: bool,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self { idle_timeout: Duration::from_secs(120), max_event_bytes: 16 * 1024 * 1024, hand_on_errors: false }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(300),
            attempt_timeout: None,
            max_retries: 2,
            retry_mode: RetryMode::Safe,
            max_response_bytes: 64 * 1024 * 1024,
            response_format: ResponseFormat::Detect,
            headers: HeaderMap::new(),
            stream: StreamOptions::default(),
        }
    }
}

/// Whether answers come raw or wrapped, which the surface's owner sets (api.md, vendor).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum ResponseFormat {
    /// Tells the two apart by their shape, which is assumed: an object of `output`, `executionId` and nothing else but
    /// `metadata` is wrapped. The default.
    #[default]
    Detect,
    /// The answer is the output.
    Raw,
    /// The answer is `{"output": …, "executionId": "exec_…", "metadata": {…}}`.
    Wrapped,
}

impl ResponseFormat {
    /// The option's value as the configuration writes it: `detect`, `raw` or `wrapped`.
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
        one_of("response format", text, [Self::Detect, Self::Raw, Self::Wrapped], Self::as_str)
    }
}

/// Finds the value that a text names, or says which there are.
pub(crate) fn one_of<T: Copy, const N: usize>(
    option: &'static str,
    text: &str,
    values: [T; N],
    name: fn(T) -> &'static str,
) -> Result<T, Error> {
    values.into_iter().find(|value| name(*value) == text).ok_or_else(|| {
        let names: Vec<_> = values.into_iter().map(name).collect();
        Error::configuration(option, format!("{} is none of {}", redact::quote(text), names.join(", ")))
    })
}

/// A duration that a call can wait for: more than nothing, a year at most.
pub(crate) fn duration(option: &'static str, value: Duration) -> Result<Duration, Error> {
    if value.is_zero() || value > LONGEST {
        return Err(Error::configuration(
            option,
            format!("{value:?} is not a time to wait: it must be more than 0 and at most a year"),
        ));
    }
    Ok(value)
}

/// Seconds as other languages have them, which may be negative, infinite or not a number.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), which names the option.
#[doc(hidden)]
pub fn seconds(option: &'static str, value: f64) -> Result<Duration, Error> {
    time(option, value, value, "s")
}

/// Milliseconds, in the same way.
///
/// # Errors
///
/// As [`seconds`].
#[doc(hidden)]
pub fn milliseconds(option: &'static str, value: f64) -> Result<Duration, Error> {
    time(option, value / 1e3, value, "ms")
}

fn time(option: &'static str, seconds: f64, given: f64, unit: &str) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(seconds).ok().and_then(|value| duration(option, value).ok()).ok_or_else(|| {
        Error::configuration(
            option,
            format!("{} {unit} is not a time to wait: it must be more than 0 and at most a year", number(given)),
        )
    })
}

/// A whole number as other languages have them, which may be negative or have a fraction.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), which names the option.
#[doc(hidden)]
pub fn whole_number(option: &'static str, value: f64) -> Result<u64, Error> {
    // 2^53: up to here every whole number has a float of its own.
    const LARGEST: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && (0.0..=LARGEST).contains(&value) {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be whole and in range"
        )]
        return Ok(value as u64);
    }
    Err(Error::configuration(option, format!("{} is not a whole number of 0 or more", number(value))))
}

/// A number as people write it: a very large one has up to 309 digits otherwise.
fn number(value: f64) -> String {
    if value.is_finite() && value.abs() >= 1e15 { format!("{value:e}") } else { value.to_string() }
}

/// How often a call may be repeated at the most; more is a mistake.
pub(crate) fn max_retries(value: u64) -> Result<u32, Error> {
    const MOST: u32 = 100;
    u32::try_from(value)
        .ok()
        .filter(|value| *value <= MOST)
        .ok_or_else(|| Error::configuration("max retries", format!("{value} is too many: at most {MOST}")))
}

pub(crate) fn max_response_bytes(value: u64) -> Result<u64, Error> {
    if value == 0 {
        return Err(Error::configuration("max response bytes", "0 would refuse every answer: give at least 1"));
    }
    Ok(value)
}

pub(crate) fn max_event_bytes(value: u64) -> Result<usize, Error> {
    match usize::try_from(value) {
        Ok(bytes) if bytes > 0 => Ok(bytes),
        _ => Err(Error::configuration("max event bytes", format!("{value} is no limit: give at least 1"))),
    }
}

/// How many headers an application may add to a call, and how many bytes their names and values may have together. Servers
/// refuse more; so much more that the request cannot be built would be a panic in the HTTP library.
const MOST_HEADERS: usize = 100;
const MOST_HEADER_BYTES: usize = 64 * 1024;

/// Adds a header, over one of the same name.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) where it cannot be a header, or is one too many.
pub(crate) fn add_header(headers: &mut HeaderMap, name: &str, value: &str) -> Result<(), Error> {
    let (name, value) = header(name, value)?;
    let refuse = |problem: String| Err(Error::configuration("headers", problem));
    if headers.len() >= MOST_HEADERS && !headers.contains_key(&name) {
        return refuse(format!("there are more than {MOST_HEADERS}: leave some out"));
    }
    let replaced = headers.get(&name).map_or(0, |value| name.as_str().len() + value.len());
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes - replaced + name.as_str().len() + value.len() > MOST_HEADER_BYTES {
        return refuse(format!(
            "names and values have more than {MOST_HEADER_BYTES} bytes with {}: shorten them",
            redact::quote(name.as_str())
        ));
    }
    headers.insert(name, value);
    Ok(())
}

/// A header that the application adds. Those that carry the key or frame the body are the client's own.
fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), Error> {
    const OPTION: &str = "headers";
    const OWN: [HeaderName; 12] = [
        header::AUTHORIZATION,
        HeaderName::from_static("x-api-key"),
        header::HOST,
        header::CONTENT_LENGTH,
        header::CONTENT_TYPE,
        header::ACCEPT,
        header::ACCEPT_ENCODING,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
        header::TE,
        header::UPGRADE,
        header::EXPECT,
    ];
    let quoted = redact::quote(name);
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| {
        Error::configuration(OPTION, format!("{quoted} is not the name of a header (RFC 9110, section 5.1)"))
    })?;
    if OWN.contains(&parsed) {
        return Err(Error::configuration(OPTION, format!("{quoted} is set by the client itself: leave it out")));
    }
    let mut parsed_value = HeaderValue::from_str(value).map_err(|_| {
        Error::configuration(OPTION, format!("the value of {quoted} has a character that a header cannot have"))
    })?;
    if redact::holds_key(value) {
        return Err(Error::configuration(
            OPTION,
            format!("the value of {quoted} looks like a key: give it as the api key"),
        ));
    }
    // What an application puts there is its own: it may be a secret, and it is not for logs.
    parsed_value.set_sensitive(true);
    Ok((parsed, parsed_value))
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
        assert_eq!(seconds("timeout", 2.5).unwrap(), Duration::from_millis(2_500));
        assert_eq!(milliseconds("timeout", 2.5).unwrap(), Duration::from_micros(2_500));
        assert!(milliseconds("timeout", -1.0).unwrap_err().to_string().starts_with("timeout: -1 ms is not"));
        assert!(seconds("timeout", 1e300).unwrap_err().to_string().starts_with("timeout: 1e300 s is not"));
    }

    #[test]
    fn a_count_is_whole_and_not_negative() {
        for value in [-1.0, 0.5, f64::NAN, f64::INFINITY] {
            assert_eq!(whole_number("max retries", value).unwrap_err().option(), Some("max retries"), "{value}");
        }
        assert_eq!(whole_number("max retries", 3.0).unwrap(), 3);
        assert_eq!(max_retries(101).unwrap_err().option(), Some("max retries"));
    }

    #[test]
    fn headers_are_limited_in_number_and_in_bytes() {
        let mut headers = HeaderMap::new();
        for number in 0..MOST_HEADERS {
            add_header(&mut headers, &format!("x-{number}"), "a").unwrap();
        }
        add_header(&mut headers, "x-1", "b").unwrap();
        let error = add_header(&mut headers, "x-one-too-many", "a").unwrap_err();
        assert_eq!((error.option(), headers.len()), (Some("headers"), MOST_HEADERS));
        let mut headers = HeaderMap::new();
        let half = "x".repeat(MOST_HEADER_BYTES / 2);
        add_header(&mut headers, "x-a", &half).unwrap();
        add_header(&mut headers, "x-a", &half).unwrap();
        let error = add_header(&mut headers, "x-b", &half).unwrap_err();
        assert!(error.to_string().contains("65536 bytes with \"x-b\""), "{error}");
    }

    #[test]
    fn a_header_that_the_client_sets_is_refused() {
        for name in ["Authorization", "x-api-key", "Host", "content-length", "bad name", ""] {
            assert_eq!(header(name, "x").unwrap_err().option(), Some("headers"), "{name}");
        }
        assert!(header("x-trace", "a\nb").is_err());
        let error = header("x-trace", "papi_abcdefgh").unwrap_err();
        assert!(!error.to_string().contains("abcdefgh"), "{error}");
        assert!(header("x-trace", "abc").unwrap().1.is_sensitive());
    }
}
