//! Template outputs: any JSON in which each string is a minijinja template over the input.
//!
//! A string that is a single expression, such as `"{{ input.count * 2 }}"`, becomes the expression's value with its type; any
//! other string stays a string. A template cannot produce invalid JSON.

use std::sync::LazyLock;

use minijinja::{Environment, UndefinedBehavior, context};
use serde_json::Value;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    // A misspelt name is an error, not an empty string.
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment
});

/// The expression of a string that is a single expression.
fn lone_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then(|| inner.trim_matches('-'))
}

/// Validates the templates of an output.
pub(crate) fn validate(output: &Value) -> Result<(), String> {
    match output {
        Value::String(text) => {
            let read = match lone_expression(text) {
                Some(expression) => ENVIRONMENT.compile_expression(expression).map(|_| ()),
                None => ENVIRONMENT.template_from_str(text).map(|_| ()),
            };
            read.map_err(|error| format!("the template {text:?} cannot be parsed: {error}"))
        }
        Value::Array(items) => items.iter().try_for_each(validate),
        Value::Object(fields) => fields.values().try_for_each(validate),
        _ => Ok(()),
    }
}

/// Variables of templates.
pub(crate) struct Variables {
    /// The input.
    pub(crate) input: Value,
    /// The slug.
    pub(crate) capability: String,
    /// Number of the capability's call, counted from 1.
    pub(crate) call: u64,
    /// The execution's id.
    pub(crate) execution_id: String,
}

/// Renders the templates of an output.
pub(crate) fn fill(output: &Value, variables: Variables) -> Result<Value, String> {
    let Variables { input, capability, call, execution_id } = variables;
    filled(output, &context! { input => minijinja::value::Serde(input), capability, call, execution_id })
}

fn filled(output: &Value, seen: &minijinja::Value) -> Result<Value, String> {
    Ok(match output {
        Value::String(text) => {
            let failed = |error: minijinja::Error| format!("the template {text:?} failed: {error}");
            match lone_expression(text) {
                Some(expression) => {
                    let value =
                        ENVIRONMENT.compile_expression(expression).and_then(|e| e.eval(seen)).map_err(failed)?;
                    if value.is_undefined() {
                        return Err(format!("the template {text:?} failed: no such value"));
                    }
                    serde_json::to_value(value).map_err(|error| format!("the template {text:?} failed: {error}"))?
                }
                None => Value::String(ENVIRONMENT.render_str(text, seen).map_err(failed)?),
            }
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| filled(item, seen)).collect::<Result<_, _>>()?),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((name.clone(), filled(value, seen)?)));
            Value::Object(fields.collect::<Result<_, String>>()?)
        }
        plain => plain.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(output: Value, input: Value) -> Result<Value, String> {
        let variables =
            Variables { input, capability: "greet".to_owned(), call: 1, execution_id: "exec_test".to_owned() };
        fill(&output, variables)
    }

    #[test]
    fn strings_are_filled_in_and_a_lone_expression_keeps_its_type() {
        let output = json!({
            "text": "Hello {{ input.name }}!",
            "number": "{{ input.n * 2 }}",
            "list": ["{{ input.tags }}", 7, null],
            "of": "{{ capability }}/{{ call }}",
        });
        let input = json!({"name": "Ada", "n": 21, "tags": ["a", "b"]});
        assert_eq!(
            rendered(output, input),
            Ok(json!({"text": "Hello Ada!", "number": 42, "list": [["a", "b"], 7, null], "of": "greet/1"}))
        );
    }

    #[test]
    fn quotes_in_the_input_cannot_break_the_json() {
        let input = json!({"name": "\"}, \"admin\": true"});
        assert_eq!(rendered(json!({"a": "{{ input.name }}-"}), input).unwrap()["a"], "\"}, \"admin\": true-");
    }

    #[test]
    fn a_misspelt_name_is_an_error() {
        assert!(rendered(json!("Hello {{ input.nmae }}"), json!({"name": "Ada"})).is_err());
        assert!(rendered(json!("{{ input.nmae }}"), json!({"name": "Ada"})).is_err());
    }

    #[test]
    fn a_template_that_cannot_be_read_is_found_before_it_is_used() {
        assert!(validate(&json!({"a": ["{{ input. }}"]})).unwrap_err().contains("{{ input. }}"));
        assert!(validate(&json!("{% if %}")).is_err());
        assert_eq!(validate(&json!({"a": "{{ input.b }} and {% if true %}c{% endif %}"})), Ok(()));
    }
}
