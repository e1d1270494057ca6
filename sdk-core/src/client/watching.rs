//! Options of a client for those who watch its calls: hooks, logs and traces.

use std::sync::Arc;

use super::builder::ClientBuilder;
use crate::{config::log_level::LogLevel, error::attempt::Attempt, send::hooks::AttemptStart};

impl ClientBuilder {
    /// Function to call before each attempt is sent. It must not block. It sees neither the key nor a body.
    pub fn before_attempt(mut self, hook: impl Fn(&AttemptStart<'_>) + Send + Sync + 'static) -> Self {
        self.hooks.before = Some(Arc::new(hook));
        self
    }

    /// Function to call after each attempt, whether or not it is retried. It must not block. It is not called for an attempt
    /// whose call was dropped.
    pub fn after_attempt(mut self, hook: impl Fn(&AttemptStart<'_>, &Attempt) + Send + Sync + 'static) -> Self {
        self.hooks.after = Some(Arc::new(hook));
        self
    }

    /// What is logged, as lines to standard error without the key or a body. Overrides `RUNTYPE_LOG`. Default: [`LogLevel::Off`].
    /// Events and spans of `tracing` do not depend on it.
    pub fn log_level(mut self, level: LogLevel) -> Self {
        self.log_level = Some(level);
        self
    }

    /// Whether requests carry the context of the caller's trace (`traceparent` and `tracestate`), which needs the feature
    /// `opentelemetry`. A `traceparent` header of the application's own is sent in any case. Default: `true`.
    pub fn trace_propagation(mut self, propagate: bool) -> Self {
        self.options.trace_propagation = propagate;
        self
    }
}
