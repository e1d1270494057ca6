//! The decision, tested without a server.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests fails by panicking, as they do"
)]

mod support;

use http::Method;
use runtype_mock::{
    Answer, Capability, Config, KeyConfig, Reply, Request, State,
    demo::{self, FULL_KEY, LIMITED_KEY},
};
use serde_json::{Value, json};
use support::decision::{NOON, answer, control, pending, request, state, status};

#[test]
fn the_same_request_in_the_same_state_gets_the_same_response() {
    let request = request("summarize-article", FULL_KEY, r#"{"input":"One. Two."}"#);
    assert_eq!(answer(&mut state(), &request, NOON), answer(&mut state(), &request, NOON));
}

#[test]
fn echo_returns_its_input_unchanged() {
    let body = r#"{"b":1.2349999999999999, "a":1e400,"n":123456789012345678901234567890,"s":"\ud800","b":2}"#;
    assert_eq!(answer(&mut state(), &request("echo", FULL_KEY, body), NOON).body(), body);
    let dispatch = format!(r#"{{"capability":"echo","input":{body}}}"#);
    assert_eq!(answer(&mut state(), &request("dispatch", FULL_KEY, &dispatch), NOON).body(), body);
    let mut state = state();
    control(&mut state, Method::PATCH, "surfaces/surf_demo", &json!({"response_format": "wrapped"}));
    let wrapped = answer(&mut state, &request("echo", FULL_KEY, body), NOON).body();
    assert!(wrapped.starts_with(format!("{{\"output\":{body},\"executionId\":\"exec_").as_bytes()), "{wrapped:?}");
}

#[test]
fn a_key_expires_at_its_moment_and_not_before() {
    let mut state = state();
    let end = NOON.moved(1000);
    let key = KeyConfig { expires_at: Some(end), ..KeyConfig::new("papi_short_lived_0123") };
    state.mint("surf_demo", key, NOON).unwrap();
    assert_eq!(status(&mut state, "echo", "papi_short_lived_0123", end.moved(-1)), 200);
    assert_eq!(status(&mut state, "echo", "papi_short_lived_0123", end), 401);
}

#[test]
fn a_daily_limit_is_enforced() {
    let mut state = state();
    let key = KeyConfig { rate_limit_per_day: Some(1), ..KeyConfig::new("papi_once_a_day_0123") };
    state.mint("surf_demo", key, NOON).unwrap();
    assert_eq!(status(&mut state, "echo", "papi_once_a_day_0123", NOON), 200);
    let refused = answer(&mut state, &request("echo", "papi_once_a_day_0123", "{}"), NOON.moved(1000));
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["retry-after"], (12 * 3600 - 1).to_string());
    let body: Value = serde_json::from_slice(&refused.body()).unwrap();
    assert_eq!(body["code"], "DAILY_LIMIT_EXCEEDED");
    assert_eq!(status(&mut state, "echo", "papi_once_a_day_0123", NOON.moved(12 * 3_600_000)), 200);
}

#[test]
fn a_paused_surface_says_so_only_to_known_callers() {
    let mut state = state();
    control(&mut state, Method::PATCH, "surfaces/surf_demo", &json!({"status": "paused"}));
    let paused = answer(&mut state, &request("echo", FULL_KEY, "{}"), NOON);
    assert_eq!(
        (paused.status.as_u16(), paused.body().as_ref()),
        (503, br#"{"error": "Surface is paused"}"#.as_slice())
    );
    assert_eq!(status(&mut state, "echo", "papi_unknown_0123", NOON), 401);
}

#[test]
fn an_input_that_violates_its_schema_is_rejected_with_the_path() {
    let mut state = state();
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer", "minimum": 1}}, "required": ["n"]});
    control(&mut state, Method::PUT, "capabilities/count", &json!({"input_schema": schema}));
    assert_eq!(answer(&mut state, &request("count", FULL_KEY, r#"{"n":1}"#), NOON).status, 200);
    let refused = answer(&mut state, &request("count", FULL_KEY, r#"{"n":0}"#), NOON);
    let body: Value = serde_json::from_slice(&refused.body()).unwrap();
    assert_eq!((refused.status.as_u16(), &body["details"][0]["path"]), (400, &json!("/n")));
    assert!(body["error"].as_str().unwrap().contains("/n"), "{body}");
    let reached: Vec<_> = state.journal.entries().map(|entry| entry.reached).collect();
    assert_eq!(reached, [true, false]);
}

#[test]
fn the_demo_matches_the_schemas_it_publishes() {
    let mut state = state();
    let refused = answer(&mut state, &request("summarize-article", FULL_KEY, r#"{"input":7}"#), NOON);
    assert_eq!(refused.status, 400);
    assert!(String::from_utf8_lossy(&refused.body()).contains("at /input"));
    let mut document = request("openapi.json", demo::SCOPED_KEY, "");
    document.method = Method::GET;
    let document: Value = serde_json::from_slice(&answer(&mut state, &document, NOON).body()).unwrap();
    let schema =
        &document["paths"]["/summarize-article"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(schema["required"], json!(["input"]));
    assert_eq!(document["components"]["securitySchemes"]["apiKey"]["name"], "X-API-Key");
}

#[test]
fn the_document_requires_a_key_and_does_not_count_for_limits() {
    let mut state = state();
    let mut get = |key: &str| {
        let mut request = request("openapi.yaml", key, "");
        request.method = Method::GET;
        answer(&mut state, &request, NOON).status.as_u16()
    };
    assert_eq!([get(LIMITED_KEY), get(LIMITED_KEY), get(LIMITED_KEY)], [200, 200, 200]);
    assert_eq!(get(demo::REVOKED_KEY), 401);
    assert_eq!(status(&mut state, "openapi.json", FULL_KEY, NOON), 405);
}

#[test]
fn a_sequence_advances_and_its_last_answer_stays() {
    let mut state = state();
    let answers = |repeat: bool| {
        json!({"answer": {"kind": "sequence", "repeat": repeat, "answers": [
            {"kind": "fail", "status": 500}, {"kind": "fixed", "output": 2}, {"kind": "template", "output": "{{ call }}"},
        ]}})
    };
    control(&mut state, Method::PUT, "capabilities/next", &answers(false));
    let seen = |state: &mut State| -> Vec<String> {
        (0..5)
            .map(|_| answer(state, &request("next", FULL_KEY, "{}"), NOON))
            .map(|plan| {
                if plan.status == 200 {
                    String::from_utf8_lossy(&plan.body()).into_owned()
                } else {
                    plan.status.as_str().to_owned()
                }
            })
            .collect()
    };
    assert_eq!(seen(&mut state), ["500", "2", "3", "4", "5"]);
    control(&mut state, Method::PUT, "capabilities/next", &answers(true));
    assert_eq!(seen(&mut state), ["500", "2", "3", "500", "2"]);
}

#[test]
fn a_closure_runs_outside_of_the_decision() {
    let mut state = state();
    let double = Answer::closure(|input| match input["n"].as_i64() {
        Some(n) => Reply::from(json!(n * 2)),
        None => Reply::error(400, "n is missing"),
    });
    state.surfaces.get_mut("surf_demo").unwrap().put_capability(Capability::new("double").answering(double));
    let asked = pending(&mut state, &request("double", FULL_KEY, r#"{"n":4}"#));
    let reply = asked.compute().unwrap();
    assert_eq!(asked.resolve(&reply).body(), "8");
    let asked = pending(&mut state, &request("double", FULL_KEY, "{}"));
    let reply = asked.compute().unwrap();
    assert_eq!(asked.resolve(&reply).status, 400);
}

#[test]
fn the_journal_drops_the_oldest_entries_and_keeps_only_the_beginning_of_a_body() {
    let config = Config { journal_capacity: Some(3), ..demo::config() };
    let mut state = State::new(config, NOON).unwrap();
    for _ in 0..5 {
        let body = format!("{{\"a\":\"{}\"}}", "x".repeat(100_000));
        answer(&mut state, &request("echo", FULL_KEY, &body), NOON);
    }
    let kept: Vec<_> = state.journal.entries().map(|entry| (entry.n, entry.body.len(), entry.body_bytes)).collect();
    assert_eq!(kept, [(3, 65_536, 100_008), (4, 65_536, 100_008), (5, 65_536, 100_008)]);
}

#[test]
fn no_path_and_no_body_causes_a_panic() {
    let mut state = state();
    for target in [
        "",
        "/",
        "//",
        "/%",
        "/%ff%fe",
        "/v1/products/%2F/surfaces/%00/api/%F0",
        "/__mock/%ff",
        "/__mock/keys//revoke",
        "/v1/products///surfaces///api//",
    ] {
        for body in ["", "{", "null", "[[[[", "\u{0}", "{\"capability\":\"\u{7f}\"}"] {
            for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                let mut request = Request::new(method, target);
                request.headers.insert("authorization", "Bearer papi_demo_full".parse().unwrap());
                request.body = body.to_owned().into();
                assert!(answer(&mut state, &request, NOON).status.as_u16() >= 200);
            }
        }
    }
}
