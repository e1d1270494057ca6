//! Which ledger a run continues, and how.

use std::{fmt, path::PathBuf};

use serde_json::Value;

use super::id::RowId;

type IdFunction = Box<dyn Fn(&Value) -> RowId + Send + Sync>;

/// Where the id of a row comes from.
pub(crate) enum IdSource {
    /// A field of the input.
    Field(String),
    Function(IdFunction),
    /// It comes with each input.
    Given,
}

impl fmt::Debug for IdSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.debug_tuple("Field").field(name).finish(),
            Self::Function(_) => f.write_str("Function"),
            Self::Given => f.write_str("Given"),
        }
    }
}

/// Which ledger a run continues, and how.
#[derive(Debug)]
pub(crate) struct LedgerOptions {
    pub(crate) path: PathBuf,
    pub(crate) id: IdSource,
    pub(crate) rerun_unknown: bool,
    pub(crate) sync: bool,
}
