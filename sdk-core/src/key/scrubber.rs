//! Hides the key in responses that echo it.

use super::ApiKey;

/// Replaces every occurrence of one key with its hint.
///
/// Each character of the key matches literally, in either case, as `%HH`, as `\u00HH`, or after a backslash where JSON allows
/// one, in any combination. Other encodings are not found.
pub(crate) struct Scrubber {
    key: zeroize::Zeroizing<Vec<u8>>,
    hint: String,
}

/// Result of matching the key at one position of a text.
enum Match {
    /// The key matches and ends before this position.
    Ends(usize),
    /// The text ends within the key.
    CutShort,
    Differs,
}

impl Scrubber {
    pub(crate) fn new(key: &ApiKey) -> Self {
        Self { key: zeroize::Zeroizing::new(key.expose().as_bytes().to_vec()), hint: key.hint() }
    }

    /// Length of the longest form of the key in bytes: every character as `\u00HH`.
    pub(crate) fn longest_form(&self) -> usize {
        self.key.len().saturating_mul(6)
    }

    pub(crate) fn text(&self, text: String) -> String {
        if !self.finds_key(text.as_bytes()) {
            return text;
        }
        // Every form of a key is ASCII, so the text around it consists of whole characters.
        String::from_utf8(self.bytes(text.into_bytes())).unwrap_or_default()
    }

    pub(crate) fn finds_key(&self, bytes: &[u8]) -> bool {
        self.find(bytes).is_some()
    }

    pub(crate) fn bytes(&self, bytes: Vec<u8>) -> Vec<u8> {
        let Some(mut found) = self.find(&bytes) else { return bytes };
        let mut result = Vec::with_capacity(bytes.len());
        let mut rest = bytes.as_slice();
        loop {
            let (before, from) = rest.split_at(found.start);
            result.extend_from_slice(before);
            result.extend_from_slice(self.hint.as_bytes());
            rest = from.get(found.len()..).unwrap_or_default();
            match self.find(rest) {
                Some(next) => found = next,
                None => break,
            }
        }
        result.extend_from_slice(rest);
        result
    }

    /// Start of a form of the key that the end of the text cuts off; the text's length if there is none.
    pub(crate) fn begin_of_key_at_end(&self, bytes: &[u8]) -> usize {
        let from = bytes.len().saturating_sub(self.longest_form());
        (from..bytes.len()).find(|start| matches!(self.compare(bytes, *start), Match::CutShort)).unwrap_or(bytes.len())
    }

    /// The same, but an end that goes no further than the key's prefix stays: it is no secret, and a word may begin so.
    pub(crate) fn begin_of_secret_at_end(&self, bytes: &[u8]) -> usize {
        let begin = self.begin_of_key_at_end(bytes);
        if bytes.len() - begin > crate::key::PREFIX.len() { begin } else { bytes.len() }
    }

    fn find(&self, bytes: &[u8]) -> Option<std::ops::Range<usize>> {
        let first = *self.key.first()?;
        let begins = |byte: u8| byte.eq_ignore_ascii_case(&first) || matches!(byte, b'%' | b'\\');
        bytes.iter().enumerate().filter(|(_, byte)| begins(**byte)).find_map(|(start, _)| {
            match self.compare(bytes, start) {
                Match::Ends(end) => Some(start..end),
                Match::CutShort | Match::Differs => None,
            }
        })
    }

    /// Matches the key at a position of the text. A key with `%` or a backslash can match in more than one way, so all possible
    /// positions of the next character are followed.
    fn compare(&self, bytes: &[u8], start: usize) -> Match {
        let mut places = vec![start];
        let mut is_cut = false;
        for character in self.key.iter() {
            let mut next = Vec::with_capacity(places.len());
            for place in places {
                let rest = bytes.get(place..).unwrap_or_default();
                let lengths = forms(rest, *character, &mut is_cut);
                next.extend(lengths.into_iter().flatten().map(|length| place + length));
            }
            next.dedup();
            places = next;
            if places.is_empty() {
                return if is_cut { Match::CutShort } else { Match::Differs };
            }
        }
        places.into_iter().max().map_or(Match::Differs, Match::Ends)
    }

