//! One capability of a surface, and its slug.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::config::{answer::Answer, schema::Schema};

/// The format of an output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// The output itself. The default.
    #[default]
    Raw,
    /// `{"output": …, "executionId": "exec_…", "metadata": {…}}`. The shape is assumed.
    Wrapped,
}

/// One capability of a surface.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Capability {
    /// The last segment of its URL.
    pub slug: String,
    /// Display name. Default: the slug.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Description for the OpenAPI document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it can be called; otherwise a call gets a 404. Default: `true`.
    #[serde(default = "yes", skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// Format of its output. Default: the surface's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_format: Option<Format>,
    /// Schema of its input (OpenAPI 3.0). An input that violates it gets a 400 that says where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Schema>,
    /// Schema of its output, for the OpenAPI document. Not enforced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Schema>,
    /// Delay of its response, in milliseconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub latency_ms: u64,
    /// Its answers. Default: its input.
    #[serde(default)]
    pub answer: Answer,
}

impl Serialize for Capability {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Capability {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Validated during parsing, so that the error of a file names the line.
        let capability = Self::deserialize(deserializer)?;
        capability.validate().map_err(D::Error::custom)?;
        Ok(capability)
    }
}

fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_true(value: &bool) -> bool {
    *value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(value: &u64) -> bool {
    *value == 0
}

impl Capability {
    /// Creates a capability that returns its input.
    pub fn new(slug: impl Into<String>) -> Self {
        Self {
            slug: slug.into(),
            name: None,
            description: None,
            enabled: true,
            response_format: None,
            input_schema: None,
            output_schema: None,
            latency_ms: 0,
            answer: Answer::Echo,
        }
    }

    /// Sets its answers.
    #[must_use]
    pub fn answering(mut self, answer: Answer) -> Self {
        self.answer = answer;
        self
    }

    /// Its name, or its slug.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.slug)
    }

    /// Validates it; the error names the field, the rule and the remedy.
    pub fn validate(&self) -> Result<(), String> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        if self.slug.is_empty() || !self.slug.chars().all(allowed) {
            return Err(format!(
                "`slug` is {:?}; a slug is lower-case letters, digits, `-` and `_`, as in `summarize-article`",
                self.slug
            ));
        }
        if self.slug == "dispatch" {
            return Err("`slug` is \"dispatch\", which is the name of the dispatch endpoint; choose another".to_owned());
        }
        self.answer.validate().map_err(|problem| format!("capability `{}`: {problem}", self.slug))
    }
}
