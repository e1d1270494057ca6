//! What tells two inputs apart without storing them.

use ring::digest::{Context, SHA256};
use serde_json::Value;

/// Length in bytes. Half of SHA-256: it finds mistakes, not attacks.
const LENGTH: usize = 16;

/// Digest of an input that does not depend on the order of fields, on whitespace, or on how a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Digest([u8; LENGTH]);

impl Digest {
    /// `value` is the parsed input; `None` if it cannot be parsed (a lone surrogate, a number out of range).
    pub(super) fn of(json: &[u8], value: Option<&Value>) -> Self {
        let mut context = Context::new(&SHA256);
        match value {
            Some(value) => add(&mut context, value),
            None => context.update(json),
        }
        let mut digest = [0; LENGTH];
        digest.iter_mut().zip(context.finish().as_ref()).for_each(|(byte, other)| *byte = *other);
        Self(digest)
    }

    pub(super) fn hex(&self) -> String {
        hex(&self.0)
    }

    pub(super) fn parse(text: &str) -> Option<Self> {
        Some(Self(unhex(text)?.try_into().ok()?))
    }
}

/// Feeds a value, with a mark before each part so that no two values give the same bytes.
fn add(context: &mut Context, value: &Value) {
    match value {
        Value::Null => context.update(b"0"),
        Value::Bool(true) => context.update(b"t"),
        Value::Bool(false) => context.update(b"f"),
        Value::Number(number) => {
            context.update(b"n");
            // 1 and 1.0 are one number: JavaScript writes no other.
            let text =
                number.as_f64().filter(|_| number.is_f64()).map_or_else(|| number.to_string(), |it| it.to_string());
            add_bytes(context, text.as_bytes());
        }
        Value::String(text) => {
            context.update(b"s");
            add_bytes(context, text.as_bytes());
        }
        Value::Array(items) => {
            context.update(b"[");
            items.iter().for_each(|item| add(context, item));
            context.update(b"]");
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> = fields.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            context.update(b"{");
            for (name, field) in fields {
                add_bytes(context, name.as_bytes());
                add(context, field);
            }
            context.update(b"}");
        }
    }
}

fn add_bytes(context: &mut Context, bytes: &[u8]) {
    context.update(&(bytes.len() as u64).to_le_bytes());
    context.update(bytes);
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(json: &str) -> Digest {
        Digest::of(json.as_bytes(), serde_json::from_str(json).ok().as_ref())
    }

    #[test]
    fn the_same_input_has_one_digest_however_it_is_written() {
        let same = [r#"{"a":1,"b":[true,null,"ü"]}"#, "{ \"b\": [true, null, \"\\u00fc\"],\n \"a\": 1.0 }"];
        assert_eq!(of(same[0]), of(same[1]));
        assert_eq!(Digest::parse(&of(same[0]).hex()), Some(of(same[0])));
    }

    #[test]
    fn another_input_has_another_digest() {
        let others = [
            "{}",
            r#"{"a":1}"#,
            r#"{"a":2}"#,
            r#"{"a":"1"}"#,
            r#"{"b":1}"#,
            r#"{"a":[1]}"#,
            r#"{"a":[[1]]}"#,
            r#"{"a":[1,2]}"#,
            r#"{"a":[12]}"#,
            r#"{"a":true}"#,
            r#"{"a":false}"#,
            r#"{"a":null}"#,
            r#"{"a":{}}"#,
            r#"{"a":1.5}"#,
            r#"{"a":"\ud800"}"#,
            r#"{"a":"\ud801"}"#,
            r#"{"ab":"c"}"#,
            r#"{"a":"bc"}"#,
        ];
        for (at, one) in others.iter().enumerate() {
            for other in &others[at + 1..] {
                assert_ne!(of(one), of(other), "{one} {other}");
            }
        }
    }

    #[test]
    fn a_digest_that_is_cut_short_or_no_digest_is_none() {
        for text in ["", "0", "00", "zz", "+1", &"0".repeat(31), &"0".repeat(34), "ä"] {
            assert_eq!(Digest::parse(text), None, "{text}");
        }
        assert!(Digest::parse(&"0f".repeat(16)).is_some());
        assert_eq!(unhex("00ff"), Some(vec![0, 255]));
    }
}
