//! Characters that a server cut in two: servers that count in UTF-16 may split a text within a surrogate pair.

use std::borrow::Cow;

use bytes::Bytes;

use super::fields::Fields;

/// Maximum number of texts whose half waits at the same time. Of more, the oldest half is dropped.
const MOST_WAITING: usize = 64;

/// Length of `\uXXXX`.
const ESCAPE: usize = 6;

/// The first halves that ended a delta and wait for the next delta of their text.
#[derive(Debug, Default)]
pub(crate) struct Halves(Vec<Half>);

#[derive(Debug)]
struct Half {
    text: TextKey,
    unit: u16,
}

/// What distinguishes the texts of a stream: the event's name, and the JSON of its `id` and `parentToolCallId`.
#[derive(Debug, PartialEq)]
struct TextKey(Box<str>, Option<Box<str>>, Option<Box<str>>);

impl Halves {
    /// The data with whole characters in its `delta`: half of a pair at its end waits for the next delta of the same text, and
    /// begins it. `None` if there is nothing to change.
    pub(crate) fn mend(&mut self, name: &str, data: &Bytes, fields: &Fields<'_>) -> Option<Bytes> {
        let content = fields.delta.content()?;
        let before = self.take(name, fields);
        let whole = whole(content, before.as_ref().map(|half| half.unit))?;
        if let Some(unit) = whole.rest {
            if self.0.len() == MOST_WAITING {
                self.0.remove(0);
            }
            let own = |field: Option<&str>| field.map(Box::from);
            let text = before.map_or_else(
                || TextKey(name.into(), own(fields.id.json()), own(fields.parent_tool_call_id.json())),
                |half| half.text,
            );
            self.0.push(Half { text, unit });
        }
        let start = content.as_ptr().addr().checked_sub(data.as_ptr().addr())?;
        let (before, after) = (data.get(..start)?, data.get(start + content.len()..)?);
        Some([before, whole.content.as_bytes(), after].concat().into())
    }

    /// Whether a half waits, so that every delta must be looked at.
    pub(crate) fn are_waiting(&self) -> bool {
        !self.0.is_empty()
    }

    fn take(&mut self, name: &str, fields: &Fields<'_>) -> Option<Half> {
        let is_it = |Half { text: TextKey(known, id, parent), .. }: &Half| {
            &**known == name
                && id.as_deref() == fields.id.json()
                && parent.as_deref() == fields.parent_tool_call_id.json()
        };
        let at = self.0.iter().position(is_it)?;
        Some(self.0.remove(at))
    }
}

/// Whether data may contain half of a surrogate pair.
pub(crate) fn has_surrogate(data: &[u8]) -> bool {
    memchr::memmem::find_iter(data, b"\\u").any(|at| matches!(data.get(at + 2), Some(b'd' | b'D')))
}

/// The content of a JSON string, still escaped, with whole characters only.
struct Whole {
    content: String,
    /// The first half at its end.
    rest: Option<u16>,
}

