//! What a text may stand for where it has escapes.
//!
//! Nobody can know how the reader of a text resolves it, so every reading of a place counts: the byte unchanged, `%70`,
//! `\u0070`, a backslash before what JSON lets stand behind one, in any mixture, with escapes of escapes.

use std::{collections::HashMap, ops::Range};

/// The most bytes that are read as one character: `\u0070` with each of its own characters escaped.
pub(crate) const LONGEST_FORM: usize = 36;

/// A text and all readings of its places.
pub(crate) struct Readings<'t> {
    text: &'t [u8],
    /// By the place of a `%` or a backslash. Any other byte can only be itself.
    escapes: HashMap<usize, Vec<Reading>>,
}

/// One byte that a place may stand for, and where the next one begins.
#[derive(Clone, Copy, PartialEq)]
struct Reading {
    byte: u8,
    end: usize,
}

fn is_mark(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\')
}

impl<'t> Readings<'t> {
    pub(crate) fn new(text: &'t [u8]) -> Self {
        let mut readings = Self { text, escapes: HashMap::new() };
        // From the end, since an escape consists of what follows its mark.
        for (at, byte) in text.iter().enumerate().rev().filter(|(_, byte)| is_mark(**byte)) {
            let found = readings.of_mark(at, *byte);
            readings.escapes.insert(at, found);
        }
        readings
    }

    /// Where a beginning ends, compared without regard to case, when a text at this place can be read as one. Of several
    /// such ends the last.
    pub(crate) fn after(&self, at: usize, beginning: &[u8]) -> Option<usize> {
        let is_plain = |(byte, wanted): &(&u8, &u8)| byte.eq_ignore_ascii_case(wanted) && !is_mark(**byte);
        let plain = self.text.get(at..)?.iter().zip(beginning).take_while(is_plain).count();
        if plain < beginning.len() && !self.text.get(at + plain).is_some_and(|byte| is_mark(*byte)) {
            return None;
        }
        let mut places = vec![at + plain];
        for wanted in beginning.get(plain..)? {
            let next = places.into_iter().flat_map(|place| self.at(place));
            places = next.filter(|next| next.byte.eq_ignore_ascii_case(wanted)).map(|next| next.end).collect();
            places.sort_unstable();
            places.dedup();
            if places.is_empty() {
                return None;
            }
        }
        places.last().copied()
    }

    /// A part of the text with all its escapes resolved, the longest at each place.
    pub(crate) fn resolved(&self, part: Range<usize>) -> String {
        let mut bytes = Vec::with_capacity(part.len());
        let mut at = part.start;
        while let Some(next) = self.at(at).filter(|next| next.end <= part.end).max_by_key(|next| next.end) {
            bytes.push(next.byte);
            at = next.end;
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn at(&self, place: usize) -> impl Iterator<Item = Reading> {
        let byte = self.text.get(place).copied();
        let plain = byte.filter(|byte| !is_mark(*byte)).map(|byte| Reading { byte, end: place + 1 });
        let escapes = if plain.is_none() { self.escapes.get(&place) } else { None };
        plain.into_iter().chain(escapes.into_iter().flatten().copied())
    }

    /// The readings of a mark, which may itself be the result of an escape.
    fn of_mark(&self, at: usize, mark: u8) -> Vec<Reading> {
        let mut found = Vec::new();
        let mut add = |next: Reading| {
            let is_new = next.end - at <= LONGEST_FORM && !found.contains(&next);
            if is_new {
                found.push(next);
            }
            is_new
        };
        let itself = Reading { byte: mark, end: at + 1 };
        add(itself);
        let mut expanded = vec![itself];
        while let Some(Reading { byte, end }) = expanded.pop() {
            let escapes: Vec<_> = match byte {
                b'%' => self.hex(end).collect(),
                b'\\' => {
                    // Behind a further backslash are all its own readings, and their escapes are among them.
                    let is_backslash = self.at(end).any(|next| next.byte == b'\\');
                    let may_stand = |next: &Reading| is_backslash || matches!(next.byte, b'"' | b'/');
                    self.at(end).filter(may_stand).for_each(|next| _ = add(next));
                    self.number(end).collect()
                }
                _ => Vec::new(),
            };
            expanded.extend(escapes.into_iter().filter(|next| add(*next)));
        }
        found
    }

    /// The bytes that `u00` and two hexadecimal digits stand for.
    fn number(&self, at: usize) -> impl Iterator<Item = Reading> {
        let ends = |place, byte| self.at(place).filter(move |next| next.byte == byte).map(|next| next.end);
        let zeros = ends(at, b'u').flat_map(move |place| ends(place, b'0')).flat_map(move |place| ends(place, b'0'));
        zeros.flat_map(|place| self.hex(place))
    }

    /// The bytes that two hexadecimal digits stand for.
    fn hex(&self, at: usize) -> impl Iterator<Item = Reading> {
        let digits = |place| self.at(place).filter_map(|next| Some((digit(next.byte)?, next.end)));
        digits(at)
            .flat_map(move |(high, end)| digits(end).map(move |(low, end)| Reading { byte: high * 16 + low, end }))
    }
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_found_in_each_reading() {
        for text in [
            "A2a_",
            "%61%32%61%5F",
            r"\u0061\u0032\u0061\u005f",
            r"%5Cu0061%25%332\\u0061_",
            r"\\\\u00612a_",
            r"\u005c\u0075\u0030\u0030\u0036\u00312a_",
        ] {
            assert_eq!(Readings::new(text.as_bytes()).after(0, b"a2a_"), Some(text.len()), "{text}");
        }
        let text = br"%0a\u0032a_";
        assert_eq!(Readings::new(text).after(2, b"a2a_"), Some(text.len()), "a digit of an escape is a letter too");
        assert_eq!(Readings::new(b"%612a").after(0, b"a2a_"), None);
        assert_eq!(Readings::new(b"%6").after(0, b"a"), None);
    }

    #[test]
    fn a_part_is_resolved_to_its_end_and_no_further() {
        let readings = Readings::new(br"ab%63\u0064%65");
        assert_eq!(readings.resolved(0..11), "abcd");
        assert_eq!(readings.resolved(1..13), "bcd%6", "the end cuts the escape");
    }

    #[test]
    fn a_place_has_few_readings_however_many_escapes_follow() {
        for text in [r"\", "%", "%25", r"\u005c", "%5c", r"\%", "%%32%35", r"\\u0025"] {
            let text = text.repeat(4_000 / text.len());
            let readings = Readings::new(text.as_bytes());
            let most = readings.escapes.values().map(Vec::len).max();
            assert!(most.is_some_and(|most| most <= 2 * LONGEST_FORM), "{most:?} of {}", &text[..12]);
        }
    }
}
