//! Errors of a stream that is used in a way that streams do not allow.

use crate::error::{Error, facts::Facts, kind::ErrorKind};

const OPTION: &str = "stream";
const CLOSED: &str =
    "the stream is closed and was not read to its end: read it before closing it, or start another one";

/// The error of reading a stream that was closed before it was read to its end.
#[must_use]
pub fn closed_stream() -> Error {
    refused(CLOSED)
}

/// The same of a stream that was never opened: nothing was sent.
#[must_use]
pub fn never_opened_stream() -> Error {
    Error::configuration_text(OPTION.to_owned(), CLOSED.to_owned())
}

/// The error of iterating over a stream that was already read.
#[must_use]
pub fn stream_already_read() -> Error {
    refused("the stream was already read, and its events come only once: keep them in a list, or start another stream")
}

/// The error of reading a stream that another reader waits for.
#[must_use]
pub fn second_reader() -> Error {
    refused(
        "another reader is waiting for the next event of this stream: read the stream in one place, and pass its events on \
         from there",
    )
}

/// The error of entering a stream twice, in languages where a stream is entered.
#[must_use]
pub fn stream_already_entered() -> Error {
    refused("the stream was already entered: enter it once, or start another one")
}

/// The error of asking for the response of a stream that is not open yet, in languages where a stream is entered. `entered_by` is
/// the statement.
#[must_use]
pub fn stream_not_open(entered_by: &str) -> Error {
    refused(&format!("the stream is not open yet: enter it with `{entered_by}`, or read its first event"))
}

fn refused(text: &str) -> Error {
    Error::new(Box::new(Facts {
        kind: Some(ErrorKind::Configuration),
        text: text.to_owned(),
        option: Some(OPTION.to_owned()),
        // The stream's own call was probably sent.
        may_have_executed: true,
        ..Facts::default()
    }))
}
