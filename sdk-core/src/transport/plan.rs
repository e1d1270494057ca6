//! The request of a call, and its options.

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use crate::config::options::Options;

/// The request of a call, and its options.
pub(crate) struct Plan {
    pub(crate) outgoing: Outgoing,
    pub(crate) options: Options,
    pub(crate) capability: Option<String>,
}

/// The request, without the key.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Plan {
    /// Host and port, as in the URL.
    pub(crate) fn host(&self) -> String {
        let host = self.outgoing.url.host_str().unwrap_or_default();
        self.outgoing.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether the request executes nothing: a GET only reads.
    pub(crate) fn is_read_only(&self) -> bool {
        self.outgoing.method == Method::GET
    }
}
