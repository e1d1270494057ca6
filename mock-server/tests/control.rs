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
        (Method::GET, "journal?surface=surf_x", 404, "surf_x"),
        (Method::DELETE, "journal?surface=surf_x", 404, "surf_x"),
        (Method::GET, "clock?surface=surf_x", 404, "surf_x"),
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
    assert_eq!(control(&mut state, Method::GET, "journal", &Value::Null).1, json!({"requests": [], "next": null}));
    status(&mut state, "fails", LIMITED_KEY, NOON);
    assert_eq!(control(&mut state, Method::GET, "journal", &Value::Null).1["requests"][0]["n"], 3);
}

#[test]
fn a_misspelt_parameter_widens_nothing() {
    let mut state = state();
    state.set_fault("surf_demo", Fault::new(FaultKind::Reset)).unwrap();
    for (method, target, words) in [
        (Method::DELETE, "faults?surfaces=surf_x", "no query parameter \"surfaces\"; did you mean `surface`?"),
        (Method::POST, "reset?surfaceId=surf_demo", "no query parameter \"surfaceId\"; did you mean `surface`?"),
        (Method::GET, "journal?capabilty=echo", "did you mean `capability`?"),
        (Method::PUT, "state?surface=surf_demo", "no query parameter \"surface\"; there are none"),
        (Method::GET, "journal?surface=surf_demo&surface=surf_x", "\"surface\" is there twice"),
    ] {
        let (code, body) = control(&mut state, method, target, &json!({}));
        assert!(code == 400 && body["error"].as_str().unwrap().contains(words), "{target}: {code} {body}");
    }
    assert_eq!(control(&mut state, Method::GET, "faults", &Value::Null).1["faults"].as_array().unwrap().len(), 1);
}

#[test]
fn a_fault_and_a_scope_name_a_capability_that_exists() {
    let mut state = state();
    let meant = "no such capability; did you mean `echo`?";
    for (method, target, body) in [
        (Method::POST, "faults", json!({"kind": "reset", "capability": "ecoh"})),
        (Method::POST, "keys", json!({"scopes": ["ecoh"]})),
        (Method::PATCH, "keys/papi_demo_full", json!({"scopes": ["*", "ecoh"]})),
        (Method::POST, "surfaces", json!({"capabilities": [{"slug": "echo"}], "keys": [{"scopes": ["ecoh"]}]})),
        (
            Method::POST,
            "surfaces",
            json!({"capabilities": [{"slug": "echo"}], "faults": [{"kind": "reset", "capability": "ecoh"}]}),
        ),
    ] {
        let (code, refused) = control(&mut state, method, target, &body);
        assert!(code == 400 && refused["error"].as_str().unwrap().contains(meant), "{target} {body}: {refused}");
    }
}

#[test]
fn an_error_names_the_item_and_what_was_meant() {
    let mut state = state();
    for (target, body, words) in [
        ("faults", json!([{"kind": "reset"}, {"kind": "reset", "status": 500}]), "at [1]: `status` does not apply"),
        ("faults", json!([{"kind": "reset"}, {"kind": "reset", "capability": "ecoh"}]), "[1]: `capability`"),
        ("faults", json!({"kind": "rest"}), "did you mean `reset`?"),
        ("faults", json!({"kind": "latency", "latencyMs": 5}), "did you mean `latency_ms`?"),
        ("surfaces", json!({"capabilities": [{"slug": "a"}, {"slug": "a"}]}), "capabilities[1]: `slug` is \"a\""),
        ("surfaces", json!({"capabilities": [{"slug": "a"}, {"slug": "b", "latency": 1}]}), "at capabilities[1]"),
        (
            "surfaces",
            json!({"capabilities": [{"slug": "a", "answer": {"kind": "echo", "output": 1}}]}),
            "unknown field `output`, an answer of kind `echo` has none",
        ),
    ] {
        let (code, refused) = control(&mut state, Method::POST, target, &body);
        assert!(code == 400 && refused["error"].as_str().unwrap().contains(words), "{body}: {refused}");
    }
}

#[test]
fn the_clock_stays_where_times_can_be_written() {
    let mut state = state();
    let clock = |state: &mut State, body: Value| control(state, Method::POST, "clock", &body);
    for (wrong, words) in [
        (json!({"advance_ms": 100_000_000_000_000_000_u64}), "1970 to 9999"),
        (json!({"advance_ms": -5}), "To move the clock back, set `now`"),
        (json!({"now": "1969-12-31T23:59:59Z"}), "1970 to 9999"),
    ] {
        let (code, refused) = clock(&mut state, wrong.clone());
        assert!(code == 400 && refused["error"].as_str().unwrap().contains(words), "{wrong}: {refused}");
    }
    assert_eq!(state.clock_offset, 0);
    let last = "9999-12-31T23:59:59.000Z";
    assert_eq!(clock(&mut state, json!({"now": "9999-12-31T23:59:59Z"})), (200, json!({ "now": last })));
    let (_, key) = control(&mut state, Method::POST, "keys", &json!({"expires_at": "9999-12-31T23:59:59Z"}));
    assert_eq!(key["expires_at"], last);
}

#[test]
fn a_surface_without_keys_gets_one() {
    let mut state = state();
    let (code, made) = control(&mut state, Method::POST, "surfaces", &json!({"capabilities": [{"slug": "echo"}]}));
    let key = made["env"]["RUNTYPE_PRODUCT_API_KEY"].as_str().unwrap();
    assert_eq!(code, 201);
    assert!(key.starts_with("papi_") && made["keys"][0]["key"] == key, "{made}");
}

#[test]
fn a_reset_restores_the_start_and_not_a_state_that_was_put() {
    let mut state = state();
    let put = json!({"surfaces": [{"surface_id": "surf_put", "capabilities": [{"slug": "put"}]}]});
    assert_eq!(control(&mut state, Method::PUT, "state", &put).0, 200);
    assert_eq!(control(&mut state, Method::PUT, "state", &json!({"surfaces": []})).0, 400);
    assert_eq!(state.surfaces.keys().collect::<Vec<_>>(), ["surf_put"]);
    assert_eq!(control(&mut state, Method::POST, "reset", &Value::Null).0, 204);
    assert_eq!(status(&mut state, "echo", FULL_KEY, NOON), 200);
}

#[test]
fn a_copy_begins_as_the_other_surface_began_and_shares_nothing() {
    let mut state = state();
    control(&mut state, Method::POST, "keys/papi_demo_full/revoke", &json!({}));
    let (code, copy) = control(&mut state, Method::POST, "surfaces", &json!({"copy_of": "surf_demo", "seed": 7}));
    assert_eq!(code, 201, "{copy}");
    assert_eq!((copy["env"]["RUNTYPE_PRODUCT_API_KEY"].as_str(), &copy["seed"]), (Some(FULL_KEY), &json!(7)));
    let mut call = request("echo", FULL_KEY, "{}");
    assert_eq!(answer(&mut state, &call, NOON).status.as_u16(), 401);
    call.path = format!("/v1/products/prod_demo/surfaces/{}/api/echo", copy["surface_id"].as_str().unwrap());
    assert_eq!(answer(&mut state, &call, NOON).status.as_u16(), 200);
    assert_eq!(control(&mut state, Method::POST, "surfaces", &json!({"copy_of": "surf_x"})).0, 404);
    let (code, refused) = control(&mut state, Method::POST, "surfaces", &json!({"copy_of": "surf_demo", "sead": 7}));
    assert!(code == 400 && refused["error"].as_str().unwrap().contains("did you mean `seed`?"), "{refused}");
}
