//! Options as JavaScript hands them over. The core checks them; here they only change their type.

use std::{collections::HashMap, time::Duration};

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use runtype_surface::{Call, ClientBuilder, Error, KeySource, seconds, whole_number};

/// A header's name and value.
#[napi(object)]
pub struct HeaderPair {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// The options that a call shares with its client.
#[napi(object, use_nullable = true)]
pub struct CallOptions {
    /// The whole call, in milliseconds.
    pub timeout_ms: Option<f64>,
    /// One attempt, in milliseconds.
    pub attempt_timeout_ms: Option<f64>,
    /// How often a call may be repeated.
    pub max_retries: Option<f64>,
    /// `safe`, `all` or `never`.
    pub retry_mode: Option<String>,
    /// How large an answer may be, in bytes.
    pub max_response_bytes: Option<f64>,
    /// How long a stream may be silent, in milliseconds.
    pub stream_idle_timeout_ms: Option<f64>,
    /// How large one event of a stream may be, in bytes.
    pub max_event_bytes: Option<f64>,
    /// Hands on a stream's error events like others.
    pub hand_on_stream_errors: Option<bool>,
    /// `detect`, `raw` or `wrapped`.
    pub response_format: Option<String>,
    /// Headers to add.
    pub headers: Option<Vec<HeaderPair>>,
}

/// The options of a client.
#[napi(object, use_nullable = true)]
pub struct ClientOptions {
    /// The environment's variables.
    pub variables: HashMap<String, String>,
    /// The JavaScript runtime and its version, for the user agent.
    pub runtime: String,
    /// What the variables' names begin with.
    pub env_prefix: Option<String>,
    /// The key.
    pub api_key: Option<String>,
    /// The path of a file that holds the key.
    pub api_key_file: Option<String>,
    /// The product's id.
    pub product_id: Option<String>,
    /// The surface's id.
    pub surface_id: Option<String>,
    /// A full endpoint URL.
    pub endpoint_url: Option<String>,
    /// Scheme, host and path prefix of the API.
    pub base_url: Option<String>,
    /// `bearer` or `x-api-key`.
    pub auth_header: Option<String>,
    /// Making a connection, in milliseconds.
    pub connect_timeout_ms: Option<f64>,
    /// The HTTP proxy's URL.
    pub proxy: Option<String>,
    /// PEM texts of further trusted certificates.
    pub root_certificates: Option<Vec<Buffer>>,
    /// Lets the key travel over plain http.
    pub allow_insecure_http: Option<bool>,
    /// Makes the waits before retries repeatable.
    pub jitter_seed: Option<f64>,
    /// What holds for every call.
    pub defaults: CallOptions,
}

/// Milliseconds as JavaScript has them.
fn milliseconds(option: &'static str, value: f64) -> Result<Duration, Error> {
    seconds(option, value / 1e3)
}

/// Sets each option that is given; the first that cannot be right ends it.
macro_rules! set {
    ($target:ident, $($value:expr => |$name:ident| $set:expr),+ $(,)?) => {
        $(if let Some($name) = $value {
            $target = $set?;
        })+
    };
}

impl ClientOptions {
    /// Sets a builder's options.
    pub(crate) fn set(self, mut builder: ClientBuilder) -> Result<ClientBuilder, Error> {
        builder =
            builder.user_agent(format!(concat!("runtype-surface/", env!("CARGO_PKG_VERSION"), " ({})"), self.runtime));
        let defaults = self.defaults;
        set!(
            builder,
            self.env_prefix => |prefix| Ok(builder.env_prefix(&prefix)),
            self.api_key => |key| Ok(builder.api_key(key)),
            self.api_key_file => |path| Ok(builder.api_key_source(KeySource::file(path))),
            self.product_id => |id| Ok(builder.product_id(id)),
            self.surface_id => |id| Ok(builder.surface_id(id)),
            self.endpoint_url => |url| Ok(builder.endpoint_url(url)),
            self.base_url => |url| Ok(builder.base_url(url)),
            self.auth_header => |header| header.parse().map(|header| builder.auth_header(header)),
            self.connect_timeout_ms =>
                |time| milliseconds("connect timeout", time).map(|time| builder.connect_timeout(time)),
            self.proxy => |url| Ok(builder.proxy(url)),
            self.allow_insecure_http => |allow| Ok(builder.allow_insecure_http(allow)),
            self.jitter_seed => |seed| whole_number("jitter seed", seed).map(|seed| builder.jitter_seed(seed)),
            defaults.timeout_ms => |time| milliseconds("timeout", time).map(|time| builder.timeout(time)),
            defaults.attempt_timeout_ms =>
                |time| milliseconds("attempt timeout", time).map(|time| builder.attempt_timeout(time)),
            defaults.max_retries => |count| retries(count).map(|count| builder.max_retries(count)),
            defaults.retry_mode => |mode| mode.parse().map(|mode| builder.retry_mode(mode)),
            defaults.max_response_bytes =>
                |bytes| whole_number("max response bytes", bytes).map(|bytes| builder.max_response_bytes(bytes)),
            defaults.stream_idle_timeout_ms =>
                |time| milliseconds("stream idle timeout", time).map(|time| builder.stream_idle_timeout(time)),
            defaults.max_event_bytes =>
                |bytes| whole_number("max event bytes", bytes).map(|bytes| builder.max_event_bytes(bytes)),
            defaults.hand_on_stream_errors => |hand_on| Ok(builder.hand_on_stream_errors(hand_on)),
            defaults.response_format => |format| format.parse().map(|format| builder.response_format(format)),
        );
        for pem in self.root_certificates.unwrap_or_default() {
            builder = builder.root_certificate(pem.to_vec());
        }
        for header in defaults.headers.unwrap_or_default() {
            builder = builder.header(&header.name, &header.value);
        }
        Ok(builder)
    }
}

impl CallOptions {
    /// Sets a call's options.
    pub(crate) fn set(self, mut call: Call) -> Result<Call, Error> {
        set!(
            call,
            self.timeout_ms => |time| milliseconds("timeout", time).map(|time| call.timeout(time)),
            self.attempt_timeout_ms =>
                |time| milliseconds("attempt timeout", time).map(|time| call.attempt_timeout(time)),
            self.max_retries => |count| retries(count).map(|count| call.max_retries(count)),
            self.retry_mode => |mode| mode.parse().map(|mode| call.retry_mode(mode)),
            self.max_response_bytes =>
                |bytes| whole_number("max response bytes", bytes).map(|bytes| call.max_response_bytes(bytes)),
            self.stream_idle_timeout_ms =>
                |time| milliseconds("stream idle timeout", time).map(|time| call.stream_idle_timeout(time)),
            self.max_event_bytes =>
                |bytes| whole_number("max event bytes", bytes).map(|bytes| call.max_event_bytes(bytes)),
            self.hand_on_stream_errors => |hand_on| Ok(call.hand_on_stream_errors(hand_on)),
            self.response_format => |format| format.parse().map(|format| call.response_format(format)),
        );
        for header in self.headers.unwrap_or_default() {
            call = call.header(&header.name, &header.value);
        }
        Ok(call)
    }
}

/// A number of retries; one that no u32 holds is the core's to refuse.
fn retries(value: f64) -> Result<u32, Error> {
    whole_number("max retries", value).map(|value| u32::try_from(value).unwrap_or(u32::MAX))
}
