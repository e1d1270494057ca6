//! The control interface, tested through the decision.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests fails by panicking, as they do"
)]

mod support;

use std::time::Duration;

use http::Method;
use runtype_mock::{
    Fault, FaultKind, State,
    demo::{self, FULL_KEY, LIMITED_KEY},
};
use serde_json::{Value, json};
use support::decision::{NOON, answer, control, request, state, status};

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
fn faults_apply_where_they_are_configured() {
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
    let counts: Vec<_> = faults["faults"].as_array().unwrap().iter().map(|fault| &fault["applied"]).collect();
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
    assert!(code == 400 && refused["error"].as_str().unwrap().contains("`status` does not apply"), "{refused}");
    assert_eq!(control(&mut state, Method::GET, "faults", &Value::Null).1, json!({"faults": []}));
}

#[test]
fn a_reset_restores_the_initial_state_and_later_keys_stay_invalid() {
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
fn an_invalid_state_replaces_nothing() {
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
fn an_invalid_control_request_gets_an_error_with_the_remedy() {
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
fn existing_things_can_be_removed() {
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
