//! The ledger of many calls: a file by which a run can be continued after a crash without sending anything twice.
//!
//! One JSON object a line, only ever appended. The first line is a header:
//!
//! ```text
//! {"ledger":"runtype-surface","format":1,"capability":"echo","surface":"https://…/v1/products/…/surfaces/…/api/","created_ms":…}
//! {"event":"opened","process":4711,"at_ms":…}
//! {"event":"sent","id":"a","input":"<digest>","number":1,"at_ms":…}            before the request is begun
//! {"event":"answered","id":"a","at_ms":…,"status":200,…,"output":{…}}            after a success
//! {"event":"failed","id":"b","at_ms":…,"class":"ServerError",…,"may_have_executed":true,"text":"…"}   after an error
//! ```
//!
//! How the last line of a row decides about it in a later run:
//!
//! | last line | for example | in a later run |
//! |---|---|---|
//! | none | never begun; an invalid input; `not_sent` after an error that concerns all | sent |
//! | `answered` | | not sent: its result is read from the file |
//! | `failed`, not executed | 400, 401, 402, 403, 404, 429, a used-up window, 503 with `Retry-After`, no connection | sent again |
//! | `failed`, may have executed | 500, 502, 504, an `executionId` in an error, a broken connection, a timeout, a response that cannot be read | held back: unknown |
//! | `sent` | the process was killed; its reader stopped reading | held back: unknown |
//!
//! A row that is held back has an error, unless the caller has it sent again. A last line that was cut short is cut off: what it claims
//! was not begun, since a request is begun only after its whole line was written.

mod answer;
mod claim;
mod digest;
#[cfg(test)]
pub(crate) mod disk;
mod file;
pub(crate) mod hold;
pub(crate) mod id;
mod index;
mod line;
mod log;
pub(crate) mod options;
mod problem;
mod storage;
pub(crate) mod unknown;
mod writer;

