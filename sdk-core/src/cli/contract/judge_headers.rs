//! Facts about headers.

use http::HeaderMap;

use super::{seen::Seen, verdict::Verdict};
use crate::redact;

/// Unix seconds of 2001; no window is that long.
const UNIX_TIMES: u64 = 1_000_000_000;

pub(super) fn challenge(seen: &Seen) -> Verdict {
    let Some(error) = seen.unauthorized() else { return Verdict::not_seen("no wrong key was refused") };
    match error.headers().and_then(|headers| text(headers, "www-authenticate")) {
        Some(value) => Verdict::of(value.starts_with("Bearer resource_metadata="), redact::quote(&value)),
        None => Verdict::refuted("a 401 without WWW-Authenticate"),
    }
}

pub(super) fn request_id(seen: &Seen) -> Verdict {
    let all = seen.headers();
    let without = all.iter().find(|headers| !headers.contains_key("x-request-id"));
    match without {
        _ if all.is_empty() => Verdict::not_seen("no response came"),
        None => Verdict::confirmed(format!("{} responses", all.len())),
        Some(headers) => {
            let others: Vec<&str> =
                headers.keys().map(http::HeaderName::as_str).filter(|name| is_like_an_id(name)).collect();
            let others = if others.is_empty() { String::new() } else { format!("; there is {}", others.join(", ")) };
            Verdict::refuted(format!("a response without it{others}"))
        }
    }
}

fn is_like_an_id(name: &str) -> bool {
    name.ends_with("-id") || name.contains("trace") || name.contains("ray")
}

pub(super) fn rate_limit(seen: &Seen) -> Verdict {
    family(seen, ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"], |reset| reset < UNIX_TIMES)
}

pub(super) fn x_rate_limit(seen: &Seen) -> Verdict {
    family(seen, ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"], |reset| reset >= UNIX_TIMES)
}

/// A limit, what remains of it, and its reset.
fn family(seen: &Seen, names: [&str; 3], is_reset: fn(u64) -> bool) -> Verdict {
    let all = seen.headers();
    let found: Vec<(&str, String)> = names
        .into_iter()
        .filter_map(|name| all.iter().find_map(|headers| text(headers, name)).map(|value| (name, value)))
        .collect();
    let shown = found.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join(", ");
    let holds = found
        .iter()
        .all(|(name, value)| value.trim().parse().is_ok_and(|number| !name.ends_with("reset") || is_reset(number)));
    if found.is_empty() { Verdict::not_seen("no response has them") } else { Verdict::of(holds, redact::quote(&shown)) }
}

pub(super) fn quota(seen: &Seen) -> Verdict {
    match seen.headers().into_iter().find_map(|headers| text(headers, "x-quota-remaining")) {
        Some(value) => Verdict::of(value.trim().parse::<u64>().is_ok(), redact::quote(&value)),
        None => Verdict::not_seen("no response has it"),
    }
}

pub(super) fn retry_after(seen: &Seen) -> Verdict {
    let found = seen.refusals().find_map(|error| Some((error, text(error.headers()?, "retry-after")?)));
    match found {
        Some((error, value)) => Verdict::of(error.retry_after().is_some(), redact::quote(&value)),
        None => Verdict::not_seen("no response asked to wait"),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
