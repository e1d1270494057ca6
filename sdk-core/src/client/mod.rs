//! The client: what an application holds on to.

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
/// It is cheap to clone and safe to share between threads and tasks; its clones share one pool of connections, one key and
/// one allowance of retries. Make one a surface and keep it.
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

    /// Calls a capability and gives its output.
    ///
    /// `capability` is the slug, or a full URL of this surface. See [`capability`](Self::capability) for options and for
    /// what comes with the output.
    ///
    /// # Errors
    ///
    /// Every [`ErrorKind`](crate::ErrorKind) there is.
    pub async fn call<T: DeserializeOwned>(
        &self,
        capability: &str,
        input: &(impl Serialize + ?Sized),
    ) -> Result<T, Error> {
        Ok(self.capability(capability).input(input).send().await?.output)
    }

    /// Begins a call to a capability, to give it options or to read more than its output.
    pub fn capability(&self, capability: impl Into<String>) -> Call {
        Call::new(self.context.clone(), Target::Capability(capability.into()))
    }

    /// The surface's OpenAPI 3.0 document, which follows its capabilities.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub async fn openapi(&self) -> Result<serde_json::Value, Error> {
        Ok(self.openapi_call().send().await?.output)
    }

    /// The same as a [`Call`], to give it options or to see what comes beside the document. An input
    /// means nothing to it.
    pub fn openapi_call(&self) -> Call {
        Call::new(self.context.clone(), Target::OpenApi)
    }

    /// The URL of a capability.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) for a slug that cannot be one path segment.
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
