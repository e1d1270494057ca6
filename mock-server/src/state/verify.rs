//! Verification of the calls in the journal: how many there were, and which came nearest.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    config::when::{Facts, When},
    state::{State, expectation::Times, journal::Entry},
};

/// Calls to count, in `POST /__mock/verify`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Verification {
    /// The capability that they name. Default: every capability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// Number of calls: a number, or `{"at_least", "at_most"}`. Default: at least 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
    /// The status of their responses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Whether they ran the capability. Default: either.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ran: Option<bool>,
    /// Conditions on them.
    pub when: When,
}

/// Number of requests that an error shows.
pub(crate) const SHOWN: usize = 5;

impl Verification {
    /// The conditions that a request does not meet, in words.
    fn misses(&self, entry: &Entry, key_id: impl Fn(&str) -> Option<String>) -> Vec<String> {
        let mut misses = Vec::new();
        if let Some(wanted) = &self.capability
            && entry.capability.as_ref() != Some(wanted)
        {
            misses.push(format!("it names `{}`, not `{wanted}`", entry.capability.as_deref().unwrap_or("nothing")));
        }
        if let Some(wanted) = self.status
            && entry.status != Some(wanted)
        {
            let status = entry.status.map_or_else(|| "none".to_owned(), |status| status.to_string());
            misses.push(format!("its status is {status}, not {wanted}"));
        }
        if let Some(wanted) = self.ran
            && entry.reached != wanted
        {
            misses.push(if wanted { "it did not run the capability" } else { "it ran the capability" }.to_owned());
        }
        let input = entry.input();
        let facts = Facts {
            input: input.as_ref(),
            headers: &entry.headers,
            key_id: entry.key_id.as_deref(),
            call: entry.call,
            stream: entry.stream,
        };
        misses.extend(self.when.misses(&facts, key_id));
        misses
    }

    /// The calls in words, such as "2 calls of `echo` with status 200".
    fn words(&self) -> String {
        let times = self.times.unwrap_or_else(|| (1..).into());
        let mut words = format!("{times} calls");
        if let Some(capability) = &self.capability {
            words.push_str(&format!(" of `{capability}`"));
        }
        if let Some(status) = self.status {
            words.push_str(&format!(" with status {status}"));
        }
        match self.ran {
            Some(true) => words.push_str(" that ran it"),
            Some(false) => words.push_str(" that did not run it"),
            None => {}
        }
        if self.when != When::default() {
            words.push_str(&format!(" when {}", serde_json::to_string(&self.when).unwrap_or_default()));
        }
        words
    }
}

impl State {
    /// Counts the calls of a surface. `Err` is what was expected, what was seen, and the nearest request.
    pub(crate) fn verify(&self, surface: &str, wanted: &Verification) -> Result<u64, String> {
        let key_id = |named: &str| self.surfaces.get(surface)?.key_named(named);
        let here = || self.journal.entries().filter(|entry| entry.surface.as_deref() == Some(surface));
        let mut seen = 0;
        let mut nearest: Option<(usize, Vec<String>, &Entry)> = None;
        for entry in here() {
            let misses = wanted.misses(entry, key_id);
            if misses.is_empty() {
                seen += 1;
            } else if nearest.as_ref().is_none_or(|(count, ..)| misses.len() <= *count) {
                nearest = Some((misses.len(), misses, entry));
            }
        }
        let times = wanted.times.unwrap_or_else(|| (1..).into());
        if times.holds(seen) {
            return Ok(seen);
        }
        let mut text = format!("expected {}, saw {seen}", wanted.words());
        match nearest {
            // Nearer ones do not explain that there are too many.
            Some((_, misses, entry)) if !times.is_exceeded(seen) => {
                text.push_str(&format!("; nearest is request {}, but {}:\n  {entry}", entry.n, misses.join(", and ")));
            }
            _ => {
                let all = here().count();
                let last: Vec<_> = here().skip(all.saturating_sub(SHOWN)).map(|entry| format!("\n  {entry}")).collect();
                let which =
                    if all > SHOWN { format!("the last {SHOWN} of {all} requests") } else { format!("{all} requests") };
                text.push_str(&format!("; there were {which}{}{}", if all == 0 { "" } else { ":" }, last.concat()));
            }
        }
        if let Some(first) = self.journal.entries().next().filter(|first| first.n > 1 && self.journal.has_dropped()) {
            text.push_str(&format!("\nThe journal keeps no request before number {}.", first.n));
        }
        Err(text)
    }
}

impl Entry {
    /// The input of its call; `None` if its body is not JSON, or was too long to keep.
    pub(crate) fn input(&self) -> Option<Value> {
        if self.body.is_empty() || self.body.len() < self.body_bytes.min(crate::state::journal::BODY_BYTES) {
            return None;
        }
        let body: Value = serde_json::from_slice(&self.body).ok()?;
        let is_dispatch = self.path.trim_end_matches('/').ends_with("/dispatch");
        if is_dispatch { body.get("input").cloned() } else { Some(body) }
    }
}
