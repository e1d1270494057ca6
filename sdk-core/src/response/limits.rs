//! Rate limit of the key and quota of the plan, from a response's headers.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use serde::{Serialize, Serializer};

/// Rate limit of the key, from the `RateLimit-*` (IETF draft) or `X-RateLimit-*` headers, both assumed. A field is `None` if its
/// header is absent or malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct RateLimit {
    /// Maximum number of calls in the window.
    pub limit: Option<u64>,
    /// Number of calls left in the window.
    pub remaining: Option<u64>,
    /// Time from the response until the window resets.
    #[serde(serialize_with = "optional_seconds")]
    pub reset_after: Option<Duration>,
}

/// Quota of the plan, from the `X-Quota-*` headers.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct Quota {
    /// Number of executions left.
    pub remaining: Option<u64>,
    /// The server's warning, sent once 80 % of the quota is used.
    pub warning: Option<String>,
}

/// A later reset is ignored as a mistake.
const LONGEST_SECONDS: u64 = 366 * 24 * 60 * 60;

impl RateLimit {
    /// Reads the headers; `None` if all are absent.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let number = |names: [&str; 2]| names.into_iter().find_map(|name| number(headers, name));
        // By the response's own date, so that a wrong local clock does not matter.
        let date = || httpdate::parse_http_date(headers.get(http::header::DATE)?.to_str().ok()?).ok();
        let now = || {
            let now = date().unwrap_or_else(SystemTime::now);
            now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs()
        };
        // The draft uses seconds from now; the older headers use seconds since the Unix epoch.
        let reset = number(["ratelimit-reset", "ratelimit-reset"])
            .or_else(|| number(["x-ratelimit-reset", "x-ratelimit-reset"]).map(|at| at.saturating_sub(now())));
        let read = Self {
            limit: number(["ratelimit-limit", "x-ratelimit-limit"]),
            remaining: number(["ratelimit-remaining", "x-ratelimit-remaining"]),
            reset_after: reset.map(|seconds| Duration::from_secs(seconds.min(LONGEST_SECONDS))),
        };
        (read != Self::default()).then_some(read)
    }
}

impl Quota {
    /// Reads the headers; `None` if all are absent.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let warning =
            headers.get("x-quota-warning").map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let read = Self { remaining: number(headers, "x-quota-remaining"), warning };
        (read != Self::default()).then_some(read)
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn optional_seconds<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    match time {
        Some(time) => serializer.serialize_some(&time.as_secs()),
        None => serializer.serialize_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn both_families_of_headers_are_read() {
        let draft = headers(&[("ratelimit-limit", "9"), ("ratelimit-remaining", "3"), ("ratelimit-reset", "30")]);
        let expected = RateLimit { limit: Some(9), remaining: Some(3), reset_after: Some(Duration::from_secs(30)) };
        assert_eq!(RateLimit::read(&draft), Some(expected));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let mut older = headers(&[("x-ratelimit-limit", "9"), ("x-ratelimit-remaining", "3")]);
        older.insert("x-ratelimit-reset", (now + 30).into());
        let read = RateLimit::read(&older).unwrap();
        assert!((29..=30).contains(&read.reset_after.unwrap().as_secs()));
        assert_eq!((read.limit, read.remaining), (expected.limit, expected.remaining));
        older.insert("date", "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap());
        older.insert("x-ratelimit-reset", 784_111_777_u64.saturating_add(12).into());
        assert_eq!(RateLimit::read(&older).unwrap().reset_after, Some(Duration::from_secs(12)));
        older.insert("x-ratelimit-reset", 1.into());
        assert_eq!(RateLimit::read(&older).unwrap().reset_after, Some(Duration::ZERO));
        assert_eq!(RateLimit::read(&headers(&[("ratelimit-limit", "many")])), None);
    }

    #[test]
    fn the_quota_is_read() {
        let read = Quota::read(&headers(&[("x-quota-remaining", "12"), ("x-quota-warning", "80 % used")])).unwrap();
        assert_eq!((read.remaining, read.warning.as_deref()), (Some(12), Some("80 % used")));
        assert_eq!(Quota::read(&HeaderMap::new()), None);
    }
}
