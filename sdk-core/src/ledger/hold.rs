//! The hold on a ledger, by which a run lets go of it at once.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use super::{Ledger, claim::Book, problem::closed};
use crate::error::Error;

/// Lets go of the ledger of a run, so that another run can continue it: a run that is aborted on another thread would do so some time
/// later.
#[derive(Clone, Default)]
pub struct LedgerHold(Arc<Mutex<Held>>);

#[derive(Default)]
enum Held {
    #[default]
    Nothing,
    Open(Weak<Book>),
    Closed,
}

impl LedgerHold {
    pub(crate) fn open(&self, open: impl FnOnce() -> Result<Ledger, Error>) -> Result<Ledger, Error> {
        // Who lets go meanwhile waits until it is open, and closes it.
        let mut held = self.held();
        if matches!(*held, Held::Closed) {
            return Err(closed());
        }
        let ledger = open()?;
        *held = Held::Open(Arc::downgrade(&ledger.book));
        Ok(ledger)
    }

    /// Closes the ledger: nothing more is written. It waits for a write or an opening that has begun.
    pub fn close(&self) {
        if let Held::Open(book) = std::mem::replace(&mut *self.held(), Held::Closed)
            && let Some(book) = book.upgrade()
        {
            book.writer.close();
        }
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for LedgerHold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LedgerHold").finish_non_exhaustive()
    }
}
