//! The decision by itself: no server, no waiting, and a clock that the test holds.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests fails by panicking, as they do"
)]

use std::time::Duration;

use http::Method;
use runtype_mock::clock::Time;
use runtype_mock::decide::{Decision, Pending, decide};
use runtype_mock::demo::{self, FULL_KEY, LIMITED_KEY};
use runtype_mock::plan::Plan;
use runtype_mock::request::Request;
use runtype_mock::state::State;
use runtype_mock::{Answer, Capability, Fault, FaultKind, KeyConfig, Reply};
use serde_json::{Value, json};

/// 2026-01-31T12:00:00Z
const NOON: Time = Time::from_millis(1_769_860_800_000);

fn state() -> State {
    State::new(demo::config(), NOON).unwrap()
}

fn request(slug: &str, key: &str, body: &str) -> Request {
    let mut request = Request::new(Method::POST, &format!("/v1/products/prod_demo/surfaces/surf_demo/api/{slug}"));
    request.headers.insert("x-api-key", key.parse().unwrap());
    request.body = body.to_owned().into();
    request
}

fn answer(state: &mut State, request: &Request, now: Time) -> Plan {
    match decide(request, state, now) {
        Decision::Answer(_, plan) => plan,
        Decision::Ask(_, pending) => panic!("{:?} was to be asked", pending.question()),
    }
}

fn pending(state: &mut State, request: &Request) -> Pending {
    match decide(request, state, NOON) {
        Decision::Ask(_, pending) => pending,
        Decision::Answer(_, plan) => panic!("nobody was asked: {plan:?}"),
    }
}

fn status(state: &mut State, slug: &str, key: &str, now: Time) -> u16 {
    answer(state, &request(slug, key, "{}"), now).status.as_u16()
}

fn control(state: &mut State, method: Method, target: &str, body: &Value) -> (u16, Value) {
    let mut request = Request::new(method, &format!("/__mock/{target}"));
    request.headers.insert("host", "localhost".parse().unwrap());
    request.headers.insert("content-type", "application/json".parse().unwrap());
    request.body = body.to_string().into();
    let plan = answer(state, &request, NOON);
    (plan.status.as_u16(), serde_json::from_slice(&plan.body()).unwrap_or_default())
}

