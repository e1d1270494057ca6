//! Where the command writes: for people on a terminal, JSON in a pipe.

use std::{
    io::{self, Write},
    thread::sleep,
    time::Duration,
};

use super::exit;
use crate::{bindings::Report as _, error::Error, redact};

/// The form of what is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Text,
    Json,
}

/// Why the command ends early.
#[derive(Debug)]
pub(super) enum Stopped {
    Error(Error),
    Output(io::Error),
    Runtime(io::Error),
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

/// Standard output and standard error.
pub(super) struct Terminal {
    output: Box<dyn Write>,
    errors: Box<dyn Write>,
    is_terminal: bool,
    form: Option<Form>,
}

impl Terminal {
    pub(super) fn new(output: Box<dyn Write>, errors: Box<dyn Write>, is_terminal: bool) -> Self {
        Self { output, errors, is_terminal, form: None }
    }

    /// Chooses the form; without a choice a terminal gets text, a pipe JSON.
    pub(super) fn choose(&mut self, form: Option<Form>) {
        self.form = form;
    }

    pub(super) fn form(&self) -> Form {
        self.form.unwrap_or(if self.is_terminal { Form::Text } else { Form::Json })
    }

    /// Writes to standard output, at once.
    pub(super) fn write(&mut self, text: &str) -> Result<(), Stopped> {
        write_all(&mut *self.output, text.as_bytes()).map_err(Stopped::Output)
    }

    /// Writes a server's words, so that a terminal does not act on them. Line breaks and tabs stay.
    pub(super) fn write_words(&mut self, words: &str) -> Result<(), Stopped> {
        let lines: Vec<String> = words.split('\n').map(visible).collect();
        self.write(&lines.join("\n"))
    }

    /// Writes a line to standard error, which nobody may read.
    pub(super) fn note(&mut self, line: &str) {
        let _ = write_all(&mut *self.errors, format!("{line}\n").as_bytes());
    }

    /// Tells why the command ended early; returns the exit code.
    pub(super) fn report(&mut self, stopped: Stopped) -> u8 {
        match stopped {
            // As usual where a reader has seen enough.
            Stopped::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => exit::CLOSED_OUTPUT,
            Stopped::Output(error) => {
                self.note(&format!("standard output cannot be written: {error}"));
                exit::FAILED
            }
            Stopped::Runtime(error) => {
                self.note(&format!("the network cannot be used: {error}"));
                exit::FAILED
            }
            Stopped::Error(error) => {
                let text = if self.form == Some(Form::Json) { fields(&error) } else { error.to_string() };
                self.note(&text);
                exit::code(&error)
            }
        }
    }
}

/// The fields that the error has, as JSON.
fn fields(error: &Error) -> String {
    let mut fields: serde_json::Map<_, serde_json::Value> = serde_json::from_str(&error.report()).unwrap_or_default();
    fields.retain(|_, value| !value.is_null());
    serde_json::Value::from(fields).to_string()
}

fn visible(line: &str) -> String {
    let parts: Vec<_> = line.split('\t').map(redact::visible).collect();
    parts.join("\t")
}

/// Writes all, also to a pipe that another program has set to not block.
fn write_all(output: &mut dyn Write, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match output.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(error) if is_temporary(&error) => {}
            Err(error) => return Err(error),
        }
    }
    loop {
        match output.flush() {
            Err(error) if is_temporary(&error) => {}
            ended => return ended,
        }
    }
}

/// Whether to try again: a signal came, or the other end is not ready, for which this waits.
pub(super) fn is_temporary(error: &io::Error) -> bool {
    match error.kind() {
        io::ErrorKind::Interrupted => true,
        io::ErrorKind::WouldBlock => {
            sleep(Duration::from_millis(2));
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes one byte at every second call.
    struct Busy {
        taken: Vec<u8>,
        is_ready: bool,
    }

    impl Write for Busy {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.is_ready = !self.is_ready;
            if !self.is_ready {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.taken.extend_from_slice(&bytes[..1]);
            Ok(1)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_pipe_that_does_not_block_gets_everything() {
        let mut busy = Busy { taken: Vec::new(), is_ready: true };
        write_all(&mut busy, b"all of it").unwrap();
        assert_eq!(busy.taken, b"all of it");
    }

    #[test]
    fn a_terminal_does_not_act_on_words() {
        assert_eq!(visible("a\tb\u{1b}[2J\r"), "a\tb\\u{1b}[2J\\r");
    }
}
