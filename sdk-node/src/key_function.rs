//! A key function of the application: JavaScript that the core's threads call for the key.

use std::{fmt, sync::Arc};

use napi::{
    Status,
    bindgen_prelude::{Function, Promise},
    threadsafe_function::ThreadsafeFunction,
};
use runtype_surface::KeySource;

use crate::panic::{panic_if_requested, place::Place};

/// Weak: a client that may still call for its key does not keep the process alive.
type KeyFunction = ThreadsafeFunction<(), Promise<String>, (), Status, false, true>;

/// The source that calls `ask_key`, which returns a promise and never throws by itself.
pub(crate) fn key_source(ask_key: &Function<'_, (), Promise<String>>) -> napi::Result<KeySource> {
    let ask_key: Arc<KeyFunction> = Arc::new(ask_key.build_threadsafe_function::<()>().weak::<true>().build()?);
    Ok(KeySource::function(move || {
        let ask_key = ask_key.clone();
        async move {
            panic_if_requested(Place::KeyFunction);
            let promise = ask_key.call_async_catch(()).await.map_err(KeyFunctionError)?;
            promise.await.map_err(KeyFunctionError)
        }
    }))
}

/// What the key function threw.
#[derive(Debug)]
struct KeyFunctionError(napi::Error);

impl fmt::Display for KeyFunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.reason.as_str() {
            "" => f.write_str("it threw a value without a message"),
            reason => f.write_str(reason),
        }
    }
}

impl std::error::Error for KeyFunctionError {}
