//! `doctor --contract SLUG`: compares a real surface with the facts that are only assumed.

mod facts;
mod judge_calls;
mod judge_headers;
mod judge_streams;
pub(super) mod seen;
mod verdict;

use serde_json::{Value, json};

use crate::redact;
use facts::FACTS;
use seen::Seen;

/// A fact with what was seen of it.
pub(super) struct Judged {
    pub(super) line: String,
    pub(super) json: Value,
    pub(super) is_refuted: bool,
}

/// Judges every fact.
pub(super) fn judge(seen: &Seen) -> impl Iterator<Item = Judged> {
    FACTS.iter().map(|fact| {
        let verdict = (fact.judge)(seen);
        let (name, found) = (verdict.name(), verdict.seen());
        let otherwise = if verdict.is_refuted() { format!(" {}", fact.otherwise) } else { String::new() };
        let line = format!("{name:<10}{:<14}{} Seen: {found}.{otherwise}", fact.name, fact.says);
        let json = json!({
            "name": fact.name, "fact": fact.says, "verdict": name.replace(' ', "_"), "seen": found, "otherwise": fact.otherwise,
        });
        Judged {
            line: redact::visible(&redact::hide_credentials(&line)).into_owned(),
            json,
            is_refuted: verdict.is_refuted(),
        }
    })
}
