//! Error texts: one line on what happened, then the remaining cause and the remedy, each on its own line.

use std::{borrow::Cow, time::Duration};

use super::{
    cause::{Cause, plain},
    facts::{Facts, StatusFacts},
    kind::{ErrorKind, Phase},
    spelling::{duration, spell},
};
use crate::redact;

pub(crate) const EXECUTED: &str = "The capability has already run; retrying will not help.";
const NOT_EXECUTED: &str = "The call was not executed.";
const MAY_HAVE_EXECUTED: &str = "The call may have been executed.";
const CHECK_EFFECTS: &str = "Check its effects before retrying.";
const FOREIGN: &str = "This response is not the API's: a proxy, a login page or another server sent it.";

/// Longest part of the server's words in a text, in characters. [`Error::server_message`](super::Error::server_message) has all.
const LONGEST_MESSAGE: usize = 300;

/// What the text of an error status depends on besides the response.
pub(crate) struct Explanation<'a> {
    pub(crate) capability: Option<&'a str>,
    pub(crate) key_hint: &'a str,
    /// The header that carried the key, in the documentation's spelling.
    pub(crate) header: &'static str,
    /// Whether the key source was asked again after a 401.
    pub(crate) asked_again: AskedAgain,
    /// The option that limits the wait for the rate limit, and its value.
    pub(crate) longest_wait: Option<(&'static str, Duration)>,
    pub(crate) may_have_executed: bool,
    /// What configured the address.
    pub(crate) address: &'a AddressNames,
}

/// The options or variables that configured the address, for texts. A full URL is both.
#[derive(Debug, Clone)]
pub(crate) struct AddressNames {
    pub(crate) product: String,
    pub(crate) surface: String,
}

/// Result of asking the key source again after a 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AskedAgain {
    /// Not asked: the response is not a 401, or the key is a fixed value.
    No,
    /// It returned the same key.
    SameKey,
    /// It returned another key, which the server rejected too.
    AnotherKey,
    /// Not asked: its last key was refused just before.
    JustBefore,
    /// It failed, for this reason.
    Failed(String),
}

/// The prefix that names the capability.
pub(crate) fn who(capability: Option<&str>) -> String {
    capability.map(|slug| format!("{}: ", redact::visible(slug))).unwrap_or_default()
}

/// Joins what happened, the cause and the remedy, one line each, whatever the server's words contain.
pub(crate) fn lines(parts: [&str; 3]) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).map(redact::visible).collect::<Vec<_>>().join("\n")
}

/// The server's words as a part of a text, without a full stop at the end.
pub(crate) fn words(message: &str) -> Cow<'_, str> {
    let message = message.trim_end_matches('.');
    match message.char_indices().nth(LONGEST_MESSAGE) {
        Some((end, _)) => Cow::Owned(format!("{}…", message.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(message),
    }
}

/// The application's or a library's words as a part of a text: without a credential, on one line, and not too long.
pub(crate) fn one_line(message: &str) -> String {
    redact::visible(&words(&redact::hide_credentials(message))).into_owned()
}

/// The sentence on whether the call was executed.
fn consequence(may_have_executed: bool) -> &'static str {
    if may_have_executed { MAY_HAVE_EXECUTED } else { NOT_EXECUTED }
}

/// The text of an error status.
pub(crate) fn explain(response: &StatusFacts, explanation: &Explanation<'_>) -> String {
    let code = response.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    let key = match response.status {
        401 | 402 | 403 | 429 => format!(" (key {})", explanation.key_hint),
        _ => String::new(),
    };
    let name = status_name(response.status);
    let message = if response.message.is_empty() { name } else { &response.message };
    let happened = format!("{}{} {}{code}{key}", who(explanation.capability), response.status, words(message));
    let (cause, remedy) = cause_and_remedy(response, explanation);
    lines([&happened, &cause, &remedy])
}

fn status_name(status: u16) -> &'static str {
    let status = http::StatusCode::from_u16(status).ok();
    status.and_then(|status| status.canonical_reason()).unwrap_or("without a message")
}

