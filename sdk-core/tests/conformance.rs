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
    path::Path,
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use libtest_mimic::{Arguments, Trial};
use runtype_mock::MockSurface;
use runtype_surface::{Answer, Call, Client, Error, capability_slug};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use support::{
    expectation::{check, fill, pairs_to_object},
    options::{configure, set_options},
};

type Outcome = Result<(Value, Option<Value>), Error>;
type Variables = Arc<Mutex<HashMap<String, String>>>;

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
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../mock-server/conformance");
    let mut trials = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let topic = path.file_stem().unwrap().to_str().unwrap();
        if path.extension().is_none_or(|extension| extension != "json") || topic == "schema" {
            continue;
        }
        let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(&path).unwrap())
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        trials.extend(cases.into_iter().map(|case| {
            let (runtime, mock) = (runtime.clone(), mock.clone());
            Trial::test(format!("{topic}: {}", case.name), move || Ok(runtime.block_on(run(case, mock))?))
        }));
    }
    assert!(trials.len() >= 100, "only {} cases were found", trials.len());
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
    let asked = Arc::new(AtomicUsize::new(0));
    let options = fill(&Value::Object(case.client), &places);
    let mut client = None;
    for (number, step) in case.steps.iter().enumerate() {
        let step = fill(step, &places);
        let fields = step.as_object().unwrap();
        match fields.keys().next().map(String::as_str) {
            Some("call" | "expect") => {
                let outcome = call(&step["call"], &options, &variables, &asked, &mut client).await;
                expect(&step["expect"], outcome, &asked, &keys)
                    .map_err(|problem| format!("step {}: {problem}", number + 1))?;
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
            Some("pause_ms") => tokio::time::sleep(Duration::from_millis(step["pause_ms"].as_u64().unwrap())).await,
            Some("set") => set(&variables, &step["set"]),
            other => return Err(format!("step {}: no such step: {other:?}", number + 1)),
        }
    }
    if let Some(expected) = case.journal {
        let journal = control(&mock, "GET", &format!("/journal?surface={id}"), &Value::Null)?;
        check(&fill(&Value::Array(expected), &places), &journal["requests"], "journal")?;
    }
    Ok(())
}

fn control(mock: &MockSurface, method: &str, path: &str, body: &Value) -> Result<Value, String> {
    match mock.control(method.parse().unwrap(), path, body) {
        (200..=299, answer) => Ok(answer),
        (status, answer) => Err(format!("the mock answered {status} to {method} {path}: {answer}")),
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

async fn call(
    step: &Value,
    options: &Value,
    variables: &Variables,
    asked: &Arc<AtomicUsize>,
    made: &mut Option<Client>,
) -> Outcome {
    let capability = step["capability"].as_str().unwrap_or_default();
    let method = step["method"].as_str().unwrap_or("call");
    if method == "slug" {
        return Ok((capability_slug(capability).into(), None));
    }
    if made.is_none() {
        let lookup = variables.clone();
        let builder = Client::builder().variables(move |name| lookup.lock().unwrap().get(name).map(Into::into));
        *made = Some(configure(builder, options, asked).build()?);
    }
    let client = made.as_ref().unwrap();
    let call = match method {
        "build" => return Ok((Value::Null, None)),
        "endpoint_url" => return Ok((client.endpoint_url(capability)?.as_str().into(), None)),
        "openapi" => client.openapi_call(),
        "dispatch" => client.capability(capability).via_dispatch(),
        "call" => client.capability(capability),
        other => panic!("no such method: {other}"),
    };
    let input = step.get("input").map(|input| Bytes::from(input.to_string()));
    let call = input.into_iter().fold(call, Call::input_json);
    let answer: Answer<Value> = set_options(call, &step["options"]).send_bytes().await?.decode()?;
    let mut facts: Value = serde_json::from_str(&answer.report()).unwrap();
    facts["headers"] = pairs_to_object(&facts["headers"]);
    Ok((answer.output, Some(facts)))
}

fn expect(expected: &Value, outcome: Outcome, asked: &AtomicUsize, keys: &[&str]) -> Result<(), String> {
    let found = match outcome {
        Ok((output, answer)) => json!({ "output": output, "answer": answer, "asked": asked.load(Ordering::SeqCst) }),
        Err(error) => {
            let report = error.report();
            let body = error.body().map(|body| String::from_utf8_lossy(body).into_owned());
            for text in [&error.to_string(), &format!("{error:?}"), &report, &body.clone().unwrap_or_default()] {
                if let Some(key) = keys.iter().find(|key| text.contains(**key)) {
                    return Err(format!("the error shows the key {}: {text}", key.replace("papi_", "")));
                }
            }
            let mut facts: Value = serde_json::from_str(&report).unwrap();
            facts["headers"] = pairs_to_object(&facts["headers"]);
            facts["body"] = body.into();
            json!({ "error": facts, "asked": asked.load(Ordering::SeqCst) })
        }
    };
    check(expected, &found, "expect")
}
