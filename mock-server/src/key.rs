//! Keys of an API surface: what they may do, how long they live, and how they look when they must not be seen.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::clock::Time;
use crate::limit::Usage;

/// What every key of an API surface begins with.
pub const PREFIX: &str = "papi_";

/// Prefixes of Runtype's credentials. Whatever begins with one of them is never written out.
const SECRET_PREFIXES: [&str; 4] = [PREFIX, "rt_", "mcp_", "ct_"];

/// How many characters a key needs after its prefix before four of them may be shown.
const SHORTEST_TO_HINT: usize = 8;

/// A key's plain text. It prints as a hint, `papi_…a1b2`, wherever it is printed.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a plain key.
    pub fn new(plain: impl Into<String>) -> Self {
        Self(plain.into())
    }

    /// The plain key, for the one place that has to send or compare it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether it can be a key of an API surface: its prefix, and no blank in it.
    ///
    /// # Errors
    /// What is wrong with it, and how it should be.
    pub fn check_surface(&self) -> Result<(), String> {
        if !self.0.starts_with(PREFIX) {
            return Err(format!("key {self} does not begin with {PREFIX}, as the keys of an API surface do"));
        }
        if self.0.chars().any(|c| !c.is_ascii_graphic()) {
            return Err(format!("key {self} has a blank or a character that no header may have"));
        }
        Ok(())
    }

    /// Whether it can be an owner's key.
    ///
    /// # Errors
    /// What is wrong with it, and how it should be.
    pub fn check_platform(&self) -> Result<(), String> {
        if !self.0.starts_with("rt_") {
            return Err(format!("platform key {self} does not begin with rt_, as the owner's keys do"));
        }
        Ok(())
    }

    /// The key as it may be shown: its prefix, an ellipsis, and its last four characters.
    pub fn hint(&self) -> String {
        hint(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hint())
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hint())
    }
}

/// The prefix of a credential (`papi_`, `rt_live_`, …), or nothing when it has none that is known.
fn prefix_of(plain: &str) -> &'static str {
    for known in ["rt_live_", "rt_test_", "ct_live_", "ct_test_"].iter().chain(&SECRET_PREFIXES) {
        if plain.starts_with(known) {
            return known;
        }
    }
    ""
}

/// A credential as it may be shown: `papi_…a1b2`, or `papi_…` when it is too short to hide anything.
pub fn hint(plain: &str) -> String {
    let prefix = prefix_of(plain);
    let secret = &plain[prefix.len()..];
    let length = secret.chars().count();
    if length < SHORTEST_TO_HINT {
        return format!("{prefix}…");
    }
    let tail: String = secret.chars().skip(length - 4).collect();
    format!("{prefix}…{tail}")
}

/// Where in a word a credential begins, if there is one and not just a name that begins like one, as `mcp_tool` or
/// `ct_scan`. It need not begin the word: in a URL a quotation mark before it is `%22`.
fn credential_in(word: &str) -> Option<usize> {
    const CERTAIN: [&str; 5] = [PREFIX, "rt_live_", "rt_test_", "ct_live_", "ct_test_"];
    const SHORTEST_MCP_KEY: usize = 16;
    let certain = CERTAIN.iter().filter_map(|prefix| word.find(prefix)).min();
    certain.or_else(|| word.find("mcp_").filter(|at| word.len() - at >= "mcp_".len() + SHORTEST_MCP_KEY))
}

/// Replaces every credential in a text by its hint. A text without one is handed back untouched.
pub fn redact(text: &str) -> Cow<'_, str> {
    let in_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !SECRET_PREFIXES.iter().any(|prefix| text.contains(prefix)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(in_key) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let end = from.find(|c| !in_key(c)).unwrap_or(from.len());
        let (word, after) = from.split_at(end);
        match credential_in(word).map(|at| word.split_at(at)) {
            // A prefix before an ellipsis is a hint already.
            Some((before, key)) if !(prefix_of(key) == key && after.starts_with('…')) => {
                out.push_str(before);
                out.push_str(&hint(key));
            }
            _ => out.push_str(word),
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Which deployment a key is meant for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Environment {
    /// Development and tests.
    Test,
    /// Production. A new key gets this when nothing is said.
    #[default]
    Production,
}

/// Why a key does not open its surface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// It was revoked.
    Revoked,
    /// Its time has passed.
    Expired,
}

/// One key of one surface.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its id, `key_…`.
    pub id: String,
    /// Its plain text.
    pub secret: Secret,
    /// What its owner calls it.
    pub name: Option<String>,
    /// Which deployment it is meant for.
    pub environment: Environment,
    /// The slugs it may call; `*` means every one.
    pub scopes: Vec<String>,
    /// When it stops working by itself.
    pub expires_at: Option<Time>,
    /// How many calls a minute it may make; no limit when absent.
    pub rate_limit_per_minute: Option<u64>,
    /// How many calls a day it may make; no limit when absent.
    pub rate_limit_per_day: Option<u64>,
    /// False once revoked.
    pub is_active: bool,
    /// When it was made.
    pub created_at: Time,
    /// What it has used of its limits.
    pub usage: Usage,
}

impl Key {
    /// Whether the key works at a time, or why it does not.
    pub fn check(&self, now: Time) -> Result<(), Refusal> {
        if !self.is_active {
            return Err(Refusal::Revoked);
        }
        match self.expires_at {
            Some(end) if end <= now => Err(Refusal::Expired),
            _ => Ok(()),
        }
    }

    /// Whether its scope holds a capability.
    pub fn allows(&self, slug: &str) -> bool {
        self.scopes.iter().any(|scope| scope == "*" || scope == slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_shows_the_prefix_and_the_last_four_characters() {
        assert_eq!(hint("papi_0123456789abcdef"), "papi_…cdef");
        assert_eq!(hint("rt_live_0123456789abcdef"), "rt_live_…cdef");
    }

    #[test]
    fn a_key_too_short_to_hide_anything_shows_only_its_prefix() {
        assert_eq!(hint("papi_1234567"), "papi_…");
        assert_eq!(hint("papi_"), "papi_…");
        assert_eq!(hint("secret"), "…");
    }

    #[test]
    fn a_hint_never_cuts_a_character_in_two() {
        assert_eq!(hint("papi_ääääääääö"), "papi_…äääö");
    }

    #[test]
    fn every_key_in_a_text_is_replaced() {
        let text = r#"{"a": "papi_0123456789abcdef", "b": "Bearer rt_test_0123456789", "c": "start_here"}"#;
        let redacted = redact(text);
        assert_eq!(redacted, r#"{"a": "papi_…cdef", "b": "Bearer rt_test_…6789", "c": "start_here"}"#);
        assert_eq!(redact(&redacted), redacted, "a hint stays a hint");
    }

    #[test]
    fn a_key_is_found_inside_a_word_too() {
        assert_eq!(redact("?k=%22papi_0123456789abcdef%22"), "?k=%22papi_…cdef%22");
        assert_eq!(redact("key_papi_0123456789abcdef"), "key_papi_…cdef");
    }

    #[test]
    fn a_name_that_only_begins_like_a_key_stays() {
        let text = r#"{"mcp_tool": 1, "ct_scan_result": 2, "rt_mode": 3}"#;
        assert_eq!(redact(text), text);
    }

    #[test]
    fn printing_a_secret_prints_its_hint() {
        let secret = Secret::new("papi_0123456789abcdef");
        assert_eq!(format!("{secret} {secret:?}"), "papi_…cdef papi_…cdef");
    }
}
