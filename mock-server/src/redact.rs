//! Finds credentials in what clients send, whatever form they are written in, and replaces them by hints.
//!
//! A credential is a key of the state, or what begins like a credential of the platform, up to what cannot be a part of
//! one: an SDK takes any visible ASCII character for a part of a key. Each character may be itself, in either case, or
//! escaped as `readings` says. Other encodings, such as base64, are not found.

use std::{borrow::Cow, ops::Range};

use http::{HeaderName, HeaderValue, Method};
use serde::de::IgnoredAny;

use crate::{
    readings::{LONGEST_FORM, Readings},
    secret::{PREFIX, hint, prefix_of},
};

/// What credentials begin with, and how many characters must follow: names of other things begin alike, such as
/// `mcp_tool`.
const PREFIXES: [(&str, usize); 7] =
    [(PREFIX, 0), ("rt_live_", 0), ("rt_test_", 0), ("ct_live_", 0), ("ct_test_", 0), ("mcp_", 16), ("a2a_", 16)];

/// The same up to the first underscore. Every key of a state begins so.
const STEMS: [&str; 5] = [PREFIX, "rt_", "ct_", "mcp_", "a2a_"];

/// More characters than must be seen of any credential to know it for one.
const LONGEST_BEGINNING: usize = 24;

/// The schemes of `Authorization` that may be shown. What else stands before a blank may be the credential itself.
const SCHEMES: [&str; 7] = ["Bearer", "Basic", "Digest", "DPoP", "Negotiate", "OAuth", "Token"];

/// Replaces everything in a text that looks like a credential.
pub(crate) fn redact(text: &str) -> Cow<'_, str> {
    Redactor::new(std::iter::empty()).text(text)
}

/// Replaces credentials: what looks like one, and the known ones.
#[derive(Clone)]
pub(crate) struct Redactor<K> {
    known: K,
}

/// Where a text stands, which decides what ends a credential in it.
#[derive(Clone, Copy)]
enum Place {
    Path,
    Query,
    /// A body that is JSON, in which a credential is a part of a string.
    Json,
    /// Anything else: white space and control characters alone are no part of a key.
    Text,
}

impl Place {
    /// Where a credential ends of which `from` is a part.
    fn end(self, text: &[u8], from: usize) -> usize {
        let mut is_escaped = false;
        let is_end = |byte: &u8| {
            let is_delimiter = match (self, byte) {
                (Self::Path, b'/' | b'?' | b'#') | (Self::Query, b'&' | b'#') => true,
                (Self::Json, b'"') => !is_escaped,
                _ => byte.is_ascii_control() || *byte == b' ',
            };
            is_escaped = *byte == b'\\' && !is_escaped;
            is_delimiter
        };
        let rest = text.get(from..).unwrap_or_default();
        rest.iter().position(is_end).map_or(text.len(), |length| from + length)
    }
}

/// A credential in a text: where, and what is written there.
struct Found {
    at: Range<usize>,
    shown: String,
}

impl<'k, K: Iterator<Item = &'k str> + Clone> Redactor<K> {
    pub(crate) fn new(known: K) -> Self {
        Self { known }
    }

