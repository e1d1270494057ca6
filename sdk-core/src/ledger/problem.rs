//! What is wrong with a ledger, and what it says of a row that is not sent.

use std::{fmt, io};

use super::{id::RowId, index::Unreadable, line::FORMAT};
use crate::{
    error::{
        Error,
        explain::{lines, who},
        facts::Facts,
        kind::ErrorKind,
        spelling::spell,
    },
    redact,
};

const CHECK: &str = "The call may have been executed.";

/// The error of the option `ledger`.
pub(super) fn refused(path: &str, problem: impl fmt::Display) -> Error {
    Error::configuration("ledger", format!("{path} {problem}"))
}

pub(super) fn unreadable(path: &str, unreadable: &Unreadable) -> Error {
    match unreadable {
        Unreadable::Failed(error) => refused(path, format_args!("cannot be read: {error}")),
        Unreadable::NotALedger => {
            refused(path, "is no ledger: it is not changed; pass a path where no file is, or where a ledger is")
        }
        Unreadable::Format(format) => refused(
            path,
            format_args!(
                "has format {format}, and this version reads format {FORMAT}: use the version that wrote it, or a later one"
            ),
        ),
        Unreadable::Corrupt { line, problem } => refused(
            path,
            format_args!(
                "is damaged in line {line}: {problem}. It is not changed: restore the file, or repair that line"
            ),
        ),
    }
}

pub(super) fn in_use(path: &str, process: Option<u32>) -> Error {
    let by = match process {
        Some(process) if process == std::process::id() => " by another run of this process".to_owned(),
        Some(process) => format!(" by process {process}"),
        None => " by another process".to_owned(),
    };
    refused(path, format_args!("is in use{by}: wait until that run has ended, or use another ledger"))
}

/// A run that was given up before its ledger was open.
pub(super) fn closed() -> Error {
    Error::configuration("ledger", "the run was closed before the ledger was open")
}

/// A ledger of other calls.
pub(super) fn of_other_calls(path: &str, what: &str, found: &str, wanted: &str) -> Error {
    refused(
        path,
        format_args!(
            "is of the {what} {}, not of {}: use one ledger for each capability of each surface",
            redact::quote(found),
            redact::quote(wanted)
        ),
    )
}

/// A line that could not be written. It stops the run.
pub(super) fn not_written(capability: &str, path: &str, error: &io::Error) -> Error {
    let happened = format!("{}the ledger {path} cannot be written: {error}", who(Some(capability)));
    let text = lines([
        &happened,
        "No more rows are sent. What it holds stays valid.",
        "Mend the cause, then run again with the same ledger.",
    ]);
    of(capability, text, false, false)
}

/// An output that could not be read again.
pub(super) fn not_read(capability: &str, path: &str, id: &RowId, reason: impl fmt::Display) -> Error {
    let happened =
        format!("{}row {id} was answered before, but {path} cannot be read: {reason}", who(Some(capability)));
    of(capability, lines([&happened, "The call was executed, and is not sent again.", ""]), true, true)
}

/// A row that is held back: whether it was executed is unknown. `failure` is how its call ended, if it did.
pub(super) fn held_back(capability: &str, id: &RowId, failure: Option<&str>) -> Error {
    let how = match failure {
        None => "was sent in an earlier run, and its end is not recorded".to_owned(),
        Some(failure) => format!("failed in an earlier run and may have been executed ({failure})"),
    };
    let happened = format!("{}row {id} {how}, so it is held back", who(Some(capability)));
    let remedy = format!("Check its effects; then set {} to send it again.", spell("rerun_unknown"));
    of(capability, lines([&happened, CHECK, &remedy]), true, true)
}

/// The second of two rows with one id, of which the first failed in this run.
pub(super) fn failed_before(capability: &str, id: &RowId, failure: &str, may_have_executed: bool) -> Error {
    let happened =
        format!("{}row {id} failed before in this run ({failure}), so it is not sent twice", who(Some(capability)));
    let executed = if may_have_executed { CHECK } else { "The call was not executed: another run sends it." };
    of(capability, lines([&happened, executed, ""]), may_have_executed, true)
}

/// The error of a row whose id breaks a rule.
pub(super) fn wrong_id(index: usize, problem: impl fmt::Display) -> Error {
    Error::configuration("id", format!("that of input {index} {problem}"))
}

fn of(capability: &str, text: String, may_have_executed: bool, not_sent: bool) -> Error {
    Error::new(Facts {
        kind: Some(ErrorKind::Ledger),
        text,
        may_have_executed,
        not_sent,
        capability: Some(capability.to_owned()),
        ..Facts::default()
    })
}
