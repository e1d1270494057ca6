//! Configuration of a client: explicit argument, then environment, then default.

use std::{
    ffi::OsString,
    fmt,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use super::Client;
#[cfg(feature = "native-roots")]
use crate::transport::tls::Trust;
use crate::{
    config::{
        environment::Environment,
        headers,
        options::{self, Options},
        problems::Problems,
        values::{self, ResponseFormat, RetryMode},
    },
    endpoint::settings::EndpointSettings,
    error::{Error, attempt::Attempt},
    key::{
        PREFIX,
        header::AuthHeader,
        ring::KeyRing,
        source::{KeyRules, KeySource},
    },
    retry::{backoff::Backoff, budget::Budget},
    send::{
        clock::{Clock, RealClock},
        context::Context,
        hooks::{AttemptStart, Hooks},
    },
    transport::{Transport, TransportOptions},
};

/// The overall timeout, if it was set; the inner `None` disables it.
#[derive(Debug, Clone, Copy)]
struct Timeout(Option<Duration>);

/// Builder of a client. Options that are not set come from the environment, then from the defaults. [`build`](Self::build)
/// rejects an invalid option by name.
///
/// ```
/// # fn main() -> Result<(), runtype_surface::Error> {
/// use std::time::Duration;
/// use runtype_surface::{Client, RetryMode};
///
/// let client = Client::builder()
///     .api_key("papi_example_0000a1b2")
///     .product_id("prod_1")
///     .surface_id("surf_2")
///     .timeout(Duration::from_secs(60))
///     .retry_mode(RetryMode::Idempotent)
///     .build()?;
/// assert_eq!(
///     client.endpoint_url("echo")?.as_str(),
///     "https://api.runtype.com/v1/products/prod_1/surfaces/surf_2/api/echo",
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "a builder does nothing before it is built"]
pub struct ClientBuilder {
    environment: Environment,
    key: Option<KeySource>,
    key_prefix: String,
    endpoint: EndpointSettings,
    auth_header: AuthHeader,
    timeout: Option<Timeout>,
    max_retries: Option<u32>,
    allow_insecure_http: bool,
    jitter_seed: Option<u64>,
    clock: Arc<dyn Clock>,
    options: Options,
    transport: TransportOptions,
    hooks: Hooks,
    problems: Problems,
}

impl ClientBuilder {
    pub(crate) fn new() -> Self {
        Self {
            environment: Environment::new(Environment::DEFAULT_PREFIX),
            key: None,
            key_prefix: PREFIX.to_owned(),
            endpoint: EndpointSettings::default(),
            auth_header: AuthHeader::default(),
            timeout: None,
            max_retries: None,
            allow_insecure_http: false,
            jitter_seed: None,
            clock: Arc::new(RealClock),
            options: Options::default(),
            transport: TransportOptions::default(),
            hooks: Hooks::default(),
            problems: Problems::default(),
        }
    }

    /// Prefix of the environment variables. Default: `RUNTYPE`.
    pub fn env_prefix(self, prefix: &str) -> Self {
        let checked = self.environment.clone().with_prefix(prefix);
        self.set(checked, |builder, environment| builder.environment = environment)
    }

    /// Function that reads variables. Overrides the process's environment, for example with a settings file or in a test.
    pub fn variables(mut self, lookup: impl Fn(&str) -> Option<OsString> + Send + Sync + 'static) -> Self {
        self.environment = self.environment.with_lookup(lookup);
        self
    }

    /// The product API key. Overrides `RUNTYPE_PRODUCT_API_KEY` and `RUNTYPE_PRODUCT_API_KEY_FILE`. Keys belong in the
    /// environment, not in code.
    pub fn api_key(self, key: impl Into<String>) -> Self {
        self.api_key_source(KeySource::text(key))
    }

    /// Source of the product API key: a value, variable, file or function. Overrides `RUNTYPE_PRODUCT_API_KEY` and
    /// `RUNTYPE_PRODUCT_API_KEY_FILE`.
    pub fn api_key_source(mut self, source: KeySource) -> Self {
        self.key = Some(source);
        self
    }