    pub(crate) fn text<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.text_in(text, Place::Text)
    }

    pub(crate) fn path<'t>(&self, path: &'t str) -> Cow<'t, str> {
        self.text_in(path, Place::Path)
    }

    pub(crate) fn query<'t>(&self, query: &'t str) -> Cow<'t, str> {
        self.text_in(query, Place::Query)
    }

    fn text_in<'t>(&self, text: &'t str, place: Place) -> Cow<'t, str> {
        match replace(text.as_bytes(), text.len(), self.find(text.as_bytes(), place)) {
            Cow::Borrowed(_) => Cow::Borrowed(text),
            Cow::Owned(redacted) => Cow::Owned(String::from_utf8_lossy(&redacted).into_owned()),
        }
    }

    /// The first `limit` bytes of a body. A credential that stands across the limit is replaced whole.
    pub(crate) fn body<'t>(&self, body: &'t [u8], limit: usize) -> Cow<'t, [u8]> {
        let longest = self.known.clone().map(str::len).max().unwrap_or(0).max(LONGEST_BEGINNING);
        let seen = body.get(..limit + longest * LONGEST_FORM).unwrap_or(body);
        let mut found = self.find(seen, Place::Text);
        if !found.is_empty() && serde_json::from_slice::<IgnoredAny>(body).is_ok() {
            found = self.find(seen, Place::Json);
        }
        replace(body, limit, found)
    }

    /// The name of a header, in which an ellipsis is three dots.
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
            _ => match replace(value.as_bytes(), value.len(), self.find(value.as_bytes(), Place::Text)) {
                Cow::Borrowed(_) => return value.clone(),
                Cow::Owned(redacted) => {
                    return HeaderValue::from_bytes(&redacted).unwrap_or(REDACTED_VALUE);
                }
            },
        };
        HeaderValue::from_bytes(shown.as_bytes()).unwrap_or(REDACTED_VALUE)
    }

    /// The credentials in a text, in order.
    fn find(&self, text: &[u8], place: Place) -> Vec<Found> {
        let readings = Readings::new(text);
        let mut found: Vec<Found> = Vec::new();
        let mut searched = 0;
        for (at, _) in text.iter().enumerate().filter(|(_, byte)| may_begin(**byte)) {
            if at < searched {
                continue;
            }
            if let Some(credential) = self.find_at(at, text, place, &readings) {
                searched = credential.at.end;
                found.push(credential);
            }
        }
        found
    }

    /// The credential that begins here, when one does.
    fn find_at(&self, at: usize, text: &[u8], place: Place, readings: &Readings<'_>) -> Option<Found> {
        STEMS.iter().find(|stem| readings.after(at, stem.as_bytes()).is_some())?;
        let known = self.known.clone().filter_map(|key| Some((prefix_of(key), readings.after(at, key.as_bytes())?)));
        let alike = PREFIXES.iter().find_map(|(prefix, least)| {
            let from = readings.after(at, prefix.as_bytes())?;
            let end = place.end(text, from);
            looks_like_secret(text.get(from..end)?, *least).then_some((*prefix, end))
        });
        let (prefix, end) = known.chain(alike).max_by_key(|(_, end)| *end)?;
        let from = readings.after(at, prefix.as_bytes())?;
        let plain = format!("{prefix}{}", readings.resolved(from..end));
        Some(Found { at: at..end, shown: shown(&plain, text.get(from..end)?) })
    }
}

/// The first `limit` bytes of a text, what is found in them replaced.
fn replace(text: &[u8], limit: usize, found: Vec<Found>) -> Cow<'_, [u8]> {
    let mut found = found.into_iter().take_while(|found| found.at.start < limit).peekable();
    if found.peek().is_none() {
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

const REDACTED_NAME: HeaderName = HeaderName::from_static("redacted");
const REDACTED_VALUE: HeaderValue = HeaderValue::from_static("redacted");

/// Whether a byte may be the first of a credential: of a stem, or of an escape.
fn may_begin(byte: u8) -> bool {
    matches!(byte.to_ascii_lowercase(), b'p' | b'r' | b'c' | b'm' | b'a' | b'%' | b'\\')
}

fn in_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-'
}

/// Whether what stands after a prefix, up to where a credential would end, is secret.
fn looks_like_secret(rest: &[u8], least: usize) -> bool {
    let is_punctuation = rest.len() < 3 && rest.iter().all(u8::is_ascii_punctuation);
    rest.len() >= least && !is_punctuation && !is_hint(rest)
}

/// Whether a prefix and these bytes are a hint: an ellipsis, at most four characters, and no more than the punctuation of
/// the text around it.
fn is_hint(bytes: &[u8]) -> bool {
    let Some(tail) = bytes.strip_prefix("…".as_bytes()) else { return false };
    let length = tail.iter().take_while(|byte| in_key(**byte)).count();
    let behind = tail.get(length..).unwrap_or_default();
    length <= 4 && behind.len() <= 4 && behind.iter().all(u8::is_ascii_punctuation)
}

