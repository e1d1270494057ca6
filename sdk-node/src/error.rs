//! An error as data, from which the TypeScript side makes the error that it throws.

use napi::bindgen_prelude::{Buffer, Env, ObjectFinalize};
use napi_derive::napi;
use runtype_surface::{
    Error,
    bindings::{self, Report as _, refused},
};

use crate::panic::{self, Panicked, place::Place};

/// An error of the core, or a panic.
#[napi(custom_finalize)]
pub struct NativeError(Result<Error, Panicked>);

impl From<Error> for NativeError {
    fn from(error: Error) -> Self {
        Self(Ok(error))
    }
}

impl From<Panicked> for NativeError {
    fn from(panicked: Panicked) -> Self {
        Self(Err(panicked))
    }
}

impl ObjectFinalize for NativeError {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::drop_collected(self)
    }
}

#[napi]
impl NativeError {
    /// Every field but the body and the cause, as JSON text.
    #[napi]
    #[must_use]
    pub fn report(&self) -> String {
        let report = || self.0.as_ref().map_or_else(Panicked::report, Error::report);
        panic::caught_or(|| Panicked { may_have_executed: true }.report(), report)
    }

    /// The response's body as received, where there was a response.
    #[napi]
    #[must_use]
    pub fn body(&self) -> Option<Buffer> {
        panic::caught_or(|| None, || self.0.as_ref().ok()?.body().map(|body| body.as_ref().into()))
    }

    /// The text of the innermost cause: those between are the HTTP library's layers.
    #[napi]
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        panic::caught_or(
            || None,
            || {
                let mut cause = self.0.as_ref().ok().and_then(std::error::Error::source)?;
                while let Some(inner) = cause.source() {
                    cause = inner;
                }
                Some(cause.to_string())
            },
        )
    }
}

/// A wrong argument.
#[napi(object)]
pub struct Problem {
    /// Its name.
    pub option: String,
    /// What is wrong with it.
    pub problem: String,
}

/// The refusal of an argument that cannot cross into the core.
#[napi]
#[must_use]
pub fn refuse(option: String, problem: String) -> NativeError {
    panic::caught(Place::Entry, || refused(&option, &problem)).map_or_else(Into::into, Into::into)
}

/// The refusal of a header whose value is no string.
#[napi]
#[must_use]
pub fn header_value(name: String, found: String) -> NativeError {
    panic::caught(Place::Entry, || bindings::header_value(&name, &found, "a string"))
        .map_or_else(Into::into, Into::into)
}

/// The refusal of options that a function does not take, together with the `problems` of others. `takes` are the options of `caller`,
/// `given` the wrong ones.
#[napi]
#[must_use]
pub fn unknown_options(caller: String, takes: Vec<String>, given: Vec<String>, problems: Vec<Problem>) -> NativeError {
    let refused = || {
        let unknown = bindings::unknown_options(&caller, &[], &takes, &given);
        bindings::refused_as_well(unknown, pairs(&problems))
    };
    panic::caught(Place::Entry, refused).map_or_else(Into::into, Into::into)
}

fn pairs(problems: &[Problem]) -> impl Iterator<Item = (&str, &str)> {
    problems.iter().map(|Problem { option, problem }| (option.as_str(), problem.as_str()))
}

/// One refusal of several arguments: `problems` are pairs of a name and what is wrong with it.
#[napi]
#[must_use]
pub fn refuse_all(problems: Vec<Problem>) -> NativeError {
    panic::caught(Place::Entry, || bindings::refused_together(pairs(&problems))).map_or_else(Into::into, Into::into)
}

/// The line of the warning for a hook that threw.
#[napi]
#[must_use]
pub fn hook_failed(hook: String, found: String) -> String {
    panic::caught_or(String::new, || bindings::hook_failed(&hook, &found))
}

/// The problem of an input that is not a JSON object.
#[napi]
#[must_use]
pub fn not_an_object(found: String) -> String {
    panic::caught_or(String::new, || bindings::not_an_object(found))
}

/// The refusal of a text with half of a surrogate pair.
#[napi]
#[must_use]
pub fn lone_surrogate(option: String) -> NativeError {
    panic::caught(Place::Entry, || bindings::lone_surrogate(&option)).map_or_else(Into::into, Into::into)
}

/// The refusal of a stream that was closed before its end.
#[napi]
#[must_use]
pub fn closed_stream() -> NativeError {
    panic::caught(Place::Entry, bindings::closed_stream).map_or_else(Into::into, Into::into)
}

/// The refusal of a stream that was closed before it was opened.
#[napi]
#[must_use]
pub fn never_opened_stream() -> NativeError {
    panic::caught(Place::Entry, bindings::never_opened_stream).map_or_else(Into::into, Into::into)
}

/// The refusal of a stream that was already read.
#[napi]
#[must_use]
pub fn stream_already_read() -> NativeError {
    panic::caught(Place::Entry, bindings::stream_already_read).map_or_else(Into::into, Into::into)
}

/// The refusal of a second reader of a stream.
#[napi]
#[must_use]
pub fn second_reader() -> NativeError {
    panic::caught(Place::Entry, bindings::second_reader).map_or_else(Into::into, Into::into)
}

/// The refusal of a call of a client that is closed.
#[napi]
#[must_use]
pub fn closed_client() -> NativeError {
    panic::caught(Place::Entry, bindings::closed_client).map_or_else(Into::into, Into::into)
}

/// The refusal of one input where many belong.
#[napi]
#[must_use]
pub fn one_input() -> NativeError {
    panic::caught(Place::Entry, bindings::one_input).map_or_else(Into::into, Into::into)
}

/// Why `JSON.stringify` refused an input.
#[napi]
#[must_use]
pub fn not_writable(reason: String) -> String {
    panic::caught_or(String::new, || bindings::not_writable(reason))
}

/// Why what a key function returned is no key.
#[napi]
#[must_use]
pub fn not_a_key(found: String) -> String {
    panic::caught_or(String::new, || bindings::not_a_key(found, "a string"))
}
