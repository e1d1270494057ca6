//! Replaces credentials in what clients send with hints.
//!
//! A credential is a key of the mock, or a text that looks like a credential of the platform. Each character matches literally,
//! in either case, percent-encoded (`%70`), or escaped as in JSON (`\u0070`), in any combination, including escapes of escapes.
//! Other encodings, such as base64, are not found.

use std::{borrow::Cow, ops::Range};

use http::{HeaderName, HeaderValue, Method};

use crate::secret::{PREFIX, hint, prefix_of};

/// Prefixes of credentials, and the minimum number of characters after them: other names have the same prefixes, such as
/// `mcp_tool`.
const PREFIXES: [(&str, usize); 7] =
    [(PREFIX, 0), ("rt_live_", 0), ("rt_test_", 0), ("ct_live_", 0), ("ct_test_", 0), ("mcp_", 16), ("a2a_", 16)];

/// The same up to the first underscore, where the search begins. Every key of the mock begins with one of these.
const STEMS: [&str; 5] = [PREFIX, "rt_", "ct_", "mcp_", "a2a_"];

/// Maximum number of bytes of one character of a credential: `\u0070`.
const LONGEST_FORM: usize = 6;

/// Schemes of `Authorization` that may be shown. Any other first word may be the credential itself.
const SCHEMES: [&str; 7] = ["Bearer", "Basic", "Digest", "DPoP", "Negotiate", "OAuth", "Token"];

/// Replaces whatever looks like a credential in a text.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    Redactor::new(std::iter::empty()).text(text)
}

/// Replaces known credentials, and whatever looks like one.
#[derive(Clone)]
pub(crate) struct Redactor<K> {
    known: K,
}

/// A credential in a text: its position and its replacement.
struct Found {
    at: Range<usize>,
    shown: String,
}

impl<'k, K: Iterator<Item = &'k str> + Clone> Redactor<K> {
    pub(crate) fn new(known: K) -> Self {
        Self { known }
    }

    pub(crate) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        match self.bytes(text.as_bytes()) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(redacted) => Cow::Owned(String::from_utf8_lossy(&redacted).into_owned()),
        }
    }

    pub(crate) fn bytes<'t>(&self, text: &'t [u8]) -> Cow<'t, [u8]> {
        self.beginning(text, text.len())
    }

    /// The first `limit` bytes of a text. A credential that crosses the limit is replaced completely.
    pub(crate) fn beginning<'t>(&self, text: &'t [u8], limit: usize) -> Cow<'t, [u8]> {
        let longest = self.known.clone().map(str::len).max().unwrap_or(0);
        let seen = text.get(..limit + longest * LONGEST_FORM).unwrap_or(text);
        let found: Vec<_> = self.find(seen).into_iter().filter(|found| found.at.start < limit).collect();
        if found.is_empty() {
            return Cow::Borrowed(text.get(..limit).unwrap_or(text));
        }
        let mut out = Vec::with_capacity(limit.min(text.len()));
        let mut copied = 0;
        for Found { at, shown } in found {
            out.extend_from_slice(text.get(copied..at.start).unwrap_or_default());
            out.extend_from_slice(shown.as_bytes());
            copied = at.end;
        }
        out.extend_from_slice(text.get(copied..limit.min(text.len())).unwrap_or_default());
        Cow::Owned(out)
    }

    /// The name of a header, with three dots as the ellipsis.
    pub(crate) fn header_name(&self, name: &HeaderName) -> HeaderName {
        match self.text(name.as_str()) {
            Cow::Borrowed(_) => name.clone(),
            Cow::Owned(redacted) => redacted.replace('…', "...").parse().unwrap_or(REDACTED_NAME),
        }
    }

    pub(crate) fn method(&self, method: &Method) -> Method {
        match self.text(method.as_str()) {
            Cow::Borrowed(_) => method.clone(),
            Cow::Owned(redacted) => redacted.replace('…', "...").parse().unwrap_or_default(),
        }
    }

    /// The value of a header. One that carries credentials keeps a known scheme and the hint of a key.
    pub(crate) fn header_value(&self, name: &HeaderName, value: &HeaderValue) -> HeaderValue {
        let shown = match name.as_str() {
            "authorization" | "proxy-authorization" => authorization(&String::from_utf8_lossy(value.as_bytes())),
            "x-api-key" => credential(&String::from_utf8_lossy(value.as_bytes())),
            "cookie" | "set-cookie" => "…".to_owned(),
            _ => match self.bytes(value.as_bytes()) {
                Cow::Borrowed(_) => return value.clone(),
                Cow::Owned(redacted) => {
                    return HeaderValue::from_bytes(&redacted).unwrap_or(REDACTED_VALUE);
                }
            },
        };
        HeaderValue::from_bytes(shown.as_bytes()).unwrap_or(REDACTED_VALUE)
    }

    /// The credentials in a text, in order, both undecoded and decoded.
    fn find(&self, text: &[u8]) -> Vec<Found> {
        let mut found = self.find_in(text, |at| at);
        if let Some(Decoded { bytes, starts }) = decode(text) {
            found.extend(self.find_in(&bytes, |at| starts.get(at).copied().unwrap_or(text.len())));
            found.sort_by_key(|found| found.at.start);
            found.dedup_by(|next, last| {
                let overlap = next.at.start < last.at.end;
                if overlap && next.at.end > last.at.end {
                    last.at.end = next.at.end;
                    last.shown = std::mem::take(&mut next.shown);
                }
                overlap
            });
        }
        found
    }

    /// The credentials in bytes; `source` maps a byte to its position in the text.
    fn find_in(&self, bytes: &[u8], source: impl Fn(usize) -> usize) -> Vec<Found> {
        let mut found = Vec::new();
        let mut searched = 0;
        for (underscore, _) in bytes.iter().enumerate().filter(|(_, byte)| **byte == b'_') {
            let credential = STEMS.iter().find_map(|stem| {
                let start = (underscore + 1).checked_sub(stem.len()).filter(|start| *start >= searched)?;
                let rest = bytes.get(start..).filter(|rest| begins(rest, stem.as_bytes()))?;
                Some(start..start + self.length(rest)?)
            });
            if let Some(at) = credential {
                let plain = String::from_utf8_lossy(bytes.get(at.clone()).unwrap_or_default());
                searched = at.end;
                found.push(Found { at: source(at.start)..source(at.end), shown: shown(&plain) });
            }
        }
        found
    }

    /// Length of the credential at the start of bytes.
    fn length(&self, bytes: &[u8]) -> Option<usize> {
        let known = self.known.clone().filter(|key| begins(bytes, key.as_bytes())).map(str::len);
        known.max().max(looks_like(bytes))
    }
}

