//! The client.

pub(crate) mod builder;

use std::{fmt, sync::Arc};

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

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("endpoint", &self.context.endpoint)
            .field("auth_header", &self.context.auth_header)
            .finish_non_exhaustive()
    }
}
