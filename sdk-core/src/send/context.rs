//! State that all calls of a client share.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use http::HeaderMap;

use super::{clock::Clock, hooks::Hooks};
use crate::{
    config::log_level::LogLevel,
    endpoint::Endpoint,
    error::explain::AddressNames,
    key::{header::AuthHeader, ring::KeyRing},
    redact,
    response::limits::Quota,
    retry::{backoff::Backoff, budget::Budget},
    telemetry::log::Log,
    transport::Transport,
};

/// State that all calls of a client, its clones and its derived clients share.
pub(crate) struct Context {
    pub(crate) endpoint: Endpoint,
    pub(crate) address_names: AddressNames,
    pub(crate) auth_header: AuthHeader,
    pub(crate) keys: KeyRing,
    pub(crate) backoff: Backoff,
    pub(crate) budget: Budget,
    pub(crate) transport: Transport,
    pub(crate) hooks: Hooks,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) log: Log,
    /// Whether the quota's warning has been logged.
    pub(crate) has_warned_of_quota: AtomicBool,
}

impl Context {
    /// Logs the server's warning of a quota that is nearly used up, once.
    pub(crate) fn note_quota(&self, headers: &HeaderMap) {
        let Some(warning) = Quota::read(headers).and_then(|quota| quota.warning) else { return };
        if !self.has_warned_of_quota.swap(true, Ordering::Relaxed) {
            let text = format!("the plan's quota is nearly used up; the server says {}", redact::quote(&warning));
            tracing::warn!("{text}");
            self.log.line(LogLevel::Warn, "quota", |line| line.field("message", &text));
        }
    }
}
