//! Conversion of the conformance suite's options to the core's.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use runtype_surface::{
    AttemptStart, Call, ClientBuilder, Error, KeySource,
    bindings::{Refuse as _, attempt_report, seconds, whole_number},
};
use serde_json::Value;

/// Calls of the application's functions by a client.
#[derive(Default)]
pub(crate) struct Application {
    /// Number of calls of the key function.
    pub(crate) asked: AtomicUsize,
    /// Arguments of the hooks.
    pub(crate) told: Mutex<Vec<Value>>,
}

impl Application {
    fn tell(&self, report: &str) {
        self.told.lock().unwrap().push(serde_json::from_str(report).unwrap());
    }
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("{value} is not a text"))
}

/// A duration in milliseconds, or none.
pub(crate) fn duration(option: &'static str, value: &Value) -> Result<Option<Duration>, Error> {
    if value.is_null() { Ok(None) } else { seconds(option, number(value) / 1e3).map(Some) }
}

/// The options that are given: one that is no duration is not given where it is null.
fn given(options: &Value) -> impl Iterator<Item = (&String, &Value)> {
    options.as_object().into_iter().flatten().filter(|(name, value)| name.ends_with("_ms") || !value.is_null())
}

fn headers(value: &Value) -> impl Iterator<Item = (&str, &str)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), text(value)))
}

/// A key function that returns its keys in turn, then the last one again, and counts its calls.
fn key_source(value: &Value, application: &Arc<Application>) -> KeySource {
    let keys: Vec<String> =
        value["function"].as_array().into_iter().flatten().map(|key| text(key).to_owned()).collect();
    let failure = value["function_error"].as_str().map(str::to_owned);
    let application = application.clone();
    KeySource::function(move || {
        let number = application.asked.fetch_add(1, Ordering::SeqCst);
        let key = keys.get(number).or(keys.last()).cloned();
        let failure = failure.clone().unwrap_or_default();
        async move { key.ok_or(failure) }
    })
}

/// Sets a client's options.
pub(crate) fn configure(mut builder: ClientBuilder, options: &Value, application: &Arc<Application>) -> ClientBuilder {
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
    for (name, value) in given(options) {
        builder = match name.as_str() {
            "api_key" if value.is_object() => builder.api_key_source(key_source(value, application)),
            "api_key" => builder.api_key(text(value)),
            "api_key_prefix" => builder.api_key_prefix(text(value)),
            "api_key_file" => builder.api_key_source(KeySource::file(text(value))),
            "product_id" => builder.product_id(text(value)),
            "surface_id" => builder.surface_id(text(value)),
            "endpoint_url" => builder.endpoint_url(text(value)),
            "base_url" => builder.base_url(text(value)),
            "env_prefix" => builder.env_prefix(text(value)),
            "auth_header" => checked(builder, text(value).parse(), ClientBuilder::auth_header),
            "connect_timeout_ms" => {
                checked(builder, duration("connect_timeout", value), ClientBuilder::connect_timeout)
            }
            "timeout_ms" => checked(builder, duration("timeout", value), ClientBuilder::timeout),
            "attempt_timeout_ms" => {
                checked(builder, duration("attempt_timeout", value), ClientBuilder::attempt_timeout)
            }
            "max_retries" => checked(builder, whole_number("max_retries", number(value)), |builder, retries| {
                builder.max_retries(u32::try_from(retries).unwrap_or(u32::MAX))
            }),
            "retry_mode" => checked(builder, text(value).parse(), ClientBuilder::retry_mode),
            "max_response_bytes" => {
                checked(builder, whole_number("max_response_bytes", number(value)), ClientBuilder::max_response_bytes)
            }
            "stream_idle_timeout_ms" => {
                checked(builder, duration("stream_idle_timeout", value), ClientBuilder::stream_idle_timeout)
            }
            "max_event_bytes" => {
                checked(builder, whole_number("max_event_bytes", number(value)), ClientBuilder::max_event_bytes)
            }
            "stream_timeout_ms" => checked(builder, duration("stream_timeout", value), ClientBuilder::stream_timeout),
            "max_retry_wait_ms" => checked(builder, duration("max_retry_wait", value), ClientBuilder::max_retry_wait),
            "response_format" => checked(builder, text(value).parse(), ClientBuilder::response_format),
            "headers" => headers(value).fold(builder, |builder, (name, value)| builder.header(name, value)),
            "proxy" => builder.proxy(text(value)),
            "root_certificates" => builder.root_certificate(text(value)),
            "allow_insecure_http" => builder.allow_insecure_http(value.as_bool().unwrap()),
            "hooks" => {
                let (before, after) = (application.clone(), application.clone());
                builder
                    .before_attempt(move |start: &AttemptStart<'_>| before.tell(&attempt_report(start, None)))
                    .after_attempt(move |start, end| after.tell(&attempt_report(start, Some(end))))
            }
            other => panic!("no such option: {other}"),
        };
    }
    builder
}

/// Sets the options of one call.
pub(crate) fn set_options(mut call: Call, options: &Value) -> Call {
    fn checked<T>(call: Call, value: Result<T, Error>, set: impl FnOnce(Call, T) -> Call) -> Call {
        match value {
            Ok(value) => set(call, value),
            Err(problem) => call.refuse(problem),
        }
    }
    for (name, value) in given(options) {
        call = match name.as_str() {
            "timeout_ms" => checked(call, duration("timeout", value), Call::timeout),
            "attempt_timeout_ms" => checked(call, duration("attempt_timeout", value), Call::attempt_timeout),
            "max_retries" => checked(call, whole_number("max_retries", number(value)), |call, retries| {
                call.max_retries(u32::try_from(retries).unwrap_or(u32::MAX))
            }),
            "retry_mode" => checked(call, text(value).parse(), Call::retry_mode),
            "max_response_bytes" => {
                checked(call, whole_number("max_response_bytes", number(value)), Call::max_response_bytes)
            }
            "stream_idle_timeout_ms" => {
                checked(call, duration("stream_idle_timeout", value), Call::stream_idle_timeout)
            }
            "max_event_bytes" => checked(call, whole_number("max_event_bytes", number(value)), Call::max_event_bytes),
            // Options of `call_many`, which are set there.
            "concurrency" | "in_order" | "max_window_wait_ms" => call,
            "via_dispatch" if value == true => call.via_dispatch(),
            "stream_timeout_ms" => checked(call, duration("stream_timeout", value), Call::stream_timeout),
            "max_retry_wait_ms" => checked(call, duration("max_retry_wait", value), Call::max_retry_wait),
            "response_format" => checked(call, text(value).parse(), Call::response_format),
            "headers" => headers(value).fold(call, |call, (name, value)| call.header(name, value)),
            other => panic!("no such option of a call: {other}"),
        };
    }
    call
}
