//! A row that this run sends, and its lines.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    answer,
    digest::Digest,
    id::RowId,
    index::State,
    line::{Sent, written},
    problem,
    writer::Writer,
};
use crate::{error::Error, response::call_response::CallResponse};

/// An open ledger, as each row knows it.
pub(super) struct Book {
    pub(super) writer: Writer,
    /// Its path, for texts.
    pub(super) path: String,
    pub(super) capability: String,
}

/// The right to send a row. No other row of the run has its id.
pub(crate) struct Claim {
    pub(super) id: RowId,
    pub(super) input: Digest,
    pub(super) number: u32,
    pub(super) book: Arc<Book>,
    /// How the row stands, by what was written last; `None` before the first line.
    pub(super) state: Option<State>,
    /// Why a line was not written.
    problem: Option<Error>,
    /// The error of the row, should it not be sent although an earlier run may have executed it.
    pub(super) held_back: Option<Error>,
}

impl Claim {
    pub(super) fn new(id: RowId, input: Digest, number: u32, book: Arc<Book>) -> Self {
        Self { id, input, number, book, state: None, problem: None, held_back: None }
    }

    /// Records that the request is about to be sent.
    ///
    /// # Errors
    ///
    /// The ledger cannot be written: the request must not be sent.
    pub(crate) async fn begin(&mut self) -> Result<(), Error> {
        let number = self.number + u32::from(self.state.is_some());
        let line = written(&Sent::now(&self.id, self.input.hex(), number));
        match self.book.writer.append(line).await {
            Ok(_) => {
                (self.number, self.state) = (number, Some(State::Unfinished));
                Ok(())
            }
            Err(error) => Err(problem::not_written(&self.book.capability, &self.book.path, &error)),
        }
    }

    /// Records how the call ended.
    pub(crate) async fn end(&mut self, result: Result<&CallResponse<Bytes>, &Error>) {
        let line = match result {
            Ok(response) => answer::answered(&self.id, response),
            Err(error) => answer::failed(&self.id, error),
        };
        match self.book.writer.append(line).await {
            Ok(place) => {
                self.state = Some(match result {
                    Ok(_) => State::Answered(place),
                    Err(error) => State::Failed { place, may_have_executed: error.may_have_executed() },
                });
            }
            Err(error) => {
                self.problem = Some(problem::not_written(&self.book.capability, &self.book.path, &error));
            }
        }
    }

    /// The error of a row that was to be sent again, if it is not sent.
    pub(crate) fn take_held_back(&mut self) -> Option<Error> {
        self.held_back.take()
    }

    /// Why the end of the call is not recorded.
    pub(crate) fn take_problem(&mut self) -> Option<Error> {
        self.problem.take()
    }
}
