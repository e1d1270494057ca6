//! What the server says of the key's limits.

use http::HeaderMap;
use serde::Serialize;

/// The rate-limit headers of an answer (api.md, vendor: `X-RateLimit-Limit`, `-Remaining`, `-Reset`). Those that are
/// absent or cannot be read are `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub struct RateLimit {
    /// How many calls the window allows.
    pub limit: Option<u64>,
    /// How many of them are left.
    pub remaining: Option<u64>,
    /// When the window begins anew, in seconds since the Unix epoch.
    pub reset: Option<u64>,
}

impl RateLimit {
    /// Reads the headers; `None` where there is none of them.
    pub(crate) fn read(headers: &HeaderMap) -> Option<Self> {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse().ok();
        let read = Self {
            limit: number("x-ratelimit-limit"),
            remaining: number("x-ratelimit-remaining"),
            reset: number("x-ratelimit-reset"),
        };
        (read != Self::default()).then_some(read)
    }
}