fn cause_and_remedy(response: &StatusFacts, explanation: &Explanation<'_>) -> (String, String) {
    let executed = consequence(explanation.may_have_executed);
    if response.is_foreign && !(300..400).contains(&response.status) {
        return (format!("{FOREIGN} {executed}"), check_the_way());
    }
    match response.status {
        401 => authentication(explanation),
        402 => (
            "The plan or one of its quotas is exhausted.".into(),
            response.upgrade_url.as_ref().map_or_else(
                || "Ask the product's owner to raise it.".to_owned(),
                |url| format!("Raise it at {}.", redact::quote(url)),
            ),
        ),
        403 => permission(explanation),
        404 => not_found(response, explanation.address),
        400 | 413 | 415 | 422 => (
            format!("The input does not match the capability's parameters. {executed}"),
            "See the parameters in the surface's OpenAPI document (`openapi()`).".into(),
        ),
        429 => rate_limit(response, explanation),
        500..=599 => match &response.execution_id {
            Some(id) => (
                executed.to_owned(),
                format!("Give execution {id} to the product's owner, who finds it in the product's logs."),
            ),
            None => {
                (executed.to_owned(), if explanation.may_have_executed { CHECK_EFFECTS } else { "Retry later." }.into())
            }
        },
        300..=399 => match &response.location {
            Some(location) => (
                format!(
                    "It points to {}. Redirects are not followed: the key could reach another host.",
                    redact::quote(location)
                ),
                format!("If the address is right, set {} to it.", spell("base_url")),
            ),
            None => (
                "Redirects are not followed: the key could reach another host.".into(),
                format!("Check {}.", spell("base_url")),
            ),
        },
        _ => (executed.to_owned(), String::new()),
    }
}

fn check_the_way() -> String {
    format!("Check {}, and any proxy between this machine and the API.", spell("base_url"))
}

/// The documented causes of a 401: no auth header, incorrect key format, revoked key. The client rules out the
/// first two: it sent the header and checked the format.
fn authentication(explanation: &Explanation<'_>) -> (String, String) {
    let again = match &explanation.asked_again {
        AskedAgain::No => String::new(),
        AskedAgain::SameKey => " The key source was asked again and returned the same key.".into(),
        AskedAgain::JustBefore => {
            " The key source was asked again less than 5 s before, and its key was rejected.".into()
        }
        AskedAgain::AnotherKey => " The key source was asked again, and its new key was rejected too.".into(),
        AskedAgain::Failed(reason) => format!(" The key source was asked again and failed: {reason}."),
    };
    (
        format!(
            "The key is revoked, expired, or belongs to another surface: its format is valid, and it was sent as {}.{again}",
            explanation.header,
        ),
        "Create a key for this surface in the dashboard, and configure the application with it.".into(),
    )
}

/// The documented causes of a 403: the key is scoped to other capabilities, or its permissions are insufficient.
/// The server accepted the key itself.
fn permission(explanation: &Explanation<'_>) -> (String, String) {
    let (lacking, wanted) = match explanation.capability {
        Some(slug) => (format!("the capability {slug}"), slug),
        None => ("this permission".to_owned(), "it"),
    };
    (
        format!("The key is valid, but its scope does not include {lacking}, or its permissions are insufficient."),
        format!(
            "Ask the product's owner to add {wanted} to the key's scope (effective immediately), or use another key."
        ),
    )
}

/// What does not exist: what the server's words name, or one of three.
fn not_found(response: &StatusFacts, address: &AddressNames) -> (String, String) {
    let said = response.message.to_lowercase();
    let (product, surface) = (address.product.as_str(), address.surface.as_str());
    let all = [("product", product), ("surface", surface), ("capability", "the capability's slug")];
    let named: Vec<_> = all.into_iter().filter(|(what, _)| said.contains(what)).collect();
    match named.as_slice() {
        [(what, place)] => (format!("The {what} does not exist."), format!("Check {place} against the dashboard.")),
        _ => {
            let places = if product == surface { product.to_owned() } else { format!("{product}, {surface}") };
            (
                "The product, the surface or the capability does not exist.".into(),
                format!("Check {places} and the capability's slug against the dashboard."),
            )
        }
    }
}

