//! What a ledger says of each row. Outputs stay in the file.

use std::{
    collections::HashMap,
    io::{self, BufRead},
};

use super::{
    digest::Digest,
    id::RowId,
    line::{BEGIN, Entry, Event, FORMAT, Header},
    log::Place,
};

/// How a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    /// Its call is in flight, in this run.
    InFlight,
    /// Sent, without an end.
    Unfinished,
    Answered(Place),
    Failed {
        place: Place,
        may_have_executed: bool,
    },
}

/// A row that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Recorded {
    pub(super) input: Digest,
    /// How often it was sent.
    pub(super) number: u32,
    pub(super) state: State,
    /// Whether it was sent since the ledger was opened.
    pub(super) is_of_this_run: bool,
}

pub(super) type Rows = HashMap<RowId, Recorded>;

/// A ledger as it was read.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// `None` of an empty file, or if the first line was cut short.
    pub(super) header: Option<Header>,
    pub(super) rows: Rows,
    /// Length of the whole lines.
    pub(super) end: u64,
    /// Whether only the line break of the last line is missing.
    pub(super) lacks_line_break: bool,
    /// The process that opened the ledger last.
    pub(super) process: Option<u32>,
}

/// Why a ledger cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    Failed(io::Error),
    /// The file is something else.
    NotALedger,
    /// A later version has written it.
    Format(u32),
    Corrupt {
        line: u64,
        problem: &'static str,
    },
}

impl Index {
    /// Reads a ledger from its begin to its end. A last line that was cut short is left out.
    pub(super) fn read(mut reader: impl BufRead) -> Result<Self, Unreadable> {
        let mut index = Self::default();
        let mut line = Vec::new();
        // Another file may be one long line.
        let begin = reader.fill_buf().map_err(Unreadable::Failed)?;
        let compared = begin.len().min(BEGIN.len());
        if begin.get(..compared) != BEGIN.as_bytes().get(..compared) {
            return Err(Unreadable::NotALedger);
        }
        let mut number = 0;
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(Unreadable::Failed)? as u64;
            if length == 0 {
                return Ok(index);
            }
            number += 1;
            let is_whole = line.last() == Some(&b'\n');
            if is_whole {
                line.pop();
            }
            let place = Place { offset: index.end, length: line.len() };
            let problem = if index.header.is_none() { index.add_header(&line)? } else { index.add(&line, place) };
            match problem {
                Ok(()) => {}
                Err(_) if !is_whole && !is_json(&line) => return Ok(index),
                Err(problem) => return Err(Unreadable::Corrupt { line: number, problem }),
            }
            index.end += length;
            index.lacks_line_break = !is_whole;
        }
    }

    fn add_header(&mut self, line: &[u8]) -> Result<Result<(), &'static str>, Unreadable> {
        let Some(header) = Header::parse(line) else { return Ok(Err("it is no header")) };
        if header.format != FORMAT {
            return Err(Unreadable::Format(header.format));
        }
        self.header = Some(header);
        Ok(Ok(()))
    }

    fn add(&mut self, line: &[u8], place: Place) -> Result<(), &'static str> {
        let entry: Entry = serde_json::from_slice(line).map_err(|_| "it is no line of a ledger")?;
        if entry.event == Event::Opened {
            self.process = entry.process;
            return Ok(());
        }
        let id = entry.id.ok_or("it has no id")?;
        if entry.event == Event::Sent {
            let input = entry.input.as_deref().and_then(Digest::parse).ok_or("it has no digest of its input")?;
            let row = self.rows.entry(id).or_insert(Recorded {
                input,
                number: 0,
                state: State::Unfinished,
                is_of_this_run: false,
            });
            if row.input != input {
                return Err("its id was sent with another input before");
            }
            if matches!(row.state, State::Answered(_)) {
                return Err("its id was answered before");
            }
            row.number = row.number.saturating_add(1);
            row.state = State::Unfinished;
            return Ok(());
        }
        let row = self.rows.get_mut(&id).filter(|row| row.state == State::Unfinished);
        let row = row.ok_or("its id was not sent before")?;
        row.state = if entry.event == Event::Answered {
            State::Answered(place)
        } else {
            let may_have_executed = entry.may_have_executed.ok_or("it does not say whether the call was executed")?;
            State::Failed { place, may_have_executed }
        };
        Ok(())
    }
}

/// Whether a line is whole, though its line break is missing: an object that is cut short is no JSON.
fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok()
}
