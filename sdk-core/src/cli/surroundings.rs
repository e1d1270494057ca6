//! What the command finds around it: variables, standard streams, a terminal or a pipe.

use std::{
    ffi::OsString,
    io::{IsTerminal, Read, Write},
};

use super::{Started, terminal::Terminal};
use crate::client::{Client, builder::ClientBuilder};

/// The surroundings of one run.
pub struct Surroundings {
    program: String,
    builder: ClientBuilder,
    input: Box<dyn Read>,
    output: Box<dyn Write>,
    errors: Box<dyn Write>,
    is_input_terminal: bool,
    is_output_terminal: bool,
}

impl Surroundings {
    /// Those of this process. `program` is how the user starts the command, for texts; `language` is for the user agent.
    #[must_use]
    pub fn of_process(program: &str, language: &str) -> Self {
        Self {
            program: program.to_owned(),
            builder: Client::builder().user_agent(format!(
                concat!("runtype-surface/", env!("CARGO_PKG_VERSION"), " ({}; command)"),
                language
            )),
            input: Box::new(std::io::stdin()),
            output: Box::new(std::io::stdout()),
            errors: Box::new(std::io::stderr()),
            is_input_terminal: std::io::stdin().is_terminal(),
            is_output_terminal: std::io::stdout().is_terminal(),
        }
    }

    /// Variables other than the process's.
    #[must_use]
    pub fn variables(mut self, lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        self.builder = self.builder.variables(lookup);
        self
    }

    /// Other streams, and whether they are a terminal.
    #[must_use]
    pub fn streams(
        mut self,
        input: impl Read + 'static,
        output: impl Write + 'static,
        errors: impl Write + 'static,
        is_terminal: bool,
    ) -> Self {
        (self.input, self.output, self.errors) = (Box::new(input), Box::new(output), Box::new(errors));
        (self.is_input_terminal, self.is_output_terminal) = (is_terminal, is_terminal);
        self
    }

    pub(super) fn split(self) -> (Terminal, Started) {
        let Self { program, builder, input, output, errors, is_input_terminal, is_output_terminal } = self;
        let terminal = Terminal::new(output, errors, is_output_terminal);
        (terminal, Started { program, builder, input, is_input_terminal })
    }
}

impl std::fmt::Debug for Surroundings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Surroundings").field("program", &self.program).finish_non_exhaustive()
    }
}