/// Joins the half before a content to its start, takes the half off its end, and replaces other halves with U+FFFD. `None` if
/// there is nothing to change.
fn whole(content: &str, before: Option<u16>) -> Option<Whole> {
    if before.is_none() && is_whole(content) {
        return None;
    }
    let mut mended = String::with_capacity(content.len() + ESCAPE);
    // The first half of a pair whose other half must come next.
    let mut high = before;
    let mut rest = content;
    while !rest.is_empty() {
        let unit = escaped_unit(rest);
        match (high.take(), unit) {
            (Some(first), Some(0xDC00..=0xDFFF)) => push_unit(&mut mended, first),
            (Some(_), _) => {
                mended.push(char::REPLACEMENT_CHARACTER);
            }
            (None, Some(0xDC00..=0xDFFF)) => {
                mended.push(char::REPLACEMENT_CHARACTER);
                rest = rest.get(ESCAPE..).unwrap_or_default();
                continue;
            }
            (None, _) => {}
        }
        let length = match unit {
            Some(first @ 0xD800..=0xDBFF) => {
                high = Some(first);
                rest = rest.get(ESCAPE..).unwrap_or_default();
                continue;
            }
            Some(_) => ESCAPE,
            None if rest.starts_with('\\') => 2,
            None => memchr::memchr(b'\\', rest.as_bytes()).unwrap_or(rest.len()),
        };
        let (plain, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        mended.push_str(plain);
        rest = after;
    }
    // After an empty delta the half still waits.
    Some(Whole { content: mended, rest: high })
}

/// Whether every surrogate in a content has its other half right beside it.
fn is_whole(content: &str) -> bool {
    let mut rest = content;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        rest = rest.get(at..).unwrap_or_default();
        let length = match escaped_unit(rest) {
            Some(0xD800..=0xDBFF) => match rest.get(ESCAPE..).and_then(escaped_unit) {
                Some(0xDC00..=0xDFFF) => 2 * ESCAPE,
                _ => return false,
            },
            Some(0xDC00..=0xDFFF) => return false,
            Some(_) => ESCAPE,
            None => 2,
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    true
}

/// The content with whole characters only; a half at its end is replaced too.
pub(crate) fn replaced(content: &str) -> Cow<'_, str> {
    match whole(content, None) {
        None => Cow::Borrowed(content),
        Some(Whole { mut content, rest }) => {
            content.extend(rest.map(|_| char::REPLACEMENT_CHARACTER));
            Cow::Owned(content)
        }
    }
}

/// The UTF-16 unit of the `\uXXXX` that begins a content.
fn escaped_unit(content: &str) -> Option<u16> {
    u16::from_str_radix(content.strip_prefix("\\u")?.get(..4)?, 16).ok()
}

fn push_unit(content: &mut String, unit: u16) {
    use std::fmt::Write as _;
    // Writing to a string cannot fail.
    let _ = write!(content, "\\u{unit:04x}");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mended(halves: &mut Halves, name: &'static str, data: &str) -> String {
        let data = Bytes::copy_from_slice(data.as_bytes());
        let changed = halves.mend(name, &data, &Fields::of(&data));
        String::from_utf8(changed.unwrap_or(data).to_vec()).unwrap()
    }

    fn delta(data: &str) -> String {
        Fields::of(data.as_bytes()).delta.text().unwrap().into_owned()
    }

    #[test]
    fn data_without_halves_is_not_copied() {
        for json in [r#"{"delta":"\ud83d\ude00 \\ud83d \u00fc"}"#, r#"{"delta":"plain"}"#, r#"{"delta":5}"#, "{}", "no"]
        {
            let data = Bytes::copy_from_slice(json.as_bytes());
            assert!(Halves::default().mend("text_delta", &data, &Fields::of(&data)).is_none(), "{json}");
        }
    }

    #[test]
    fn of_a_repeated_delta_the_last_one_is_mended() {
        let mut halves = Halves::default();
        let data = mended(&mut halves, "text_delta", r#"{"delta":"x","delta" : "a\ud83d" , "n":1}"#);
        assert_eq!(data, r#"{"delta":"x","delta" : "a" , "n":1}"#);
        assert_eq!(mended(&mut halves, "text_delta", r#"{"delta":"\uDE00"}"#), r#"{"delta":"\ud83d\uDE00"}"#);
        assert!(!halves.are_waiting());
    }

    #[test]
    fn a_half_waits_for_its_own_text_and_no_other() {
        let mut halves = Halves::default();
        assert_eq!(delta(&mended(&mut halves, "text_delta", r#"{"delta":"\ud83d","id":"a"}"#)), "");
        for (name, data) in [
            ("reasoning_delta", r#"{"delta":"\ude00","id":"a"}"#),
            ("text_delta", r#"{"delta":"\ude00","id":"b"}"#),
            ("text_delta", r#"{"delta":"\ude00","id":"a","parentToolCallId":"c"}"#),
        ] {
            assert_eq!(delta(&mended(&mut halves, name, data)), "\u{fffd}", "{data}");
        }
        assert_eq!(delta(&mended(&mut halves, "text_delta", r#"{"delta":"\ude00","id":"a"}"#)), "😀");
    }

    #[test]
    fn a_flood_of_halves_is_not_kept() {
        let mut halves = Halves::default();
        for number in 0..10 * MOST_WAITING {
            mended(&mut halves, "text_delta", &format!(r#"{{"delta":"\ud83d","id":{number}}}"#));
        }
        assert_eq!(halves.0.len(), MOST_WAITING);
    }

    proptest! {
        #[test]
        fn a_text_cut_between_any_utf_16_units_is_whole_again(
            text in "[a\\\\\"é漢😀🤔\n]{0,20}",
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
            is_escaped in any::<bool>(),
        ) {
            let units: Vec<u16> = text.encode_utf16().collect();
            let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(units.len() + 1)).collect();
            at.extend([0, units.len()]);
            at.sort_unstable();
            let mut halves = Halves::default();
            let mut joined = String::new();
            for pair in at.windows(2) {
                let content: String = char::decode_utf16(units[pair[0]..pair[1]].iter().copied())
                    .map(|unit| match unit {
                        Ok(unit) if is_escaped => unit.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04X}")).collect(),
                        Ok('\n') => "\\n".to_owned(),
                        Ok(unit @ ('"' | '\\')) => format!("\\{unit}"),
                        Ok(unit) => unit.to_string(),
                        Err(half) => format!("\\u{:04x}", half.unpaired_surrogate()),
                    })
                    .collect();
                let piece = delta(&mended(&mut halves, "text_delta", &format!(r#"{{"delta":"{content}"}}"#)));
                prop_assert!(!piece.contains('\u{fffd}'), "{}", piece);
                joined.push_str(&piece);
            }
            prop_assert_eq!(joined, text);
        }

        #[test]
        fn any_content_is_mended_to_json(content in "(\\\\u[dD][89abcdEF0-7][0-9a-f]{2}|\\\\n|\\\\\\\\|u|d|é){0,8}") {
            let data = format!(r#"{{"delta":"{content}"}}"#);
            let data = mended(&mut Halves::default(), "text_delta", &data);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&data).is_ok(), "{}", data);
            let whole: Result<String, _> = serde_json::from_str(&format!("\"{}\"", replaced(&content)));
            prop_assert!(whole.is_ok(), "{:?}", whole);
        }
    }
}
