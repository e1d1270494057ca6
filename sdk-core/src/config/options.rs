//! Options of a client and of a call, and their validation.

use std::time::Duration;

use http::HeaderMap;

use super::{
    defaults,
    values::{MOST_RETRIES, ResponseFormat, RetryMode},
};
use crate::error::Error;

/// Effective options of a call: the call's own, then the client's.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    /// Timeout of the whole call, including retries and backoff.
    pub(crate) timeout: Option<Duration>,
    /// Timeout of one attempt.
    pub(crate) attempt_timeout: Option<Duration>,
    pub(crate) max_retries: u32,
    pub(crate) retry_mode: RetryMode,
    /// Longest wait before a retry.
    pub(crate) max_retry_wait: Option<Duration>,
    pub(crate) max_response_bytes: u64,
    pub(crate) response_format: ResponseFormat,
    pub(crate) headers: HeaderMap,
    pub(crate) stream: StreamOptions,
}

/// Options of a stream after its response has begun.
#[derive(Debug, Clone, Copy)]
pub(crate) struct StreamOptions {
    /// Longest silence.
    pub(crate) idle_timeout: Option<Duration>,
    /// Timeout of the whole stream.
    pub(crate) timeout: Option<Duration>,
    /// Maximum size of one event, in bytes.
    pub(crate) max_event_bytes: usize,
}

impl Default for StreamOptions {
    fn default() -> Self {
        Self {
            idle_timeout: Some(defaults::STREAM_IDLE_TIMEOUT),
            timeout: None,
            max_event_bytes: defaults::MAX_EVENT_BYTES,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Some(defaults::TIMEOUT),
            attempt_timeout: None,
            max_retries: defaults::MAX_RETRIES,
            retry_mode: RetryMode::Safe,
            max_retry_wait: Some(defaults::MAX_RETRY_WAIT),
            max_response_bytes: defaults::MAX_RESPONSE_BYTES,
            response_format: ResponseFormat::Detect,
            headers: HeaderMap::new(),
            stream: StreamOptions::default(),
        }
    }
}

/// Checks a number of retries.
pub(crate) fn max_retries(value: u64) -> Result<u32, Error> {
    u32::try_from(value).ok().filter(|value| *value <= MOST_RETRIES).ok_or_else(|| {
        Error::configuration("max_retries", format!("{value} is out of range: pass 0 to {MOST_RETRIES}"))
    })
}

pub(crate) fn max_response_bytes(value: u64) -> Result<u64, Error> {
    if value == 0 {
        return Err(Error::configuration("max_response_bytes", "0 would refuse every response: pass at least 1"));
    }
    Ok(value)
}

pub(crate) fn max_event_bytes(value: u64) -> Result<usize, Error> {
    match usize::try_from(value) {
        Ok(bytes) if bytes > 0 => Ok(bytes),
        _ => Err(Error::configuration("max_event_bytes", format!("{value} is out of range: pass at least 1"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_has_its_limits() {
        assert_eq!(max_retries(101).unwrap_err().option(), Some("max_retries"));
        assert_eq!(max_response_bytes(0).unwrap_err().option(), Some("max_response_bytes"));
        assert_eq!(max_event_bytes(0).unwrap_err().option(), Some("max_event_bytes"));
    }
}
