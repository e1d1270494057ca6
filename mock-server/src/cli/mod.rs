//! The command line. Each command has its own file.

mod init;
mod run;
mod serve;
mod signals;

use std::{
    ffi::OsString,
    io::IsTerminal as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use runtype_mock::{Config, Log, LogStyle, MockSurface, demo};

/// Mock of Runtype's API surfaces, for tests without an account or network. Unofficial, not affiliated with Runtype.
#[derive(Parser)]
#[command(name = "runtype-mock", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the mock until SIGINT or SIGTERM (on Windows: Ctrl-C or Ctrl-Break).
    Serve {
        /// Address to listen on.
        #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
        host: IpAddr,
        /// Port to listen on; 0 chooses a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        #[command(flatten)]
        what: What,
        /// Format of the request log on standard error.
        #[arg(long, value_enum, default_value_t = LogChoice::Text)]
        log: LogChoice,
        /// Also exit when standard input closes, for example because the parent process has died.
        #[arg(long)]
        exit_with_stdin: bool,
        /// Format of the printed variables: NAME=value lines, or one JSON line.
        #[arg(long, value_enum, default_value_t = Format::Env)]
        format: Format,
    },
    /// Run a command against a new mock with its variables set, and exit with the command's code.
    Run {
        #[command(flatten)]
        what: What,
        /// Format of the request log on standard error.
        #[arg(long, value_enum, default_value_t = LogChoice::None)]
        log: LogChoice,
        /// Command and its arguments.
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Write a commented configuration file.
    Init {
        /// File to write.
        #[arg(default_value = "runtype-mock.toml")]
        file: PathBuf,
    },
}

/// What to mock.
#[derive(Args)]
struct What {
    /// Configuration file (TOML). Default: the demo surface.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Random seed; the same seed gives the same faults. Overrides the configuration's.
    #[arg(long)]
    seed: Option<u64>,
}

/// Format of the printed variables.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// `NAME=value` lines.
    Env,
    /// One line of JSON.
    Json,
}

/// Format of the request log.
#[derive(Clone, Copy, ValueEnum)]
enum LogChoice {
    /// One readable line per request.
    Text,
    /// One line of JSON per request: the journal's entry.
    Json,
    /// No log.
    None,
}

impl LogChoice {
    /// Logs requests to standard error from now on.
    fn show(self, surface: &MockSurface) {
        let err = std::io::stderr();
        // https://no-color.org: any non-empty value.
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        match self {
            Self::Text => {
                let colour = err.is_terminal() && !plain;
                surface.log(Log::to(err, LogStyle::Text { colour }));
            }
            Self::Json => surface.log(Log::to(err, LogStyle::Json)),
            Self::None => {}
        }
    }
}

impl What {
    fn load(&self) -> Result<Config, String> {
        let mut config = match &self.config {
            None => demo::config(),
            Some(path) => {
                let text = std::fs::read_to_string(path)
                    .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
                Config::from_toml(&text).map_err(|problem| format!("{}: {problem}", path.display()))?
            }
        };
        config.seed = self.seed.or(config.seed);
        Ok(config)
    }

    async fn start(&self, address: SocketAddr) -> Result<MockSurface, String> {
        MockSurface::start_with(self.load()?, address).await.map_err(|error| error.to_string())
    }
}

/// Parses the arguments and runs the command.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.to_string()),
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Serve { host, port, what, log, exit_with_stdin, format } => {
                serve::serve(&what, SocketAddr::new(host, port), log, format, exit_with_stdin).await
            }
            Command::Run { what, log, command } => run::run(&what, log, &command).await,
            Command::Init { file } => init::init(&file),
        }
    });
    done.unwrap_or_else(|problem| failed(&problem))
}

fn failed(problem: &str) -> ExitCode {
    eprintln!("runtype-mock: {problem}");
    ExitCode::from(2)
}
