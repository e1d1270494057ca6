//! The parser for the fuzz target. Compiled for fuzzing only.

use bytes::Bytes;

use crate::stream::{event::StreamEvent, parser::EventParser};

/// Parses a stream in pieces: name and data of each event; `None` if an event exceeds the limit.
#[must_use]
pub fn parse_events(pieces: &[&[u8]], limit: usize) -> Option<Vec<(String, Bytes)>> {
    let mut parser = EventParser::new(limit);
    let mut events = Vec::new();
    for piece in pieces {
        let mut emit = |event| {
            let event = StreamEvent::new(event);
            events.push((event.name().to_owned(), event.data().clone()));
        };
        parser.feed(Bytes::copy_from_slice(piece), &mut emit).ok()?;
    }
    Some(events)
}
