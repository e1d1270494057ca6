//! The conformance suite's files are what their schema says, and as many as were promised.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

fn schema() -> Validator {
    let schema: Value = serde_json::from_slice(&fs::read(folder().join("schema.json")).unwrap()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

fn files() -> Vec<(String, Value)> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let cases = entries.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    cases
        .filter(|path| path.file_stem().is_some_and(|name| name != "schema"))
        .map(|path| (path.display().to_string(), serde_json::from_slice(&fs::read(&path).unwrap()).unwrap()))
        .collect()
}

#[test]
fn every_file_is_what_the_schema_says() {
    let schema = schema();
    for (path, cases) in files() {
        for case in cases.as_array().unwrap() {
            let alone = json!([case]);
            let problems: Vec<_> =
                schema.iter_errors(&alone).map(|error| format!("{}: {error}", error.instance_path())).collect();
            assert!(problems.is_empty(), "{path}: {}: {problems:#?}", case["name"]);
        }
    }
}

#[test]
fn a_case_with_a_misspelt_word_is_refused() {
    let schema = schema();
    let good = json!([{ "name": "a sentence that is long", "steps": [{ "call": { "capability": "echo" }, "expect": { "output": {} } }] }]);
    assert!(schema.is_valid(&good));
    for (path, word) in [
        ("/0", "envirnoment"),
        ("/0/steps/0", "expects"),
        ("/0/steps/0/call", "capabilty"),
        ("/0/steps/0/expect", "outptu"),
    ] {
        let mut bad = good.clone();
        bad.pointer_mut(path).unwrap()[word] = json!({});
        assert!(!schema.is_valid(&bad), "{word} was taken");
    }
    let mut bad = good.clone();
    bad[0]["steps"][0]["expect"] = json!({ "error": { "text": { "containz": "x", "contains": "y" } } });
    assert!(!schema.is_valid(&bad), "a condition with a misspelt word was taken");
}

#[test]
fn names_are_unique_and_there_are_at_least_a_hundred_and_fifty_cases() {
    let mut names = HashSet::new();
    for (path, cases) in files() {
        for case in cases.as_array().unwrap() {
            let name = case["name"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{path}: {name:?} is there twice");
        }
    }
    assert!(names.len() >= 150, "only {} cases", names.len());
}
