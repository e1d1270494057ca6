//! The options of many calls that can be continued.

use std::path::PathBuf;

use pyo3::prelude::*;
use runtype_surface::{
    CallMany, Error,
    bindings::{self, Refuse as _},
};

use super::{
    checked,
    value::{Id, Value},
};

/// The options of many calls that can be continued.
#[derive(Default)]
pub(crate) struct LedgerOptions {
    path: Option<Result<PathBuf, Error>>,
    id: Option<Result<Id, Error>>,
    rerun_unknown: Option<Result<bool, Error>>,
    sync: Option<Result<bool, Error>>,
}

impl LedgerOptions {
    /// Reads an option, if it is one of these.
    ///
    /// # Errors
    ///
    /// What its own methods raised.
    pub(super) fn read(&mut self, option: &Value<'_, '_>) -> PyResult<()> {
        match option.name {
            "ledger" => self.path = Some(checked(option.path())?),
            "id" => self.id = Some(checked(option.id())?),
            "rerun_unknown" => self.rerun_unknown = Some(checked(option.truth())?),
            "sync" => self.sync = Some(checked(option.truth())?),
            _ => {}
        }
        Ok(())
    }

    /// The function of an input that gives its id, if there is one.
    pub(crate) fn id_function(&self, py: Python<'_>) -> Option<Py<PyAny>> {
        match &self.id {
            Some(Ok(Id::Function(function))) => Some(function.clone_ref(py)),
            _ => None,
        }
    }

    /// Sets them. Wrong values are reported with those of the call.
    pub(super) fn set(self, many: CallMany) -> CallMany {
        let many = set(many, self.path, CallMany::ledger);
        let many = set(many, self.id, |many, id| match id {
            Id::Field(name) => many.id(name),
            Id::Function(_) => bindings::with_given_ids(many),
        });
        let many = set(many, self.rerun_unknown, CallMany::rerun_unknown);
        set(many, self.sync, CallMany::sync)
    }
}

fn set<T>(many: CallMany, value: Option<Result<T, Error>>, set: impl FnOnce(CallMany, T) -> CallMany) -> CallMany {
    match value {
        None => many,
        Some(Ok(value)) => set(many, value),
        Some(Err(problem)) => many.refuse(problem),
    }
}
