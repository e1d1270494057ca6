//! Options as JavaScript passes them. The core checks them; here they only change their type.

use std::{collections::HashMap, str::FromStr, time::Duration};

use napi::bindgen_prelude::{Buffer, Either};
use napi_derive::napi;
use runtype_surface::{
    Call, ClientBuilder, Error, KeySource,
    bindings::{self, Language, Refuse as _, called_from, max_retries, set_language, whole_number},
};

use crate::{
    guard::{self, Guarded},
    panic::place::Place,
};

/// Milliseconds; `false`: no limit.
pub(crate) type Limit = Either<f64, bool>;

/// Has the texts of errors name options as JavaScript writes them.
#[napi_derive::module_init]
fn name_options_in_camel_case() {
    set_language(Language::Camel);
}

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
    /// Overall timeout, in milliseconds; `false`: none.
    #[napi(ts_type = "number | false | null")]
    pub timeout_ms: Option<Limit>,
    /// Timeout of one attempt, in milliseconds; `false`: none.
    #[napi(ts_type = "number | false | null")]
    pub attempt_timeout_ms: Option<Limit>,
    /// Maximum number of retries.
    pub max_retries: Option<f64>,
    /// Longest wait before a retry, in milliseconds; `false`: no limit.
    #[napi(ts_type = "number | false | null")]
    pub max_retry_wait_ms: Option<Limit>,
    /// `safe` or `idempotent`.
    pub retry_mode: Option<String>,
    /// Maximum size of a response, in bytes.
    pub max_response_bytes: Option<f64>,
    /// Longest silence of a stream, in milliseconds; `false`: no limit.
    #[napi(ts_type = "number | false | null")]
    pub stream_idle_timeout_ms: Option<Limit>,
    /// Timeout of a whole stream, in milliseconds; `false`: none.
    #[napi(ts_type = "number | false | null")]
    pub stream_timeout_ms: Option<Limit>,
    /// Maximum size of one event of a stream, in bytes.
    pub max_event_bytes: Option<f64>,
    /// `detect`, `raw` or `wrapped`.
    pub response_format: Option<String>,
    /// Headers to add.
    pub headers: Option<Vec<HeaderPair>>,
    /// Sends a call to the surface's dispatch endpoint. A client has no such option.
    pub via_dispatch: Option<bool>,
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
    /// The name of the variable that holds the key.
    pub api_key_variable: Option<String>,
    /// What a key must begin with; empty: anything.
    pub api_key_prefix: Option<String>,
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
    /// Timeout for establishing a connection, in milliseconds; `false`: none.
    #[napi(ts_type = "number | false | null")]
    pub connect_timeout_ms: Option<Limit>,
    /// The HTTP proxy's URL.
    pub proxy: Option<String>,
    /// PEM texts of additional trusted certificates.
    pub root_certificates: Option<Vec<Buffer>>,
    /// Allows sending the key over plain http.
    pub allow_insecure_http: Option<bool>,
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
        builder = called_from(builder, &self.runtime);
        let defaults = self.defaults;
        set!(
            builder,
            |builder: ClientBuilder, problem| builder.refuse(problem),
            self.env_prefix => Ok => |builder: ClientBuilder, prefix: String| builder.env_prefix(&prefix),
            self.api_key => Ok => ClientBuilder::api_key,
            self.api_key_file => Ok =>
                |builder: ClientBuilder, path: String| builder.api_key_source(KeySource::file(path)),
            self.api_key_variable => Ok =>
                |builder: ClientBuilder, name: String| builder.api_key_source(KeySource::variable(name)),
            self.api_key_prefix => Ok => ClientBuilder::api_key_prefix,
            self.product_id => Ok => ClientBuilder::product_id,
            self.surface_id => Ok => ClientBuilder::surface_id,
            self.endpoint_url => Ok => ClientBuilder::endpoint_url,
            self.base_url => Ok => ClientBuilder::base_url,
            self.auth_header => parsed => ClientBuilder::auth_header,
            self.connect_timeout_ms => limit("connect_timeout") => ClientBuilder::connect_timeout,
            self.proxy => Ok => ClientBuilder::proxy,
            self.allow_insecure_http => Ok => ClientBuilder::allow_insecure_http,
            defaults.timeout_ms => limit("timeout") => ClientBuilder::timeout,
            defaults.attempt_timeout_ms => limit("attempt_timeout") => ClientBuilder::attempt_timeout,
            defaults.max_retries => max_retries => ClientBuilder::max_retries,
            defaults.max_retry_wait_ms => limit("max_retry_wait") => ClientBuilder::max_retry_wait,
            defaults.retry_mode => parsed => ClientBuilder::retry_mode,
            defaults.max_response_bytes => whole("max_response_bytes") => ClientBuilder::max_response_bytes,
            defaults.stream_idle_timeout_ms => limit("stream_idle_timeout") => ClientBuilder::stream_idle_timeout,
            defaults.stream_timeout_ms => limit("stream_timeout") => ClientBuilder::stream_timeout,
            defaults.max_event_bytes => whole("max_event_bytes") => ClientBuilder::max_event_bytes,
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
            self.timeout_ms => limit("timeout") => Call::timeout,
            self.attempt_timeout_ms => limit("attempt_timeout") => Call::attempt_timeout,
            self.max_retries => max_retries => Call::max_retries,
            self.max_retry_wait_ms => limit("max_retry_wait") => Call::max_retry_wait,
            self.retry_mode => parsed => Call::retry_mode,
            self.max_response_bytes => whole("max_response_bytes") => Call::max_response_bytes,
            self.stream_idle_timeout_ms => limit("stream_idle_timeout") => Call::stream_idle_timeout,
            self.stream_timeout_ms => limit("stream_timeout") => Call::stream_timeout,
            self.max_event_bytes => whole("max_event_bytes") => Call::max_event_bytes,
            self.response_format => parsed => Call::response_format,
        );
        for header in self.headers.unwrap_or_default() {
            call = call.header(&header.name, &header.value);
        }
        if self.via_dispatch == Some(true) { call.via_dispatch() } else { call }
    }
}

/// A duration as JavaScript has it.
pub(crate) fn limit(option: &'static str) -> impl Fn(Limit) -> Result<Option<Duration>, Error> {
    move |value| match value {
        Either::A(value) => bindings::milliseconds(option, value).map(Some),
        Either::B(_) => Ok(None),
    }
}

/// A count as JavaScript has it.
fn whole(option: &'static str) -> impl Fn(f64) -> Result<u64, Error> {
    move |value| whole_number(option, value)
}

/// An option with a few values, by name.
fn parsed<T: FromStr<Err = Error>>(text: String) -> Result<T, Error> {
    text.parse()
}

/// The names of the variables under one prefix.
#[napi(object, object_from_js = false)]
pub struct VariableNames {
    /// What all of them begin with.
    pub prefix: String,
    /// The one that holds the key.
    pub key: String,
    /// The one that holds the path of the key's file.
    pub key_file: String,
}

/// The names of the variables under a prefix, or under the default one.
#[napi(ts_return_type = "VariableNames | NativeError")]
#[must_use]
pub fn variable_names(prefix: Option<String>) -> Guarded<VariableNames> {
    guard::at(Place::Entry, || match bindings::variables(prefix.as_deref()) {
        Ok(bindings::Variables { prefix, key, key_file }) => Either::A(VariableNames { prefix, key, key_file }),
        Err(error) => Either::B(error.into()),
    })
}
