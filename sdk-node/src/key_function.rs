//! A key function of the application: JavaScript that is asked for the key from the core's threads.

use std::{fmt, sync::Arc};

use napi::{
    Status,
    bindgen_prelude::{Function, Promise},
    threadsafe_function::ThreadsafeFunction,
};
use runtype_surface::KeySource;

use crate::panic::{self, Place};

/// Weak: a client that may still be asked for its key does not keep the process alive.
type AskKey = ThreadsafeFunction<(), Promise<String>, (), Status, false, true>;

/// The source that asks `ask`, which gives a promise and never throws by itself.
pub(crate) fn key_source(ask: &Function<'_, (), Promise<String>>) -> napi::Result<KeySource> {
    let ask: Arc<AskKey> = Arc::new(ask.build_threadsafe_function::<()>().weak::<true>().build()?);
    Ok(KeySource::function(move || {
        let ask = ask.clone();
        async move {
            panic::panic_if_asked(Place::KeyFunction);
            let promise = ask.call_async_catch(()).await.map_err(KeyFunctionError)?;
            promise.await.map_err(KeyFunctionError)
        }
    }))
}

/// What the key function threw. It holds the thrown value itself, for the error's `cause`.
#[derive(Debug)]
pub(crate) struct KeyFunctionError(pub(crate) napi::Error);

impl fmt::Display for KeyFunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.reason.as_str() {
            "" => f.write_str("it threw a value without a message"),
            reason => f.write_str(reason),
        }
    }
}

impl std::error::Error for KeyFunctionError {}
