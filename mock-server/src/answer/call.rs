//! One call of a capability: what its answer depends on.

use std::time::Duration;

use serde_json::{Value, value::RawValue};

use crate::{clock::Time, config::capability::Format};

/// One call of a capability: what its answer depends on.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The capability.
    pub(crate) slug: String,
    /// Its input, unchanged.
    pub(crate) input: Box<RawValue>,
    /// Number of earlier calls of the capability.
    pub(crate) before: u64,
    /// Whether the caller requests a stream.
    pub(crate) stream: bool,
    /// The format of the output.
    pub(crate) format: Format,
    /// The execution's id, `exec_…`.
    pub(crate) execution_id: String,
    /// Time of its start.
    pub(crate) started: Time,
    /// Delay of its response.
    pub(crate) latency: Duration,
}

impl Call {
    /// The input as a value; `null` if a number in it is too large to represent.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(self.input.get()).unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn for_test(slug: &str, input: &Value) -> Self {
        Self {
            slug: slug.to_owned(),
            input: serde_json::value::to_raw_value(input).unwrap(),
            before: 0,
            stream: false,
            format: Format::Raw,
            execution_id: "exec_test".to_owned(),
            started: Time::from_millis(0),
            latency: Duration::ZERO,
        }
    }
}
