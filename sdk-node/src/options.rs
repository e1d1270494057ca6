//! Options as JavaScript passes them. The core checks them; here they only change their type.

use std::{collections::HashMap, str::FromStr, time::Duration};

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use runtype_surface::{
    Call, ClientBuilder, Error, KeySource,
    bindings::{self, Refuse as _, whole_number},
};

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
    /// Overall timeout, in milliseconds.
    pub timeout_ms: Option<f64>,
    /// Timeout of one attempt, in milliseconds.
    pub attempt_timeout_ms: Option<f64>,
    /// Maximum number of retries.
    pub max_retries: Option<f64>,
    /// `safe`, `all` or `never`.
    pub retry_mode: Option<String>,
    /// Maximum size of a response, in bytes.
    pub max_response_bytes: Option<f64>,
    /// Maximum silence of a stream, in milliseconds.
    pub stream_idle_timeout_ms: Option<f64>,
    /// Maximum size of one event of a stream, in bytes.
    pub max_event_bytes: Option<f64>,
    /// Yields a stream's error events like others.
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
    /// The prefix of the variables' names.
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
    /// Timeout of making a connection, in milliseconds.
    pub connect_timeout_ms: Option<f64>,
    /// The HTTP proxy's URL.
    pub proxy: Option<String>,
    /// PEM texts of additional trusted certificates.
    pub root_certificates: Option<Vec<Buffer>>,
    /// Allows sending the key over plain http.
    pub allow_insecure_http: Option<bool>,
    /// Makes the waits before retries repeatable.
    pub jitter_seed: Option<f64>,
    /// The defaults of every call.
    pub defaults: CallOptions,
}

/// Sets each option that is given: checks it and passes it to the core, or reports its problem.
macro_rules! set {
    ($target:ident, $refuse:expr, $($value:expr => $check:expr => $set:expr),+ $(,)?) => {
        $(if let Some(value) = $value {
            $target = match $check(value) {
                Ok(value) => $set($target, value),
                Err(problem) => $refuse($target, problem),
            };
        })+
    };
}

impl ClientOptions {
    /// Sets a builder's options. One that cannot be right is reported when the client is built.
    pub(crate) fn set(self, mut builder: ClientBuilder) -> ClientBuilder {
        let user_agent = format!(concat!("runtype-surface/", env!("CARGO_PKG_VERSION"), " ({})"), self.runtime);
        builder = bindings::user_agent(builder, user_agent);
        let defaults = self.defaults;
        set!(
            builder,
            |builder: ClientBuilder, problem| builder.refuse(problem),
            self.env_prefix => Ok => |builder: ClientBuilder, prefix: String| builder.env_prefix(&prefix),
            self.api_key => Ok => ClientBuilder::api_key,
            self.api_key_file => Ok =>
                |builder: ClientBuilder, path: String| builder.api_key_source(KeySource::file(path)),
            self.product_id => Ok => ClientBuilder::product_id,
            self.surface_id => Ok => ClientBuilder::surface_id,
            self.endpoint_url => Ok => ClientBuilder::endpoint_url,
            self.base_url => Ok => ClientBuilder::base_url,
            self.auth_header => parsed => ClientBuilder::auth_header,
            self.connect_timeout_ms => milliseconds("connect timeout") => ClientBuilder::connect_timeout,
            self.proxy => Ok => ClientBuilder::proxy,
            self.allow_insecure_http => Ok => ClientBuilder::allow_insecure_http,
            self.jitter_seed => whole("jitter seed") => ClientBuilder::jitter_seed,
            defaults.timeout_ms => milliseconds("timeout") => ClientBuilder::timeout,
            defaults.attempt_timeout_ms => milliseconds("attempt timeout") => ClientBuilder::attempt_timeout,
            defaults.max_retries => retries => ClientBuilder::max_retries,
            defaults.retry_mode => parsed => ClientBuilder::retry_mode,
            defaults.max_response_bytes => whole("max response bytes") => ClientBuilder::max_response_bytes,
            defaults.stream_idle_timeout_ms =>
                milliseconds("stream idle timeout") => ClientBuilder::stream_idle_timeout,
            defaults.max_event_bytes => whole("max event bytes") => ClientBuilder::max_event_bytes,
            defaults.hand_on_stream_errors => Ok => ClientBuilder::hand_on_stream_errors,
            defaults.response_format => parsed => ClientBuilder::response_format,
        );
        for pem in self.root_certificates.unwrap_or_default() {
            builder = builder.root_certificate(pem.to_vec());
        }
        for header in defaults.headers.unwrap_or_default() {
            builder = builder.header(&header.name, &header.value);
        }
        builder
    }
}

impl CallOptions {
    /// Sets a call's options. One that cannot be right is reported when the call is sent.
    pub(crate) fn set(self, mut call: Call) -> Call {
        set!(
            call,
            Call::refuse,
            self.timeout_ms => milliseconds("timeout") => Call::timeout,
            self.attempt_timeout_ms => milliseconds("attempt timeout") => Call::attempt_timeout,
            self.max_retries => retries => Call::max_retries,
            self.retry_mode => parsed => Call::retry_mode,
            self.max_response_bytes => whole("max response bytes") => Call::max_response_bytes,
            self.stream_idle_timeout_ms => milliseconds("stream idle timeout") => Call::stream_idle_timeout,
            self.max_event_bytes => whole("max event bytes") => Call::max_event_bytes,
            self.hand_on_stream_errors => Ok => Call::hand_on_stream_errors,
            self.response_format => parsed => Call::response_format,
        );
        for header in self.headers.unwrap_or_default() {
            call = call.header(&header.name, &header.value);
        }
        call
    }
}

/// Milliseconds as JavaScript has them.
fn milliseconds(option: &'static str) -> impl Fn(f64) -> Result<Duration, Error> {
    move |value| bindings::milliseconds(option, value)
}

/// A count as JavaScript has it.
fn whole(option: &'static str) -> impl Fn(f64) -> Result<u64, Error> {
    move |value| whole_number(option, value)
}

/// A number of retries; the core refuses one that no u32 holds.
fn retries(value: f64) -> Result<u32, Error> {
    whole_number("max retries", value).map(|value| u32::try_from(value).unwrap_or(u32::MAX))
}

/// An option with a few values, by name.
fn parsed<T: FromStr<Err = Error>>(text: String) -> Result<T, Error> {
    text.parse()
}
