//! Options as Python passes them: names and values, each set on the core, which knows the rules.

mod nearest;
pub(crate) mod opaque;
pub(crate) mod signature;
pub(crate) mod value;

use std::{sync::Arc, time::Duration};

use pyo3::{prelude::*, types::PyDict};
use runtype_surface::{Call, ClientBuilder, KeySource, bindings};

use crate::{error, hooks::Hooks, key_function};
use value::Value;

/// The options that say where the key comes from.
const KEY_OPTIONS: [&str; 3] = ["api_key", "api_key_file", "api_key_variable"];

/// A client's options, and the hooks among them.
///
/// # Errors
///
/// `TypeError` for a value of a wrong type, `ConfigurationError` for a value that the core refuses.
pub(crate) fn client(
    mut builder: ClientBuilder,
    options: &Bound<'_, PyDict>,
) -> PyResult<(ClientBuilder, Option<Arc<Hooks>>)> {
    let mut hooks = Hooks::default();
    refuse_second_key(options)?;
    for (name, value) in options {
        let Some(option) = Value::given(&name, &value)? else { continue };
        builder = match option.name {
            "env_prefix" => builder.env_prefix(&option.text()?),
            "api_key" => match option.key_function()? {
                Some(function) => builder.api_key_source(key_function::source(function)),
                None => builder.api_key(option.text()?),
            },
            "api_key_file" => builder.api_key_source(KeySource::file(option.path()?)),
            "api_key_variable" => builder.api_key_source(KeySource::variable(option.text()?)),
            "api_key_prefix" => builder.api_key_prefix(option.text_or_none()?.unwrap_or_default()),
            "product_id" => builder.product_id(option.text()?),
            "surface_id" => builder.surface_id(option.text()?),
            "endpoint_url" => builder.endpoint_url(option.text()?),
            "base_url" => builder.base_url(option.text()?),
            "auth_header" => builder.auth_header(option.named()?),
            "connect_timeout" => builder.connect_timeout(option.duration("connect_timeout")?),
            "timeout" => builder.timeout(option.duration("timeout")?),
            "attempt_timeout" => builder.attempt_timeout(option.duration("attempt_timeout")?),
            "max_retries" => builder.max_retries(option.retries()?),
            "max_retry_wait" => builder.max_retry_wait(option.duration("max_retry_wait")?),
            "retry_mode" => builder.retry_mode(option.named()?),
            "max_response_bytes" => builder.max_response_bytes(option.whole_number("max_response_bytes")?),
            "response_format" => builder.response_format(option.named()?),
            "stream_idle_timeout" => builder.stream_idle_timeout(option.duration("stream_idle_timeout")?),
            "stream_timeout" => builder.stream_timeout(option.duration("stream_timeout")?),
            "max_event_bytes" => builder.max_event_bytes(option.whole_number("max_event_bytes")?),
            "headers" => option.headers()?.iter().fold(builder, |builder, (name, value)| builder.header(name, value)),
            "proxy" => builder.proxy(option.text()?),
            "root_certificates" => option.certificates()?.into_iter().fold(builder, ClientBuilder::root_certificate),
            "allow_insecure_http" => builder.allow_insecure_http(option.truth()?),
            "before_attempt" => hooks.before(option.hook()?, builder),
            "after_attempt" => hooks.after(option.hook()?, builder),
            _ => return Err(option.unknown()),
        };
    }
    Ok((builder, hooks.shared()))
}

/// The options of one call.
///
/// # Errors
///
/// As [`client`].
pub(crate) fn call(mut call: Call, options: &Bound<'_, PyDict>) -> PyResult<Call> {
    for (name, value) in options {
        let Some(option) = Value::given(&name, &value)? else { continue };
        call = match option.name {
            "timeout" => call.timeout(option.duration("timeout")?),
            "attempt_timeout" => call.attempt_timeout(option.duration("attempt_timeout")?),
            "max_retries" => call.max_retries(option.retries()?),
            "max_retry_wait" => call.max_retry_wait(option.duration("max_retry_wait")?),
            "retry_mode" => call.retry_mode(option.named()?),
            "max_response_bytes" => call.max_response_bytes(option.whole_number("max_response_bytes")?),
            "response_format" => call.response_format(option.named()?),
            "stream_idle_timeout" => call.stream_idle_timeout(option.duration("stream_idle_timeout")?),
            "stream_timeout" => call.stream_timeout(option.duration("stream_timeout")?),
            "max_event_bytes" => call.max_event_bytes(option.whole_number("max_event_bytes")?),
            "headers" => option.headers()?.iter().fold(call, |call, (name, value)| call.header(name, value)),
            "via_dispatch" if option.truth()? => call.via_dispatch(),
            // The others are of many calls: `many` reads them.
            "via_dispatch" | "concurrency" | "in_order" | "max_window_wait" => call,
            _ => return Err(option.unknown()),
        };
    }
    Ok(call)
}

/// The options of many calls that one call does not have.
#[derive(Default)]
pub(crate) struct ManyOptions {
    pub(crate) concurrency: Option<u64>,
    pub(crate) in_order: Option<bool>,
    /// The inner none disables it.
    pub(crate) max_window_wait: Option<Option<Duration>>,
}

/// Reads the options of many calls that one call does not have.
///
/// # Errors
///
/// As [`client`].
pub(crate) fn many(options: &Bound<'_, PyDict>) -> PyResult<ManyOptions> {
    let mut many = ManyOptions::default();
    for (name, value) in options {
        let Some(option) = Value::given(&name, &value)? else { continue };
        match option.name {
            "concurrency" => many.concurrency = Some(option.whole_number("concurrency")?),
            "in_order" => many.in_order = Some(option.truth()?),
            "max_window_wait" => many.max_window_wait = Some(option.duration("max_window_wait")?),
            _ => {}
        }
    }
    Ok(many)
}

fn refuse_second_key(options: &Bound<'_, PyDict>) -> PyResult<()> {
    let mut given = Vec::new();
    for name in KEY_OPTIONS {
        if options.get_item(name)?.is_some_and(|value| !value.is_none()) {
            given.push(name);
        }
    }
    bindings::one_key_source(given).map_err(|problem| error::raise(options.py(), &problem))
}
