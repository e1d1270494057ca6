//! Options as Python passes them: names and values, each set on the core, which knows the rules.

pub(crate) mod opaque;
pub(crate) mod signature;
pub(crate) mod value;

use std::{sync::Arc, time::Duration};

use pyo3::{prelude::*, types::PyDict};
use runtype_surface::{
    Call, CallMany, ClientBuilder, Error, KeySource,
    bindings::{self, Refuse},
};

use crate::{hooks::Hooks, key_function};
use value::{Refusal, Value};

/// The options that say where the key comes from.
const KEY_OPTIONS: [&str; 3] = ["api_key", "api_key_file", "api_key_variable"];

/// Sets an option on what the core builds. A problem of its value waits there, and is reported with the others.
///
/// # Errors
///
/// What the value's own methods raised.
fn set<B: Refuse, T>(target: B, value: Result<T, Refusal>, set: impl FnOnce(B, T) -> B) -> PyResult<B> {
    match value {
        Ok(value) => Ok(set(target, value)),
        Err(Refusal::Problem(problem)) => Ok(target.refuse(problem)),
        Err(Refusal::Raised(raised)) => Err(raised),
    }
}

/// A client's options, and the hooks among them.
///
/// # Errors
///
/// What a value's own methods raised. Wrong values are reported where the client is built.
pub(crate) fn client(
    mut builder: ClientBuilder,
    options: &Bound<'_, PyDict>,
) -> PyResult<(ClientBuilder, Option<Arc<Hooks>>)> {
    let mut hooks = Hooks::default();
    if let Err(problem) = one_key_source(options)? {
        builder = builder.refuse(problem);
    }
    for (name, value) in options {
        let Some(option) = Value::given(&name, &value)? else { continue };
        builder = match option.name {
            "env_prefix" => set(builder, option.text(), |builder, prefix| builder.env_prefix(&prefix)),
            "api_key" => match option.key_function() {
                Ok(Some(function)) => Ok(builder.api_key_source(key_function::source(function))),
                Ok(None) => set(builder, option.text(), ClientBuilder::api_key),
                Err(refusal) => set(builder, Err::<String, _>(refusal), ClientBuilder::api_key),
            },
            "api_key_file" => set(builder, option.path().map(KeySource::file), ClientBuilder::api_key_source),
            "api_key_variable" => set(builder, option.text().map(KeySource::variable), ClientBuilder::api_key_source),
            "api_key_prefix" => {
                set(builder, option.text_or_none().map(Option::unwrap_or_default), ClientBuilder::api_key_prefix)
            }
            "product_id" => set(builder, option.text(), ClientBuilder::product_id),
            "surface_id" => set(builder, option.text(), ClientBuilder::surface_id),
            "endpoint_url" => set(builder, option.text(), ClientBuilder::endpoint_url),
            "base_url" => set(builder, option.text(), ClientBuilder::base_url),
            "auth_header" => set(builder, option.named(), ClientBuilder::auth_header),
            "connect_timeout" => set(builder, option.duration("connect_timeout"), ClientBuilder::connect_timeout),
            "timeout" => set(builder, option.duration("timeout"), ClientBuilder::timeout),
            "attempt_timeout" => set(builder, option.duration("attempt_timeout"), ClientBuilder::attempt_timeout),
            "max_retries" => set(builder, option.retries(), ClientBuilder::max_retries),
            "max_retry_wait" => set(builder, option.duration("max_retry_wait"), ClientBuilder::max_retry_wait),
            "retry_mode" => set(builder, option.named(), ClientBuilder::retry_mode),
            "max_response_bytes" => {
                set(builder, option.whole_number("max_response_bytes"), ClientBuilder::max_response_bytes)
            }
            "response_format" => set(builder, option.named(), ClientBuilder::response_format),
            "stream_idle_timeout" => {
                set(builder, option.duration("stream_idle_timeout"), ClientBuilder::stream_idle_timeout)
            }
            "stream_timeout" => set(builder, option.duration("stream_timeout"), ClientBuilder::stream_timeout),
            "max_event_bytes" => set(builder, option.whole_number("max_event_bytes"), ClientBuilder::max_event_bytes),
            "headers" => set(builder, option.headers(), |builder, headers| {
                headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value))
            }),
            "proxy" => set(builder, option.text(), ClientBuilder::proxy),
            "root_certificates" => set(builder, option.certificates(), |builder, certificates| {
                certificates.into_iter().fold(builder, ClientBuilder::root_certificate)
            }),
            "allow_insecure_http" => set(builder, option.truth(), ClientBuilder::allow_insecure_http),
            "before_attempt" => set(builder, option.hook(), |builder, hook| hooks.before(hook, builder)),
            "after_attempt" => set(builder, option.hook(), |builder, hook| hooks.after(hook, builder)),
            _ => Err(option.unknown()),
        }?;
    }
    Ok((builder, hooks.shared()))
}

