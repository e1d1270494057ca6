//! Every fault of the mock in every retry mode: the number of attempts, and that `safe` runs nothing twice.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use runtype_mock::{Fault, FaultKind, MockSurface};
use runtype_surface::RetryMode;
use serde_json::{Value, json};
use support::builder;
use tokio::task::JoinSet;

fn status(status: u16) -> Fault {
    Fault::status(status).header("retry-after-ms", "1")
}

fn trickle() -> Fault {
    let mut fault = Fault::new(FaultKind::SlowBody);
    fault.wait_ms = Some(1);
    fault
}

/// A fault, and the number of attempts in the modes `safe` and `idempotent`, and without retries.
fn table() -> Vec<(&'static str, Fault, [usize; 3])> {
    vec![
        ("latency", Fault::latency(Duration::from_millis(1)), [1, 1, 1]),
        ("status 400", status(400), [1, 1, 1]),
        ("status 401", status(401), [1, 1, 1]),
        ("status 403", status(403), [1, 1, 1]),
        ("status 404", status(404), [1, 1, 1]),
        ("status 408", status(408), [1, 3, 1]),
        ("status 409", status(409), [1, 1, 1]),
        ("status 429", status(429), [3, 3, 1]),
        ("status 500", status(500), [1, 3, 1]),
        ("status 501", status(501), [1, 1, 1]),
        ("status 502", status(502), [1, 3, 1]),
        ("status 503 with a wait", status(503), [3, 3, 1]),
        ("status 504", status(504), [1, 3, 1]),
        ("status 307", status(307).header("Location", "/elsewhere"), [1, 1, 1]),
        ("reset", Fault::new(FaultKind::Reset), [1, 3, 1]),
        ("reset in the body", Fault::new(FaultKind::Reset).after_bytes(2), [1, 3, 1]),
        ("close", Fault::new(FaultKind::Close), [1, 3, 1]),
        ("close in the body", Fault::new(FaultKind::Close).after_bytes(2), [1, 3, 1]),
        ("truncate", Fault::new(FaultKind::Truncate), [1, 3, 1]),
        ("stall", Fault::new(FaultKind::Stall), [1, 3, 1]),
        ("stall in the body", Fault::new(FaultKind::Stall).after_bytes(2), [1, 3, 1]),
        ("garbage", Fault::new(FaultKind::Garbage), [1, 3, 1]),
        ("slow body", trickle(), [1, 1, 1]),
        ("bad JSON", Fault::new(FaultKind::BadJson), [1, 1, 1]),
        ("bad length", Fault::new(FaultKind::BadLength), [1, 3, 1]),
        ("hang-up after the response", Fault::new(FaultKind::HangUp), [1, 1, 1]),
    ]
}

#[tokio::test]
async fn each_fault_has_its_number_of_attempts_in_each_mode_and_safe_runs_nothing_twice() {
    let mut rows = JoinSet::new();
    for (name, fault, attempts) in table() {
        for ((mode, retries), expected) in
            [(RetryMode::Safe, 2), (RetryMode::Idempotent, 2), (RetryMode::Safe, 0)].into_iter().zip(attempts)
        {
            rows.spawn(check(name, fault.clone(), mode, retries, expected));
        }
    }
    rows.join_all().await;
}

async fn check(name: &str, fault: Fault, mode: RetryMode, retries: u32, expected: usize) {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(fault).unwrap();
    let client =
        builder(&mock).retry_mode(mode).max_retries(retries).attempt_timeout(Duration::from_secs(2)).build().unwrap();
    let result = client.call::<Value>("echo", &json!({ "text": "long enough to be cut" })).await;
    let journal = mock.requests();
    assert_eq!(journal.len(), expected, "{name}, {}: {result:?}", mode.as_str());
    let reached = journal.iter().filter(|entry| entry.reached).count();
    assert!(mode == RetryMode::Idempotent || reached <= 1, "{name}, {}: ran {reached} times", mode.as_str());
}
