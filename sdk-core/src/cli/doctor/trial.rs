//! The two executions of `--contract`, and the consent to them.

use std::io::{BufRead as _, BufReader, Read};

use super::{check::Check, report::Report};
use crate::{
    cli::{
        contract::seen::Seen,
        terminal::{Stopped, Terminal},
    },
    client::Client,
    error::Error,
    redact,
};

/// The capability to run, and its input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::cli) struct Trial {
    pub(in crate::cli) capability: String,
    pub(in crate::cli) input: Vec<u8>,
}

/// Asks a person on a terminal; elsewhere an option must say so.
pub(in crate::cli) fn consent(
    capability: &str,
    is_given: bool,
    input: &mut dyn Read,
    is_terminal: bool,
    terminal: &mut Terminal,
) -> Result<(), Stopped> {
    let what = format!(
        "--contract runs the capability {} twice, one call and one stream, with all their effects and costs",
        redact::quote(capability)
    );
    if is_given {
        terminal.note(&format!("{what}."));
        return Ok(());
    }
    if is_terminal {
        terminal.note(&format!("{what}. Run it? [y/N]"));
        let mut answer = String::new();
        let _ = BufReader::new(input).read_line(&mut answer);
        if matches!(answer.trim().to_lowercase().as_str(), "y" | "yes") {
            return Ok(());
        }
        return Err(Error::configuration("--contract", "nothing was run").into());
    }
    Err(Error::configuration("--contract", format!("{}: pass --yes to agree", what.trim_start_matches("--contract ")))
        .into())
}

/// Runs the capability twice.
pub(super) async fn run(
    trial: &Trial,
    client: &Client,
    seen: &mut Seen,
    report: &mut Report<'_>,
) -> Result<(), Stopped> {
    match seen.call(client, &trial.capability, &trial.input).await {
        Ok(response) => {
            report.add(Check::ok("call", format!("{} with {} bytes", response.status, response.output.len())))?
        }
        Err(error) => {
            report.add(Check::error("call", error))?;
            return report.add(Check::skipped("stream", "the call failed"));
        }
    }
    let stream = seen.stream(client, &trial.capability, &trial.input).await;
    report.add(match &stream.end {
        Ok(_) => Check::ok("stream", format!("{} events", stream.events.len())),
        Err(error) => Check::error("stream", error),
    })
}