#[test]
fn the_same_request_to_the_same_state_gives_the_same_answer() {
    let request = request("summarize-article", FULL_KEY, r#"{"input":"One. Two."}"#);
    assert_eq!(answer(&mut state(), &request, NOON), answer(&mut state(), &request, NOON));
}

#[test]
fn what_is_echoed_is_what_was_sent_to_the_letter() {
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
fn a_day_has_its_limit_too() {
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
fn the_clock_of_one_surface_moves_alone() {
    let mut state = state();
    let made = control(
        &mut state,
        Method::POST,
        "surfaces",
        &json!({
            "product_id": "prod_two", "surface_id": "surf_two", "capabilities": [{"slug": "echo"}],
            "keys": [{"key": "papi_two_0123456789", "rate_limit_per_minute": 1}],
        }),
    );
    assert_eq!(made.0, 201);
    let call = |state: &mut State| {
        let mut request = request("echo", "papi_two_0123456789", "{}");
        request.path = "/v1/products/prod_two/surfaces/surf_two/api/echo".to_owned();
        answer(state, &request, NOON).status.as_u16()
    };
    let minutes = |state: &mut State, by: i64| {
        let moved = control(state, Method::POST, "clock?surface=surf_two", &json!({"advance_ms": by * 60_000}));
        assert_eq!(moved.0, 200);
        (call(state), status(state, "echo", LIMITED_KEY, NOON))
    };
    assert_eq!(minutes(&mut state, 0), (200, 200));
    assert_eq!(minutes(&mut state, 0), (429, 200));
    assert_eq!(minutes(&mut state, 1), (200, 429), "the demo's own minute goes on");
}

#[test]
fn a_change_of_scope_takes_effect_at_once() {
    let mut state = state();
    assert_eq!(status(&mut state, "echo", demo::SCOPED_KEY, NOON), 403);
    let changed = control(&mut state, Method::PATCH, "keys/papi_demo_scoped", &json!({"scopes": ["echo"]}));
    assert_eq!((changed.0, &changed.1["scopes"]), (200, &json!(["echo"])));
    assert_eq!(status(&mut state, "echo", demo::SCOPED_KEY, NOON), 200);
    control(&mut state, Method::POST, "keys/papi_demo_scoped/revoke", &json!({}));
    assert_eq!(status(&mut state, "echo", demo::SCOPED_KEY, NOON), 401);
    control(&mut state, Method::PATCH, "keys/papi_demo_scoped", &json!({"is_active": true}));
    assert_eq!(status(&mut state, "echo", demo::SCOPED_KEY, NOON), 200);
}

#[test]
fn a_paused_surface_says_so_and_an_unknown_caller_does_not_learn_it() {
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
fn an_input_that_breaks_its_schema_is_refused_with_its_place() {
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
fn the_demo_knows_the_schemas_it_publishes() {
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
fn the_document_asks_for_a_key_and_counts_for_no_limit() {
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
fn a_sequence_goes_on_and_its_last_answer_stays() {
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
fn a_closure_is_asked_outside_the_decision() {
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
fn faults_strike_where_they_are_told_to() {
    let mut state = state();
    let body = json!([
        {"kind": "latency", "latency_ms": 5},
        {"kind": "status", "status": 500, "capability": "echo", "nth": [2, 4], "latency_ms": 7},
        {"kind": "status", "status": 502, "capability": "echo", "times": 1},
    ]);
    let (code, set) = control(&mut state, Method::POST, "faults", &body);
    assert_eq!((code, set["ids"].as_array().unwrap().len()), (201, 3));
    let mut seen = || {
        let plan = answer(&mut state, &request("echo", FULL_KEY, "{}"), NOON);
        (plan.status.as_u16(), plan.latency)
    };
    let ms = Duration::from_millis;
    assert_eq!(
        [seen(), seen(), seen(), seen(), seen()],
        [(502, ms(5)), (500, ms(12)), (200, ms(5)), (500, ms(12)), (200, ms(5)),]
    );
    let (_, faults) = control(&mut state, Method::GET, "faults", &Value::Null);
    let counts: Vec<_> = faults["faults"].as_array().unwrap().iter().map(|fault| &fault["struck"]).collect();
    assert_eq!(counts, [&json!(5), &json!(2), &json!(1)]);
    let id = set["ids"][0].as_str().unwrap();
    assert_eq!(control(&mut state, Method::DELETE, &format!("faults/{id}"), &Value::Null).0, 204);
    assert_eq!(control(&mut state, Method::DELETE, &format!("faults/{id}"), &Value::Null).0, 404);
    assert_eq!(control(&mut state, Method::DELETE, "faults?surface=surf_demo", &Value::Null).0, 204);
    assert_eq!(control(&mut state, Method::GET, "faults", &Value::Null).1, json!({"faults": []}));
}

#[test]
fn several_faults_are_set_all_or_none() {
    let mut state = state();
    let body = json!([{"kind": "reset"}, {"kind": "reset", "status": 500}]);
    let (code, refused) = control(&mut state, Method::POST, "faults", &body);
    assert!(code == 400 && refused["error"].as_str().unwrap().contains("`status` has no meaning"), "{refused}");
    assert_eq!(control(&mut state, Method::GET, "faults", &Value::Null).1, json!({"faults": []}));
}

#[test]
fn a_reset_takes_everything_back_and_what_was_made_before_stays_dead() {
    let mut state = state();
    let (_, key) = control(&mut state, Method::POST, "keys", &json!({}));
    let old = key["key"].as_str().unwrap().to_owned();
    state.set_fault("surf_demo", Fault::new(FaultKind::Reset)).unwrap();
    control(&mut state, Method::POST, "clock", &json!({"advance_ms": 1000}));
    control(&mut state, Method::POST, "surfaces", &json!({}));
    assert_eq!(control(&mut state, Method::POST, "reset", &Value::Null).0, 204);
    assert_eq!((state.surfaces.len(), state.clock_offset, state.journal.entries().count()), (1, 0, 0));
    assert_eq!(status(&mut state, "echo", FULL_KEY, NOON), 200);
    let (_, key) = control(&mut state, Method::POST, "keys", &json!({}));
    assert_ne!(key["key"], old.as_str(), "a key made up before the reset must not come back");
    assert_eq!(status(&mut state, "echo", &old, NOON), 401);
}

#[test]
fn a_state_that_is_wrong_replaces_nothing() {
    let mut state = state();
    for wrong in [
        json!({"surfaces": [{"capabilities": [{"slug": "a"}, {"slug": "a"}]}]}),
        json!({"surfaces": [{"surface_id": "surf_a"}, {"surface_id": "surf_a"}]}),
        json!({"surfaces": [{"surface_id": "a b"}]}),
        json!({"surfaces": [{"keys": [{"key": "rt_live_x"}]}]}),
        json!({"platform_keys": ["papi_x"]}),
        json!({"surfcaes": []}),
    ] {
        let (code, refused) = control(&mut state, Method::PUT, "state", &wrong);
        assert_eq!(code, 400, "{wrong}");
        assert!(refused["error"].as_str().unwrap().len() > 10, "{refused}");
    }
    assert_eq!(status(&mut state, "echo", FULL_KEY, NOON), 200);
    let right = json!({"surfaces": [{"product_id": "prod_demo", "surface_id": "surf_demo", "keys": [{"key": "papi_new_0123456789"}], "capabilities": [{"slug": "echo"}]}]});
    assert_eq!(control(&mut state, Method::PUT, "state", &right).0, 200);
    assert_eq!(status(&mut state, "echo", FULL_KEY, NOON), 401);
    assert_eq!(status(&mut state, "echo", "papi_new_0123456789", NOON), 200);
}

#[test]
fn surfaces_share_nothing() {
    let mut state = state();
    let one =
        control(&mut state, Method::POST, "surfaces", &json!({"capabilities": [{"slug": "echo"}], "keys": [{}]})).1;
    let two =
        control(&mut state, Method::POST, "surfaces", &json!({"capabilities": [{"slug": "echo"}], "keys": [{}]})).1;
    let call = |state: &mut State, surface: &Value, key: &Value| {
        let mut request = request("echo", key["keys"][0]["key"].as_str().unwrap(), "{}");
        request.path = format!(
            "/v1/products/{}/surfaces/{}/api/echo",
            surface["product_id"].as_str().unwrap(),
            surface["surface_id"].as_str().unwrap()
        );
        answer(state, &request, NOON).status.as_u16()
    };
    assert_eq!((call(&mut state, &one, &one), call(&mut state, &one, &two)), (200, 401));
    let id = two["surface_id"].as_str().unwrap();
    control(&mut state, Method::POST, &format!("faults?surface={id}"), &json!({"kind": "status", "status": 503}));
    assert_eq!((call(&mut state, &one, &one), call(&mut state, &two, &two)), (200, 503));
    let count = |state: &mut State, target: &str| {
        control(state, Method::GET, target, &Value::Null).1["requests"].as_array().unwrap().len()
    };
    assert_eq!(count(&mut state, &format!("journal?surface={id}")), 1);
    assert_eq!(count(&mut state, "journal"), 4);
    assert_eq!(count(&mut state, "journal?after=2&limit=1"), 1);
    control(&mut state, Method::DELETE, &format!("surfaces/{id}"), &Value::Null);
    assert_eq!((call(&mut state, &one, &one), call(&mut state, &two, &two)), (200, 404));
}

#[test]
fn the_journal_forgets_the_oldest_and_keeps_only_the_beginning_of_a_body() {
    let config = runtype_mock::Config { journal_capacity: Some(3), ..demo::config() };
    let mut state = State::new(config, NOON).unwrap();
    for _ in 0..5 {
        let body = format!("{{\"a\":\"{}\"}}", "x".repeat(100_000));
        answer(&mut state, &request("echo", FULL_KEY, &body), NOON);
    }
    let kept: Vec<_> = state.journal.entries().map(|entry| (entry.n, entry.body.len(), entry.body_bytes)).collect();
    assert_eq!(kept, [(3, 65_536, 100_008), (4, 65_536, 100_008), (5, 65_536, 100_008)]);
}

#[test]
fn no_path_and_no_body_makes_it_panic() {
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

#[test]
fn a_control_request_that_is_wrong_says_what_would_be_right() {
    let mut state = state();
    for (method, target, code, words) in [
        (Method::POST, "state", 405, "GET, PUT only"),
        (Method::DELETE, "keys/papi_demo_full/revoke", 405, "POST only"),
        (Method::GET, "nothing", 404, "CONTROL.md"),
        (Method::GET, "surfaces/surf_x", 404, "surf_x"),
        (Method::GET, "keys/papi_unknown_0123", 404, "no such key"),
        (Method::GET, "faults?surface=surf_x", 404, "surf_x"),
        (Method::DELETE, "capabilities/none", 404, "none"),
        (Method::GET, "journal?after=x", 400, "whole number"),
        (Method::POST, "clock", 400, "advance_ms"),
        (Method::PUT, "capabilities/Big", 400, "lower-case"),
        (Method::PATCH, "keys/papi_demo_full", 400, "unknown field"),
    ] {
        let (seen, body) = control(&mut state, method.clone(), target, &json!({ "nmae": 1 }));
        let body = if words == "advance_ms" || words == "lower-case" {
            control(&mut state, method, target, &json!({})).1
        } else {
            body
        };
        assert_eq!(seen, code, "{target}: {body}");
        assert!(body["error"].as_str().unwrap().contains(words), "{target}: {body}");
    }
}

#[test]
fn removing_what_is_there_removes_it() {
    let mut state = state();
    assert_eq!(control(&mut state, Method::DELETE, "capabilities/echo", &Value::Null).0, 204);
    assert_eq!(status(&mut state, "echo", FULL_KEY, NOON), 404);
    assert_eq!(control(&mut state, Method::DELETE, "keys/papi_demo_full", &Value::Null).0, 204);
    assert_eq!(status(&mut state, "fails", FULL_KEY, NOON), 401);
    assert_eq!(control(&mut state, Method::DELETE, "journal", &Value::Null).0, 204);
    assert_eq!(control(&mut state, Method::GET, "journal", &Value::Null).1, json!({"requests": []}));
    status(&mut state, "fails", LIMITED_KEY, NOON);
    assert_eq!(control(&mut state, Method::GET, "journal", &Value::Null).1["requests"][0]["n"], 3);
}
