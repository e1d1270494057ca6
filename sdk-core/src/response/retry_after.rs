//! The wait that the server asks for, in its three forms.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

/// A year. A longer wait is a mistake, and could overflow a clock.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Reads `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date (RFC 9110, section 10.2.3). Numbers are digits only. A
/// date is relative to the response's own `Date` if it has one, so a wrong local clock does not matter; a date in the past means
/// no wait. Malformed values count as absent; longer waits than a year count as one.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok()).map(str::trim);
    let wait = match text("retry-after-ms").and_then(digits) {
        Some(milliseconds) => Duration::from_millis(milliseconds),
        None => {
            let value = text(header::RETRY_AFTER.as_str())?;
            digits(value).map(Duration::from_secs).or_else(|| until(value, text(header::DATE.as_str()), now))?
        }
    };
    Some(wait.min(LONGEST))
}

/// The time until an HTTP date.
fn until(date: &str, response: Option<&str>, now: SystemTime) -> Option<Duration> {
    let at = httpdate::parse_http_date(date).ok()?;
    let now = response.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
    Some(at.duration_since(now).unwrap_or_default())
}

/// A number that is digits only. One that is too large for the type is its largest.
fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&'static str, &str)]) -> Option<Duration> {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        retry_after(&headers, now)
    }

    #[test]
    fn all_three_forms_are_read() {
        let second = Duration::from_secs(1);
        type Row<'a> = (&'a [(&'static str, &'a str)], Option<Duration>);
        let rows: [Row; 21] = [
            (&[], None),
            (&[("retry-after", "3")], Some(3 * second)),
            (&[("retry-after", " 0 ")], Some(Duration::ZERO)),
            (&[("retry-after", "1.5")], None),
            (&[("retry-after", "1e3")], None),
            (&[("retry-after", "+5")], None),
            (&[("retry-after", "inf")], None),
            (&[("retry-after", "")], None),
            (&[("retry-after-ms", "2.5")], None),
            (&[("retry-after-ms", "-1"), ("retry-after", "9")], Some(9 * second)),
            (&[("retry-after", "99999999999999999999999")], Some(LONGEST)),
            (&[("retry-after-ms", "250")], Some(Duration::from_millis(250))),
            (&[("retry-after-ms", "250"), ("retry-after", "9")], Some(Duration::from_millis(250))),
            (&[("retry-after-ms", "soon"), ("retry-after", "9")], Some(9 * second)),
            (&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")], Some(10 * second)),
            (&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")], Some(Duration::ZERO)),
            (
                &[("retry-after", "Sun, 06 Nov 1994 10:00:05 GMT"), ("date", "Sun, 06 Nov 1994 10:00:00 GMT")],
                Some(5 * second),
            ),
            (&[("retry-after", "-5")], None),
            (&[("retry-after", "tomorrow")], None),
            (&[("retry-after-ms", "99999999999999999999999")], Some(LONGEST)),
            (&[("retry-after", "Fri, 31 Dec 9999 23:59:59 GMT")], Some(LONGEST)),
        ];
        for (headers, expected) in rows {
            assert_eq!(read(headers), expected, "{headers:?}");
        }
    }
}
