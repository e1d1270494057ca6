//! A failed call, as data of which the TypeScript side makes an error.

use napi::bindgen_prelude::{Buffer, Either, Env, ObjectFinalize};
use napi_derive::napi;
use runtype_surface::{
    Error,
    bindings::{Report as _, key_function_error, refused},
};

use crate::{
    key_function::KeyFunctionError,
    panic::{self, Panicked, Place},
};

/// What the core says of a failure, or that there was a panic.
#[napi(custom_finalize)]
pub struct Failure(Result<Error, Panicked>);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(Ok(error))
    }
}

impl From<Panicked> for Failure {
    fn from(panicked: Panicked) -> Self {
        Self(Err(panicked))
    }
}

impl ObjectFinalize for Failure {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::dropped(self)
    }
}

#[napi]
impl Failure {
    /// Every field but the body and the cause, as JSON text.
    #[napi]
    #[must_use]
    pub fn report(&self) -> String {
        let report = || self.0.as_ref().map_or_else(Panicked::report, Error::report);
        panic::or(|| Panicked { may_have_executed: true }.report(), report)
    }

    /// The answer's body as it came, where there was an answer.
    #[napi]
    #[must_use]
    pub fn body(&self) -> Option<Buffer> {
        panic::or(|| None, || self.0.as_ref().ok()?.body().map(|body| body.as_ref().into()))
    }

    /// What caused it, in words, the outermost reason first.
    #[napi]
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        panic::or(Vec::new, || {
            let mut causes = Vec::new();
            let mut next = self.0.as_ref().ok().and_then(std::error::Error::source);
            while let Some(cause) = next {
                causes.push(cause.to_string());
                next = cause.source();
            }
            causes
        })
    }

    /// What the application's key function threw, the very same value.
    ///
    /// # Errors
    ///
    /// None that is known.
    #[napi(ts_return_type = "unknown")]
    pub fn thrown_by_key_function(&self) -> napi::Result<Option<napi::Error>> {
        panic::or(
            || Ok(None),
            || {
                let error = self.0.as_ref().ok().and_then(key_function_error);
                let thrown = error.and_then(|error| error.downcast_ref::<KeyFunctionError>());
                thrown.map(|thrown| thrown.0.try_clone()).transpose()
            },
        )
    }
}

/// The failure of an argument that cannot cross into the core.
#[napi]
#[must_use]
pub fn refuse(option: String, problem: String) -> Failure {
    match panic::plain(Place::Entry, || refused(&option, &problem)) {
        Either::A(error) => error.into(),
        Either::B(failure) => failure,
    }
}
