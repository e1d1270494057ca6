//! The options of a derived client: the defaults of its calls.

use std::{fmt, time::Duration};

use crate::{
    config::{
        headers,
        options::{self, Options},
        problems::Problems,
        values::{self, ResponseFormat, RetryMode},
    },
    error::Error,
};

/// Builder of the options that the calls of a derived client have by default; see
/// [`Client::with_options`](crate::Client::with_options).
///
/// It begins with the options of the client that it is derived from. The key, the address, the proxy and everything else of the
/// connections are shared, so they cannot be changed: build another [`Client`](crate::Client) for them.
#[derive(Clone)]
#[must_use = "options do nothing before they are returned to `with_options`"]
pub struct DefaultOptions {
    options: Options,
    problems: Problems,
}

impl DefaultOptions {
    pub(crate) fn new(options: Options) -> Self {
        Self { options, problems: Problems::default() }
    }

    /// Overall timeout of a call, including retries and backoff; for a stream, until the response begins. `None` disables it.
    pub fn timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("timeout", timeout.into()), |options, timeout| options.timeout = timeout)
    }

    /// Timeout of one attempt. `None` disables it.
    pub fn attempt_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("attempt_timeout", timeout.into()), |options, timeout| {
            options.attempt_timeout = timeout
        })
    }

    /// Maximum number of retries, 0 to 100.
    pub fn max_retries(self, retries: u32) -> Self {
        self.set(options::max_retries(retries.into()), |options, retries| options.max_retries = retries)
    }

    /// Longest wait before a retry. A longer `Retry-After` fails the call at once. `None` disables it.
    pub fn max_retry_wait(self, wait: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("max_retry_wait", wait.into()), |options, wait| {
            options.max_retry_wait = wait
        })
    }

    /// What is retried.
    pub fn retry_mode(mut self, mode: RetryMode) -> Self {
        self.options.retry_mode = mode;
        self
    }

    /// Maximum size of a response in bytes, after decompression; of a stream, of its text as JSON.
    pub fn max_response_bytes(self, bytes: u64) -> Self {
        self.set(options::max_response_bytes(bytes), |options, bytes| options.max_response_bytes = bytes)
    }

    /// Longest silence of a stream. `None` disables it.
    pub fn stream_idle_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("stream_idle_timeout", timeout.into()), |options, timeout| {
            options.stream.idle_timeout = timeout
        })
    }

    /// Timeout of a whole stream, from its first byte. `None` disables it.
    pub fn stream_timeout(self, timeout: impl Into<Option<Duration>>) -> Self {
        self.set(values::optional_duration("stream_timeout", timeout.into()), |options, timeout| {
            options.stream.timeout = timeout
        })
    }

    /// Maximum size of one event of a stream in bytes, and of all else between two events.
    pub fn max_event_bytes(self, bytes: u64) -> Self {
        self.set(options::max_event_bytes(bytes), |options, bytes| options.stream.max_event_bytes = bytes)
    }

    /// Format of responses, raw or wrapped.
    pub fn response_format(mut self, format: ResponseFormat) -> Self {
        self.options.response_format = format;
        self
    }

    /// Adds a header to every call. Overrides the header of the same name that the options had.
    ///
    /// At most 100 headers and 64 KiB in total, including those that the options had.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        let added = headers::add_header(&mut self.options.headers, name, value);
        self.set(added, |_, ()| {})
    }

    /// Records an error, which `with_options` reports with all others.
    pub(crate) fn refuse(mut self, problem: Error) -> Self {
        self.problems.push(problem);
        self
    }

    fn set<T>(mut self, checked: Result<T, Error>, set: impl FnOnce(&mut Options, T)) -> Self {
        if let Some(value) = self.problems.keep(checked) {
            set(&mut self.options, value);
        }
        self
    }

    pub(crate) fn checked(self) -> Result<Options, Error> {
        self.problems.check().map(|()| self.options)
    }
}

impl fmt::Debug for DefaultOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.options.fmt(f)
    }
}
