//! Conditions on calls: answers that are chosen by them, and verification of the calls that came.

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
    State,
    demo::{FULL_KEY, LIMITED_KEY},
};
use serde_json::{Value, json};
use support::decision::{NOON, answer, control, request, state, status};

#[test]
fn an_answer_is_chosen_by_input_header_key_and_number_of_the_call() {
    let mut state = state();
    let fixed = |output: &str| json!({"kind": "fixed", "output": output});
    let answer_of = json!({"kind": "matched", "otherwise": fixed("other"), "cases": [
        {"when": {"call": 1}, "answer": fixed("first")},
        {"when": {"input": {"item": {"id": 7}}}, "answer": fixed("input")},
        {"when": {"at": {"/items/1": "b"}}, "answer": fixed("pointer")},
        {"when": {"headers": {"X-Tenant": "acme"}}, "answer": fixed("header")},
        {"when": {"key": "papi_demo_limited"}, "answer": fixed("key")},
        {"when": {"stream": true}, "answer": {"kind": "fail", "status": 418, "error": "no streams"}},
    ]});
    let put = control(&mut state, Method::PUT, "capabilities/price", &json!({ "answer": answer_of }));
    assert_eq!(put.0, 200, "{}", put.1);
    assert!(!put.1.to_string().contains("papi_demo_limited"), "{}", put.1);
    let mut ask = |key: &str, body: Value, header: Option<(&'static str, &'static str)>| {
        let mut request = request("price", key, &body.to_string());
        if let Some((name, value)) = header {
            request.headers.insert(name, value.parse().unwrap());
        }
        serde_json::from_slice::<Value>(&answer(&mut state, &request, NOON).body()).unwrap()
    };
    assert_eq!(ask(FULL_KEY, json!({"item": {"id": 7}}), None), "first");
    assert_eq!(ask(FULL_KEY, json!({"item": {"id": 7, "name": "tea"}}), None), "input");
    assert_eq!(ask(FULL_KEY, json!({"items": ["a", "b"]}), None), "pointer");
    assert_eq!(ask(FULL_KEY, json!({}), Some(("x-tenant", "acme"))), "header");
    assert_eq!(ask(LIMITED_KEY, json!({}), None), "key");
    assert_eq!(ask(FULL_KEY, json!({}), Some(("accept", "text/event-stream"))), json!({"error": "no streams"}));
    assert_eq!(ask(FULL_KEY, json!({}), None), "other");
}

#[test]
fn a_condition_that_cannot_hold_is_refused_with_its_place() {
    let mut state = state();
    for (when, words) in [
        (json!({"at": {"items": 1}}), "cases[0]: `at` has \"items\"; a JSON Pointer begins with a slash"),
        (json!({"header": {"X-A": "b"}}), "did you mean `headers`?"),
    ] {
        let body = json!({"answer": {"kind": "matched", "cases": [{"when": when, "answer": {"kind": "echo"}}]}});
        let (code, refused) = control(&mut state, Method::PUT, "capabilities/price", &body);
        assert!(code == 400 && refused["error"].as_str().unwrap().contains(words), "{refused}");
    }
}

#[test]
fn a_verification_says_what_was_expected_what_came_and_what_was_nearest() {
    let mut state = state();
    let verify = |state: &mut State, body: Value| control(state, Method::POST, "verify", &body);
    answer(&mut state, &request("echo", FULL_KEY, r#"{"item": "tea"}"#), NOON);
    answer(&mut state, &request("echo", FULL_KEY, r#"{"item": "coffee", "cups": 2}"#), NOON);
    status(&mut state, "fails", FULL_KEY, NOON);

    assert_eq!(verify(&mut state, json!({"capability": "echo", "times": 2})), (200, json!({"seen": 2})));
    assert_eq!(verify(&mut state, json!({"when": {"input": {"item": "tea"}}})), (200, json!({"seen": 1})));
    assert_eq!(verify(&mut state, json!({"capability": "fails", "status": 500, "ran": true})).0, 200);
    assert_eq!(verify(&mut state, json!({"times": {"at_least": 1, "at_most": 3}})).0, 200);

    let wanted = json!({"capability": "echo", "times": 2, "when": {"input": {"item": "milk", "cups": 2}}});
    let (code, unmet) = verify(&mut state, wanted);
    let text = unmet["error"].as_str().unwrap();
    assert_eq!(code, 409, "{text}");
    let expected = "expected 2 calls of `echo` when {\"input\":{\"item\":\"milk\",\"cups\":2}}, saw 0; nearest is request 2, \
                    but input /item is \"coffee\", not \"milk\":\n  POST ";
    // Fields of an object have no order.
    let expected = expected.replace("{\"item\":\"milk\",\"cups\":2}", "{\"cups\":2,\"item\":\"milk\"}");
    assert!(text.starts_with(&expected), "{text}");

    let (code, unmet) = verify(&mut state, json!({"capability": "echo", "times": 1}));
    let text = unmet["error"].as_str().unwrap();
    assert!(
        code == 409 && text.starts_with("expected 1 calls of `echo`, saw 2; there were 3 requests:\n  POST "),
        "{text}"
    );
    let (code, unmet) = verify(&mut state, json!({"times": "two"}));
    assert!(code == 400 && unmet["error"].as_str().unwrap().contains("`times` is a number"), "{unmet}");
    let (_, unmet) = verify(&mut state, json!({"capability": "slow", "when": {"key": "papi_demo_limited"}}));
    assert!(!unmet.to_string().contains("papi_demo_limited"), "{unmet}");
}
