//! The input of a call: an argument, a file, or standard input.

use std::{borrow::Cow, io::Read};

use serde_json::value::RawValue;

use super::terminal::is_temporary;
use crate::{
    call::not_an_object,
    error::{
        Error,
        cause::{Cause, plain},
    },
    redact,
};

/// Where the input is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Given {
    /// Nowhere: `{}`.
    Nothing,
    Text(String),
    File(String),
    StandardInput,
}

impl From<String> for Given {
    fn from(argument: String) -> Self {
        match argument.strip_prefix('@') {
            Some(path) => Self::File(path.to_owned()),
            None if argument == "-" => Self::StandardInput,
            None => Self::Text(argument),
        }
    }
}

/// Reads the input and checks that it is a JSON object.
pub(super) fn read(given: Given, standard_input: &mut dyn Read) -> Result<Vec<u8>, Error> {
    let (bytes, place) = match given {
        Given::Nothing => return Ok(b"{}".to_vec()),
        Given::Text(text) => (text.into_bytes(), Cow::Borrowed("the argument")),
        Given::File(path) => {
            let place = format!("the file {}", redact::quote(&path));
            let bytes = std::fs::read(&path).map_err(|error| cannot_be_read(&place, &error))?;
            (bytes, place.into())
        }
        Given::StandardInput => {
            let bytes = all(standard_input).map_err(|error| cannot_be_read("standard input", &error))?;
            (bytes, Cow::Borrowed("standard input"))
        }
    };
    check(&bytes).map_err(|problem| Error::configuration("input", problem).found_in(place))?;
    Ok(bytes)
}

fn all(input: &mut dyn Read) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        match input.read_to_end(&mut bytes) {
            Err(error) if is_temporary(&error) => {}
            Err(error) => return Err(error),
            Ok(_) => return Ok(bytes),
        }
    }
}

fn cannot_be_read(place: &str, error: &std::io::Error) -> Error {
    let reason = Cause::of(error).reason();
    Error::configuration(
        "input",
        format!("{place} cannot be read: {reason}; pass a JSON object, @FILE, or - for standard input"),
    )
}

fn check(bytes: &[u8]) -> Result<(), String> {
    let text = bytes.trim_ascii();
    if text.is_empty() {
        return Err(not_an_object("nothing"));
    }
    if let Err(error) = serde_json::from_slice::<&RawValue>(text) {
        return Err(format!(
            "not JSON ({}): pass an object such as '{{\"input\": \"Your input here\"}}', in single quotes for the shell",
            plain(&error.to_string())
        ));
    }
    match text.first() {
        Some(b'{') => Ok(()),
        Some(b'[') => Err(not_an_object("an array")),
        Some(b'"') => Err(not_an_object("a string")),
        Some(b'n') => Err(not_an_object("null")),
        Some(b't' | b'f') => Err(not_an_object("a boolean")),
        _ => Err(not_an_object("a number")),
    }
}