fn rate_limit(response: &StatusFacts, explanation: &Explanation<'_>) -> (String, String) {
    let executed = consequence(explanation.may_have_executed);
    let cause = match (response.retry_after, explanation.longest_wait) {
        (Some(wait), Some((option, most))) if wait > most => format!(
            "The key's rate limit has been reached; the server asks you to wait {}, longer than {} ({}). {executed}",
            duration(wait),
            spell(option),
            duration(most),
        ),
        (Some(wait), _) => {
            format!("The key's rate limit has been reached; the server asks you to wait {}. {executed}", duration(wait))
        }
        (None, _) => format!("The key's rate limit has been reached. {executed}"),
    };
    (cause, "Wait, call less often, or ask the product's owner for a higher limit.".into())
}

/// The text of a call that was not sent because of another call's error.
pub(crate) fn not_sent(capability: Option<&str>, reason: &str, cause: &str) -> String {
    let who = who(capability);
    format!("{who}not sent: {reason}{}", cause.strip_prefix(&who).unwrap_or(cause))
}

/// The text of a connection that could not be made, or broke.
///
/// `proxy` is the host and port of the proxy, if one is used.
pub(crate) fn broken(
    capability: Option<&str>,
    host: &str,
    proxy: Option<&str>,
    cause: Cause,
    may_have_executed: bool,
) -> Box<Facts> {
    let reason = cause.reason();
    let through = proxy.map(|proxy| format!(" through the proxy {proxy}")).unwrap_or_default();
    let happened = if cause.is_connect() {
        format!("{}could not connect to {host}{through}: {reason}", who(capability))
    } else {
        format!("{}the connection to {host}{through} broke: {reason}", who(capability))
    };
    let remedy = match (may_have_executed, cause.is_connect()) {
        (true, _) => CHECK_EFFECTS.to_owned(),
        (false, true) => format!("Check {}, the network and the proxy.", spell("base_url")),
        (false, false) => "It is safe to retry.".to_owned(),
    };
    Box::new(Facts {
        kind: Some(ErrorKind::Connection),
        text: lines([&happened, consequence(may_have_executed), &remedy]),
        may_have_executed,
        os_code: cause.os_code(),
        source: Some(Box::new(cause)),
        ..Facts::default()
    })
}

/// The text of a timeout, which this option set.
pub(crate) fn timed_out(
    capability: Option<&str>,
    phase: Phase,
    option: &str,
    time: Duration,
    may_have_executed: bool,
) -> Box<Facts> {
    let option = spell(option);
    let happened = format!("{}timed out after {} while {} ({option})", who(capability), duration(time), phase.doing());
    let remedy = if may_have_executed {
        format!("Check its effects before retrying; increase {option} if the capability needs longer.")
    } else {
        format!("Check the network, or increase {option}.")
    };
    Box::new(Facts {
        kind: Some(ErrorKind::Timeout),
        text: lines([&happened, consequence(may_have_executed), &remedy]),
        phase: Some(phase),
        may_have_executed,
        ..Facts::default()
    })
}

/// The text of a 202, which has no output.
pub(crate) fn accepted(capability: Option<&str>, execution_id: Option<&str>) -> String {
    let happened =
        format!("{}202: the server has accepted the call and not finished it, so there is no output", who(capability));
    let remedy = execution_id.map_or_else(
        || CHECK_EFFECTS.to_owned(),
        |id| format!("Do not send it again: give execution {id} to the product's owner, who finds its result in the product's logs."),
    );
    lines([&happened, MAY_HAVE_EXECUTED, &remedy])
}

/// The text of an output that cannot be decoded.
pub(crate) fn undecodable(
    capability: Option<&str>,
    response: &StatusFacts,
    path: Option<&str>,
    reason: &str,
) -> String {
    let (who, status) = (who(capability), response.status);
    if response.is_foreign {
        let kind =
            response.headers.get(http::header::CONTENT_TYPE).map(|kind| String::from_utf8_lossy(kind.as_bytes()));
        return lines([
            &format!("{who}{status} with {} where JSON was expected", kind.unwrap_or_default()),
            &format!("{FOREIGN} Whether the call was executed is unknown."),
            &check_the_way(),
        ]);
    }
    let place = path.map(|path| format!(" at {path}")).unwrap_or_default();
    if response.body.is_empty() {
        return lines([&format!("{who}{status} without a body where JSON was expected"), EXECUTED, ""]);
    }
    lines([&format!("{who}the output does not have the expected shape{place}: {}", plain(reason)), EXECUTED, ""])
}

#[cfg(test)]
mod tests;
