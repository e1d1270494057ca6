//! Arguments that a language hands over.

use bytes::Bytes;
use futures_core::Stream;

use crate::{
    call::{Call, many::CallMany},
    client::builder::ClientBuilder,
    error::{
        Error,
        spelling::{self, Language},
    },
    redact,
};

/// The refusal of an argument that a binding cannot hand over, such as an input that is not JSON in its language.
#[must_use]
pub fn refused(option: &str, problem: &str) -> Error {
    Error::configuration(option, redact::hide_credentials(problem))
}

/// Takes in a problem of an argument, to be reported where the core reports its own.
pub trait Refuse {
    /// Reports the problem when the call is sent or the client is built. The first one counts.
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
        Self::refuse(self, &problem)
    }
}

/// Chooses how the texts of errors write the names of options and the units of durations.
pub fn set_language(language: Language) {
    spelling::set_language(language);
}

/// Gives an invalid option of many calls as an error, for languages that raise it where the calls are made.
///
/// # Errors
///
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration).
pub fn checked(many: CallMany) -> Result<CallMany, Error> {
    many.checked()
}

/// Names the language that the calls come from in the user agent.
pub fn user_agent(builder: ClientBuilder, user_agent: impl Into<String>) -> ClientBuilder {
    builder.user_agent(user_agent)
}

/// Makes the waits before retries repeatable, for tests.
pub fn jitter_seed(builder: ClientBuilder, seed: u64) -> ClientBuilder {
    builder.jitter_seed(seed)
}

/// Calls once for each input, with inputs as JSON text that come when they come.
pub fn many_stream(call: Call, inputs: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> CallMany {
    call.many_stream(inputs)
}
