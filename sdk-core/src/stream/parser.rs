//! Parser of server-sent events (WHATWG HTML, section 9.2.6, "Interpreting an event stream").
//!
//! Of the existing parsers, one panics at a byte order mark and takes quadratic time for a large event, and another has no size
//! limit. This one reads each byte once, for any chunking, and holds at most one event.

use bytes::{Bytes, BytesMut};

/// Byte order mark, allowed once at the start.
const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

const DATA: &[u8] = b"data:";

/// Data with which some streams end. It is no event (as the vendor's own parsers have it), so it counts as other lines do: a
/// stream of nothing else must not be endless.
const DONE: &[u8] = b"[DONE]";

/// An event's fields as bytes, not yet decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawEvent {
    /// The `event` field; empty if absent.
    pub(crate) name: Bytes,
    /// The `data` lines, joined by line feeds.
    pub(crate) data: Bytes,
    /// The last `id` so far.
    pub(crate) id: Bytes,
}

/// What exceeded the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TooLarge {
    /// The data of an event.
    Event,
    /// The other lines since the last event: names, ids, comments and blank lines.
    BetweenEvents,
}

#[derive(Debug)]
pub(crate) struct EventParser {
    limit: usize,
    /// Start of an incomplete line.
    partial: BytesMut,
    /// First bytes, until it is clear whether they are a byte order mark.
    begin: Option<BytesMut>,
    /// Whether a CR ended the last line; an LF right after it belongs to it.
    after_cr: bool,
    name: Bytes,
    data: Data,
    id: Bytes,
    /// Bytes of lines without data since the last event.
    between: usize,
}

/// Data of the current event. Most events have one line, which is not copied.
#[derive(Debug, Default)]
enum Data {
    #[default]
    None,
    One(Bytes),
    Many(BytesMut),
}

impl Data {
    fn len(&self) -> usize {
        match self {
            Self::None => 0,
            Self::One(line) => line.len(),
            Self::Many(lines) => lines.len(),
        }
    }

    fn push(&mut self, line: Bytes) {
        *self = match std::mem::take(self) {
            Self::None => Self::One(line),
            Self::One(first) => {
                let mut lines = BytesMut::with_capacity((first.len() + line.len() + 1) * 2);
                lines.extend_from_slice(&first);
                lines.extend_from_slice(b"\n");
                lines.extend_from_slice(&line);
                Self::Many(lines)
            }
            Self::Many(mut lines) => {
                lines.extend_from_slice(b"\n");
                lines.extend_from_slice(&line);
                Self::Many(lines)
            }
        };
    }

    fn take(&mut self) -> Option<Bytes> {
        match std::mem::take(self) {
            Self::None => None,
            Self::One(line) => Some(line),
            Self::Many(lines) => Some(lines.freeze()),
        }
    }
}

