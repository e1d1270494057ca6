//! Arguments that come from another language.

use std::sync::Arc;

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc;

use crate::{
    call::{
        Call,
        many::{CallMany, result::CallResult},
    },
    client::builder::ClientBuilder,
    config::problems::Problems,
    error::{
        Error,
        explain::one_line,
        spelling::{self, Language},
    },
    send::clock::Clock,
};

/// The error of an argument that a binding cannot convert, such as an input that is not JSON in its language.
#[must_use]
pub fn refused(option: &str, problem: &str) -> Error {
    Error::configuration(option, one_line(problem))
}

/// One error of several such arguments, each with its problem.
#[must_use]
pub fn refused_together<'a>(problems: impl IntoIterator<Item = (&'a str, &'a str)>) -> Error {
    let mut all = Problems::default();
    for (option, problem) in problems {
        all.push(refused(option, problem));
    }
    all.into_error()
}

/// The same with an error that was found before.
#[must_use]
pub fn refused_as_well<'a>(first: Error, problems: impl IntoIterator<Item = (&'a str, &'a str)>) -> Error {
    let mut all = Problems::default();
    all.push(first);
    for (option, problem) in problems {
        all.push(refused(option, problem));
    }
    all.into_error()
}

/// Records a problem of an argument, which is reported where the core reports its own.
pub trait Refuse {
    /// Reports the problem when the call is sent or the client is built. Several are reported together.
    #[must_use]
    fn refuse(self, problem: Error) -> Self;
}

impl Refuse for Call {
    fn refuse(self, problem: Error) -> Self {
        Self::refuse(self, problem)
    }
}

impl Refuse for CallMany {
    fn refuse(self, problem: Error) -> Self {
        Self::refuse(self, problem)
    }
}

impl Refuse for ClientBuilder {
    fn refuse(self, problem: Error) -> Self {
        Self::refuse(self, problem)
    }
}

/// Sets how error texts write the names of options and the units of durations.
pub fn set_language(language: Language) {
    spelling::set_language(language);
}

/// Returns an invalid option of many calls as an error, for languages that raise it where the calls are made.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration).
pub fn checked(many: CallMany) -> Result<CallMany, Error> {
    many.checked()
}

/// The same of one call.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration).
pub fn checked_call(call: Call) -> Result<Call, Error> {
    call.checked()
}

/// Adds the calling language to the user agent.
pub fn user_agent(builder: ClientBuilder, user_agent: impl Into<String>) -> ClientBuilder {
    builder.user_agent(user_agent)
}

/// Seeds the jitter of retry waits, for reproducible tests.
pub fn jitter_seed(builder: ClientBuilder, seed: u64) -> ClientBuilder {
    builder.jitter_seed(seed)
}

/// Waits by another clock than the machine's, for tests: backoff, used-up windows and deadlines. Timeouts of the network stay
/// real.
pub fn clock(builder: ClientBuilder, clock: impl Clock + 'static) -> ClientBuilder {
    builder.clock(Arc::new(clock))
}

/// Sends all results to a channel. It is to run in a task, so that calls go on while the application handles a result: no call
/// is started while as many finished results wait as calls may be in flight.
pub async fn drive<R>(many: &mut CallMany, results: &mpsc::Sender<R>, wrap: fn(CallResult) -> R) {
    many.drive(results, wrap).await;
}

/// The error of many calls that got a mapping, an object or a text where a list of inputs belongs.
#[must_use]
pub fn one_input() -> Error {
    refused("inputs", "one input was given, not many: pass a list")
}

/// The error of something that cannot be iterated where many inputs belong.
#[must_use]
pub fn not_iterable() -> Error {
    refused("inputs", "they must be iterable, such as a list or a generator of JSON objects")
}

/// Calls once for each input. Inputs are JSON text and arrive asynchronously; as many as calls in flight are taken ahead.
pub fn many_stream(call: Call, inputs: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> CallMany {
    call.many_stream(inputs)
}
