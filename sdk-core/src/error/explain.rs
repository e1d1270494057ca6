//! The texts of errors: what happened, the causes that remain, and what to do.

use std::time::Duration;

use super::{
    cause::Cause,
    facts::{Facts, StatusFacts},
    kind::{ErrorKind, Phase},
};
use crate::redact;

/// What the text depends on, beside the answer.
pub(crate) struct Circumstances<'a> {
    pub(crate) capability: Option<&'a str>,
    pub(crate) key_hint: &'a str,
    /// The header that carried the key, as the documentation writes it.
    pub(crate) header: &'static str,
    /// Whether the key's source was asked again after a 401.
    pub(crate) asked_again: AskedAgain,
}

/// What came of asking the key's source after a 401.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AskedAgain {
    /// It was not asked: the answer is no 401, or the source is a fixed value.
    No,
    /// It gave the same key.
    SameKey,
    /// It gave another key, and the server refused that one too.
    AnotherKey,
    /// It could not give a key, for this reason.
    Failed(String),
}

/// The text of an error answer.
pub(crate) fn explain(answer: &StatusFacts, circumstances: &Circumstances<'_>) -> String {
    let capability = circumstances.capability.map(|slug| format!("{slug}: ")).unwrap_or_default();
    let mut text = format!("{capability}{} {}", answer.status, answer.message);
    if let Some(code) = &answer.code {
        text.push_str(&format!(" ({code})"));
    }
    if !text.ends_with(['.', '!', '?']) {
        text.push('.');
    }
    let advice = advice(answer, circumstances);
    if !advice.is_empty() {
        text.push_str(&format!(" {advice}"));
    }
    for (name, id) in [("Request", &answer.request_id), ("Execution", &answer.execution_id)] {
        if let Some(id) = id {
            text.push_str(&format!(" {name} {id}."));
        }
    }
    text
}

fn advice(answer: &StatusFacts, circumstances: &Circumstances<'_>) -> String {
    match answer.status {
        401 => authentication(circumstances),
        403 => permission(circumstances),
        404 => {
            "Check the product id, the surface id and the capability's slug: this surface has no such endpoint.".into()
        }
        400 | 413 | 415 | 422 => {
            "The capability does not take this input: see its parameters in the surface's OpenAPI document.".into()
        }
        429 => match answer.retry_after {
            Some(wait) => format!("A limit of the key {} is reached: come back in {wait:?}.", circumstances.key_hint),
            None => format!(
                "A limit of the key {} is reached: call less often, or ask for a higher limit.",
                circumstances.key_hint
            ),
        },
        500..=599 if answer.execution_id.is_some() => {
            "The product's owner finds this execution in the product's logs by its id.".into()
        }
        300..=399 => match &answer.location {
            Some(location) => format!(
                "It points to {}, and was not followed: a redirect could carry the key to another host. If the address is \
                 right, configure it as the base URL.",
                redact::quote(location)
            ),
            None => "Redirects are not followed: check the base URL.".into(),
        },
        _ => String::new(),
    }
}

/// The documented causes of a 401 are: no auth header, incorrect key format, revoked key (api.md, doc). The first two
/// cannot be, since the client sent the header and has checked the format.
fn authentication(circumstances: &Circumstances<'_>) -> String {
    let again = match &circumstances.asked_again {
        AskedAgain::No => String::new(),
        AskedAgain::SameKey => " The key's source was asked again and gave the same key.".into(),
        AskedAgain::AnotherKey => " The key's source was asked again; the key it gave then was refused too.".into(),
        AskedAgain::Failed(reason) => format!(" The key's source was asked again and failed: {reason}."),
    };
    format!(
        "The documented causes are: no auth header, incorrect key format, revoked key. The key {} was sent as {}, and its \
         format is right; so it is revoked, expired, or of another surface.{again} Create a key for this surface in the \
         dashboard and give the new one to the application.",
        circumstances.key_hint, circumstances.header,
    )
}

/// The documented causes of a 403 are: the key is scoped to other capabilities, or its permissions do not suffice
/// (api.md, doc). The server accepted the key itself.
fn permission(circumstances: &Circumstances<'_>) -> String {
    let (other, wanted) = match circumstances.capability {
        Some(slug) => (format!("capabilities other than {slug}"), format!("{slug} to its scope")),
        None => ("other capabilities".to_owned(), "the permission".to_owned()),
    };
    format!(
        "The key {} is valid; the documented causes are: it is scoped to {other}, or its permissions do not suffice. Ask \
         the product's owner to add {wanted} (it takes effect immediately), or call with a key that has it.",
        circumstances.key_hint,
    )
}

/// The begin of a text that names the capability.
pub(crate) fn who(capability: Option<&str>) -> String {
    capability.map(|slug| format!("{slug}: ")).unwrap_or_default()
}

/// A connection that was not made, or broke.
pub(crate) fn broken(capability: Option<&str>, host: &str, cause: Cause, may_have_executed: bool) -> Box<Facts> {
    let consequence = if may_have_executed {
        "The request had been sent, so it may have been executed: look before you repeat it"
    } else {
        "Nothing was executed"
    };
    Box::new(Facts {
        kind: Some(ErrorKind::Connection),
        text: format!("{}the connection to {host} failed: {}. {consequence}.", who(capability), cause.line()),
        may_have_executed,
        source: Some(Box::new(cause)),
        ..Facts::default()
    })
}

/// An attempt or a call whose time ran out.
pub(crate) fn timed_out(capability: Option<&str>, phase: Phase, time: Duration, may_have_executed: bool) -> Box<Facts> {
    let consequence =
        if may_have_executed { "It may have been executed: look before you repeat it" } else { "Nothing was executed" };
    Box::new(Facts {
        kind: Some(ErrorKind::Timeout),
        text: format!(
            "{}no answer within {time:?}: the time ran out while {}. {consequence}.",
            who(capability),
            phase.doing()
        ),
        phase: Some(phase),
        may_have_executed,
        ..Facts::default()
    })
}
