//! The product API key: a type that never prints itself.

pub(crate) mod header;
pub(crate) mod ring;
pub(crate) mod scrubber;
pub(crate) mod source;

use std::fmt;

use bytes::Bytes;
use zeroize::Zeroizing;

use crate::error::Error;

/// Prefix of every product key (documented by the vendor: "Surface keys begin with `papi_`").
pub(crate) const PREFIX: &str = "papi_";
/// The scheme of the `Authorization` header.
const SCHEME: &str = "Bearer ";
/// Length from which the hint shows the last four characters.
const SHORTEST_HINTED_SECRET: usize = 8;

/// A product API key (`papi_…`).
///
/// Prints as its hint, `papi_…a1b2`, in [`Debug`](fmt::Debug), [`Display`](fmt::Display) and when serialized. Its memory is
/// wiped when the last clone is dropped. Headers share that memory and are marked sensitive; copies in the HTTP library's buffers
/// are not wiped.
///
/// ```
/// # fn main() -> Result<(), runtype_surface::Error> {
/// let key = runtype_surface::ApiKey::parse("papi_example_0000a1b2")?;
/// assert_eq!(format!("{key:?} {key}"), "papi_…a1b2 papi_…a1b2");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ApiKey {
    /// `Bearer papi_…`, so that both header values are slices of one allocation, which is wiped.
    bearer: Bytes,
    /// Length of the prefix, which is not secret.
    prefix_bytes: usize,
}

/// Memory that is wiped on drop, for [`Bytes`] to own.
struct Wiped(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Wiped {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl ApiKey {
    /// Parses a key: the prefix `papi_`, then visible ASCII without whitespace. One trailing line break, as left by files and
    /// shells, is dropped.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the rule that the key breaks, and the kind of
    /// credential if it is another one. It never shows the key.
    pub fn parse(key: impl Into<String>) -> Result<Self, Error> {
        Self::parse_with_prefix(key, PREFIX)
    }

    /// The same with another prefix; an empty one accepts any key.
    pub(crate) fn parse_with_prefix(key: impl Into<String>, prefix: &str) -> Result<Self, Error> {
        let key = Zeroizing::new(key.into());
        let trimmed = key.strip_suffix('\n').map_or(key.as_str(), |line| line.strip_suffix('\r').unwrap_or(line));
        check(trimmed, prefix).map_err(|rule| Error::configuration("api_key", rule))?;
        // The exact capacity: a growing vector would leave unwiped copies behind.
        let mut bearer = Zeroizing::new(Vec::with_capacity(SCHEME.len() + trimmed.len()));
        bearer.extend_from_slice(SCHEME.as_bytes());
        bearer.extend_from_slice(trimmed.as_bytes());
        Ok(Self { bearer: Bytes::from_owner(Wiped(bearer)), prefix_bytes: prefix.len() })
    }

    /// The printable form: `papi_…` and the last four characters, or only `papi_…` for a short key.
    #[must_use]
    pub fn hint(&self) -> String {
        let (prefix, secret) = self.expose().split_at(self.prefix_bytes);
        let shown = if secret.len() < SHORTEST_HINTED_SECRET { "" } else { secret.split_at(secret.len() - 4).1 };
        format!("{prefix}…{shown}")
    }

    /// The value of an `Authorization` header. Shares the key's memory.
    pub(super) fn bearer(&self) -> Bytes {
        self.bearer.clone()
    }

    /// The key itself. Shares the key's memory.
    pub(super) fn bytes(&self) -> Bytes {
        self.bearer.slice(SCHEME.len()..)
    }

    /// The key itself. For the headers and the scrubber only.
    pub(crate) fn expose(&self) -> &str {
        let key = self.bearer.get(SCHEME.len()..).unwrap_or_default();
        std::str::from_utf8(key).unwrap_or_default()
    }
}

fn check(key: &str, prefix: &str) -> Result<(), String> {
    let wanted = if prefix.is_empty() {
        "an API surface needs a product key".to_owned()
    } else {
        format!("an API surface needs a product key, which begins with {prefix}")
    };
    if key.is_empty() {
        return Err(format!("the key is empty; {wanted}"));
    }
    let Some(secret) = key.strip_prefix(prefix).filter(|_| !prefix.is_empty() || !key.starts_with("Bearer ")) else {
        // Other credentials of the platform, which surfaces do not accept.
        let found = match key.split_once('_').map(|(prefix, _)| prefix) {
            Some("rt") => "this is a platform key (rt_…)",
            Some("mcp") => "this is a key of an MCP surface (mcp_…)",
            Some("a2a") => "this is a key of an A2A surface (a2a_…)",
            Some("ct") => "this is a browser client token (ct_…)",
            _ if key.trim_start().starts_with("Bearer ") => {
                return Err(format!("pass the key without \"Bearer\": the client adds it; {wanted}"));
            }
            _ if key.trim() != key || key.trim_matches(['"', '\'']) != key => {
                return Err(format!("the key has whitespace or quotes around it: remove them; {wanted}"));
            }
            _ => "this is not a product key",
        };
        return Err(format!("{found}; {wanted}"));
    };
    if secret.is_empty() {
        return Err(format!("the key has nothing after its prefix; {wanted}"));
    }
    if let Some(at) = key.bytes().position(|byte| !byte.is_ascii_graphic()) {
        return Err(format!(
            "the key has whitespace or a character outside of visible ASCII at position {}: copy only the key, and all of it",
            at + 1
        ));
    }
    Ok(())
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hint())
    }
}

