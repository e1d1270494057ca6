//! The command line: its arguments, and one file a command.

mod init;
mod run;
mod serve;

use std::{
    ffi::OsString,
    io::IsTerminal as _,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand, ValueEnum};
use runtype_mock::{Config, Log, LogStyle, MockSurface, demo};

/// A mock of Runtype's API surfaces, for tests with no account and no network.
#[derive(Parser)]
#[command(name = "runtype-mock", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Listens until SIGINT or SIGTERM, and prints where.
    Serve {
        /// The address to listen on.
        #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
        host: IpAddr,
        /// The port to listen on; 0 takes a free one.
        #[arg(long, default_value_t = 0)]
        port: u16,
        #[command(flatten)]
        what: What,
        /// How requests are shown, on standard error.
        #[arg(long, value_enum, default_value_t = LogChoice::Text)]
        log: LogChoice,
        /// Also ends when standard input is closed, as it is when the program that started it dies.
        #[arg(long)]
        exit_with_stdin: bool,
        /// How the variables are printed: NAME=value lines, or one JSON line.
        #[arg(long, value_enum, default_value_t = Format::Env)]
        format: Format,
    },
    /// Runs a command with the variables of a fresh mock, and exits with its code.
    Run {
        #[command(flatten)]
        what: What,
        /// How requests are shown, on standard error.
        #[arg(long, value_enum, default_value_t = LogChoice::None)]
        log: LogChoice,
        /// The command and its arguments.
        #[arg(last = true, required = true, value_name = "COMMAND")]
        command: Vec<OsString>,
    },
    /// Writes a configuration that explains itself.
    Init {
        /// Where to.
        #[arg(default_value = "runtype-mock.toml")]
        file: PathBuf,
    },
}

/// What is mocked.
#[derive(Args)]
struct What {
    /// A TOML file that says what is mocked; the demo surface when absent.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where chance begins: the same seed gives the same faults.
    #[arg(long)]
    seed: Option<u64>,
}

/// How the variables are printed.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// `NAME=value` lines.
    Env,
    /// One line of JSON.
    Json,
}

/// How requests are shown.
#[derive(Clone, Copy, ValueEnum)]
enum LogChoice {
    /// One line a request, for people.
    Text,
    /// One line of JSON a request: the journal's entry.
    Json,
    /// Not at all.
    None,
}

impl LogChoice {
    /// Shows requests on standard error from here on.
    fn show(self, surface: &MockSurface) {
        let err = std::io::stderr();
        // https://no-color.org: any value that is not empty.
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

/// Reads the arguments and does what they say.
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
