//! `serve`: prints the variables and listens until it is stopped.

use std::{
    io::Write as _,
    net::{SocketAddr, ToSocketAddrs as _},
    path::Path,
    process::ExitCode,
    time::{Duration, SystemTime},
};

use runtype_mock::{MockSurface, Secret};

use super::{
    Format, LogChoice, What,
    signals::{Asked, ServeSignals, process_ended},
    start,
};

/// Where to listen, and how clients name it.
pub(super) struct Listen {
    pub(super) host: String,
    pub(super) port: u16,
    pub(super) public_url: Option<String>,
}

impl Listen {
    /// The first address of the host.
    fn address(&self) -> Result<SocketAddr, String> {
        let host = self.host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(&self.host);
        let addresses = (host, self.port).to_socket_addrs();
        let mut addresses =
            addresses.map_err(|error| format!("--host {host} is not an address of this machine: {error}"))?;
        addresses.next().ok_or_else(|| format!("--host {host} has no address"))
    }
}

/// The variable with the token of the control interface.
const CONTROL_TOKEN: &str = "RUNTYPE_MOCK_CONTROL_TOKEN";

pub(super) async fn serve(
    what: &What,
    listen: Listen,
    (log, format): (LogChoice, Format),
    watch: bool,
    ends: Ends,
) -> Result<ExitCode, String> {
    // Before anything is printed, so that a signal right after the first line is not lost.
    let mut signals = ServeSignals::listen().map_err(|error| error.to_string())?;
    let ended = ends.reached();
    tokio::pin!(ended);
    let mut file = WatchedFile::of(what.config.as_deref().filter(|_| watch));
    let address = listen.address()?;
    let mut config = what.load()?;
    config.public_url = listen.public_url.clone().or(config.public_url);
    if let Some(token) = std::env::var(CONTROL_TOKEN).ok().filter(|token| !token.is_empty()) {
        config.control_token = Some(Secret::new(token));
    }
    let is_named = config.public_url.is_some();
    let surface = start(config, address).await?;
    if !address.ip().to_canonical().is_loopback() {
        let note = if is_named { "" } else { "; name its address for clients elsewhere with --public-url" };
        eprintln!(
            "runtype-mock: everyone who can reach {} can call the mock; control requests need {CONTROL_TOKEN}{note}",
            surface.address()
        );
    }
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
                Asked::Stop => {
                    // Whatever keeps the server from stopping does not keep the process.
                    std::thread::spawn(|| {
                        std::thread::sleep(LAST_GRACE);
                        std::process::exit(0);
                    });
                    break;
                }
                Asked::Reload => reload(what, &surface),
            },
            () = file.changed() => reload(what, &surface),
            () = &mut ended => break,
        }
    }
    surface.stop(GRACE);
    Ok(ExitCode::SUCCESS)
}

/// Time for in-flight responses after the signal to stop.
const GRACE: Duration = Duration::from_millis(500);

/// Time after which the process ends, whatever it is still doing.
const LAST_GRACE: Duration = Duration::from_secs(5);

/// What ends the mock besides a signal.
pub(super) struct Ends {
    pub(super) with_stdin: bool,
    pub(super) with_process: Option<u32>,
}

impl Ends {
    /// Waits for the first of them; forever if there is none.
    async fn reached(self) {
        tokio::select! {
            () = stdin_closed(self.with_stdin) => {}
            () = process_ended(self.with_process) => {}
        }
    }
}

/// The configuration's file, if it is watched.
struct WatchedFile<'f> {
    path: Option<&'f Path>,
    seen: Option<(SystemTime, u64)>,
}

impl<'f> WatchedFile<'f> {
    fn of(path: Option<&'f Path>) -> Self {
        let mut file = Self { path, seen: None };
        file.seen = file.look();
        file
    }

    /// The time of its last change and its length, unless it cannot be read: some editors remove it before they write it.
    fn look(&self) -> Option<(SystemTime, u64)> {
        let metadata = std::fs::metadata(self.path?).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    }

    /// Waits until it changes; forever if it is not watched.
    async fn changed(&mut self) {
        if self.path.is_none() {
            return std::future::pending().await;
        }
        loop {
            tokio::time::sleep(WATCHED_EVERY).await;
            let now = self.look();
            if now.is_some() && now != self.seen {
                self.seen = now;
                return;
            }
        }
    }
}

/// How often a watched file is looked at.
const WATCHED_EVERY: Duration = Duration::from_millis(200);

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
