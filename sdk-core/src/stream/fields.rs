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
    pub(crate) text: Field<'a>,
    pub(crate) parent_tool_call_id: Field<'a>,
    pub(crate) subagent: Field<'a>,
    pub(crate) tool_name: Field<'a>,
    pub(crate) await_reason: Field<'a>,
    pub(crate) block_reason: Field<'a>,
    pub(crate) stop_reason: Field<'a>,
    pub(crate) upgrade_url: Field<'a>,
    pub(crate) details: Field<'a>,
    pub(crate) total_tokens: Field<'a>,
    pub(crate) total_tokens_used: Field<'a>,
    pub(crate) total_cost: Field<'a>,
    pub(crate) iterations: Field<'a>,
    /// Of `totalTokens`.
    pub(crate) input: Field<'a>,
    /// Of `totalTokens`.
    pub(crate) output: Field<'a>,
}

#[cfg(test)]
std::thread_local! {
    /// Number of events that this thread has parsed.
    pub(crate) static PARSED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

impl<'a> Fields<'a> {
    /// The fields of an event's data; none of data that is not an object.
    pub(crate) fn of(data: &'a [u8]) -> Self {
        #[cfg(test)]
        PARSED.set(PARSED.get() + 1);
        serde_json::from_slice(data).unwrap_or_default()
    }

    /// The id of the tool call that nests the event, its own or that of its `subagent`.
    pub(crate) fn parent(&self) -> Option<Cow<'a, str>> {
        self.parent_tool_call_id.text().or_else(|| self.subagent.read::<Self>()?.parent_tool_call_id.text())
    }

    /// Whether the event belongs to a nested flow or agent.
    pub(crate) fn is_nested(&self) -> bool {
        let in_subagent = || self.subagent.read::<Self>().is_some_and(|agent| agent.parent_tool_call_id.is_present());
        self.parent_tool_call_id.is_present() || in_subagent()
    }

    /// The fields of `error`, if it is an object.
    fn of_error(&self) -> Self {
        self.error.read().unwrap_or_default()
    }

    /// The message of an error, wherever it is.
    pub(crate) fn error_message(&self) -> Option<Cow<'a, str>> {
        let own = || self.message.text().or_else(|| self.block_reason.text());
        self.error.text().or_else(|| self.of_error().message.text()).or_else(own)
    }

    /// The code of an error; the digits if it is a number.
    pub(crate) fn error_code(&self) -> Option<Cow<'a, str>> {
        self.code.code().or_else(|| self.of_error().code.code())
    }

    pub(crate) fn error_upgrade_url(&self) -> Option<Cow<'a, str>> {
        self.upgrade_url.text().or_else(|| self.of_error().upgrade_url.text())
    }

    pub(crate) fn error_details(&self) -> Option<serde_json::Value> {
        self.details.read().or_else(|| self.of_error().details.read())
    }
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
                        b"text" => &mut fields.text,
                        b"parentToolCallId" => &mut fields.parent_tool_call_id,
                        b"subagent" => &mut fields.subagent,
                        b"toolName" => &mut fields.tool_name,
                        b"awaitReason" => &mut fields.await_reason,
                        b"blockReason" => &mut fields.block_reason,
                        b"stopReason" => &mut fields.stop_reason,
                        b"upgradeUrl" => &mut fields.upgrade_url,
                        b"details" => &mut fields.details,
                        b"totalTokens" => &mut fields.total_tokens,
                        b"totalTokensUsed" => &mut fields.total_tokens_used,
                        b"totalCost" => &mut fields.total_cost,
                        b"iterations" => &mut fields.iterations,
                        b"input" => &mut fields.input,
                        b"output" => &mut fields.output,
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

    /// The JSON text.
    pub(crate) fn json(self) -> Option<&'a str> {
        self.0.map(RawValue::get)
    }

    /// The content of a JSON string, still escaped.
    pub(crate) fn content(self) -> Option<&'a str> {
        self.0?.get().strip_prefix('"')?.strip_suffix('"')
    }

    /// A whole number that is not negative; `3.0` is one.
    pub(crate) fn count(self) -> Option<u64> {
        let whole = |number: &f64| number.fract() == 0.0 && (0.0..9e15).contains(number);
        self.read().or_else(|| self.read::<f64>().filter(whole).map(|number| number as u64))
    }

    /// Whether it is there and not `null`.
    pub(crate) fn is_present(self) -> bool {
        self.0.is_some_and(|value| value.get() != "null")
    }

    /// A string, or the digits of a number.
    pub(crate) fn code(self) -> Option<Cow<'a, str>> {
        self.text().or_else(|| Some(self.read::<serde_json::Number>()?.to_string().into()))
    }
}

/// A JSON string, which may contain half of a surrogate pair (as three bytes that are not UTF-8): servers that count in UTF-16 may
/// split a text anywhere.
struct Utf16Cut<'a>(Cow<'a, [u8]>);

impl<'a> Utf16Cut<'a> {
    /// The text; an unpaired surrogate becomes U+FFFD.
    fn into_str(self) -> Cow<'a, str> {
        match self.0 {
            Cow::Borrowed(bytes) => String::from_utf8_lossy(bytes),
            Cow::Owned(bytes) => String::from_utf8(bytes).unwrap_or_else(|error| replaced(error.as_bytes())).into(),
        }
    }
}

/// Decodes bytes in which each unpaired surrogate is three bytes, all of which are invalid in UTF-8.
fn replaced(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        // The first byte of a surrogate; the other two follow as chunks of their own.
        if chunk.invalid().first() == Some(&0xED) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
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
