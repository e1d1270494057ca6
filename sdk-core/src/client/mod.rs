//! The client.

pub(crate) mod builder;
pub(crate) mod default_options;
mod watching;

use std::{collections::HashMap, ffi::OsString, fmt, sync::Arc};

use builder::ClientBuilder;
use default_options::DefaultOptions;
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::{
    call::{Call, address::Target},
    config::options::Options,
    endpoint::Endpoint,
    error::Error,
    send::context::Context,
};

/// Calls the capabilities of one API surface.
///
/// Cheap to clone and safe to share between threads and tasks. Clones share one connection pool, one key and one retry budget.
/// Create one per surface and keep it.
///
/// ```no_run
/// # async fn example() -> Result<(), runtype_surface::Error> {
/// use runtype_surface::Client;
/// use serde_json::{Value, json};
///
/// // RUNTYPE_PRODUCT_API_KEY, RUNTYPE_PRODUCT_ID and RUNTYPE_SURFACE_ID
/// let client = Client::from_env()?;
/// let out: Value = client.call("summarize-article", &json!({ "input": "A long text." })).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client {
    context: Arc<Context>,
    /// The options that calls have by default.
    options: Arc<Options>,
}

impl Client {
    fn new(context: Context, options: Options) -> Self {
        Self { context: Arc::new(context), options: Arc::new(options) }
    }

    /// Calls a capability and returns its output.
    ///
    /// `capability` is the slug, or a full URL on this surface. Use [`capability`](Self::capability) for options, or for the
    /// response with its metadata.
    ///
    /// # Errors
    ///
    /// Can fail with any [`ErrorKind`](crate::ErrorKind).
    pub fn call<T: DeserializeOwned>(
        &self,
        capability: &str,
        input: &(impl Serialize + ?Sized),
    ) -> impl Future<Output = Result<T, Error>> {
        // Made here and not where it is awaited: the trace that it belongs to is this one.
        let call = self.capability(capability).input(input);
        async move { Ok(call.send().await?.output) }
    }

    /// Builds a call to a capability, with options of its own.
    pub fn capability(&self, capability: impl Into<String>) -> Call {
        self.target(Target::Capability(capability.into()))
    }

    fn target(&self, target: Target) -> Call {
        Call::new(self.context.clone(), target, (*self.options).clone())
    }

    /// Derives a client whose calls have other options by default. Both share the connections, the key, the retry budget and the
    /// hooks; the options of a call override those of either.
    ///
    /// ```no_run
    /// # fn example(client: runtype_surface::Client) -> Result<(), runtype_surface::Error> {
    /// use std::time::Duration;
    ///
    /// let patient = client.with_options(|options| options.timeout(Duration::from_secs(1800)).max_retries(5))?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the invalid options.
    pub fn with_options(&self, set: impl FnOnce(DefaultOptions) -> DefaultOptions) -> Result<Self, Error> {
        let options = set(self.default_options()).checked()?;
        Ok(Self { context: self.context.clone(), options: Arc::new(options) })
    }

    pub(crate) fn default_options(&self) -> DefaultOptions {
        DefaultOptions::new((*self.options).clone())
    }

    /// Fetches the surface's OpenAPI 3.0 document, which describes its capabilities.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub async fn openapi(&self) -> Result<serde_json::Value, Error> {
        Ok(self.openapi_call().send().await?.output)
    }

    /// Builds the same as a [`Call`], for options or for the response with its metadata. Its input is ignored.
    pub fn openapi_call(&self) -> Call {
        self.target(Target::OpenApi)
    }

    /// The URL of a capability.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a slug that is not one path segment.
    pub fn endpoint_url(&self, capability: &str) -> Result<Url, Error> {
        self.context.endpoint.capability_url(capability)
    }

    #[cfg(feature = "cli")]
    pub(crate) fn transport(&self) -> &crate::transport::Transport {
        &self.context.transport
    }

    /// The surface's address.
    #[must_use]
    pub fn endpoint(&self) -> &Endpoint {
        &self.context.endpoint
    }
}

impl Client {
    /// Creates a client from the environment: the key from `RUNTYPE_PRODUCT_API_KEY` or the file in
    /// `RUNTYPE_PRODUCT_API_KEY_FILE`, the surface from `RUNTYPE_PRODUCT_ID` and `RUNTYPE_SURFACE_ID` or from
    /// `RUNTYPE_ENDPOINT_URL`.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration), naming the variables that are missing or invalid.
    pub fn from_env() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// Creates a client from environment variables with another prefix: `STAGING_RUNTYPE` reads
    /// `STAGING_RUNTYPE_PRODUCT_API_KEY` and so on. One process can have clients for development and for production.
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_env_prefix(prefix: &str) -> Result<Self, Error> {
        Self::builder().env_prefix(prefix).build()
    }

    /// Creates a client from these variables alone, for example those of `runtype_mock::MockSurface::variables` in a test. The names are
    /// those that [`from_env`](Self::from_env) reads; others are ignored.
    ///
    /// ```
    /// # fn main() -> Result<(), runtype_surface::Error> {
    /// let client = runtype_surface::Client::from_variables([
    ///     ("RUNTYPE_PRODUCT_API_KEY", "papi_example_0000a1b2"),
    ///     ("RUNTYPE_PRODUCT_ID", "prod_1"),
    ///     ("RUNTYPE_SURFACE_ID", "surf_2"),
    /// ])?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As [`from_env`](Self::from_env).
    pub fn from_variables<N, V>(variables: impl IntoIterator<Item = (N, V)>) -> Result<Self, Error>
    where
        N: Into<String>,
        V: Into<OsString>,
    {
        let variables: HashMap<String, OsString> =
            variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::builder().variables(move |name| variables.get(name).cloned()).build()
    }

    /// Creates a builder. Options that are not set come from the environment, then from the defaults.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.context.endpoint)
            .field("auth_header", &self.context.auth_header)
            .finish_non_exhaustive()
    }
}
