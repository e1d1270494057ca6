//! Bounds of the server: what clients can make it hold, and for how long.

use std::time::Duration;

/// Bounds of the server. README.md lists them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// Maximum size of a request body. The limit and its 413 are assumed.
    pub(super) body: usize,
    /// Maximum size of all request bodies that are held at once.
    pub(super) bodies: usize,
    /// Maximum time without a complete request head, from the start of the connection or the last response.
    pub(super) head_time: Duration,
    /// Maximum time without a piece of a request body.
    pub(super) body_pause: Duration,
    /// Maximum number of open connections.
    pub(super) connections: usize,
}

const MIB: usize = 1024 * 1024;

/// Maximum number of open connections, if there are enough file descriptors.
const MOST_CONNECTIONS: u64 = 10_000;
/// File descriptors that are not used for connections.
const OTHER_DESCRIPTORS: u64 = 64;
/// Number of connections that are accepted in any case.
const FEWEST_CONNECTIONS: u64 = 16;

impl Default for Limits {
    fn default() -> Self {
        let connections = descriptors().map_or(MOST_CONNECTIONS, |all| {
            all.saturating_sub(OTHER_DESCRIPTORS).clamp(FEWEST_CONNECTIONS, MOST_CONNECTIONS)
        });
        Self {
            body: 64 * MIB,
            bodies: 256 * MIB,
            head_time: Duration::from_secs(60),
            body_pause: Duration::from_secs(30),
            connections: usize::try_from(connections).unwrap_or(usize::MAX),
        }
    }
}

/// Number of file descriptors that this process may have; `None` if there is no limit.
#[cfg(unix)]
fn descriptors() -> Option<u64> {
    use rustix::process::{Resource, getrlimit};

    getrlimit(Resource::Nofile).current
}

/// Windows has no such limit.
#[cfg(not(unix))]
fn descriptors() -> Option<u64> {
    None
}
