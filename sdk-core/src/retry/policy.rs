//! Which failures are retried.
//!
//! A call has effects and costs money, and the API documents no idempotency key. By default only calls that the server
//! cannot have executed are retried; RFC 9110, section 9.2.2, allows no more for a POST.

use std::time::Duration;

use super::failure::Failure;
use crate::config::values::RetryMode;

/// Whether a failure may be retried.
pub(crate) fn may_retry(mode: RetryMode, failure: Failure) -> bool {
    match (mode, failure) {
        // Requests that an HTTP/2 server did not process have their own rule: see `send`.
        (_, Failure::Unreadable | Failure::Unprocessed(_)) => false,
        (_, Failure::Responded { exhausted: true, .. }) => false,
        (_, Failure::Responded { status: 429, may_have_executed: false, .. }) => true,
        (_, Failure::Responded { status: 503, retry_after: Some(_), may_have_executed: false, .. }) => true,
        (_, Failure::Broken { may_have_executed: false } | Failure::TimedOut { may_have_executed: false }) => true,
        (RetryMode::Safe, _) => false,
        (RetryMode::Idempotent, Failure::Responded { status, .. }) => {
            matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
        }
        (RetryMode::Idempotent, Failure::Broken { .. } | Failure::TimedOut { .. }) => true,
    }
}

/// Whether a failure is a used-up window of the key's rate limit: it passes by itself, and the call did not start.
pub(crate) fn is_used_up_window(failure: Failure) -> bool {
    matches!(failure, Failure::Responded { status: 429, exhausted: false, may_have_executed: false, .. })
}

/// Whether a failure concerns every call to the capability with this key: a refused key, a missing permission, or an exhausted
/// day or plan. Only the API itself can say so; the 403 of a firewall may concern one input.
pub(crate) fn concerns_all(failure: Failure) -> bool {
    match failure {
        Failure::Responded { status, exhausted, is_api_error: true, may_have_executed: false, .. } => {
            matches!(status, 401..=403) || (status == 429 && exhausted)
        }
        _ => false,
    }
}

/// Whether a 429 means an exhausted daily limit or plan, so that retrying within minutes is futile. The messages and codes are
/// not documented; these are assumed from observed ones.
pub(crate) fn is_exhausted_assumed(code: Option<&str>, message: &str, retry_after: Option<Duration>) -> bool {
    let text = format!("{} {message}", code.unwrap_or_default()).to_ascii_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    says(&["daily", "per day", "_day", "monthly", "per month", "plan limit", "plan's limit", "plan_limit", "quota", "credits"])
        // An hourly limit resets, but not within an ordinary backoff.
        || (retry_after.is_none() && says(&["hourly", "per hour"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME: Option<Duration> = Some(Duration::from_secs(1));

    fn responded(status: u16, retry_after: Option<Duration>) -> Failure {
        Failure::Responded { status, retry_after, exhausted: false, is_api_error: true, may_have_executed: false }
    }

    fn started(status: u16) -> Failure {
        Failure::Responded { status, retry_after: SOME, exhausted: false, is_api_error: true, may_have_executed: true }
    }

    fn exhausted(status: u16) -> Failure {
        Failure::Responded { status, retry_after: SOME, exhausted: true, is_api_error: true, may_have_executed: false }
    }

    #[test]
    fn only_what_cannot_have_been_executed_is_repeated_by_default() {
        let rows = [
            // failure, safe, all
            (Failure::Broken { may_have_executed: false }, true, true),
            (Failure::Broken { may_have_executed: true }, false, true),
            (Failure::TimedOut { may_have_executed: false }, true, true),
            (Failure::TimedOut { may_have_executed: true }, false, true),
            (Failure::Unreadable, false, false),
            (responded(429, None), true, true),
            (responded(429, SOME), true, true),
            (exhausted(429), false, false),
            (started(429), false, true),
            (started(503), false, true),
            (started(500), false, true),
            (started(422), false, false),
            (responded(503, SOME), true, true),
            (responded(503, None), false, true),
            (responded(408, None), false, true),
            (responded(500, None), false, true),
            (responded(500, SOME), false, true),
            (responded(502, None), false, true),
            (responded(504, None), false, true),
            (responded(501, None), false, false),
            (responded(400, None), false, false),
            (responded(401, None), false, false),
            (responded(403, SOME), false, false),
            (responded(404, None), false, false),
            (responded(409, None), false, false),
            (responded(302, None), false, false),
        ];
        for (failure, safe, all) in rows {
            assert_eq!(may_retry(RetryMode::Safe, failure), safe, "safe, {failure:?}");
            assert_eq!(may_retry(RetryMode::Idempotent, failure), all, "all, {failure:?}");
        }
    }

    #[test]
    fn only_the_api_itself_can_refuse_all_calls() {
        let foreign = |status| Failure::Responded {
            status,
            retry_after: None,
            exhausted: status == 429,
            is_api_error: false,
            may_have_executed: false,
        };
        let rows = [
            // failure, concerns all calls, is a used-up window
            (responded(401, None), true, false),
            (responded(402, None), true, false),
            (responded(403, None), true, false),
            (exhausted(429), true, false),
            (responded(429, None), false, true),
            (responded(400, None), false, false),
            (responded(404, None), false, false),
            (responded(503, SOME), false, false),
            (started(401), false, false),
            (started(429), false, false),
            (foreign(401), false, false),
            (foreign(403), false, false),
            (foreign(429), false, false),
            (Failure::Broken { may_have_executed: false }, false, false),
            (Failure::Unreadable, false, false),
        ];
        for (failure, all, window) in rows {
            assert_eq!((concerns_all(failure), is_used_up_window(failure)), (all, window), "{failure:?}");
        }
    }

    #[test]
    fn an_exhausted_day_or_plan_is_told_from_a_burst() {
        for (code, message) in [
            (Some("DAILY_LIMIT_EXCEEDED"), ""),
            (None, "You have reached your daily limit"),
            (Some("PLAN_LIMIT_REACHED"), "upgrade"),
            (None, "Monthly quota used up"),
            (Some("SLOW_MODE_HOURLY_LIMIT_EXCEEDED"), "slow"),
        ] {
            assert!(is_exhausted_assumed(code, message, None), "{code:?} {message:?}");
        }
        for (code, message, retry_after) in [
            (None, "Too many requests", None),
            (Some("RATE_LIMITED"), "per minute", SOME),
            (Some("SLOW_MODE_HOURLY_LIMIT_EXCEEDED"), "slow", SOME),
        ] {
            assert!(!is_exhausted_assumed(code, message, retry_after), "{code:?} {message:?}");
        }
    }
}
