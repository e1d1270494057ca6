//! Options of the command, set on a client.

use std::time::Duration;

use crate::{
    client::builder::ClientBuilder,
    config::{
        options,
        values::{seconds, whole_number},
    },
    error::{Error, spelling::none},
    key::source::KeySource,
    redact,
};

/// Sets options, given by their names in the core. Wrong values are reported by `build`.
pub(super) fn configure(builder: ClientBuilder, options: &[(&'static str, String)]) -> ClientBuilder {
    options.iter().fold(builder, |builder, (name, value)| set(builder, name, value))
}

fn set(builder: ClientBuilder, name: &'static str, value: &str) -> ClientBuilder {
    match name {
        "product_id" => builder.product_id(value),
        "surface_id" => builder.surface_id(value),
        "endpoint_url" => builder.endpoint_url(value),
        "base_url" => builder.base_url(value),
        "env_prefix" => builder.env_prefix(value),
        "api_key_file" => builder.api_key_source(KeySource::file(value)),
        "api_key_prefix" => builder.api_key_prefix(if value == none() { "" } else { value }),
        "auth_header" => checked(builder, value.parse(), ClientBuilder::auth_header),
        "header" => match value.split_once(':') {
            Some((name, value)) => builder.header(name.trim(), value.trim()),
            None => {
                let problem = format!("{} has no colon: pass 'Name: value'", redact::quote(value));
                builder.refuse(Error::configuration("headers", problem))
            }
        },
        "timeout" => checked(builder, time(name, value), ClientBuilder::timeout),
        "attempt_timeout" => checked(builder, time(name, value), ClientBuilder::attempt_timeout),
        "connect_timeout" => checked(builder, time(name, value), ClientBuilder::connect_timeout),
        "stream_timeout" => checked(builder, time(name, value), ClientBuilder::stream_timeout),
        "stream_idle_timeout" => checked(builder, time(name, value), ClientBuilder::stream_idle_timeout),
        "max_retry_wait" => checked(builder, time(name, value), ClientBuilder::max_retry_wait),
        "max_retries" => {
            checked(builder, count(name, value).and_then(options::max_retries), ClientBuilder::max_retries)
        }
        "max_response_bytes" => checked(builder, count(name, value), ClientBuilder::max_response_bytes),
        "max_event_bytes" => checked(builder, count(name, value), ClientBuilder::max_event_bytes),
        "retry_mode" => checked(builder, value.parse(), ClientBuilder::retry_mode),
        "response_format" => checked(builder, value.parse(), ClientBuilder::response_format),
        "proxy" => builder.proxy(if value == none() { "" } else { value }),
        "trust" => checked(builder, value.parse(), ClientBuilder::trust),
        "root_certificate" => builder.root_certificate(value),
        "identity" => builder.identity(value),
        "allow_insecure_http" => builder.allow_insecure_http(true),
        _ => builder.refuse(Error::configuration(name, "not an option of a client")),
    }
}

fn checked<T>(
    builder: ClientBuilder,
    value: Result<T, Error>,
    set: impl FnOnce(ClientBuilder, T) -> ClientBuilder,
) -> ClientBuilder {
    match value {
        Ok(value) => set(builder, value),
        Err(problem) => builder.refuse(problem),
    }
}

fn time(option: &'static str, text: &str) -> Result<Option<Duration>, Error> {
    if text == none() {
        return Ok(None);
    }
    seconds(option, number(option, text, "a number of seconds, such as 20 or 2.5, or none")?).map(Some)
}

fn count(option: &'static str, text: &str) -> Result<u64, Error> {
    whole_number(option, number(option, text, "a whole number")?)
}

fn number(option: &'static str, text: &str, wanted: &str) -> Result<f64, Error> {
    text.parse().map_err(|_| Error::configuration(option, format!("{} is not {wanted}", redact::quote(text))))
}
