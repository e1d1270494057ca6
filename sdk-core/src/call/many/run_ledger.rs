//! The ledger of one run.

use std::{
    collections::HashMap,
    path::PathBuf,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::task::JoinHandle;

use crate::{
    config::problems::Problems,
    error::Error,
    ledger::{
        Claim, Ledger, Standing,
        hold::LedgerHold,
        id::RowId,
        options::{IdSource, LedgerOptions},
    },
    response::call_response::CallResponse,
};

/// The ledger of a run, if one is wanted. Dropping it closes the file.
#[derive(Default)]
pub(super) struct RunLedger {
    stage: Stage,
    hold: LedgerHold,
}

enum Stage {
    Wanted(Wanted),
    Opening(JoinHandle<Result<Ledger, Error>>),
    Open(Rows),
}

impl Default for Stage {
    fn default() -> Self {
        Self::Wanted(Wanted::default())
    }
}

/// The options so far.
#[derive(Default)]
pub(super) struct Wanted {
    pub(super) path: Option<PathBuf>,
    pub(super) id: Option<IdSource>,
    pub(super) rerun_unknown: bool,
    pub(super) sync: bool,
}

/// An open ledger, and the rows that wait for others with the same id.
pub(super) struct Rows {
    ledger: Ledger,
    followers: HashMap<RowId, Vec<Follower>>,
    waiting: usize,
}

/// A row with the id and the input of another one, whose result it gets.
pub(super) struct Follower {
    pub(super) index: usize,
    pub(super) input: Bytes,
}

/// What a row needs.
pub(super) enum Need {
    /// To be sent, with a claim if there is a ledger.
    Sending(Option<Claim>),
    /// Nothing: an earlier run, or an earlier row, has its response.
    Nothing(Box<CallResponse<Bytes>>),
    /// The end of the row with the same id.
    Waiting,
}

impl RunLedger {
    /// The options, until it is opened.
    pub(super) fn wanted(&mut self) -> Option<&mut Wanted> {
        if let Stage::Wanted(wanted) = &mut self.stage { Some(wanted) } else { None }
    }

    /// Reports options that do not go together.
    pub(super) fn check(&self, problems: &mut Problems) {
        let Stage::Wanted(Wanted { path, id, rerun_unknown, sync }) = &self.stage else { return };
        if path.is_some() && id.is_none() {
            let problem = "a ledger needs it: the name of a field of the inputs, or a function of an input";
            problems.push(Error::configuration("id", problem));
        }
        let given = [("id", id.is_some()), ("rerun_unknown", *rerun_unknown), ("sync", *sync)];
        for (option, _) in given.iter().filter(|(_, is_given)| path.is_none() && *is_given) {
            problems.push(Error::configuration(option, "it is about a ledger: pass the path of one as ledger too"));
        }
    }

    /// Opens it. `address` is the capability and the surface.
    pub(super) fn poll_open(
        &mut self,
        address: impl FnOnce() -> Result<(String, String), Error>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Error>> {
        if let Stage::Wanted(wanted) = &mut self.stage {
            let Wanted { path: Some(path), id: Some(id), rerun_unknown, sync } = std::mem::take(wanted) else {
                return Poll::Ready(Ok(()));
            };
            let options = LedgerOptions { path, id, rerun_unknown, sync };
            let (capability, surface) = address()?;
            let hold = self.hold.clone();
            let open = move || hold.open(|| Ledger::open(options, &capability, &surface));
            // It reads a file that may be large.
            match tokio::runtime::Handle::try_current() {
                Ok(runtime) => self.stage = Stage::Opening(runtime.spawn_blocking(open)),
                Err(_) => self.stage = Stage::Open(Rows::of(open()?)),
            }
        }
        if let Stage::Opening(opening) = &mut self.stage {
            let opened = ready!(std::pin::Pin::new(opening).poll(context));
            let closed = || Error::configuration("ledger", "the runtime was shut down before the ledger was open");
            self.stage = Stage::default();
            self.stage = Stage::Open(Rows::of(opened.unwrap_or_else(|_| Err(closed()))?));
        }
        Poll::Ready(Ok(()))
    }

    /// Looks up a row.
    pub(super) fn need(&mut self, index: usize, input: &Bytes, id: Option<RowId>) -> Result<Need, Error> {
        let Stage::Open(rows) = &mut self.stage else { return Ok(Need::Sending(None)) };
        Ok(match rows.ledger.standing(index, input, id)? {
            Standing::Unsent(claim) => Need::Sending(Some(claim)),
            Standing::Answered(response) => Need::Nothing(response),
            Standing::HeldBack(error) => return Err(error),
            Standing::InFlight(id) => {
                rows.waiting += 1;
                rows.followers.entry(id).or_default().push(Follower { index, input: input.clone() });
                Need::Waiting
            }
        })
    }

    /// Number of rows that wait for others.
    pub(super) fn waiting(&self) -> usize {
        if let Stage::Open(rows) = &self.stage { rows.waiting } else { 0 }
    }

    pub(super) fn begin(&mut self, claim: &Claim) {
        if let Stage::Open(rows) = &mut self.stage {
            rows.ledger.begin(claim);
        }
    }

    /// Ends a row, and returns those that waited for it.
    pub(super) fn end(&mut self, claim: Claim) -> Vec<Follower> {
        let Stage::Open(rows) = &mut self.stage else { return Vec::new() };
        let id = rows.ledger.end(claim);
        let followers = rows.followers.remove(&id).unwrap_or_default();
        rows.waiting -= followers.len();
        followers
    }
}

impl RunLedger {
    /// What closes it from elsewhere.
    pub(super) fn hold(&self) -> LedgerHold {
        self.hold.clone()
    }

    /// A ledger that is open already.
    #[cfg(test)]
    pub(super) fn of(ledger: Ledger) -> Self {
        Self { stage: Stage::Open(Rows::of(ledger)), hold: LedgerHold::default() }
    }
}

impl Drop for RunLedger {
    fn drop(&mut self) {
        self.hold.close();
    }
}

impl Rows {
    fn of(ledger: Ledger) -> Self {
        Self { ledger, followers: HashMap::new(), waiting: 0 }
    }
}
