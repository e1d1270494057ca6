//! State that all calls of a client share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use http::HeaderMap;

use super::{clock::Clock, hooks::Hooks};
use crate::{
    config::options::Options,
    endpoint::Endpoint,
    error::explain::AddressNames,
    key::{header::AuthHeader, ring::KeyRing},
    redact,
    response::limits::Quota,
    retry::{backoff::Backoff, budget::Budget},
    transport::Transport,
};

/// State that all calls of a client and its clones share.
pub(crate) struct Context {
    pub(crate) endpoint: Endpoint,
    pub(crate) address_names: AddressNames,
    pub(crate) auth_header: AuthHeader,
    pub(crate) keys: KeyRing,
    pub(crate) options: Options,
    pub(crate) backoff: Backoff,
    pub(crate) budget: Budget,
    pub(crate) transport: Transport,
    pub(crate) hooks: Hooks,
    pub(crate) clock: Arc<dyn Clock>,
    /// Whether the quota's warning has been logged.
    pub(crate) has_warned_of_quota: AtomicBool,
}

impl Context {
    /// Logs the server's warning of a quota that is nearly used up, once.
    pub(crate) fn note_quota(&self, headers: &HeaderMap) {
        let Some(warning) = Quota::read(headers).and_then(|quota| quota.warning) else { return };
        if !self.has_warned_of_quota.swap(true, Ordering::Relaxed) {
            tracing::warn!("the plan's quota is nearly used up; the server says {}", redact::quote(&warning));
        }
    }
}