    pub(crate) fn json(&self, value: serde_json::Value) -> serde_json::Value {
        use serde_json::Value;
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(items) => items.into_iter().map(|item| self.json(item)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, field)| (self.text(name), self.json(field))).collect()
            }
            other => other,
        }
    }
}

/// Lengths of the forms of one key character at the start of a text; `is_cut` if the text ends within one.
fn forms(text: &[u8], character: u8, is_cut: &mut bool) -> [Option<usize>; 4] {
    let is_meant = |byte: u8| byte.eq_ignore_ascii_case(&character);
    let encoded = |mark: &[u8], is_cut: &mut bool| {
        let length = mark.len() + 2;
        let part = text.get(..length).unwrap_or(text);
        let (begin, digits) = part.split_at_checked(mark.len()).unwrap_or((part, &[]));
        if begin != mark.get(..begin.len()).unwrap_or_default() {
            return None;
        }
        if part.len() < length {
            *is_cut = true;
            return None;
        }
        let digits = std::str::from_utf8(digits).ok()?;
        u8::from_str_radix(digits, 16).ok().filter(|byte| is_meant(*byte)).map(|_| length)
    };
    let plain = match text.first() {
        Some(byte) => is_meant(*byte).then_some(1),
        None => {
            *is_cut = true;
            None
        }
    };
    let escaped = match (text, character) {
        ([b'\\', byte, ..], b'"' | b'\\' | b'/') if *byte == character => Some(2),
        _ => None,
    };
    [plain, escaped, encoded(b"%", is_cut), encoded(b"\\u00", is_cut)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_the_server_repeats_becomes_its_hint() {
        let key = ApiKey::parse(r#"papi_a"b\c12345"#).unwrap();
        let scrubber = Scrubber::new(&key);
        let body = serde_json::json!({ "error": format!("no such key: {}", key.expose()) });
        let raw = scrubber.bytes(body.to_string().into_bytes());
        assert_eq!(String::from_utf8(raw).unwrap(), r#"{"error":"no such key: papi_…2345"}"#);
        assert_eq!(scrubber.json(body), serde_json::json!({ "error": "no such key: papi_…2345" }));
    }

    #[test]
    fn every_form_of_the_key_becomes_its_hint() {
        let scrubber = Scrubber::new(&ApiKey::parse("papi_ab%2f\\9/yz1234").unwrap());
        for written in [
            r"papi_ab%2f\9/yz1234",
            r"papi_ab%2f\\9\/yz1234",
            r"PAPI_AB%2F\9/YZ1234",
            r"papi%5Fab%252f%5c9%2fyz1234",
            r"\u0070api\u005fab\u00252f\u005c9/yz1234",
            r"%70\u0061pi_ab%2f%5C9\u002Fyz%31234",
        ] {
            let text = format!("pap {written} papi_");
            assert_eq!(scrubber.text(text), "pap papi_…1234 papi_", "{written}");
        }
        let other = "papi_ab%2f\\9/yz1235 %7 \\u00 papi_ab";
        assert_eq!(scrubber.text(other.to_owned()), other);
    }

    #[test]
    fn a_form_of_the_key_that_the_end_cuts_short_is_found() {
        let scrubber = Scrubber::new(&ApiKey::parse("papi_abcdefgh1234").unwrap());
        for (text, expected) in [
            ("xx", 2),
            ("xxpapi_abcdefgh123", 2),
            ("xxp", 2),
            ("xx%7", 2),
            ("xx\\u00", 2),
            ("xx%70api_abc\\u006", 2),
            ("xxpapi_abcdefgh1235", 19),
            ("xxpapi_abcdefgh1234", 19),
        ] {
            assert_eq!(scrubber.begin_of_key_at_end(text.as_bytes()), expected, "{text}");
        }
        for (text, expected) in [("stop", 4), ("the papi_", 9), ("the papi_a", 4), ("xxpapi_abcdefgh1234", 19)] {
            assert_eq!(scrubber.begin_of_secret_at_end(text.as_bytes()), expected, "{text}");
        }
    }
}