    /// Required prefix of the key. Default: `papi_`, as the API documents. An empty prefix accepts any key.
    pub fn api_key_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.key_prefix = prefix.into();
        self
    }

    /// Product id. Overrides `RUNTYPE_PRODUCT_ID`.
    pub fn product_id(mut self, id: impl Into<String>) -> Self {
        self.endpoint.product_id = Some(id.into());
        self
    }

    /// Surface id. Overrides `RUNTYPE_SURFACE_ID`.
    pub fn surface_id(mut self, id: impl Into<String>) -> Self {
        self.endpoint.surface_id = Some(id.into());
        self
    }

    /// Full endpoint URL as copied from the dashboard, instead of the ids. Overrides `RUNTYPE_ENDPOINT_URL`.
    pub fn endpoint_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint.endpoint_url = Some(url.into());
        self
    }

    /// Scheme, host and path prefix of the API. Overrides `RUNTYPE_BASE_URL`. Default: `https://api.runtype.com`.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.endpoint.base_url = Some(url.into());
        self
    }

    /// Header that carries the key. Default: [`AuthHeader::Bearer`].
    pub fn auth_header(mut self, header: AuthHeader) -> Self {
        self.auth_header = header;
        self
    }

    /// Timeout for establishing a connection. Default: 10 s. `None` disables it.
    pub fn connect_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("connect_timeout", timeout.into()), |builder, timeout| {
            builder.transport.connect_timeout = timeout;
        })
    }

    /// Overall timeout of a call, including retries and backoff; for a stream, until the response begins. Overrides
    /// `RUNTYPE_TIMEOUT_SECONDS`. Default: 300 s. `None` disables it.
    pub fn timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("timeout", timeout.into()), |builder, timeout| {
            builder.timeout = Some(Timeout(timeout));
        })
    }

    /// Timeout of one attempt. Default: none; the overall timeout applies.
    pub fn attempt_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("attempt_timeout", timeout.into()), |builder, timeout| {
            builder.options.attempt_timeout = timeout;
        })
    }

    /// Maximum number of retries, 0 to 100. Overrides `RUNTYPE_MAX_RETRIES`. Default: 2.
    pub fn max_retries(self, retries: u32) -> Self {
        self.set(options::max_retries(retries.into()), |builder, retries| builder.max_retries = Some(retries))
    }

    /// Longest wait before a retry. A longer `Retry-After` is not waited for: the call fails at once, and its error says how
    /// long the server asked to wait. Default: 60 s. `None` disables it.
    pub fn max_retry_wait(self, wait: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("max_retry_wait", wait.into()), |builder, wait| {
            builder.options.max_retry_wait = wait;
        })
    }

    /// What is retried. Default: [`RetryMode::Safe`].
    pub fn retry_mode(mut self, mode: RetryMode) -> Self {
        self.options.retry_mode = mode;
        self
    }

    /// Maximum size of a response in bytes, after decompression; of a stream, of its text as JSON. Default: 64 MiB.
    pub fn max_response_bytes(self, bytes: u64) -> Self {
        self.set(options::max_response_bytes(bytes), |builder, bytes| builder.options.max_response_bytes = bytes)
    }

    /// Longest silence of a stream. Default: 120 s. `None` disables it.
    pub fn stream_idle_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("stream_idle_timeout", timeout.into()), |builder, timeout| {
            builder.options.stream.idle_timeout = timeout;
        })
    }

    /// Timeout of a whole stream, from its first byte. Default: none.
    pub fn stream_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("stream_timeout", timeout.into()), |builder, timeout| {
            builder.options.stream.timeout = timeout;
        })
    }

    /// Maximum size of one event of a stream in bytes, and of all else between two events. Default: 16 MiB.
    pub fn max_event_bytes(self, bytes: u64) -> Self {
        self.set(options::max_event_bytes(bytes), |builder, bytes| builder.options.stream.max_event_bytes = bytes)
    }

    /// Format of responses, raw or wrapped. Default: [`ResponseFormat::Detect`].
    pub fn response_format(mut self, format: ResponseFormat) -> Self {
        self.options.response_format = format;
        self
    }

    /// Adds a header to every call. Headers that the client sets itself (`Authorization`, `Content-Type` and others) are
    /// rejected.
    ///
    /// At most 100 headers and 64 KiB in total.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let added = headers::add_header(&mut self.options.headers, name, value);
        self.set(added, |_, ()| {})
    }

    /// HTTP proxy. Overrides `HTTPS_PROXY` and the related variables, which are ignored for plain http to a loopback address: a
    /// proxy would read the key. An empty text means no proxy, whatever the environment says.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.transport.proxy = Some(url.into());
        self
    }

    /// Which certificate authorities are trusted. Default: [`Trust::Bundled`].
    #[cfg(feature = "native-roots")]
    pub fn trust(mut self, trust: Trust) -> Self {
        self.transport.trust = trust;
        self
    }

    /// Additional root certificates for a private certificate authority: PEM text, or the path of a PEM file. The others stay
    /// trusted.
    pub fn root_certificate(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.transport.root_certificates.push(pem.into());
        self
    }

    /// Allows plain http to an address that is not loopback. Anyone on the network path can read the key.
    pub fn allow_insecure_http(mut self, allow: bool) -> Self {
        self.allow_insecure_http = allow;
        self
    }

    /// Function to call before each attempt is sent. It must not block. It sees neither the key nor a body.
    pub fn before_attempt(mut self, hook: impl Fn(&AttemptStart<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.before = Some(Arc::new(hook));
        self
    }

    /// Function to call after each attempt, whether or not it is retried. It must not block. It is not called for an attempt
    /// whose call was dropped.
    pub fn after_attempt(mut self, hook: impl Fn(&AttemptStart<'_>, &Attempt) + Send + Sync + 'static) -> Self {
        self.hooks.after = Some(Arc::new(hook));
        self
    }

    /// Seeds the jitter of retry waits, for reproducible tests.
    pub(crate) fn jitter_seed(mut self, seed: u64) -> Self {
        self.jitter_seed = Some(seed);
        self
    }

    /// Waits by another clock, for tests.
    pub(crate) fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Adds the calling language to the user agent.
    pub(crate) fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.transport.user_agent = user_agent.into();
        self
    }

    /// Records an error, which `build` reports with all others.
    pub(crate) fn refuse(mut self, problem: Error) -> Self {
        self.problems.push(problem);
        self
    }

    fn set<T>(mut self, checked: Result<T, Error>, set: impl FnOnce(&mut Self, T)) -> Self {
        if let Some(value) = self.problems.keep(checked) {
            set(&mut self, value);
        }
        self
    }

    /// Creates the client. Nothing is sent.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the option or the variable, and what to do.
    pub fn build(self) -> Result<Client, Error> {
        let mut problems = self.problems;
        if problems.concern(&["env_prefix"]) {
            // Everything else would be looked up under another prefix.
            return Err(problems.into_error());
        }
        let source = self.key.unwrap_or_else(KeySource::environment);
        let keys = KeyRing::new(source, KeyRules { environment: self.environment.clone(), prefix: self.key_prefix });
        // An option that was refused is not missing as well.
        let is_key_refused = problems.concern(&["api_key", "api_key_file", "api_key_variable", "api_key_prefix"]);
        let keys = if is_key_refused { keys.ok() } else { problems.keep(keys) };
        let address_names = self.endpoint.names(&self.environment);
        let endpoint = self.endpoint.resolve(&self.environment);
        let is_address_refused = problems.concern(&["endpoint_url", "base_url", "product_id", "surface_id"]);
        let endpoint = if is_address_refused { endpoint.ok() } else { problems.keep(endpoint) };
        let mut options = self.options;
        match self.timeout {
            Some(Timeout(timeout)) => options.timeout = timeout,
            None => {
                let timeout = problems.keep(self.environment.timeout()).flatten();
                options.timeout = timeout.or(options.timeout);
            }
        }
        match self.max_retries {
            Some(retries) => options.max_retries = retries,
            None => {
                let retries = problems.keep(self.environment.max_retries()).flatten();
                options.max_retries = retries.unwrap_or(options.max_retries);
            }
        }
        if let Some(endpoint) = &endpoint
            && !self.allow_insecure_http
        {
            problems.keep(endpoint.check_secure());
        }
        let transport = Transport::new(&self.transport, endpoint.as_ref(), &mut problems);
        let (Some(keys), Some(endpoint), Some(transport)) = (keys, endpoint, transport) else {
            return Err(problems.into_error());
        };
        problems.check()?;
        Ok(Client::new(Context {
            keys,
            backoff: Backoff::new(self.jitter_seed),
            budget: Budget::new(),
            auth_header: self.auth_header,
            endpoint,
            address_names,
            options,
            transport,
            hooks: self.hooks,
            clock: self.clock,
            has_warned_of_quota: AtomicBool::new(false),
        }))
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("key", &self.key)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}
