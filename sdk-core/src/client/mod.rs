//! The client.

pub(crate) mod builder;

use std::{collections::HashMap, ffi::OsString, fmt, sync::Arc};

use builder::ClientBuilder;
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::{
    call::{Call, Target},
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
}

impl Client {
    fn new(context: Context) -> Self {
        Self { context: Arc::new(context) }
    }

    /// Calls a capability and returns its output.
    ///
    /// `capability` is the slug, or a full URL on this surface. Use [`capability`](Self::capability) for options, or for the
    /// response with its metadata.
    ///
    /// # Errors
    ///
    /// Can fail with any [`ErrorKind`](crate::ErrorKind).
    pub async fn call<T: DeserializeOwned>(
        &self,
        capability: &str,
        input: &(impl Serialize + ?Sized),
    ) -> Result<T, Error> {
        Ok(self.capability(capability).input(input).send().await?.output)
    }

    /// Builds a call to a capability, with options of its own.
    pub fn capability(&self, capability: impl Into<String>) -> Call {
        Call::new(self.context.clone(), Target::Capability(capability.into()))
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
        Call::new(self.context.clone(), Target::OpenApi)
    }

    /// The URL of a capability.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a slug that is not one path segment.
    pub fn endpoint_url(&self, capability: &str) -> Result<Url, Error> {
        self.context.endpoint.capability_url(capability)
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
