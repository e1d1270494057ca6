//! Errors of a mock.

use std::{io, net::SocketAddr};

/// Error of a mock.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MockError {
    /// Listening failed.
    #[error("the mock cannot listen on {address}: {source}")]
    Listen {
        /// Address to listen on.
        address: SocketAddr,
        /// The operating system's error.
        source: io::Error,
    },
    /// An invalid argument. The text names it, the rule and the remedy.
    #[error("{0}")]
    Invalid(String),
}

impl From<String> for MockError {
    fn from(problem: String) -> Self {
        Self::Invalid(problem)
    }
}
