//! Rows of which it is not known whether they were executed.

use std::{
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use super::{
    answer,
    file::{index, look, shown},
    id::RowId,
    index::State,
    problem::refused,
};
use crate::error::Error;

/// A row that may have been executed, without a response.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnknownRow {
    /// Its id.
    pub id: RowId,
    /// How its call failed, on one line; `None` if the run ended before the call did.
    pub failure: Option<String>,
}

/// Lists the rows of a [ledger](crate::CallMany::ledger) of which it is not known whether they were executed, by id: those that were
/// sent when a run was killed, and those whose call failed in a way that does not tell. A run holds them back unless
/// [`rerun_unknown`](crate::CallMany::rerun_unknown) is set.
///
/// It reads the whole file. A ledger holds no inputs, only their digests.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the file is absent, damaged, no ledger, or in use by a run.
pub fn list_unknown(path: impl AsRef<Path>) -> Result<Vec<UnknownRow>, Error> {
    let path = path.as_ref();
    let mut file = look(path)?;
    let index = index(&file, path)?;
    let capability = index.header.as_ref().map(|header| header.capability.as_str()).unwrap_or_default();
    let mut unknown = Vec::new();
    for (id, row) in index.rows {
        let failure = match row.state {
            State::Unfinished => None,
            State::Failed { place, may_have_executed: true } => {
                let mut line = vec![0; place.length];
                let read = file.seek(SeekFrom::Start(place.offset)).and_then(|_| file.read_exact(&mut line));
                read.map_err(|error| refused(&shown(path), format_args!("cannot be read: {error}")))?;
                Some(answer::failure(&line, capability).unwrap_or_default())
            }
            _ => continue,
        };
        unknown.push(UnknownRow { id, failure });
    }
    unknown.sort_unstable_by(|one, other| one.id.cmp(&other.id));
    Ok(unknown)
}
