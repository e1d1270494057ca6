//! A failed call, as data of which the TypeScript side makes an error.

use napi::bindgen_prelude::{Buffer, Env, JsError, Unknown};
use napi_derive::napi;
use runtype_surface::Error;

use crate::key_function::KeyFunctionError;

/// What the core says of a failure.
#[napi]
pub struct Failure(Error);

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

#[napi]
impl Failure {
    /// Every field but the body and the cause, as JSON text.
    #[napi]
    #[must_use]
    pub fn report(&self) -> String {
        self.0.report()
    }

    /// The answer's body as it came, where there was an answer.
    #[napi]
    #[must_use]
    pub fn body(&self) -> Option<Buffer> {
        self.0.body().map(|body| body.as_ref().into())
    }

    /// What caused it, in words, the outermost reason first.
    #[napi]
    #[must_use]
    pub fn causes(&self) -> Vec<String> {
        let mut causes = Vec::new();
        let mut next = std::error::Error::source(&self.0);
        while let Some(cause) = next {
            causes.push(cause.to_string());
            next = cause.source();
        }
        causes
    }

    /// What the application's key function threw, the very same value.
    ///
    /// # Errors
    ///
    /// None that is known.
    #[napi(ts_return_type = "unknown")]
    pub fn thrown_by_key_function<'env>(&self, env: &'env Env) -> napi::Result<Option<Unknown<'env>>> {
        let thrown = self.0.key_function_error().and_then(|error| error.downcast_ref::<KeyFunctionError>());
        thrown.map(|thrown| Ok(JsError::from(thrown.0.try_clone()?).into_unknown(*env))).transpose()
    }
}

/// The failure of an argument that cannot cross into the core.
#[napi]
#[must_use]
pub fn refuse(option: String, problem: String) -> Failure {
    Error::refused(&option, &problem).into()
}
