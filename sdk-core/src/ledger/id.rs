//! The id of a row, by which a later run knows it again.

use std::{collections::BTreeMap, fmt};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};
use serde_json::{Value, value::RawValue};

use crate::redact;

/// Longest id in bytes. It stands in two lines of the ledger for each call.
const LONGEST: usize = 1_000;

/// The id of one of many calls: a text or a whole number. `1` and `"1"` are two ids.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum RowId {
    /// A whole number.
    Number(i64),
    /// A text of 1 to 1,000 bytes.
    Text(String),
}

impl RowId {
    /// Fails with the rule that the id breaks.
    pub(super) fn check(&self) -> Result<(), String> {
        let Self::Text(text) = self else { return Ok(()) };
        if text.is_empty() {
            return Err("is empty".to_owned());
        }
        if text.len() > LONGEST {
            return Err(format!("has {} bytes: {LONGEST} are allowed", text.len()));
        }
        if redact::holds_key(text) {
            return Err("looks like a key, which must not stand in a file: pass another id".to_owned());
        }
        Ok(())
    }
}

impl From<i64> for RowId {
    fn from(number: i64) -> Self {
        Self::Number(number)
    }
}

impl From<&str> for RowId {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for RowId {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl fmt::Display for RowId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Text(text) => f.write_str(&redact::quote(text)),
        }
    }
}

/// Reads the id from a field of an input. `value` is the parsed input, if it can be parsed.
pub(super) fn of_field(name: &str, input: &[u8], value: Option<&Value>) -> Result<RowId, String> {
    let found = match value {
        Some(value) => value.get(name).map(Value::to_string),
        // Another field has half of a surrogate pair, or a number that is out of range.
        None => {
            let fields: Result<BTreeMap<String, &RawValue>, _> = serde_json::from_slice(input);
            fields.map_err(|_| "cannot be read".to_owned())?.get(name).map(|field| field.get().to_owned())
        }
    };
    let Some(found) = found else { return Err(format!("is missing: it has no field {}", redact::quote(name))) };
    serde_json::from_str(&found).map_err(|_| {
        let what = match found.as_bytes().first() {
            Some(b'n') => "null",
            Some(b't' | b'f') => "a boolean",
            Some(b'[') => "an array",
            Some(b'{') => "an object",
            Some(b'"') => "a text that is no Unicode",
            _ => "another number",
        };
        format!("must be a text or a whole number, not {what} (field {})", redact::quote(name))
    })
}

/// By hand: serde copies what an untagged enum is read from, and a ledger has hundreds of thousands of ids.
impl<'de> Deserialize<'de> for RowId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfRow;

        impl Visitor<'_> for OfRow {
            type Value = RowId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a whole number")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<RowId, E> {
                Ok(RowId::Number(number))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<RowId, E> {
                i64::try_from(number).map(RowId::Number).map_err(|_| E::custom("a number that is too large"))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<RowId, E> {
                Ok(RowId::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(OfRow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_text_or_a_whole_number_and_keeps_its_type() {
        for (json, id) in [("7", RowId::from(7)), ("-1", RowId::from(-1)), (r#""7""#, RowId::from("7"))] {
            assert_eq!(serde_json::from_str::<RowId>(json).unwrap(), id);
            assert_eq!(serde_json::to_string(&id).unwrap(), json);
        }
        for json in ["1.5", "null", "true", "[1]", "18446744073709551615"] {
            assert!(serde_json::from_str::<RowId>(json).is_err(), "{json}");
        }
    }

    #[test]
    fn an_id_is_neither_empty_nor_long_nor_a_key() {
        assert!(RowId::from(0).check().is_ok() && RowId::from("a".repeat(LONGEST)).check().is_ok());
        assert_eq!(RowId::from("").check().unwrap_err(), "is empty");
        assert_eq!(RowId::from("a".repeat(1_001)).check().unwrap_err(), "has 1001 bytes: 1000 are allowed");
        assert!(RowId::from("x papi_example_0000a1b2").check().unwrap_err().starts_with("looks like a key"));
    }
}