/// What is written for a credential: its hint, unless its end is escaped or could be taken for a part of the text around it.
fn shown(plain: &str, written: &[u8]) -> String {
    let hint = hint(plain);
    let is_written = |end: &str| end.bytes().all(in_key) && written.ends_with(end.as_bytes());
    let whole = hint.split_once('…').is_some_and(|(_, end)| is_written(end));
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

/// The hint of one credential of the platform. Of several, and of any other, no character is shown.
fn credential(value: &str) -> String {
    let prefix = prefix_of(value);
    let is_one = PREFIXES.iter().any(|(known, _)| *known == prefix) && value.bytes().all(in_key);
    if is_one { hint(value) } else { format!("{prefix}…") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_in_a_text_is_replaced() {
        let text = r#"{"a": "papi_0123456789abcdef", "b": "Bearer rt_test_0123456789", "c": "start_here"}"#;
        let redactor = Redactor::new(std::iter::empty());
        let redacted = redactor.body(text.as_bytes(), 999).into_owned();
        let hints = r#"{"a": "papi_…cdef", "b": "Bearer rt_test_…6789", "c": "start_here"}"#;
        assert_eq!(String::from_utf8_lossy(&redacted), hints);
        assert_eq!(redactor.body(&redacted, 999).as_ref(), redacted, "a hint stays a hint");
        assert_eq!(redact("POST /papi_0123456789abcdef papi_0123456789 -"), "POST /papi_…cdef papi_…6789 -");
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
        ] {
            assert_eq!(redact(&format!("<{text} >")), "<papi_…cdef >", "{text}");
        }
        assert_eq!(redact("<PaPi%5F0123456789ABCDEF"), "<papi_…CDEF");
        assert_eq!(redact("papi_0123456789ab%63def"), "papi_…", "an end that is escaped is not shown");
        for (text, hidden) in [
            ("%0ct_live_0123456789", "%0ct_live_…6789"),
            (r"%0c\u0074_live_0123456789", "%0ct_live_…6789"),
            (r"%0a\u0032a_0123456789abcdef", "%0a2a_…cdef"),
        ] {
            assert_eq!(redact(text), hidden, "what is an escape to some and none to others");
        }
    }

    #[test]
    fn a_key_is_found_inside_a_word_too() {
        assert_eq!(redact("?k=%22papi_0123456789abcdef%22"), "?k=%22papi_…");
        assert_eq!(redact("key_papi_0123456789abcdef"), "key_papi_…cdef");
    }

    #[test]
    fn a_credential_ends_where_its_place_lets_none_go_on() {
        let redactor = Redactor::new(std::iter::empty());
        assert_eq!(redactor.path("/papi_a%2Fb,c/d"), "/papi_…/d");
        assert_eq!(redactor.query("k=papi_a/b?c;d&e=f"), "k=papi_…&e=f");
        assert_eq!(redactor.text("papi_a/b\"c,d e"), "papi_… e");
        let json = br#"{"a":"papi_a,b\"c\\","d":"e"}"#;
        assert_eq!(redactor.body(json, 99).as_ref(), r#"{"a":"papi_…","d":"e"}"#.as_bytes());
        assert_eq!(redactor.body(br#"{"a":"papi_a,b"c d"#, 99).as_ref(), r#"{"a":"papi_… d"#.as_bytes(), "no JSON");
    }

    #[test]
    fn only_what_has_the_shape_of_a_hint_stays() {
        for text in ["papi_…", "papi_…cdef", "(papi_…cdef).", "papi_…cdef, papi_…", "papi_, papi_"] {
            assert_eq!(redact(text), text);
        }
        for text in ["papi_…cdefg", "papi_…cdef.zq", "papi_…cdef/zq", "papi_…cdef%7A", "papi_…ä", "papi_…cdef…"]
        {
            assert_eq!(redact(&format!("{text} x")), "papi_… x", "{text}");
        }
        assert_eq!(redact("papi_…0123456789"), "papi_…6789");
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
            assert_eq!(redactor.text(&format!("<{text} >")).replace(' ', ""), "<papi_…>", "{text}");
        }
        assert_eq!(redactor.text("smart_mine rt_mine rt_mode"), "smart_… rt_… rt_mode");
    }

    #[test]
    fn a_key_across_the_limit_is_replaced_whole() {
        let redactor = Redactor::new(["papi_0123.4567"].into_iter());
        let text = b"abc papi_0123.4567 papi_0123.4567";
        for limit in 5..=18 {
            assert_eq!(redactor.body(text, limit).as_ref(), "abc papi_…4567".as_bytes(), "{limit}");
        }
        assert_eq!(redactor.body(text, 4).as_ref(), b"abc ");
        assert_eq!(redactor.body(text, 19).as_ref(), "abc papi_…4567 ".as_bytes());
        assert_eq!(redactor.body(text, 99).as_ref(), "abc papi_…4567 papi_…4567".as_bytes());
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
            ("x-other", "k=papi_0123456789abcdef ;", "k=papi_…cdef ;"),
        ] {
            let seen = redactor.header_value(&HeaderName::from_static(name), &HeaderValue::from_static(value));
            assert_eq!(String::from_utf8_lossy(seen.as_bytes()), shown, "{value}");
        }
    }
}
