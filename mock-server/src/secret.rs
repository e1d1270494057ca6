//! The plain text of a key, which always prints as a hint.

use std::fmt;

use serde::Deserialize;

/// Prefix of the keys of API surfaces.
pub(crate) const PREFIX: &str = "papi_";

/// Prefixes of Runtype's credentials, the longer ones first.
const PREFIXES: [&str; 9] = ["rt_live_", "rt_test_", "ct_live_", "ct_test_", PREFIX, "rt_", "ct_", "mcp_", "a2a_"];

/// Number of characters after the prefix from which the last four are shown.
const SHORTEST_TO_HINT: usize = 8;

/// Plain text of a key. Prints as a hint, `papi_…a1b2`.
#[derive(Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a plain key.
    pub fn new(plain: impl Into<String>) -> Self {
        Self(plain.into())
    }

    /// The plain key, to send or compare it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Validates a key of an API surface: prefix and characters.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn check_surface(&self) -> Result<(), String> {
        if !self.0.starts_with(PREFIX) {
            return Err(format!("key {self} does not begin with {PREFIX}, as the keys of an API surface do"));
        }
        self.check_characters()
    }

    /// A key has only characters that are never escaped (RFC 3986 §2.3), so that it can be found in any encoding of a text.
    fn check_characters(&self) -> Result<(), String> {
        if self.0.chars().any(|c| !c.is_ascii_alphanumeric() && !"-._~".contains(c)) {
            return Err(format!("key {self} has a character that a URL must escape; use letters, digits and - . _ ~"));
        }
        Ok(())
    }

    /// Validates an owner's key.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn check_platform(&self) -> Result<(), String> {
        if !self.0.starts_with("rt_") {
            return Err(format!("platform key {self} does not begin with rt_, as the owner's keys do"));
        }
        self.check_characters()
    }

    /// The hint: prefix, ellipsis, and the last four characters.
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

/// The prefix of a credential (`papi_`, `rt_live_`, …), in either case; empty if unknown.
pub(crate) fn prefix_of(plain: &str) -> &'static str {
    let begins = |known: &str| plain.get(..known.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(known));
    PREFIXES.into_iter().find(|known| begins(known)).unwrap_or_default()
}

/// The hint of a credential: `papi_…a1b2`, or `papi_…` if it is too short.
pub(crate) fn hint(plain: &str) -> String {
    let prefix = prefix_of(plain);
    let secret = &plain[prefix.len()..];
    let length = secret.chars().count();
    if length < SHORTEST_TO_HINT {
        return format!("{prefix}…");
    }
    let tail: String = secret.chars().skip(length - 4).collect();
    format!("{prefix}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_shows_the_prefix_and_the_last_four_characters() {
        assert_eq!(hint("papi_0123456789abcdef"), "papi_…cdef");
        assert_eq!(hint("rt_live_0123456789abcdef"), "rt_live_…cdef");
        assert_eq!(hint("PAPI_0123456789abcdef"), "papi_…cdef");
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
    fn a_key_has_characters_that_need_no_escape() {
        assert_eq!(Secret::new("papi_aZ09-._~").check_surface(), Ok(()));
        assert_eq!(Secret::new("rt_aZ09-._~").check_platform(), Ok(()));
        for c in [' ', '"', '\\', '%', ',', '/', '+', '=', 'ä', '\n', '\0'] {
            let surface = Secret::new(format!("papi_01234567{c}")).check_surface().unwrap_err();
            let platform = Secret::new(format!("rt_01234567{c}")).check_platform().unwrap_err();
            assert!(surface.contains("use letters") && platform.contains("use letters"), "{surface} {platform}");
        }
    }

    #[test]
    fn printing_a_secret_prints_its_hint() {
        let secret = Secret::new("papi_0123456789abcdef");
        assert_eq!(format!("{secret} {secret:?}"), "papi_…cdef papi_…cdef");
    }
}
