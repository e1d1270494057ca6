//! Where a call goes.

use bytes::Bytes;
use http::Method;
use url::Url;

use crate::{endpoint::Endpoint, error::Error};

/// The query that asks for a stream (the parameter's name is assumed).
const ASSUMED_STREAM_QUERY: &str = "stream=true";

/// The endpoint that a call is sent to.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Capability(String),
    Dispatch(String),
    OpenApi,
}

impl Target {
    /// Where the call goes.
    pub(super) fn address(&self, endpoint: &Endpoint, is_stream: bool) -> Result<Address, Error> {
        let (method, mut url, slug) = match self {
            Self::Capability(name) => {
                let slug = endpoint.slug(name)?;
                (Method::POST, endpoint.capability_url(&slug)?, Some(slug))
            }
            Self::Dispatch(name) => {
                let slug = endpoint.slug(name)?;
                (Method::POST, endpoint.dispatch_url()?, Some(slug))
            }
            Self::OpenApi => (Method::GET, endpoint.openapi_url()?, None),
        };
        if is_stream {
            url.set_query(Some(ASSUMED_STREAM_QUERY));
        }
        Ok(Address { method, url, slug })
    }
}

/// Where a call goes.
pub(super) struct Address {
    pub(super) method: Method,
    pub(super) url: Url,
    /// `None` for the OpenAPI document.
    pub(super) slug: Option<String>,
}

/// `{"capability": "<slug>", "input": {...}}` (documented by the vendor), with the input's text unchanged.
pub(super) fn dispatch_body(slug: &str, input: &[u8]) -> Bytes {
    let name = serde_json::Value::from(slug).to_string();
    let mut body = Vec::with_capacity(name.len() + input.len() + 28);
    body.extend_from_slice(b"{\"capability\":");
    body.extend_from_slice(name.as_bytes());
    body.extend_from_slice(b",\"input\":");
    body.extend_from_slice(input);
    body.push(b'}');
    body.into()
}
