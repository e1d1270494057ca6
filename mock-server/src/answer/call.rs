//! One call of a capability: what it asks for, and what its answer depends on.

use serde_json::{Value, value::RawValue};

use crate::config::capability::Format;

/// What one call asks for, and what its answer depends on.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// The capability.
    pub(crate) slug: String,
    /// Its input, to the letter.
    pub(crate) input: Box<RawValue>,
    /// How often the capability was called before.
    pub(crate) before: u64,
    /// Whether the caller asks for a stream.
    pub(crate) stream: bool,
    /// The format of the output.
    pub(crate) format: Format,
    /// The execution's id, `exec_…`.
    pub(crate) execution_id: String,
}

impl Call {
    /// The input as a value; `null` when a number in it is too large for one.
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
        }
    }
}
