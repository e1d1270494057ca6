//! Runs the conformance suite (`mock-server/conformance/`) against the core.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::{
    collections::HashMap,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Trial};
use runtype_mock::{CONFORMANCE, MockSurface};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::{
    expectation::{check, check_outcome, fill},
    perform::{Subject, Variables},
};

/// Longest wait of a step for the journal.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    surface: Map<String, Value>,
    #[serde(default)]
    environment: Map<String, Value>,
    #[serde(default)]
    client: Map<String, Value>,
    steps: Vec<Value>,
    journal: Option<Vec<Value>>,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let runtime = Arc::new(tokio::runtime::Runtime::new().unwrap());
    let mock = Arc::new(runtime.block_on(MockSurface::start()).unwrap());
    let mut trials = Vec::new();
    for (topic, cases) in CONFORMANCE {
        let cases: Vec<Case> = serde_json::from_str(cases).unwrap_or_else(|error| panic!("{topic}: {error}"));
        trials.extend(cases.into_iter().map(|case| {
            let (runtime, mock) = (runtime.clone(), mock.clone());
            Trial::test(format!("{topic}: {}", case.name), move || Ok(runtime.block_on(run(case, mock))?))
        }));
    }
    assert!(trials.len() >= 150, "only {} cases were found", trials.len());
    libtest_mimic::run(&arguments, trials).exit_code()
}

async fn run(case: Case, mock: Arc<MockSurface>) -> Result<(), String> {
    let mut surface = Value::Object(case.surface);
    for (field, default) in [("capabilities", json!([{ "slug": "echo" }])), ("keys", json!([{}]))] {
        surface.as_object_mut().unwrap().entry(field).or_insert(default);
    }
    let surface = control(&mock, "POST", "/surfaces", &surface)?;
    let id = surface["surface_id"].as_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let base_url = surface["env"]["RUNTYPE_BASE_URL"].as_str().unwrap();
    let endpoint = format!("{base_url}/v1/products/{}/surfaces/{id}/api", surface["product_id"].as_str().unwrap());
    let places = HashMap::from([
        ("{base_url}", base_url),
        ("{product_id}", surface["product_id"].as_str().unwrap()),
        ("{surface_id}", id),
        ("{endpoint}", &endpoint),
        ("{key}", surface["keys"][0]["key"].as_str().unwrap_or_default()),
        ("{dir}", folder.path().to_str().unwrap()),
    ]);
    let keys: Vec<&str> = surface["keys"].as_array().unwrap().iter().filter_map(|key| key["key"].as_str()).collect();
    let variables = Variables::default();
    set(&variables, &surface["env"]);
    set(&variables, &fill(&Value::Object(case.environment), &places));
    let mut subject = Subject {
        options: fill(&Value::Object(case.client), &places),
        variables,
        application: Arc::default(),
        keys,
        client: None,
    };
    for (number, step) in case.steps.iter().enumerate() {
        let step = fill(step, &places);
        let fields = step.as_object().unwrap();
        match fields.keys().next().map(String::as_str) {
            Some("call" | "expect") => {
                let problem = |problem| format!("step {}: {problem}", number + 1);
                let cancel = async {
                    match step["call"].get("cancel_once") {
                        Some(journal) => journal_shows(&mock, id, journal).await,
                        None => std::future::pending().await,
                    }
                };
                let found = subject.perform(&step["call"], cancel).await.map_err(problem)?;
                check_outcome(&step["call"], &step["expect"], &found).map_err(problem)?;
            }
            Some("control") => {
                let request = &step["control"];
                let text = |name: &str| request[name].as_str().unwrap();
                let path = format!("{}?surface={id}", text("path"));
                control(&mock, text("method"), &path, &request["body"])?;
            }
            Some("write") => {
                let file = folder.path().join(step["write"]["file"].as_str().unwrap());
                std::fs::write(file, step["write"]["text"].as_str().unwrap()).unwrap();
            }
            Some("journal_shows") => journal_shows(&mock, id, &step["journal_shows"]).await?,
            Some("pause_ms") => tokio::time::sleep(Duration::from_millis(step["pause_ms"].as_u64().unwrap())).await,
            Some("set") => set(&subject.variables, &step["set"]),
            other => return Err(format!("step {}: no such step: {other:?}", number + 1)),
        }
    }
    if let Some(expected) = case.journal {
        let journal = control(&mock, "GET", &format!("/journal?surface={id}"), &Value::Null)?;
        check(&fill(&Value::Array(expected), &places), &journal["requests"], "journal")?;
    }
    Ok(())
}

/// Waits until the surface's journal is as expected.
async fn journal_shows(mock: &MockSurface, id: &str, expected: &Value) -> Result<(), String> {
    let began = Instant::now();
    loop {
        let journal = control(mock, "GET", &format!("/journal?surface={id}"), &Value::Null)?;
        match check(expected, &journal["requests"], "journal") {
            Err(problem) if began.elapsed() > PATIENCE => return Err(problem),
            Err(_) => tokio::time::sleep(Duration::from_millis(2)).await,
            Ok(()) => return Ok(()),
        }
    }
}

fn control(mock: &MockSurface, method: &str, path: &str, body: &Value) -> Result<Value, String> {
    match mock.control(method.parse().unwrap(), path, body) {
        (200..=299, response) => Ok(response),
        (status, response) => Err(format!("the mock responded {status} to {method} {path}: {response}")),
    }
}

fn set(variables: &Variables, values: &Value) {
    for (name, value) in values.as_object().unwrap() {
        match value.as_str() {
            Some(value) => variables.lock().unwrap().insert(name.clone(), value.to_owned()),
            None => variables.lock().unwrap().remove(name),
        };
    }
}