const REDACTED_NAME: HeaderName = HeaderName::from_static("redacted");
const REDACTED_VALUE: HeaderValue = HeaderValue::from_static("redacted");

fn begins(bytes: &[u8], with: &[u8]) -> bool {
    bytes.get(..with.len()).is_some_and(|beginning| beginning.eq_ignore_ascii_case(with))
}

fn in_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Length of what looks like a credential at the start of bytes.
fn looks_like(bytes: &[u8]) -> Option<usize> {
    let (prefix, least) = PREFIXES.iter().find(|(prefix, _)| begins(bytes, prefix.as_bytes()))?;
    let rest = bytes.get(prefix.len()..)?;
    let length = rest.iter().take_while(|byte| in_key(**byte)).count();
    // A prefix before an ellipsis is already a hint.
    let is_hint = length == 0 && rest.starts_with("…".as_bytes());
    (length >= *least && !is_hint).then_some(prefix.len() + length)
}

/// The replacement of a credential: its hint, whose end cannot be confused with the text around it.
fn shown(plain: &str) -> String {
    let hint = hint(plain);
    let whole = hint.split_once('…').is_some_and(|(_, end)| end.bytes().all(in_key));
    if whole { hint } else { format!("{}…", prefix_of(plain)) }
}

/// The value of an `Authorization` header, or several.
fn authorization(value: &str) -> String {
    let (scheme, rest) = value.trim().split_once(' ').unwrap_or(("", value));
    match SCHEMES.iter().find(|known| known.eq_ignore_ascii_case(scheme)) {
        Some(scheme) => format!("{scheme} {}", credential(rest.trim())),
        None => credential(value),
    }
}

/// The hint of a single credential of the platform. Anything else shows no character.
fn credential(value: &str) -> String {
    match looks_like(value.as_bytes()) {
        Some(length) if length == value.len() => hint(value),
        _ => format!("{}…", prefix_of(value)),
    }
}

/// A text with its escapes resolved, and the position of each byte in the original.
struct Decoded {
    bytes: Vec<u8>,
    starts: Vec<usize>,
}

/// Resolves escapes, including nested ones. `None` if there are none.
fn decode(text: &[u8]) -> Option<Decoded> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'\\')) {
        return None;
    }
    let mut decoded = Decoded { bytes: Vec::with_capacity(text.len()), starts: Vec::with_capacity(text.len()) };
    for (at, byte) in text.iter().enumerate() {
        decoded.push(*byte, at);
        while let Some((length, byte)) = escape_at_end(&decoded.bytes) {
            let first = decoded.bytes.len() - length;
            let start = decoded.starts.get(first).copied().unwrap_or(at);
            decoded.bytes.truncate(first);
            decoded.starts.truncate(first);
            decoded.push(byte, start);
        }
    }
    Some(decoded)
}

impl Decoded {
    fn push(&mut self, byte: u8, start: usize) {
        self.bytes.push(byte);
        self.starts.push(start);
    }
}

