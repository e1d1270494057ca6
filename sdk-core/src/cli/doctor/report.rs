//! The report of `doctor`: line by line for people, one object as JSON.

use serde_json::json;

use super::check::Check;
use crate::cli::{
    contract::{Judged, judge, seen::Seen},
    exit,
    terminal::{Form, Stopped, Terminal},
};

pub(super) struct Report<'a> {
    terminal: &'a mut Terminal,
    checks: Vec<Check>,
    facts: Option<Vec<Judged>>,
}

impl<'a> Report<'a> {
    pub(super) fn new(terminal: &'a mut Terminal) -> Self {
        Self { terminal, checks: Vec::new(), facts: None }
    }

    /// Adds a line, which people see at once.
    pub(super) fn add(&mut self, check: Check) -> Result<(), Stopped> {
        if self.terminal.form() == Form::Text {
            self.terminal.write(&(check.line() + "\n"))?;
        }
        self.checks.push(check);
        Ok(())
    }

    pub(super) fn has_problem(&self) -> bool {
        self.checks.iter().any(Check::is_problem)
    }

    /// Adds the assumed facts, each with what was seen of it.
    pub(super) fn judge(&mut self, seen: &Seen) -> Result<(), Stopped> {
        let facts: Vec<Judged> = judge(seen).collect();
        if self.terminal.form() == Form::Text {
            for fact in &facts {
                self.terminal.write(&format!("{}\n", fact.line))?;
            }
        }
        self.facts = Some(facts);
        Ok(())
    }

    /// Ends the report; returns the exit code, which is that of the first problem.
    pub(super) fn end(self) -> Result<u8, Stopped> {
        let is_refuted = self.facts.iter().flatten().any(|fact| fact.is_refuted);
        let otherwise = if is_refuted { exit::FAILED } else { exit::OK };
        let code = self.checks.iter().find(|check| check.is_problem()).map_or(otherwise, |check| check.code);
        if self.terminal.form() == Form::Json {
            let mut report = json!({ "ok": code == exit::OK, "checks": self.checks });
            if let (Some(facts), Some(report)) = (self.facts, report.as_object_mut()) {
                report.insert("facts".to_owned(), facts.into_iter().map(|fact| fact.json).collect());
            }
            self.terminal.write(&format!("{report}\n"))?;
        }
        Ok(code)
    }
}
