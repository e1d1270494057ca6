//! Starts the command, with variables of its own.

use std::{
    io::Write as _,
    process::{Child, Command, Output, Stdio},
};

use runtype_mock::MockSurface;

/// The command without the variables of the test run's own environment.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_runtype-surface"));
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy().to_uppercase();
        if text.starts_with("RUNTYPE_") || text.ends_with("_PROXY") || text.starts_with("SSL_CERT_") {
            command.env_remove(name);
        }
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The command with the variables of a mock.
pub(crate) fn command_on(mock: &MockSurface, arguments: &[&str]) -> Command {
    let mut command = command(arguments);
    command.envs(mock.variables());
    command
}

/// What a run of the command came to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ran {
    pub(crate) status: Option<i32>,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("the command writes UTF-8");
        Self { status: output.status.code(), output: text(output.stdout), errors: text(output.stderr) }
    }
}

/// Runs the command to its end, with this standard input.
pub(crate) fn run(mut command: Command, input: &str) -> Ran {
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    write(&mut child, input);
    child.wait_with_output().unwrap().into()
}

fn write(child: &mut Child, input: &str) {
    // The command may have ended without reading it.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
}