impl fmt::Display for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hint())
    }
}

impl serde::Serialize for ApiKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hint())
    }
}

impl PartialEq for ApiKey {
    fn eq(&self, other: &Self) -> bool {
        self.bearer == other.bearer
    }
}

impl Eq for ApiKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_checked_before_anything_is_sent() {
        let rows = [
            ("", "the key is empty"),
            ("papi_", "nothing after its prefix"),
            ("rt_live_abcdefgh", "this is a platform key"),
            ("rt_test_abcdefgh", "this is a platform key"),
            ("mcp_abcdefgh", "this is a key of an MCP surface"),
            ("ct_live_abcdefgh", "this is a browser client token"),
            ("sk-abcdefgh", "this is not a product key"),
            ("a2a_abcdefgh", "this is a key of an A2A surface"),
            ("Bearer papi_abcdefgh", "without \"Bearer\""),
            (" papi_abcdefgh", "whitespace or quotes around it"),
            ("\"papi_abcdefgh\"", "whitespace or quotes around it"),
            ("papi_abc defgh", "at position 9"),
            ("papi_abcdefgh ", "at position 14"),
            ("papi_abcdefgh\n\n", "at position 14"),
            ("papi_abc\0defgh", "at position 9"),
            ("papi_schlüssel", "at position 10"),
        ];
        for (key, expected) in rows {
            let error = ApiKey::parse(key).unwrap_err();
            assert_eq!(error.kind(), crate::error::kind::ErrorKind::Configuration, "{key:?}");
            let text = error.to_string();
            assert!(text.contains(expected), "{key:?} gave {text:?}, not {expected:?}");
            assert!(text.contains("api_key"), "{text:?} does not name the option");
            assert!(!text.contains("abcdefgh"), "{text:?} shows the key");
        }
    }

    #[test]
    fn one_trailing_line_break_is_dropped() {
        for key in ["papi_abcdefgh", "papi_abcdefgh\n", "papi_abcdefgh\r\n"] {
            assert_eq!(ApiKey::parse(key).unwrap().expose(), "papi_abcdefgh");
        }
    }

    #[test]
    fn a_key_prints_as_its_hint_everywhere() {
        let key = ApiKey::parse("papi_0123456789a1b2").unwrap();
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(format!("{key} {key:?} {json}"), "papi_…a1b2 papi_…a1b2 \"papi_…a1b2\"");
    }

    #[test]
    fn a_short_key_shows_nothing_of_itself() {
        assert_eq!(ApiKey::parse("papi_abc1234").unwrap().hint(), "papi_…");
        assert_eq!(ApiKey::parse("papi_abcd1234").unwrap().hint(), "papi_…1234");
    }

    #[test]
    fn a_key_without_a_prefix_is_accepted_but_not_with_its_scheme() {
        assert_eq!(ApiKey::parse_with_prefix("sk-abcdefgh1234", "").unwrap().hint(), "…1234");
        let text = ApiKey::parse_with_prefix("Bearer sk-abcdefgh1234", "").unwrap_err().to_string();
        assert!(text.contains("without \"Bearer\""), "{text}");
        let odd = ApiKey::parse_with_prefix("Bearer abcdefgh1234", "Bearer ").unwrap_err().to_string();
        assert!(odd.contains("at position 7"), "{odd}");
    }

    #[test]
    fn two_keys_are_equal_if_their_texts_are() {
        let key = |text: &str| ApiKey::parse(text).unwrap();
        assert!(key("papi_abcdefgh") == key("papi_abcdefgh\n"));
        assert!(key("papi_abcdefgh") != key("papi_abcdefgi"));
    }
}