/// The escape at the end of bytes: its length and its value.
fn escape_at_end(bytes: &[u8]) -> Option<(usize, u8)> {
    match bytes {
        [.., b'\\', b'u', b'0', b'0', high, low] => hex(*high, *low).map(|byte| (6, byte)),
        [.., b'\\', byte @ (b'\\' | b'"' | b'/')] => Some((2, *byte)),
        [.., b'%', high, low] => hex(*high, *low).map(|byte| (3, byte)),
        _ => None,
    }
}

fn hex(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(high)? * 16 + digit(low)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_in_a_text_is_replaced() {
        let text = r#"{"a": "papi_0123456789abcdef", "b": "Bearer rt_test_0123456789", "c": "start_here"}"#;
        let redacted = redact(text);
        assert_eq!(redacted, r#"{"a": "papi_…cdef", "b": "Bearer rt_test_…6789", "c": "start_here"}"#);
        assert_eq!(redact(&redacted), redacted, "a hint stays a hint");
    }

    #[test]
    fn a_key_is_found_in_each_form_and_in_any_mixture() {
        for text in [
            "papi%5F0123456789abcdef",
            "papi%5f0123456789abcdef",
            "%70api_0123456789abcdef",
            r"\u0070api_0123456789abcdef",
            r"\u0070%61p\u0069%5F\u00300123456789abcdef",
            "%2570api_0123456789abcdef",
            r"%5Cu0070api_0123456789abcdef",
            r"\\u0070api_0123456789abcdef",
            "%%370api_0123456789abcdef",
            "papi_0123456789ab%63def",
        ] {
            assert_eq!(redact(&format!("<{text}>")), "<papi_…cdef>", "{text}");
        }
        assert_eq!(redact("<PaPi%5F0123456789ABCDEF>"), "<papi_…CDEF>");
        assert_eq!(redact("%0ct_live_0123456789"), "%0ct_live_…6789", "what is no escape to others");
    }

    #[test]
    fn a_key_is_found_inside_a_word_too() {
        assert_eq!(redact("?k=%22papi_0123456789abcdef%22"), "?k=%22papi_…cdef%22");
        assert_eq!(redact("key_papi_0123456789abcdef"), "key_papi_…cdef");
    }

    #[test]
    fn a_name_that_only_begins_like_a_key_stays() {
        let text = r#"{"mcp_tool": 1, "ct_scan_result": 2, "rt_mode": 3, "a2a_card": 4, "100%": "C:\\u00e4"}"#;
        assert_eq!(redact(text), text);
        assert_eq!(redact("mcp_0123456789abcdef a2a_0123456789abcdef"), "mcp_…cdef a2a_…cdef");
    }

    #[test]
    fn a_known_key_is_found_whole_whatever_is_in_it() {
        let redactor = Redactor::new(["papi_a.b~c", "rt_mine"].into_iter());
        for text in ["papi_a.b~c", r"papi_a\u002eb\u007Ec", "papi_a%2Eb%7ec", "PAPI_A.B~C"] {
            assert_eq!(redactor.text(&format!("<{text}>")), "<papi_…>", "{text}");
        }
        assert_eq!(redactor.text("smart_mine rt_mine rt_mode"), "smart_… rt_… rt_mode");
    }

    #[test]
    fn a_key_across_the_limit_is_replaced_whole() {
        let redactor = Redactor::new(["papi_0123.4567"].into_iter());
        let text = b"abc papi_0123.4567 papi_0123.4567";
        for limit in 5..=18 {
            assert_eq!(redactor.beginning(text, limit).as_ref(), "abc papi_…4567".as_bytes(), "{limit}");
        }
        assert_eq!(redactor.beginning(text, 4).as_ref(), b"abc ");
        assert_eq!(redactor.beginning(text, 19).as_ref(), "abc papi_…4567 ".as_bytes());
        assert_eq!(redactor.beginning(text, 99).as_ref(), "abc papi_…4567 papi_…4567".as_bytes());
    }

    #[test]
    fn of_a_credential_header_nothing_is_shown_but_a_scheme_and_a_hint() {
        let redactor = Redactor::new(std::iter::empty());
        for (name, value, shown) in [
            ("authorization", "Bearer papi_0123456789abcdef", "Bearer papi_…cdef"),
            ("authorization", "bearer papi_0123456789abcdef, Bearer papi_x", "Bearer papi_…"),
            ("authorization", "Basic dXNlcjpwYXNzd29yZA==", "Basic …"),
            ("authorization", "hunter2 and more", "…"),
            ("authorization", "papi_0123456789abcdef", "papi_…cdef"),
            ("proxy-authorization", "Digest username=\"me\"", "Digest …"),
            ("x-api-key", "0123456789abcdef", "…"),
            ("cookie", "session=0123456789abcdef", "…"),
            ("set-cookie", "session=0123456789abcdef", "…"),
            ("x-other", "k=papi_0123456789abcdef;", "k=papi_…cdef;"),
        ] {
            let seen = redactor.header_value(&HeaderName::from_static(name), &HeaderValue::from_static(value));
            assert_eq!(String::from_utf8_lossy(seen.as_bytes()), shown, "{value}");
        }
    }
}
