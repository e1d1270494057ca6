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

/// Says where what was found differs from what was expected.
pub(crate) fn check(expected: &Value, found: &Value, path: &str) -> Result<(), String> {
    let differs = || Err(format!("{path}: expected {expected}, found {found}"));
    match expected {
        Value::Object(fields) => match condition(fields, found, path) {
            Some(holds) => holds,
            None => fields.iter().try_for_each(|(name, expected)| match name.as_str() {
                // The output is compared whole, so that no field too many goes unseen.
                "output" if expected != &found[name] => {
                    Err(format!("{path}.output: expected {expected}, found {}", found[name]))
                }
                "output" => Ok(()),
                _ => check(expected, &found[name], &format!("{path}.{name}")),
            }),
        },
        Value::Array(items) => match found {
            Value::Array(entries) if entries.len() == items.len() => items
                .iter()
                .zip(entries)
                .enumerate()
                .try_for_each(|(at, (expected, found))| check(expected, found, &format!("{path}[{at}]"))),
            _ => differs(),
        },
        // 0 and 0.0 are one number.
        Value::Number(number) if found.as_f64() == number.as_f64() => Ok(()),
        _ if expected == found => Ok(()),
        _ => differs(),
    }
}

fn condition(fields: &Map<String, Value>, found: &Value, path: &str) -> Option<Result<(), String>> {
    let text = found.as_str().unwrap_or_default();
    let argument = |name: &str| fields[name].as_str().unwrap();
    let mut names: Vec<_> = fields.keys().map(String::as_str).collect();
    names.sort_unstable();
    let holds = match names.as_slice() {
        ["contains"] => text.contains(argument("contains")),
        ["lacks"] => found.is_string() && !text.contains(argument("lacks")),
        ["matches"] => regex_lite::Regex::new(argument("matches")).unwrap().is_match(text),
        ["length"] => Some(text.len() as u64) == fields["length"].as_u64(),
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