use std::{
    io,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use serde_json::Value;

use crate::{error::Error, response::call_response::CallResponse};
use claim::Book;
pub(crate) use claim::Claim;
use digest::Digest;
use id::RowId;
use index::{Index, Recorded, Rows, State};
use line::{Header, Opened, written};
use log::Log;
use options::{IdSource, LedgerOptions};
use storage::Storage;
use writer::Writer;

/// Milliseconds since 1970.
fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// A ledger that a run continues. It is locked until it is dropped.
pub(crate) struct Ledger {
    rows: Rows,
    book: Arc<Book>,
    id: IdSource,
    rerun_unknown: bool,
}

/// What a row needs.
pub(crate) enum Standing {
    /// To be sent.
    Unsent(Claim),
    /// Nothing: this is its response.
    Answered(Box<CallResponse<Bytes>>),
    /// The end of the call with the same id, which is in flight.
    InFlight(RowId),
    /// Nothing: it is not sent.
    HeldBack(Error),
}

impl Ledger {
    /// Opens a ledger, or creates it. It blocks as long as it takes to read the file.
    pub(crate) fn open(options: LedgerOptions, capability: &str, surface: &str) -> Result<Self, Error> {
        let file = file::open(&options.path)?;
        let index = file::index(&file, &options.path)?;
        Self::of(Box::new(file), index, options, capability, surface)
    }

    fn of(
        storage: Box<dyn Storage>,
        index: Index,
        options: LedgerOptions,
        capability: &str,
        surface: &str,
    ) -> Result<Self, Error> {
        let path = file::shown(&options.path);
        if let Some(header) = &index.header {
            if header.capability != capability {
                return Err(problem::of_other_calls(&path, "capability", &header.capability, capability));
            }
            if header.surface != surface {
                return Err(problem::of_other_calls(&path, "surface", &header.surface, surface));
            }
        }
        let begin = || {
            let mut log = Log::new(storage, index.end)?;
            let mut first = Vec::new();
            if index.lacks_line_break {
                first.push(b'\n');
            }
            let is_new = index.header.is_none();
            if is_new {
                first.extend(written(&Header::new(capability, surface)));
            }
            first.extend(written(&Opened::now()));
            log.append(&first)?;
            if options.sync {
                log.sync()?()?;
                if is_new {
                    file::sync_folder(&options.path)?;
                }
            }
            Writer::start(log, options.sync)
        };
        let writer = begin().map_err(|error| not_begun(&path, &error))?;
        let book = Book { writer, path, capability: capability.to_owned() };
        Ok(Self { rows: index.rows, book: Arc::new(book), id: options.id, rerun_unknown: options.rerun_unknown })
    }

    /// Looks up a row. `index` is its position, `id` what came with it.
    ///
    /// # Errors
    ///
    /// Its id is missing or wrong, or was given with another input before.
    pub(crate) fn standing(&self, index: usize, input: &[u8], id: Option<RowId>) -> Result<Standing, Error> {
        let value = serde_json::from_slice::<Value>(input).ok();
        let id = self.id_of(index, input, value.as_ref(), id)?;
        let digest = Digest::of(input, value.as_ref());
        let Some(row) = self.rows.get(&id) else {
            return Ok(Standing::Unsent(Claim::new(id, digest, 1, self.book.clone())));
        };
        if row.input != digest {
            let before =
                if row.is_of_this_run { "an earlier input of this run" } else { "another input in an earlier run" };
            let problem = format!("is {id}, as of {before}, and they differ: give each input an id of its own");
            return Err(problem::wrong_id(index, problem));
        }
        Ok(match row.state {
            State::InFlight => Standing::InFlight(id),
            State::Answered(place) => match self.read_answer(place) {
                Ok(response) => Standing::Answered(Box::new(response)),
                Err(reason) => {
                    Standing::HeldBack(problem::not_read(&self.book.capability, &self.book.path, &id, reason))
                }
            },
            State::Failed { may_have_executed, place } if row.is_of_this_run => {
                let failure = self.failure(place);
                Standing::HeldBack(problem::failed_before(&self.book.capability, &id, &failure, may_have_executed))
            }
            State::Failed { may_have_executed: false, .. } => Standing::Unsent(self.again(id, row)),
            State::Failed { place, .. } => {
                let failure = self.failure(place);
                self.unknown(id, row, Some(&failure))
            }
            State::Unfinished => self.unknown(id, row, None),
        })
    }

    /// Marks a row as in flight.
    pub(crate) fn begin(&mut self, claim: &Claim) {
        let recorded =
            Recorded { input: claim.input, number: claim.number, state: State::InFlight, is_of_this_run: true };
        self.rows.insert(claim.id.clone(), recorded);
    }

    /// Marks how a row ended, by what was recorded of it. Returns its id.
    pub(crate) fn end(&mut self, claim: Claim) -> RowId {
        let Claim { id, number, state, .. } = claim;
        match state {
            Some(state) => {
                if let Some(row) = self.rows.get_mut(&id) {
                    (row.number, row.state) = (number, state);
                }
            }
            // No line was written; the run has stopped, and no other row with this id is sent.
            None => {
                self.rows.remove(&id);
            }
        }
        id
    }

    fn again(&self, id: RowId, row: &Recorded) -> Claim {
        Claim::new(id, row.input, row.number.saturating_add(1), self.book.clone())
    }

    /// A row of which it is not known whether it was executed. `failure` is how its call ended, if it did.
    fn unknown(&self, id: RowId, row: &Recorded, failure: Option<&str>) -> Standing {
        let error = problem::held_back(&self.book.capability, &id, failure);
        // In one run nothing is sent twice, whatever the caller has said of earlier ones.
        if !self.rerun_unknown || row.is_of_this_run {
            return Standing::HeldBack(error);
        }
        let mut claim = self.again(id, row);
        claim.held_back = Some(error);
        Standing::Unsent(claim)
    }

    fn id_of(&self, index: usize, input: &[u8], value: Option<&Value>, given: Option<RowId>) -> Result<RowId, Error> {
        let id = match (&self.id, given) {
            (IdSource::Given, Some(id)) => id,
            (IdSource::Given, None) => return Err(problem::wrong_id(index, "is missing")),
            (IdSource::Function(id_of), _) => id_of(value.unwrap_or(&Value::Null)),
            (IdSource::Field(name), _) => {
                id::of_field(name, input, value).map_err(|problem| problem::wrong_id(index, problem))?
            }
        };
        id.check().map_err(|problem| problem::wrong_id(index, problem))?;
        Ok(id)
    }

    fn read_answer(&self, place: log::Place) -> Result<CallResponse<Bytes>, String> {
        let line = self.book.writer.read(place).map_err(|error| error.to_string())?;
        answer::response(&line, &self.book.capability)
    }

    fn failure(&self, place: log::Place) -> String {
        let line = self.book.writer.read(place).unwrap_or_default();
        answer::failure(&line, &self.book.capability).unwrap_or_default()
    }
}

fn not_begun(path: &str, error: &io::Error) -> Error {
    problem::refused(path, format_args!("cannot be written: {error}"))
}

#[cfg(test)]
mod tests;
