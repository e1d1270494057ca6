//! The parser for the fuzz target, which is the only one to compile this.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::{Event, event_parser::EventParser};

/// Parses a stream in pieces: name and data of each event, or nothing where one is larger than the limit.
#[must_use]
pub fn parse_events(pieces: &[&[u8]], limit: usize) -> Option<Vec<(String, Bytes)>> {
    let mut parser = EventParser::new(limit);
    let mut events = VecDeque::new();
    for piece in pieces {
        parser.feed(Bytes::copy_from_slice(piece), &mut events).ok()?;
    }
    let events = events.into_iter().map(Event::new);
    Some(events.map(|event| (event.name().to_owned(), event.data().clone())).collect())
}
