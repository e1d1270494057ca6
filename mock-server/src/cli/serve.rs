//! `serve`: prints the variables and listens until it is stopped.

use std::{io::Write as _, net::SocketAddr, process::ExitCode, time::Duration};

use runtype_mock::MockSurface;

use super::{
    Format, LogChoice, What,
    signals::{Asked, ServeSignals},
};

pub(super) async fn serve(
    what: &What,
    address: SocketAddr,
    log: LogChoice,
    format: Format,
    exit_with_stdin: bool,
) -> Result<ExitCode, String> {
    // Before anything is printed, so that a signal right after the first line is not lost.
    let mut signals = ServeSignals::listen().map_err(|error| error.to_string())?;
    let closed = stdin_closed(exit_with_stdin);
    tokio::pin!(closed);
    let surface = what.start(address).await?;
    log.show(&surface);
    let variables = surface.variables();
    let mut text = match format {
        Format::Env => variables.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n"),
        Format::Json => {
            let map: serde_json::Map<_, _> =
                variables.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
            serde_json::Value::from(map).to_string()
        }
    };
    text.push('\n');
    // A closed pipe is no reason to stop serving.
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    drop(out);
    loop {
        tokio::select! {
            asked = signals.next() => match asked {
                Asked::Stop => break,
                Asked::Reload => reload(what, &surface),
            },
            () = &mut closed => break,
        }
    }
    surface.stop(GRACE);
    Ok(ExitCode::SUCCESS)
}

/// Time for in-flight responses after the signal to stop.
const GRACE: Duration = Duration::from_millis(500);

/// Waits until standard input closes; forever unless requested.
async fn stdin_closed(wanted: bool) {
    if !wanted {
        return std::future::pending().await;
    }
    let (closed, waiting) = tokio::sync::oneshot::channel();
    // A separate thread, because a read of standard input cannot be cancelled.
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        let _ = closed.send(());
    });
    let _ = waiting.await;
}

/// Reloads the configuration. An invalid one changes nothing.
fn reload(what: &What, surface: &MockSurface) {
    let done = what.load().and_then(|config| surface.replace(config).map_err(|error| error.to_string()));
    match done {
        Ok(()) => eprintln!("runtype-mock: configuration reloaded"),
        Err(problem) => eprintln!("runtype-mock: configuration not reloaded: {problem}"),
    }
}
