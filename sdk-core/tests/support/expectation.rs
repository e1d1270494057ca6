//! The conformance suite's conditions and placeholders; see `mock-server/conformance/README.md`.

use std::collections::HashMap;

use serde_json::{Map, Value};

/// Replaces placeholders in every string.
pub(crate) fn fill(value: &Value, places: &HashMap<&str, &str>) -> Value {
    match value {
        Value::String(text) => {
            Value::String(places.iter().fold(text.clone(), |text, (name, value)| text.replace(name, value)))
        }
        Value::Array(items) => items.iter().map(|item| fill(item, places)).collect(),
        Value::Object(fields) => fields.iter().map(|(name, field)| (name.clone(), fill(field, places))).collect(),
        other => other.clone(),
    }
}

/// Header pairs as an object, to be compared by name.
pub(crate) fn pairs_to_object(pairs: &Value) -> Value {
    let pairs = pairs.as_array().into_iter().flatten();
    Value::Object(pairs.map(|pair| (pair[0].as_str().unwrap().to_owned(), pair[1].clone())).collect())
}

/// Describes where the result of a call differs from the expectation.
pub(crate) fn check_outcome(call: &Value, expected: &Value, found: &Value) -> Result<(), String> {
    // The text of an unexpected outcome comes first: it says why.
    for outcome in ["output", "error", "cancelled"] {
        if expected.get(outcome).is_some() && found.get(outcome).is_none() {
            let error = found["error"]["text"].as_str().map_or_else(|| found.to_string(), str::to_owned);
            return Err(format!("expected {outcome}, found: {error}"));
        }
    }
    let mut others = expected.clone();
    if let Some(output) = others.as_object_mut().and_then(|others| others.remove("output")) {
        let found = &found["output"];
        match call["method"].as_str() {
            Some("stream" | "openapi") => check(&output, found, "output"),
            Some("call_many") => check_results(&output, found),
            _ => check_equal(&output, found, "output"),
        }?;
    }
    check(&others, found, "expect")
}

/// The outputs of many calls, each compared like that of a single call.
fn check_results(expected: &Value, found: &Value) -> Result<(), String> {
    let mut others = expected.clone();
    for (at, result) in others.as_array_mut().into_iter().flatten().enumerate() {
        if let Some(output) = result.as_object_mut().and_then(|result| result.remove("output")) {
            check_equal(&output, &found[at]["output"], &format!("output[{at}].output"))?;
        }
    }
    check(&others, found, "output")
}

/// Describes a different output. Outputs are compared whole, so that extra fields are noticed.
fn check_equal(expected: &Value, found: &Value, path: &str) -> Result<(), String> {
    fn equal(expected: &Value, found: &Value) -> bool {
        match (expected, found) {
            (Value::Object(fields), Value::Object(others)) => {
                let equal = |(name, field)| others.get(name).is_some_and(|other| equal(field, other));
                fields.len() == others.len() && fields.iter().all(equal)
            }
            (Value::Array(items), Value::Array(others)) => {
                items.len() == others.len() && items.iter().zip(others).all(|(item, other)| equal(item, other))
            }
            _ => equal_value(expected, found),
        }
    }
    if equal(expected, found) { Ok(()) } else { Err(format!("{path}: expected {expected}, found {found}")) }
}

fn equal_value(expected: &Value, found: &Value) -> bool {
    // 1 and 1.0 are equal.
    let is_float = expected.is_f64() || found.is_f64();
    expected == found || is_float && expected.is_number() && expected.as_f64() == found.as_f64()
}

/// Describes where a value differs from the expected one, whose objects are subsets.
pub(crate) fn check(expected: &Value, found: &Value, path: &str) -> Result<(), String> {
    let differs = || Err(format!("{path}: expected {expected}, found {found}"));
    match (expected, found) {
        (Value::Object(fields), _) => match condition(fields, found, path) {
            Some(holds) => holds,
            None if !found.is_object() => differs(),
            None => {
                fields.iter().try_for_each(|(name, expected)| check(expected, &found[name], &format!("{path}.{name}")))
            }
        },
        (Value::Array(items), Value::Array(entries)) if entries.len() == items.len() => items
            .iter()
            .zip(entries)
            .enumerate()
            .try_for_each(|(at, (expected, found))| check(expected, found, &format!("{path}[{at}]"))),
        _ if equal_value(expected, found) => Ok(()),
        _ => differs(),
    }
}

fn condition(fields: &Map<String, Value>, found: &Value, path: &str) -> Option<Result<(), String>> {
    let text = found.as_str().unwrap_or_default();
    let argument = |name: &str| fields[name].as_str().unwrap();
    let mut names: Vec<_> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    let holds = match names.as_slice() {
        ["contains"] => found.is_string() && text.contains(argument("contains")),
        ["lacks"] => found.is_string() && !text.contains(argument("lacks")),
        ["matches"] => found.is_string() && regex_lite::Regex::new(argument("matches")).unwrap().is_match(text),
        ["length"] => found.is_string() && Some(text.len() as u64) == fields["length"].as_u64(),
        ["absent"] => found.is_null(),
        ["present"] => !found.is_null(),
        ["from" | "to"] | ["from", "to"] => found.as_f64().is_some_and(|number| {
            let bound = |name| fields.get(name).and_then(Value::as_f64);
            bound("from").is_none_or(|from| number >= from) && bound("to").is_none_or(|to| number <= to)
        }),
        ["all"] => {
            let conditions = fields["all"].as_array().unwrap();
            return Some(conditions.iter().try_for_each(|condition| check(condition, found, path)));
        }
        _ => return None,
    };
    let problem = || format!("{path}: expected {}, found {found}", Value::Object(fields.clone()));
    Some(if holds { Ok(()) } else { Err(problem()) })
}