impl EventParser {
    /// `limit`: maximum size of one event's data, and of all else since the last event, in bytes.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            partial: BytesMut::new(),
            begin: Some(BytesMut::new()),
            after_cr: false,
            name: Bytes::new(),
            data: Data::None,
            id: Bytes::new(),
            between: 0,
        }
    }

    /// Parses a piece of the stream and yields the complete events. An event that the end of the stream cuts off is dropped.
    /// Returns whether a line was completed.
    pub(crate) fn feed(&mut self, piece: Bytes, emit: &mut impl FnMut(RawEvent)) -> Result<bool, TooLarge> {
        let Some(piece) = self.after_byte_order_mark(piece) else { return Ok(false) };
        let mut has_line = false;
        let mut rest = &piece[..];
        if self.after_cr && !rest.is_empty() {
            self.after_cr = false;
            rest = rest.strip_prefix(b"\n").unwrap_or(rest);
        }
        while let Some(end) = memchr::memchr2(b'\n', b'\r', rest) {
            has_line = true;
            let (line, ended) = rest.split_at(end);
            rest = match ended {
                [b'\r', b'\n', rest @ ..] | [_, rest @ ..] => rest,
                [] => ended,
            };
            self.after_cr = ended == b"\r";
            if self.partial.is_empty() {
                self.line(line, &piece, emit)?;
            } else {
                self.partial.extend_from_slice(line);
                let line = self.partial.split().freeze();
                self.line(&line, &line, emit)?;
            }
        }
        if !rest.is_empty() {
            let length = self.partial.len() + rest.len();
            // The line's field is known once its colon has come.
            if self.partial.iter().chain(rest).zip(DATA).all(|(byte, data)| byte == data) {
                // The field's name and colon do not count as data.
                if length + self.data.len() > self.limit.saturating_add("data: ".len()) {
                    return Err(TooLarge::Event);
                }
            } else if length + self.between >= self.limit {
                return Err(TooLarge::BetweenEvents);
            }
            self.partial.extend_from_slice(rest);
        }
        Ok(has_line)
    }

    fn after_byte_order_mark(&mut self, piece: Bytes) -> Option<Bytes> {
        let Some(mut begin) = self.begin.take() else { return Some(piece) };
        let piece = if begin.is_empty() {
            piece
        } else {
            begin.extend_from_slice(&piece);
            begin.freeze()
        };
        if let Some(rest) = piece.strip_prefix(BYTE_ORDER_MARK) {
            return Some(piece.slice_ref(rest));
        }
        if BYTE_ORDER_MARK.starts_with(&piece) {
            self.begin = Some(BytesMut::from(&piece[..]));
            return None;
        }
        Some(piece)
    }

    /// Parses a line, a part of `piece`; its value is shared, not copied.
    fn line(&mut self, line: &[u8], piece: &Bytes, emit: &mut impl FnMut(RawEvent)) -> Result<(), TooLarge> {
        if line.is_empty() {
            let name = std::mem::take(&mut self.name);
            if let Some(data) = self.data.take() {
                if data.trim_ascii() == DONE {
                    return self.count(&data);
                }
                self.between = 0;
                emit(RawEvent { name, data, id: self.id.clone() });
                return Ok(());
            }
            return self.count(line);
        }
        let colon = memchr::memchr(b':', line);
        let field = line.get(..colon.unwrap_or(line.len())).unwrap_or_default();
        let value = colon.map_or(&[][..], |colon| {
            let value = line.get(colon + 1..).unwrap_or_default();
            value.strip_prefix(b" ").unwrap_or(value)
        });
        match field {
            b"data" => {
                if self.data.len().saturating_add(value.len()) > self.limit {
                    return Err(TooLarge::Event);
                }
                self.data.push(piece.slice_ref(value));
                return Ok(());
            }
            b"event" => self.name = piece.slice_ref(value),
            // The specification ignores an id with a NUL.
            b"id" if !value.contains(&0) => self.id = Bytes::copy_from_slice(value),
            // `retry` sets the wait before a reconnection, but a call with effects is never reconnected. Comments begin with the
            // colon. The specification ignores other fields.
            _ => {}
        }
        self.count(line)
    }

    /// Counts a line without data, and its end.
    fn count(&mut self, line: &[u8]) -> Result<(), TooLarge> {
        self.between = self.between.saturating_add(line.len() + 1);
        if self.between > self.limit { Err(TooLarge::BetweenEvents) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(pieces: &[&[u8]]) -> Vec<(String, String)> {
        let mut parser = EventParser::new(1 << 24);
        let mut events = Vec::new();
        for piece in pieces {
            parser.feed(Bytes::copy_from_slice(piece), &mut |event| events.push(event)).unwrap();
        }
        let text = |bytes: Bytes| String::from_utf8_lossy(&bytes).into_owned();
        events.into_iter().map(|event| (text(event.name), text(event.data))).collect()
    }

    /// The events within a limit, and what exceeds it.
    fn parse_limited(pieces: &[&[u8]], limit: usize) -> (Vec<RawEvent>, Option<TooLarge>) {
        let mut parser = EventParser::new(limit);
        let mut events = Vec::new();
        let mut feed = |piece: &&[u8]| parser.feed(Bytes::copy_from_slice(piece), &mut |event| events.push(event));
        let problem = pieces.iter().find_map(|piece| feed(piece).err());
        (events, problem)
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(name, data)| ((*name).to_owned(), (*data).to_owned())).collect()
    }

    /// Streams and their events; the WHATWG's examples first.
    fn recorded() -> Vec<(&'static str, Vec<(String, String)>)> {
        vec![
            ("data: YHOO\ndata: +2\ndata: 10\n\n", pairs(&[("", "YHOO\n+2\n10")])),
            (
                ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
                pairs(&[("", "first event"), ("", "second event")]),
            ),
            ("data\n\ndata\ndata\n\ndata:", pairs(&[("", ""), ("", "\n")])),
            ("data:test\n\ndata: test\n\n", pairs(&[("", "test"), ("", "test")])),
            (
                "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n",
                pairs(&[("add", "73857293"), ("remove", "2153")]),
            ),
            ("event: lost\n\ndata: kept\n\n", pairs(&[("", "kept")])),
            (
                "data: a\r\rdata: b\r\n\r\ndata: c\n\r\ndata: d\r\n\n",
                pairs(&[("", "a"), ("", "b"), ("", "c"), ("", "d")]),
            ),
            (
                "\u{feff}data: after a mark\n\ndata: \u{feff}inside\n\n",
                pairs(&[("", "after a mark"), ("", "\u{feff}inside")]),
            ),
            (
                "event: text_delta\r\ndata: {\"delta\":\"zwölf 漢 😀\"}\r\n\r\n: ping\r\n\r\nretry: 10\r\ndata:\r\ndata: x\r\n\r\n",
                pairs(&[("text_delta", "{\"delta\":\"zwölf 漢 😀\"}"), ("", "\nx")]),
            ),
            ("data:no newline at the end", vec![]),
        ]
    }

    #[test]
    fn every_cut_at_every_byte_gives_the_same_events() {
        for (stream, expected) in recorded() {
            let bytes = stream.as_bytes();
            for first in 0..=bytes.len() {
                for second in first..=bytes.len() {
                    let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                    assert_eq!(parse(&pieces), expected, "{stream:?} cut at {first} and {second}");
                }
            }
            let single: Vec<&[u8]> = bytes.chunks(1).collect();
            assert_eq!(parse(&single), expected, "{stream:?} byte by byte");
        }
    }

    #[test]
    fn every_kind_of_line_end_gives_the_same_events() {
        let stream = "event: a\ndata: 1\ndata: 2\n\ndata: 3\n\n";
        let expected = pairs(&[("a", "1\n2"), ("", "3")]);
        for end in ["\n", "\r", "\r\n"] {
            let stream = stream.replace('\n', end);
            for cut in 0..=stream.len() {
                let (first, second) = stream.as_bytes().split_at(cut);
                assert_eq!(parse(&[first, second]), expected, "{end:?} cut at {cut}");
            }
        }
    }

    #[test]
    fn an_id_stays_until_another_comes() {
        let mut parser = EventParser::new(100);
        let mut events = Vec::new();
        let stream = "id: 7\ndata: a\n\ndata: b\n\nid: x\0y\ndata: c\n\nid\ndata: d\n\n";
        parser.feed(Bytes::from_static(stream.as_bytes()), &mut |event| events.push(event)).unwrap();
        let ids: Vec<_> = events.iter().map(|event| &event.id[..]).collect();
        assert_eq!(ids, [&b"7"[..], b"7", b"7", b""]);
    }

    #[test]
    fn an_event_up_to_the_limit_is_read_and_one_beyond_it_is_refused() {
        for (length, fits) in [(100, true), (101, false)] {
            for cut in [1, 7, 1_000] {
                for ended in [true, false] {
                    let mut parser = EventParser::new(100);
                    let mut events = 0;
                    let stream = format!("data: {}{}", "x".repeat(length), if ended { "\n\n" } else { "" });
                    let result = stream.as_bytes().chunks(cut).try_for_each(|piece| {
                        parser.feed(Bytes::copy_from_slice(piece), &mut |_| events += 1).map(drop)
                    });
                    assert_eq!(result.is_ok(), fits, "{length} bytes in pieces of {cut}, ended: {ended}");
                    assert_eq!(events, usize::from(fits && ended));
                }
            }
        }
    }

    #[test]
    fn an_event_of_many_lines_is_limited_too() {
        let mut parser = EventParser::new(100);
        let mut feed = || parser.feed(Bytes::from_static(b"data: 0123456789\n"), &mut |_| {});
        assert_eq!((0..1_000).try_for_each(|_| feed().map(drop)), Err(TooLarge::Event));
    }

    #[test]
    fn a_comment_without_end_is_limited_too() {
        let mut parser = EventParser::new(100);
        let mut feed = || parser.feed(Bytes::from_static(b": 0123456789"), &mut |_| {});
        assert_eq!((0..1_000).try_for_each(|_| feed().map(drop)), Err(TooLarge::BetweenEvents));
    }

    #[test]
    fn lines_without_an_event_are_limited_until_the_next_event() {
        for line in [": 0123456789\n", "\n\n\n\n\n", "id: 012345\n", "event: 012\n", "retry: 123\n", "x\n"] {
            let mut parser = EventParser::new(100);
            let mut feed = |text: &'static str| parser.feed(Bytes::from_static(text.as_bytes()), &mut |_| {});
            for _ in 0..10 {
                (0..5).for_each(|_| assert_eq!(feed(line), Ok(true), "{line:?}"));
                assert_eq!(feed("data: an event\n\n"), Ok(true));
            }
            assert_eq!((0..101).try_for_each(|_| feed(line).map(drop)), Err(TooLarge::BetweenEvents), "{line:?}");
        }
    }

    #[test]
    fn a_piece_says_whether_it_completed_a_line() {
        let mut parser = EventParser::new(100);
        for (piece, completes) in [
            ("\u{feff}", false),
            ("da", false),
            ("ta: x", false),
            ("\r", true),
            ("\n", false),
            ("\n", true),
            (":", false),
        ] {
            let found = parser.feed(Bytes::copy_from_slice(piece.as_bytes()), &mut |_| {});
            assert_eq!(found, Ok(completes), "{piece:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_cut_anywhere_give_the_same_events(
            parts in prop::collection::vec(
                prop::sample::select(&["data", "event", "id", ":", " ", "\n", "\r", "\r\n", "\u{feff}", "x", "é", "\0", "data: {}\n\n"][..]),
                0..40,
            ),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
            limit in 6_usize..40,
        ) {
            let stream = parts.concat();
            let bytes = stream.as_bytes();
            let mut at: Vec<_> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            at.extend([0, bytes.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(parse(&pieces), parse(&[bytes]));
            // A line that is cut is refused at once, not at its end.
            let ((cut, refused_cut), (whole, refused)) = (parse_limited(&pieces, limit), parse_limited(&[bytes], limit));
            prop_assert_eq!((cut, refused_cut.is_some()), (whole, refused.is_some()));
        }
    }
}
