//! Schemas of inputs: configured, shown in the OpenAPI document, and enforced.

use std::{fmt, sync::Arc};

use jsonschema::{Draft, ValidationError, Validator, error::ValidationErrorKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Value, json};

/// Maximum number of problems in a response.
const MOST_PROBLEMS: usize = 10;

/// A schema in the form of OpenAPI 3.0, which is based on JSON Schema draft 4.
#[derive(Clone)]
pub struct Schema {
    document: Value,
    validator: Arc<Validator>,
}

impl Schema {
    /// Compiles a schema.
    ///
    /// # Errors
    /// An invalid schema; the text says where and why.
    pub fn new(document: Value) -> Result<Self, String> {
        if !document.is_object() {
            return Err(format!("a schema must be an object, such as {{\"type\": \"object\"}}, not {document}"));
        }
        let validator = jsonschema::options()
            .with_draft(Draft::Draft4)
            .build(&document)
            .map_err(|error| format!("invalid schema at {:?}: {error}", error.instance_path().to_string()))?;
        Ok(Self { document, validator: Arc::new(validator) })
    }

    /// The schema as configured.
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Problems of an input.
    pub fn problems(&self, input: &Value) -> Vec<Problem> {
        self.validator
            .iter_errors(input)
            .take(MOST_PROBLEMS)
            .map(|error| Problem { path: error.instance_path().to_string(), message: message(&error) })
            .collect()
    }
}

/// Problem of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Path as a JSON Pointer (RFC 6901); empty for the whole input.
    pub path: String,
    /// Description.
    pub message: String,
}

/// What is wrong, in plain words where the validator has none.
fn message(error: &ValidationError<'_>) -> String {
    match error.kind() {
        ValidationErrorKind::Required { property } => format!("{property} is missing"),
        _ => error.to_string(),
    }
}

/// Body of the 400 for an input that violates its schema. The shape is assumed.
pub(crate) fn refusal(problems: &[Problem]) -> Value {
    let first = problems.first().map(|problem| {
        let place = if problem.path.is_empty() { String::new() } else { format!(" at {}", problem.path) };
        format!("Invalid input{place}: {}", problem.message)
    });
    let details: Vec<_> =
        problems.iter().map(|problem| json!({ "path": problem.path, "message": problem.message })).collect();
    json!({ "error": first.unwrap_or_else(|| "Invalid input".to_owned()), "code": "VALIDATION_ERROR", "details": details })
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schema({})", self.document)
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.document == other.document
    }
}

impl Serialize for Schema {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.document.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Schema {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_where_it_is() {
        let schema = Schema::new(json!({
            "type": "object",
            "properties": { "items": { "type": "array", "items": { "type": "string" } } },
            "required": ["items"],
        }))
        .unwrap();
        assert_eq!(schema.problems(&json!({"items": ["a"]})), []);
        let problems = schema.problems(&json!({"items": ["a", 7]}));
        assert_eq!(problems[0].path, "/items/1");
        let body = refusal(&problems);
        assert!(body["error"].as_str().unwrap().starts_with("Invalid input at /items/1: "), "{body}");
        assert_eq!(refusal(&schema.problems(&json!({})))["error"], r#"Invalid input: "items" is missing"#);
    }

    #[test]
    fn what_is_no_schema_is_refused() {
        assert!(Schema::new(json!("text")).is_err());
        assert!(Schema::new(json!({"type": "no-such-type"})).is_err());
    }
}