/// The options of one call.
///
/// # Errors
///
/// As [`client`]. Wrong values are reported where the call is sent.
pub(crate) fn call(mut call: Call, options: &Bound<'_, PyDict>) -> PyResult<Call> {
    for (name, value) in options {
        let Some(option) = Value::given(&name, &value)? else { continue };
        call = match option.name {
            "timeout" => set(call, option.duration("timeout"), Call::timeout),
            "attempt_timeout" => set(call, option.duration("attempt_timeout"), Call::attempt_timeout),
            "max_retries" => set(call, option.retries(), Call::max_retries),
            "max_retry_wait" => set(call, option.duration("max_retry_wait"), Call::max_retry_wait),
            "retry_mode" => set(call, option.named(), Call::retry_mode),
            "max_response_bytes" => set(call, option.whole_number("max_response_bytes"), Call::max_response_bytes),
            "response_format" => set(call, option.named(), Call::response_format),
            "stream_idle_timeout" => set(call, option.duration("stream_idle_timeout"), Call::stream_idle_timeout),
            "stream_timeout" => set(call, option.duration("stream_timeout"), Call::stream_timeout),
            "max_event_bytes" => set(call, option.whole_number("max_event_bytes"), Call::max_event_bytes),
            "headers" => set(call, option.headers(), |call, headers| {
                headers.iter().fold(call, |call, (name, value)| call.header(name, value))
            }),
            "via_dispatch" => set(call, option.truth(), |call, is_set| if is_set { call.via_dispatch() } else { call }),
            // These are of many calls: `Many` reads them.
            "concurrency" | "in_order" | "max_window_wait" => Ok(call),
            _ => Err(option.unknown()),
        }?;
    }
    Ok(call)
}

/// The options of many calls that one call does not have.
#[derive(Default)]
pub(crate) struct Many {
    concurrency: Option<Result<u64, Error>>,
    in_order: Option<Result<bool, Error>>,
    /// The inner none disables it.
    max_window_wait: Option<Result<Option<Duration>, Error>>,
}

impl Many {
    /// Reads them.
    ///
    /// # Errors
    ///
    /// As [`client`].
    pub(crate) fn read(options: &Bound<'_, PyDict>) -> PyResult<Self> {
        let mut many = Self::default();
        for (name, value) in options {
            let Some(option) = Value::given(&name, &value)? else { continue };
            match option.name {
                "concurrency" => many.concurrency = Some(checked(option.whole_number("concurrency"))?),
                "in_order" => many.in_order = Some(checked(option.truth())?),
                "max_window_wait" => many.max_window_wait = Some(checked(option.duration("max_window_wait"))?),
                _ => {}
            }
        }
        Ok(many)
    }

    /// Sets them. Wrong values are reported with those of the call.
    pub(crate) fn set(self, many: CallMany) -> CallMany {
        let many = match self.concurrency {
            None => many,
            Some(Ok(calls)) => many.concurrency(calls),
            Some(Err(problem)) => many.refuse(problem),
        };
        let many = match self.in_order {
            None => many,
            Some(Ok(in_order)) => many.in_order(in_order),
            Some(Err(problem)) => many.refuse(problem),
        };
        match self.max_window_wait {
            None => many,
            Some(Ok(wait)) => many.max_window_wait(wait),
            Some(Err(problem)) => many.refuse(problem),
        }
    }
}

/// A value or its problem; what its own methods raised is raised.
fn checked<T>(value: Result<T, Refusal>) -> PyResult<Result<T, Error>> {
    match value {
        Ok(value) => Ok(Ok(value)),
        Err(Refusal::Problem(problem)) => Ok(Err(problem)),
        Err(Refusal::Raised(raised)) => Err(raised),
    }
}

fn one_key_source(options: &Bound<'_, PyDict>) -> PyResult<Result<(), Error>> {
    let mut given = Vec::new();
    for name in KEY_OPTIONS {
        if options.get_item(name)?.is_some_and(|value| !value.is_none()) {
            given.push(name);
        }
    }
    Ok(bindings::one_key_source(given))
}
