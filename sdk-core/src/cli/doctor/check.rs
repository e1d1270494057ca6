//! What `doctor` found out, one line for each thing.

use serde::Serialize;

use crate::{
    cli::exit,
    error::{Error, explain},
    redact,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    Ok,
    Problem,
    /// It cannot be known, or is not needed.
    Skipped,
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) status: Status,
    /// What was found.
    pub(super) text: String,
    /// What to do about a problem, if the text does not say.
    pub(super) remedy: Option<String>,
    /// The exit code of a problem.
    #[serde(skip)]
    pub(super) code: u8,
}

impl Check {
    pub(super) fn ok(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, status: Status::Ok, text: text.into(), remedy: None, code: exit::OK }
    }

    pub(super) fn skipped(name: &'static str, text: impl Into<String>) -> Self {
        Self { status: Status::Skipped, ..Self::ok(name, text) }
    }

    pub(super) fn problem(name: &'static str, code: u8, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { name, status: Status::Problem, text: text.into(), remedy: Some(remedy.into()), code }
    }

    /// A problem that the core explains: its first line says what happened, the others what to do.
    pub(super) fn error(name: &'static str, error: &Error) -> Self {
        let text = error.to_string();
        let (happened, remedy) = match text.split_once('\n') {
            Some((happened, rest)) => {
                // Of a check that executes nothing that says nothing.
                let rest = rest.replace(explain::NOT_EXECUTED, "").trim().replace('\n', " ");
                (happened, Some(rest).filter(|rest| !rest.is_empty()))
            }
            None => (text.as_str(), None),
        };
        Self { name, status: Status::Problem, text: happened.to_owned(), remedy, code: exit::code(error) }
    }

    pub(super) fn is_problem(&self) -> bool {
        self.status == Status::Problem
    }

    pub(super) fn line(&self) -> String {
        let status = match self.status {
            Status::Ok => "ok",
            Status::Problem => "problem",
            Status::Skipped => "skipped",
        };
        let remedy = self.remedy.as_ref().map(|remedy| format!(". {remedy}")).unwrap_or_default();
        let line = format!("{status:<9}{:<13}{}{remedy}", self.name, self.text);
        redact::visible(&redact::hide_credentials(&line)).into_owned()
    }
}
