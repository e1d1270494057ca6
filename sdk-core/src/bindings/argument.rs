//! Arguments that come from another language.

use std::sync::Arc;

use futures_util::stream;
use tokio::sync::mpsc;

use super::inputs::Inputs;
use crate::{
    call::{
        Call,
        many::{CallMany, result::CallResult},
    },
    client::{Client, builder::ClientBuilder, default_options::DefaultOptions},
    config::problems::Problems,
    error::{
        Error,
        explain::one_line,
        spelling::{self, Language},
    },
    ledger::hold::LedgerHold,
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

impl Refuse for DefaultOptions {
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

/// The options that a client's calls have by default, for a derived client.
pub fn default_options(client: &Client) -> DefaultOptions {
    client.default_options()
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
///
/// # Errors
///
/// To be raised after the results: the ledger cannot be opened, or the end of a call is not recorded in it.
pub async fn drive<R>(many: &mut CallMany, results: &mpsc::Sender<R>, wrap: fn(CallResult) -> R) -> Result<(), Error> {
    many.drive(results, wrap).await
}

/// What closes the ledger of many calls, whose driver ends some time after it was aborted.
#[must_use]
pub fn ledger_hold(many: &CallMany) -> LedgerHold {
    many.ledger_hold()
}

/// Many calls whose ids in the ledger come with the inputs, by [`InputGiver::give_with_id`](super::InputGiver::give_with_id).
pub fn with_given_ids(many: CallMany) -> CallMany {
    many.id_given()
}

/// The error of a function of ids that returned something else. `found` is what, with its article.
#[must_use]
pub fn wrong_id(index: usize, found: &str) -> Error {
    refused("id", &format!("that of input {index} must be a text or a whole number, not {found}"))
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
pub fn many_stream(call: Call, mut inputs: Inputs) -> CallMany {
    call.many_stream(stream::poll_fn(move |context| inputs.poll_input(context)))
}
