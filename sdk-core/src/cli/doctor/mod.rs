//! `doctor`: finds out what is wrong with a set-up, from the variables to the surface's answer, and says what to do.

mod answer;
mod check;
mod network;
mod report;
mod settings;
pub(super) mod trial;

use super::terminal::{Stopped, Terminal};
use crate::{
    client::{Client, builder::ClientBuilder},
    error::{Error, spelling::spell},
};
use answer::Answers;
use check::Check;
use network::Route;
use report::Report;
use trial::Trial;

/// What `doctor` is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Asked {
    /// A capability that must exist.
    pub(super) capability: Option<String>,
    /// Compare the surface with the assumed facts, by running a capability.
    pub(super) trial: Option<Trial>,
}

/// Looks at everything in the order of a call; returns the exit code.
pub(super) async fn doctor(asked: Asked, builder: ClientBuilder, terminal: &mut Terminal) -> Result<u8, Stopped> {
    let mut report = Report::new(terminal);
    let survey = builder.survey();
    for look in [settings::key, settings::address, settings::options] {
        report.add(look(&survey))?;
    }
    let route = survey.stranger.as_ref().and_then(Route::of);
    let is_reached = match (&route, &survey.stranger) {
        (Some(route), Some(stranger)) => reach(route, stranger, &mut report).await?,
        _ => skip(&mut report, &["name", "connection", "TLS"], "the address or an option is wrong")?,
    };
    match (&survey.client, &survey.stranger) {
        (Some(client), Some(stranger)) if is_reached => {
            let answers = Answers::ask(client, stranger).await;
            report.add(answers.check())?;
            let wanted = asked.trial.as_ref().map(|trial| &trial.capability).or(asked.capability.as_ref());
            report.add(answers.capability(wanted.map(String::as_str)))?;
            if let Some(trial) = &asked.trial {
                let Answers(mut seen) = answers;
                if report.has_problem() {
                    report.add(Check::skipped("call", "a problem above comes first"))?;
                } else {
                    trial::run(trial, client, &mut seen, &mut report).await?;
                }
                report.judge(&seen)?;
            }
        }
        _ if is_reached => skip(&mut report, &["answer", "capability"], "there is no key to ask with").map(drop)?,
        _ => skip(&mut report, &["answer", "capability"], "the server cannot be reached").map(drop)?,
    }
    report.end()
}

/// Follows the way to the server; returns whether requests may reach it.
async fn reach(route: &Route, stranger: &Client, report: &mut Report<'_>) -> Result<bool, Stopped> {
    let (name, addresses) = route.name();
    let is_known = !name.is_problem();
    report.add(name)?;
    if !is_known {
        return skip(report, &["connection", "TLS"], "the name is unknown");
    }
    let (connection, stream) = route.connection(&addresses);
    report.add(connection)?;
    let Some(stream) = stream else { return skip(report, &["TLS"], "there is no connection") };
    let tls = match route.tls(stream) {
        Some(tls) => tls,
        // A request fails in the same way, and its error says what to do.
        None => match stranger.openapi_call().max_retries(0).send_bytes().await {
            Err(error) if error.status().is_none() => tls_failure(&error),
            _ => Check::ok("TLS", "a trusted certificate"),
        },
    };
    let is_reached = !tls.is_problem();
    report.add(tls)?;
    Ok(is_reached)
}

fn tls_failure(error: &Error) -> Check {
    let mut check = Check::error("TLS", error);
    if error.os_code() == Some("EPROTO") {
        let base_url = spell("base_url");
        check.remedy =
            Some(format!("Begin {base_url} with http:// if this is a mock on this machine, or name the port of TLS."));
    }
    check
}

fn skip(report: &mut Report<'_>, names: &[&'static str], why: &str) -> Result<bool, Stopped> {
    for name in names {
        report.add(Check::skipped(name, why))?;
    }
    Ok(false)
}
