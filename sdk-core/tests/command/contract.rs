//! `doctor --contract`: a real surface against the facts that are only assumed.

use std::collections::BTreeMap;

use runtype_mock::{Capability, KeyConfig, MockSurface};
use serde_json::{Value, json};
use wiremock::{
    Mock, Request, ResponseTemplate,
    matchers::{method, path_regex},
};

use crate::program::{Ran, command_on, run};

/// The verdict of each fact.
fn verdicts(ran: &Ran) -> BTreeMap<String, String> {
    let report: Value = serde_json::from_str(&ran.output).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    let facts = report["facts"].as_array().unwrap_or_else(|| panic!("{report}"));
    let text = |fact: &Value, field: &str| fact[field].as_str().unwrap().to_owned();
    facts.iter().map(|fact| (text(fact, "name"), text(fact, "verdict"))).collect()
}

fn contract(mock: &MockSurface, arguments: &[&str]) -> Ran {
    let ran = run(command_on(mock, &[&["doctor", "--contract"], arguments].concat()), "");
    let key = mock.api_key();
    assert!(!ran.output.contains(&key) && !ran.errors.contains(&key), "{ran:?}");
    ran
}

#[tokio::test]
async fn a_surface_that_is_as_assumed_refutes_nothing() {
    let mock = MockSurface::builder()
        .capability(Capability::new("summarize-article"))
        .response_format(runtype_mock::Format::Wrapped)
        .key(KeyConfig { rate_limit_per_minute: Some(100), ..KeyConfig::default() })
        .start()
        .await
        .unwrap();
    let ran = contract(&mock, &["summarize-article", r#"{"input":"a"}"#, "--yes"]);
    assert_eq!(ran.status, Some(0), "{ran:?}");
    assert!(ran.errors.contains("runs the capability \"summarize-article\" twice"), "{}", ran.errors);
    let not_seen = ["paused", "quota", "rate-limit", "retry-after"];
    for (name, verdict) in verdicts(&ran) {
        let expected = if not_seen.contains(&name.as_str()) { "not_seen" } else { "confirmed" };
        assert_eq!(verdict, expected, "{name}: {}", ran.output);
    }
    // One document, one wrong key, one call, one stream.
    let methods: Vec<_> = mock.requests().iter().map(|request| request.method.clone()).collect();
    assert_eq!(methods, ["GET", "GET", "POST", "POST"]);
}

/// A surface that differs from the assumptions in five facts.
#[tokio::test]
async fn each_fact_that_differs_is_refuted() {
    let mock =
        MockSurface::builder().capability(Capability::new("echo")).key(KeyConfig::default()).start().await.unwrap();
    let key = mock.api_key();
    let document = move |request: &Request| {
        let is_known =
            request.headers.get("authorization").is_some_and(|value| value.to_str().unwrap().ends_with(&key));
        if is_known {
            // The document is elsewhere.
            ResponseTemplate::new(404).insert_header("x-request-id", "r").set_body_json(json!({ "error": "Not found" }))
        } else {
            // No challenge, and an error that is no text.
            ResponseTemplate::new(401).insert_header("x-trace-id", "t").set_body_json(json!({ "error": ["no"] }))
        }
    };
    // A call has other headers, another envelope, and no stream.
    let call = |_: &Request| {
        ResponseTemplate::new(200)
            .insert_header("x-request-id", "r")
            .insert_header("x-ratelimit-reset", "30")
            .insert_header("ratelimit-remaining", "7")
            .set_body_json(json!({ "result": 1, "executionId": "exec_1" }))
    };
    mock.mount(Mock::given(method("GET")).respond_with(document)).await;
    mock.mount(Mock::given(method("POST")).and(path_regex("/api/echo$")).respond_with(call)).await;
    let ran = contract(&mock, &["echo", "--yes"]);
    let found = verdicts(&ran);
    let refuted: Vec<&str> =
        found.iter().filter(|(_, verdict)| *verdict == "refuted").map(|(name, _)| name.as_str()).collect();
    let expected =
        ["challenge", "error-body", "openapi-path", "request-id", "stream", "wrapped", "wrong-key", "x-rate-limit"];
    assert_eq!(refuted, expected, "{}", ran.output);
    let confirmed: Vec<&str> =
        found.iter().filter(|(_, verdict)| *verdict == "confirmed").map(|(name, _)| name.as_str()).collect();
    assert_eq!(confirmed, ["key-prefix", "openapi-key", "rate-limit"], "{}", ran.output);
    let text = contract(&mock, &["echo", "--yes", "--text"]);
    assert!(text.output.contains("refuted   openapi-path  GET …/api/openapi.json gives"), "{}", text.output);
    assert!(text.output.contains("there is x-trace-id"), "{}", text.output);
    assert!(text.output.contains("Pass --response-format raw"), "{}", text.output);
}

#[tokio::test]
async fn nothing_runs_without_consent() {
    let mock = MockSurface::start().await.unwrap();
    let ran = contract(&mock, &["echo"]);
    assert_eq!(ran.status, Some(2), "{ran:?}");
    assert!(
        ran.errors.contains("runs the capability \"echo\" twice") && ran.errors.contains("pass --yes"),
        "{}",
        ran.errors
    );
    assert!(mock.requests().is_empty());
}

#[tokio::test]
async fn a_key_that_is_scoped_to_other_capabilities_is_told_so() {
    let mock = MockSurface::start().await.unwrap();
    let mut command = command_on(&mock, &["doctor", "--contract", "echo", "--yes", "--text"]);
    command.env("RUNTYPE_PRODUCT_API_KEY", runtype_mock::demo::SCOPED_KEY);
    let ran = run(command, "");
    assert_eq!(ran.status, Some(3), "{ran:?}");
    let problem = ran.output.lines().find(|line| line.starts_with("problem  call")).unwrap();
    assert!(problem.contains("Ask the product's owner to add echo to the key's scope"), "{problem}");
    assert!(ran.output.contains("skipped  stream       the call failed"), "{}", ran.output);
}

#[tokio::test]
async fn a_paused_surface_confirms_how_one_answers() {
    let mock = MockSurface::start().await.unwrap();
    mock.pause();
    let ran = contract(&mock, &["echo", "--yes"]);
    assert_eq!((ran.status, verdicts(&ran)["paused"].as_str()), (Some(6), "confirmed"), "{ran:?}");
    assert!(mock.requests().iter().all(|request| request.method == "GET"));
}
