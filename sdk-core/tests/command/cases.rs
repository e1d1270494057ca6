//! The cases that Python and Node run as well: `cases.json`.

use std::collections::BTreeMap;

use runtype_mock::MockSurface;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::program::{command, run};

const CASES: &str = include_str!("cases.json");

/// `environment` is added to the mock's variables; `null` removes one. `{base_url}` and its kin stand for the surface's values,
/// `{program}` for how the command was started.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    surface: Map<String, Value>,
    #[serde(default)]
    environment: BTreeMap<String, Option<String>>,
    arguments: Vec<String>,
    #[serde(default)]
    stdin: String,
    status: i32,
    #[serde(default)]
    stdout: Vec<String>,
    #[serde(default)]
    stderr: Vec<String>,
}

#[tokio::test]
async fn the_command_writes_what_the_shared_cases_say() {
    let cases: Vec<Case> = serde_json::from_str(CASES).unwrap();
    assert!(cases.len() >= 20, "only {} cases were found", cases.len());
    let mock = MockSurface::start().await.unwrap();
    let failures: Vec<String> = cases.iter().filter_map(|case| failure(case, &mock)).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

fn failure(case: &Case, mock: &MockSurface) -> Option<String> {
    let mut surface = Value::Object(case.surface.clone());
    for (field, default) in [("capabilities", json!([{ "slug": "echo" }])), ("keys", json!([{}]))] {
        surface.as_object_mut().unwrap().entry(field).or_insert(default);
    }
    let (status, surface) = mock.control("POST".parse().unwrap(), "/surfaces", &surface);
    assert!(status < 300, "{}: {surface}", case.name);
    let text = |field: &str| surface[field].as_str().unwrap().to_owned();
    let base_url = surface["env"]["RUNTYPE_BASE_URL"].as_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let places = [
        ("{program}", "runtype-surface".to_owned()),
        ("{version}", env!("CARGO_PKG_VERSION").to_owned()),
        ("{address}", base_url.trim_start_matches("http://").to_owned()),
        ("{base_url}", base_url),
        ("{product_id}", text("product_id")),
        ("{surface_id}", text("surface_id")),
        ("{dir}", folder.path().to_str().unwrap().to_owned()),
    ];
    let fill = |text: &str| places.iter().fold(text.to_owned(), |text, (place, value)| text.replace(place, value));
    let arguments: Vec<String> = case.arguments.iter().map(|argument| fill(argument)).collect();
    let mut command = command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    for (name, value) in surface["env"].as_object().unwrap() {
        command.env(name, value.as_str().unwrap());
    }
    for (name, value) in &case.environment {
        match value {
            Some(value) => command.env(name, fill(value)),
            None => command.env_remove(name),
        };
    }
    let ran = run(command, &case.stdin);
    for key in surface["keys"].as_array().unwrap() {
        let key = key["key"].as_str().unwrap();
        assert!(!ran.output.contains(key) && !ran.errors.contains(key), "{}: the key is shown", case.name);
    }
    let expected = |lines: &[String]| lines.iter().map(|line| fill(line) + "\n").collect::<String>();
    let found = (ran.status, without_ids(&ran.output), without_ids(&ran.errors));
    let wanted = (Some(case.status), expected(&case.stdout), expected(&case.stderr));
    (found != wanted).then(|| {
        format!(
            "{}: exit code {:?}, expected {}\n--- standard output\n{}--- expected\n{}--- standard error\n{}--- expected\n{}",
            case.name, ran.status, case.status, found.1, wanted.1, found.2, wanted.2
        )
    })
}

/// Ids that the mock makes up become `exec_…` and `req_…`.
pub(crate) fn without_ids(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some(at) = ["exec_", "req_"].iter().filter_map(|prefix| Some(rest.find(prefix)? + prefix.len())).min() {
        let (before, after) = rest.split_at(at);
        let end = after.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(after.len());
        shown.push_str(before);
        shown.push('…');
        rest = &after[end..];
    }
    shown + rest
}
