//! Arguments that a language hands over.

use bytes::Bytes;
use futures_core::Stream;

use crate::{
    call::{Call, many::CallMany},
    client::builder::ClientBuilder,
    error::Error,
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

/// Names the language that the calls come from in the user agent.
pub fn user_agent(builder: ClientBuilder, user_agent: impl Into<String>) -> ClientBuilder {
    builder.user_agent(user_agent)
}

/// Calls once for each input, with inputs as JSON text that come when they come.
pub fn many_stream(call: Call, inputs: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> CallMany {
    call.many_stream(inputs)
}
