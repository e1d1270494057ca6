//! `serve`: listens, prints where, and stays until it is told to go.

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

use super::{Format, What};

pub(super) async fn serve(
    what: &What,
    address: SocketAddr,
    format: Format,
) -> Result<ExitCode, String> {
    // Before anything is printed, so that a signal sent right after the first line is not lost.
    let mut interrupt = signal(SignalKind::interrupt()).map_err(|error| error.to_string())?;
    let mut terminate = signal(SignalKind::terminate()).map_err(|error| error.to_string())?;
    let surface = what.start(address).await?;
    let variables = surface.environment();
    let mut text = match format {
        Format::Env => variables
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("\n"),
        Format::Json => {
            let map: serde_json::Map<_, _> = variables
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.into()))
                .collect();
            serde_json::Value::from(map).to_string()
        }
    };
    text.push('\n');
    // A reader that has closed the pipe already is no reason to stop serving.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    drop(out);
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    Ok(ExitCode::SUCCESS)
}
