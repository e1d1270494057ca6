//! Typed fields of an event's data.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// Fields of the vocabulary, parsed separately: one of an unexpected type does not affect the others.
#[derive(Default)]
pub(crate) struct Fields<'a> {
    pub(crate) kind: Field<'a>,
    pub(crate) seq: Field<'a>,
    pub(crate) execution_id: Field<'a>,
    pub(crate) delta: Field<'a>,
    pub(crate) id: Field<'a>,
    pub(crate) final_output: Field<'a>,
    pub(crate) duration_ms: Field<'a>,
    pub(crate) code: Field<'a>,
    pub(crate) error: Field<'a>,
    pub(crate) message: Field<'a>,
    pub(crate) success: Field<'a>,
    pub(crate) recoverable: Field<'a>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Fields::default();
                while let Some(name) = map.next_key::<Utf16Cut<'_>>()? {
                    let field = Field(Some(map.next_value()?));
                    // Of a duplicate name the last value counts, as in JavaScript.
                    *match &*name.0 {
                        b"type" => &mut fields.kind,
                        b"seq" => &mut fields.seq,
                        b"executionId" => &mut fields.execution_id,
                        b"delta" => &mut fields.delta,
                        b"id" => &mut fields.id,
                        b"finalOutput" => &mut fields.final_output,
                        b"durationMs" => &mut fields.duration_ms,
                        b"code" => &mut fields.code,
                        b"error" => &mut fields.error,
                        b"message" => &mut fields.message,
                        b"success" => &mut fields.success,
                        b"recoverable" => &mut fields.recoverable,
                        _ => continue,
                    } = field;
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// The field's JSON text, if present.
#[derive(Default, Clone, Copy)]
pub(crate) struct Field<'a>(pub(crate) Option<&'a RawValue>);

impl<'a> Field<'a> {
    pub(crate) fn read<T: Deserialize<'a>>(self) -> Option<T> {
        serde_json::from_str(self.0?.get()).ok()
    }

    pub(crate) fn text(self) -> Option<Cow<'a, str>> {
        Some(self.read::<Utf16Cut<'_>>()?.into_str())
    }

    /// A string, or the digits of a number.
    pub(crate) fn code(self) -> Option<Cow<'a, str>> {
        self.text().or_else(|| Some(self.read::<serde_json::Number>()?.to_string().into()))
    }
}

/// A JSON string, which may contain half of a surrogate pair (as three bytes that are not UTF-8): servers that count in UTF-16 may
/// split a text anywhere.
pub(super) struct Utf16Cut<'a>(pub(super) Cow<'a, [u8]>);

impl<'a> Utf16Cut<'a> {
    /// The text; each byte of an unpaired surrogate becomes U+FFFD.
    fn into_str(self) -> Cow<'a, str> {
        match self.0 {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
                .into(),
        }
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Utf16Cut<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Utf16Cut<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Utf16Cut<'de>, E> {
                Ok(Utf16Cut(bytes.into()))
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Utf16Cut<'de>, E> {
                Ok(Utf16Cut(text.as_bytes().into()))
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Utf16Cut<'de>, E> {
                Ok(Utf16Cut(bytes.to_vec().into()))
            }

            fn visit_str<E>(self, text: &str) -> Result<Utf16Cut<'de>, E> {
                Ok(Utf16Cut(text.as_bytes().to_vec().into()))
            }
        }

        deserializer.deserialize_bytes(Reader)
    }
}
