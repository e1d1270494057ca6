//! Why a mock could not do what it was asked.

use std::{io, net::SocketAddr};

/// Why a mock could not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MockError {
    /// It could not listen.
    #[error("the mock cannot listen on {address}: {source}")]
    Listen {
        /// Where it was to listen.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Something it was given is wrong. The text names it, the rule, and the remedy.
    #[error("{0}")]
    Invalid(String),
}

impl From<String> for MockError {
    fn from(problem: String) -> Self {
        Self::Invalid(problem)
    }
}
