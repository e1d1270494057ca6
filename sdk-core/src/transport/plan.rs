//! What is to be sent, and by which options.

use bytes::Bytes;
use http::{HeaderMap, Method};
use url::Url;

use crate::config::options::Options;

/// What the caller wants done.
pub(crate) struct Plan {
    pub(crate) outgoing: Outgoing,
    pub(crate) options: Options,
    pub(crate) capability: Option<String>,
}

/// What is sent: everything but the key.
#[derive(Debug, Clone)]
pub(crate) struct Outgoing {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Plan {
    /// The host that is called and its port, as the URL writes them.
    pub(crate) fn host(&self) -> String {
        let host = self.outgoing.url.host_str().unwrap_or_default();
        self.outgoing.url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
    }

    /// Whether nothing can run because of it: a GET only reads.
    pub(crate) fn is_read_only(&self) -> bool {
        self.outgoing.method == Method::GET
    }
}
