//! State that all calls of a client share.

use super::hooks::Hooks;
use crate::{
    config::options::Options,
    endpoint::Endpoint,
    key::{header::AuthHeader, ring::KeyRing},
    retry::{backoff::Backoff, budget::Budget},
    transport::Transport,
};

/// State that all calls of a client and its clones share.
pub(crate) struct Context {
    pub(crate) endpoint: Endpoint,
    pub(crate) auth_header: AuthHeader,
    pub(crate) keys: KeyRing,
    pub(crate) options: Options,
    pub(crate) backoff: Backoff,
    pub(crate) budget: Budget,
    pub(crate) transport: Transport,
    pub(crate) hooks: Hooks,
}
