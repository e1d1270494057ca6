//! The defaults of options.

use std::time::Duration;

pub(crate) const BASE_URL: &str = "https://api.runtype.com";
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Overall timeout of a call, including retries and backoff.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(300);
pub(crate) const MAX_RETRIES: u32 = 2;
pub(crate) const MAX_RETRY_WAIT: Duration = Duration::from_secs(60);
pub(crate) const MAX_RESPONSE_BYTES: u64 = 64 * 1024 * 1024;
pub(crate) const STREAM_IDLE_TIMEOUT: Duration = Duration::from_secs(120);
pub(crate) const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;
/// Number of calls in flight of many.
pub(crate) const CONCURRENCY: usize = 8;
/// Longest wait of many calls for a used-up window.
pub(crate) const MAX_WINDOW_WAIT: Duration = Duration::from_secs(15 * 60);
