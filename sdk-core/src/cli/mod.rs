//! The command `runtype-surface`: calls a capability from a shell, and finds out what is wrong with a set-up.
//!
//! The Rust binary, `python -m runtype_surface` and `npx runtype-surface` all run [`run`]. Not part of the public interface.

mod arguments;
mod call;
mod configure;
mod contract;
mod doctor;
mod exit;
mod help;
mod input;
mod json;
mod option;
mod surroundings;
mod terminal;
mod topic;

use std::ffi::OsString;

use crate::{
    client::{Client, builder::ClientBuilder},
    error::{
        Error,
        spelling::{self, Language},
    },
};
use arguments::{Arguments, Task};
use doctor::trial::{self, Trial};
pub use surroundings::Surroundings;
use terminal::{Stopped, Terminal};

/// Runs the command to its end; returns its exit code. `arguments` are those after the program's name.
///
/// The texts of all later errors in this process name options as the command does.
#[must_use]
pub fn run(arguments: Vec<OsString>, surroundings: Surroundings) -> u8 {
    spelling::set_language(Language::Command);
    let (mut terminal, started) = surroundings.split();
    let ended = arguments::parse(arguments, &started.program).and_then(|arguments| {
        terminal.choose(arguments.form);
        perform(arguments, started, &mut terminal)
    });
    match ended {
        Ok(code) => code,
        Err(stopped) => terminal.report(stopped),
    }
}

/// What a task needs besides its arguments and the terminal.
struct Started {
    program: String,
    builder: ClientBuilder,
    input: Box<dyn std::io::Read>,
    is_input_terminal: bool,
}

fn perform(arguments: Arguments, started: Started, terminal: &mut Terminal) -> Result<u8, Stopped> {
    let Started { program, builder, mut input, is_input_terminal } = started;
    let builder = configure::configure(builder, &arguments.options);
    match arguments.task {
        Task::Help(topic) => terminal.write(&help::text(topic, &program))?,
        Task::Version => terminal.write(concat!("runtype-surface ", env!("CARGO_PKG_VERSION"), "\n"))?,
        Task::Doctor { capability, contract, is_agreed } => {
            let trial = match contract {
                Some((capability, given)) => {
                    let given = input::read(given, &mut *input)?;
                    trial::consent(&capability, is_agreed, &mut *input, is_input_terminal, terminal)?;
                    Some(Trial { capability, input: given })
                }
                None => None,
            };
            return wait(doctor::doctor(doctor::Asked { capability, trial }, builder, terminal))?;
        }
        Task::OpenApi => {
            let client = builder.build()?;
            wait(call::openapi(&client, terminal))??;
        }
        Task::Call { capability, input: given, is_stream, is_dispatch } => {
            let given = input::read(given, &mut *input)?;
            let client = client_for(builder, &arguments.options, &capability)?;
            let mut call = client.capability(capability).input_json(given);
            if is_dispatch {
                call = call.via_dispatch();
            }
            if is_stream {
                wait(call::stream(call, terminal))??;
            } else {
                wait(call::call(call, terminal))??;
            }
        }
    }
    Ok(exit::OK)
}

/// A capability's full URL also says which surface it is on, unless an option does.
fn client_for(builder: ClientBuilder, options: &[(&'static str, String)], capability: &str) -> Result<Client, Error> {
    let names_surface = |name: &str| matches!(name, "endpoint_url" | "product_id" | "surface_id");
    if capability.contains("://") && !options.iter().any(|(name, _)| names_surface(name)) {
        return builder.endpoint_url(capability).build();
    }
    builder.build()
}

/// Waits on this thread.
fn wait<T>(work: impl Future<Output = T>) -> Result<T, Stopped> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Stopped::Runtime)?;
    Ok(runtime.block_on(work))
}
