//! The decision without a server, with a clock that the test controls.

use http::Method;
use runtype_mock::{Decision, Pending, Plan, Request, State, Time, decide, demo};
use serde_json::Value;

/// 2026-01-31T12:00:00Z
pub(crate) const NOON: Time = Time::from_millis(1_769_860_800_000);

/// The demo's state at noon.
pub(crate) fn state() -> State {
    State::new(demo::config(), NOON).unwrap()
}

/// `POST …/api/{slug}`.
pub(crate) fn request(slug: &str, key: &str, body: &str) -> Request {
    let mut request = Request::new(Method::POST, &format!("/v1/products/prod_demo/surfaces/surf_demo/api/{slug}"));
    request.headers.insert("x-api-key", key.parse().unwrap());
    request.body = body.to_owned().into();
    request
}

/// The response to a request whose output is computed at once.
pub(crate) fn answer(state: &mut State, request: &Request, now: Time) -> Plan {
    match decide(request, state, now) {
        Decision::Answer(_, plan) => plan,
        Decision::Ask(_, pending) => panic!("{:?} should be asked", pending.question()),
    }
}

/// The pending response of a request whose output is computed elsewhere.
pub(crate) fn pending(state: &mut State, request: &Request) -> Pending {
    match decide(request, state, NOON) {
        Decision::Ask(_, pending) => pending,
        Decision::Answer(_, plan) => panic!("nobody was asked: {plan:?}"),
    }
}

/// The status of a call.
pub(crate) fn status(state: &mut State, slug: &str, key: &str, now: Time) -> u16 {
    answer(state, &request(slug, key, "{}"), now).status.as_u16()
}

/// The status and the body of a control request.
pub(crate) fn control(state: &mut State, method: Method, target: &str, body: &Value) -> (u16, Value) {
    let mut request = Request::new(method, &format!("/__mock/{target}"));
    request.headers.insert("host", "localhost".parse().unwrap());
    request.headers.insert("content-type", "application/json".parse().unwrap());
    request.body = body.to_string().into();
    let plan = answer(state, &request, NOON);
    (plan.status.as_u16(), serde_json::from_slice(&plan.body()).unwrap_or_default())
}
