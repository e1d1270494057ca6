//! The wait that the server asks for, in its three forms.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, header};

/// A year. A longer wait is a mistake, and could overflow a clock.
const LONGEST_SECONDS: f64 = 365.0 * 24.0 * 60.0 * 60.0;

/// Reads `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date (RFC 9110, section 10.2.3). A date is relative to the
/// response's own `Date` if it has one, so a wrong local clock does not matter; a date in the past means no wait. Malformed
/// values count as absent.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok()).map(str::trim);
    if let Some(wait) = text("retry-after-ms").and_then(|text| seconds(text, 1_000.0)) {
        return Some(wait);
    }
    let value = text(header::RETRY_AFTER.as_str())?;
    seconds(value, 1.0).or_else(|| {
        let at = httpdate::parse_http_date(value).ok()?;
        let now = text(header::DATE.as_str()).and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or(now);
        Some(at.duration_since(now).unwrap_or_default())
    })
}

fn seconds(text: &str, per_second: f64) -> Option<Duration> {
    let number: f64 = text.parse().ok()?;
    let seconds = number / per_second;
    if seconds.is_nan() {
        return None;
    }
    Duration::try_from_secs_f64(seconds.clamp(0.0, LONGEST_SECONDS)).ok()
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
        let rows: [Row; 13] = [
            (&[], None),
            (&[("retry-after", "3")], Some(3 * second)),
            (&[("retry-after", " 0 ")], Some(Duration::ZERO)),
            (&[("retry-after", "1.5")], Some(Duration::from_millis(1_500))),
            (&[("retry-after-ms", "250")], Some(Duration::from_millis(250))),
            (&[("retry-after-ms", "250"), ("retry-after", "9")], Some(Duration::from_millis(250))),
            (&[("retry-after-ms", "soon"), ("retry-after", "9")], Some(9 * second)),
            (&[("retry-after", "Sun, 06 Nov 1994 08:49:47 GMT")], Some(10 * second)),
            (&[("retry-after", "Sun, 06 Nov 1994 08:00:00 GMT")], Some(Duration::ZERO)),
            (
                &[("retry-after", "Sun, 06 Nov 1994 10:00:05 GMT"), ("date", "Sun, 06 Nov 1994 10:00:00 GMT")],
                Some(5 * second),
            ),
            (&[("retry-after", "-5")], Some(Duration::ZERO)),
            (&[("retry-after", "tomorrow")], None),
            (&[("retry-after", "1e300")], Some(Duration::from_secs_f64(LONGEST_SECONDS))),
        ];
        for (headers, expected) in rows {
            assert_eq!(read(headers), expected, "{headers:?}");
        }
    }
}
