//! The text of a stream, joined from its deltas.

use super::fields::{Field, Utf16Cut};

/// A text that arrives in pieces.
#[derive(Debug, Default)]
pub(crate) struct Text(Vec<u8>);

impl Text {
    pub(crate) fn add(&mut self, piece: Field<'_>) {
        if let Some(piece) = piece.read::<Utf16Cut<'_>>() {
            self.0.extend_from_slice(&piece.0);
        }
    }

    /// The whole text, with split surrogate pairs joined to characters.
    pub(crate) fn take(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.0)).unwrap_or_else(|error| joined(error.as_bytes()))
    }
}

/// Decodes bytes in which each surrogate is three bytes.
fn joined(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        let unit = |high: &u8, low: &u8| 0xD000 | u16::from(high & 0x3F) << 6 | u16::from(low & 0x3F);
        if let [0xED, a @ 0xA0..=0xAF, b, 0xED, c @ 0xB0..=0xBF, d, after @ ..] = rest
            && let Some(Ok(character)) = char::decode_utf16([unit(a, b), unit(c, d)]).next()
        {
            text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            rest = after;
        } else {
            text.push(*byte);
            rest = after;
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_that_was_cut_in_two_is_whole_again() {
        let mut text = Text::default();
        for json in [r#""smile \ud83d""#, r#""\ude00 ü 漢 ""#, r#""\ude00\ud83d""#] {
            text.add(Field(Some(serde_json::from_str(json).unwrap())));
        }
        let text = text.take();
        assert!(text.starts_with("smile 😀 ü 漢 \u{fffd}"), "{text:?}");
    }
}
