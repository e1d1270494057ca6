//! The conformance suite's files match their schema, and there are enough cases.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{collections::HashSet, fs, path::Path};

use jsonschema::Validator;
use serde_json::{Value, json};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

fn schema() -> Validator {
    let schema: Value = serde_json::from_slice(&fs::read(folder().join("schema.json")).unwrap()).unwrap();
    jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
}

fn files() -> Vec<(String, Vec<Value>)> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let cases = entries.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    cases
        .filter(|path| path.file_stem().is_some_and(|name| name != "schema"))
        .map(|path| {
            let name = path.display().to_string();
            match serde_json::from_slice(&fs::read(&path).unwrap()) {
                Ok(Value::Array(cases)) if !cases.is_empty() => (name, cases),
                Ok(_) => panic!("{name} is not a list of cases"),
                Err(error) => panic!("{name}: {error}"),
            }
        })
        .collect()
}

#[test]
fn every_file_of_the_suite_is_exported_with_its_text() {
    let mut exported: Vec<_> =
        runtype_mock::CONFORMANCE.iter().map(|(topic, text)| ((*topic).to_owned(), *text)).collect();
    let mut present: Vec<_> = files().into_iter().map(|(name, _)| name).collect();
    exported.sort();
    present.sort();
    assert_eq!(exported.len(), present.len(), "mock-server/src/conformance.rs lists other files than {present:?}");
    for ((topic, text), name) in exported.iter().zip(&present) {
        assert_eq!(Path::new(name).file_stem().unwrap(), topic.as_str());
        assert_eq!(fs::read_to_string(name).unwrap(), *text);
    }
}

/// Problems of a case.
fn problems(schema: &Validator, case: &Value) -> Vec<String> {
    let alone = json!([case]);
    let mut problems: Vec<_> =
        schema.iter_errors(&alone).map(|error| format!("{}: {error}", error.instance_path())).collect();
    for field in ["environment", "client", "steps", "journal"] {
        look_into(&case[field], field, &mut problems);
    }
    problems
}

/// Problems that a schema cannot express: unknown placeholders, and empty ranges.
fn look_into(value: &Value, path: &str, problems: &mut Vec<String>) {
    const PLACEHOLDERS: [&str; 6] = ["{base_url}", "{product_id}", "{surface_id}", "{endpoint}", "{key}", "{dir}"];
    match value {
        Value::String(text) => {
            let rest = PLACEHOLDERS.iter().fold(text.clone(), |text, place| text.replace(place, ""));
            let word = |part: &str| {
                part.split_once('}').is_some_and(|(name, _)| {
                    !name.is_empty() && name.bytes().all(|byte| byte == b'_' || byte.is_ascii_lowercase())
                })
            };
            if rest.split('{').skip(1).any(word) {
                problems.push(format!("{path}: {text:?} has a placeholder that is none of {PLACEHOLDERS:?}"));
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| look_into(item, &format!("{path}/{at}"), problems));
        }
        Value::Object(fields) => {
            let bound = |name| fields.get(name).and_then(Value::as_f64);
            if bound("from").zip(bound("to")).is_some_and(|(from, to)| from > to) {
                problems.push(format!("{path}: no number is in these bounds: {value}"));
            }
            fields.iter().for_each(|(name, field)| look_into(field, &format!("{path}/{name}"), problems));
        }
        _ => {}
    }
}

#[test]
fn every_file_matches_the_schema() {
    let schema = schema();
    let mut wrong = Vec::new();
    for (path, cases) in files() {
        for case in cases {
            wrong.extend(problems(&schema, &case).iter().map(|problem| format!("{path}: {}: {problem}", case["name"])));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn an_empty_or_impossible_case_is_rejected() {
    let schema = schema();
    let case = |step: Value| json!({ "name": "a sentence that is long", "steps": [step] });
    let call = |call: Value, expect: Value| case(json!({ "call": call, "expect": expect }));
    let echo = || json!({ "capability": "echo" });
    for good in [
        call(echo(), json!({ "output": {} })),
        call(
            echo(),
            json!({ "error": { "class": "ServerError", "attempts": [{ "waited_ms": { "from": 1, "to": 2 } }] } }),
        ),
        call(json!({ "capability": "echo", "cancel_once": [] }), json!({ "cancelled": true })),
    ] {
        assert_eq!(problems(&schema, &good), Vec::<String>::new());
    }
    for bad in [
        call(echo(), json!({})),
        call(echo(), json!({ "asked": 0 })),
        call(echo(), json!({ "error": {} })),
        call(echo(), json!({ "error": { "class": "SomeError" } })),
        call(echo(), json!({ "error": { "class": "ServerError" }, "output": {} })),
        call(echo(), json!({ "error": { "class": "ServerError", "attempts": [{ "waited": { "absent": true } }] } })),
        call(echo(), json!({ "error": { "class": "ServerError", "text": { "containz": "x", "contains": "y" } } })),
        call(echo(), json!({ "error": { "class": "ServerError", "text": { "matches": "(" } } })),
        call(echo(), json!({ "error": { "class": "ServerError", "text": { "matches": "(?i)x" } } })),
        call(echo(), json!({ "error": { "class": "ServerError", "retry_after_ms": { "from": 2, "to": 1 } } })),
        call(echo(), json!({ "error": { "class": "ServerError" }, "events": [] })),
        call(echo(), json!({ "output": {}, "told": [{ "start": { "capabilty": "echo" }, "end": null }] })),
        call(echo(), json!({ "output": {}, "answer": { "rate_limit": { "remains": 1 } } })),
        call(echo(), json!({ "outptu": {} })),
        call(echo(), json!({ "cancelled": true })),
        call(json!({}), json!({ "output": {} })),
        call(json!({ "capabilty": "echo" }), json!({ "output": {} })),
        call(json!({ "capability": "echo", "input": null }), json!({ "output": {} })),
        call(json!({ "capability": "echo", "leave_after": 1 }), json!({ "output": {} })),
        call(json!({ "capability": "echo", "inputs": [] }), json!({ "output": {} })),
        call(json!({ "capability": "echo", "method": "call_many" }), json!({ "output": [] })),
        call(json!({ "capability": "echo", "options": { "concurrency": 1 } }), json!({ "output": {} })),
        call(json!({ "capability": "echo", "method": "slug", "options": {} }), json!({ "output": "echo" })),
        call(json!({ "capability": "echo", "method": "stream" }), json!({ "output": [{ "naem": "a" }] })),
        call(json!({ "capability": "{endpont}" }), json!({ "output": {} })),
        case(json!({ "call": echo() })),
        case(json!({ "call": echo(), "expects": { "output": {} } })),
        case(json!({ "pause_ms": 1, "set": {} })),
        case(json!({ "set": { "RUNTYPE_PRODUKT_ID": "x" } })),
        case(json!({ "control": { "method": "GET", "path": "/journal?limit=1" } })),
    ] {
        assert!(!problems(&schema, &bad).is_empty(), "this was taken: {bad}");
    }
    let mut bad = call(echo(), json!({ "output": {} }));
    bad["envirnoment"] = json!({});
    assert!(!problems(&schema, &bad).is_empty(), "a misspelt field of a case was taken");
}

#[test]
fn names_are_unique_and_there_are_at_least_a_hundred_and_fifty_cases() {
    let mut names = HashSet::new();
    for (path, cases) in files() {
        for case in cases {
            let name = case["name"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{path}: {name:?} is there twice");
        }
    }
    assert!(names.len() >= 150, "only {} cases", names.len());
}
