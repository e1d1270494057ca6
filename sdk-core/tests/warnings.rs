//! What is logged as a warning: long waits, and a quota that is nearly used up. Waits are on a fake clock.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    io,
    sync::{Arc, Mutex},
};

use runtype_mock::{Fault, MockSurface};
use runtype_surface::{Client, bindings::FakeClock};
use serde_json::{Value, json};
use support::fake_builder;
use tracing::Level;

/// Collects the lines of a subscriber.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn take(&self) -> Vec<String> {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap().lines().map(str::to_owned).collect()
    }
}

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Collects the warnings of this thread until the guard is dropped.
fn warnings() -> (Lines, tracing::subscriber::DefaultGuard) {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::WARN)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    (lines, tracing::subscriber::set_default(subscriber))
}

async fn surface() -> (Arc<MockSurface>, Client, FakeClock) {
    let mock = Arc::new(MockSurface::start().await.unwrap());
    let (builder, clock) = fake_builder(&mock);
    (mock, builder.build().unwrap(), clock)
}

fn slow_down(seconds: u64) -> Fault {
    Fault::status(429).json(json!({ "error": "Slow down" })).header("Retry-After", seconds.to_string()).times(1)
}

#[tokio::test]
async fn a_wait_of_more_than_five_seconds_is_logged_with_its_capability_and_its_length() {
    let (mock, client, clock) = surface().await;
    let (lines, _guard) = warnings();
    mock.fault(slow_down(5)).unwrap();
    client.call::<Value>("echo", &json!({})).await.unwrap();
    assert_eq!(lines.take(), Vec::<String>::new());
    mock.fault(slow_down(50)).unwrap();
    client.call::<Value>("echo", &json!({})).await.unwrap();
    let [line] = &lines.take()[..] else { panic!("not one line") };
    assert!(line.contains("echo: waiting 50 s before retry 1, as the server asks"), "{line}");
    assert!(line.contains("capability=\"echo\"") && line.contains("wait_ms=50000"), "{line}");
    assert!(clock.moved().as_secs() >= 54);
}

#[tokio::test]
async fn a_wait_for_the_next_window_is_logged_once_for_all_calls() {
    let (mock, client, _) = surface().await;
    let (lines, _guard) = warnings();
    mock.fault(slow_down(50).times(3)).unwrap();
    let mut results = client.capability("echo").many((0..20).map(|number| json!({ "number": number })));
    while let Some(result) = results.next().await {
        result.result.unwrap();
    }
    let [line] = &lines.take()[..] else { panic!("not one line") };
    assert!(line.contains("echo: the rate limit is used up; waiting 50 s for its next window"), "{line}");
}

#[tokio::test]
async fn the_quotas_warning_is_logged_once_per_client() {
    let (mock, client, _) = surface().await;
    let (lines, _guard) = warnings();
    let warned = || Fault::status(200).json(json!({})).header("X-Quota-Warning", "80 % used");
    mock.fault(warned()).unwrap();
    for _ in 0..3 {
        client.call::<Value>("echo", &json!({})).await.unwrap();
        client.clone().call::<Value>("echo", &json!({})).await.unwrap();
    }
    let [line] = &lines.take()[..] else { panic!("not one line") };
    assert!(line.contains("the plan's quota is nearly used up; the server says \"80 % used\""), "{line}");
    let (builder, _) = fake_builder(&mock);
    let other = builder.build().unwrap();
    mock.clear_faults();
    mock.fault(warned()).unwrap();
    other.call::<Value>("echo", &json!({})).await.unwrap();
    assert_eq!(lines.take().len(), 1);
}
