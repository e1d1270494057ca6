//! Many calls and the limits of the key: used-up windows, refused keys, exhausted plans. Waits are on a fake clock, which moves
//! the mock's clock with it.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use runtype_mock::{Fault, KeyConfig, MockSurface};
use runtype_surface::{CallMany, CallResult, Error, ErrorKind, KeySource, bindings::FakeClock};
use serde_json::{Value, json};
use support::{builder, fake_builder};

const ROWS: usize = 20_000;
const CONCURRENCY: usize = 8;
const SECOND: Duration = Duration::from_secs(1);

fn inputs(count: usize) -> impl Iterator<Item = Value> + Send + 'static {
    (0..count).map(|number| json!({ "number": number }))
}

async fn mock() -> Arc<MockSurface> {
    Arc::new(MockSurface::start().await.unwrap())
}

fn many(mock: &Arc<MockSurface>, rows: usize) -> (CallMany, FakeClock) {
    let (builder, clock) = fake_builder(mock);
    let client = builder.max_retries(0).timeout(20 * SECOND).build().unwrap();
    (client.capability("echo").many(inputs(rows)).concurrency(CONCURRENCY as u64), clock)
}

/// The error of each row, in order, after checking that each row has one result.
async fn errors(mut many: CallMany) -> Vec<Option<Error>> {
    let mut errors = Vec::new();
    while let Some(CallResult { index, result, input, .. }) = many.next().await {
        assert_eq!(index, errors.len());
        assert_eq!(input, json!({ "number": index }).to_string());
        errors.push(result.err());
    }
    errors
}

fn refusal(status: u16, message: &str) -> Fault {
    Fault::status(status).json(json!({ "error": message }))
}

/// Number of rows that were sent, after checking that the others say so.
fn sent(errors: &[Option<Error>], kind: ErrorKind) -> usize {
    let unsent: Vec<_> = errors.iter().flatten().filter(|error| error.not_sent()).collect();
    for error in &unsent {
        let text = error.to_string();
        assert!(text.starts_with("echo: not sent: "), "{text}");
        assert!(!error.may_have_executed() && error.attempts().is_empty(), "{error:?}");
        assert_eq!(error.kind(), kind, "{error:?}");
    }
    errors.len() - unsent.len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_rows_at_a_thousand_a_minute_lose_none() {
    let mock = mock().await;
    let key = mock.mint_key(KeyConfig { rate_limit_per_minute: Some(1_000), ..KeyConfig::default() }).unwrap();
    let (builder, clock) = fake_builder(&mock);
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    let client = builder
        .api_key(key)
        .max_retries(0)
        .timeout(20 * SECOND)
        .before_attempt(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
        })
        .build()
        .unwrap();
    let began = Instant::now();
    let errors = errors(client.capability("echo").many(inputs(ROWS)).concurrency(CONCURRENCY as u64)).await;
    assert_eq!(errors.iter().flatten().count(), 0, "{:?}", errors.iter().flatten().next());
    assert_eq!(errors.len(), ROWS);
    let minutes = (clock.moved() + began.elapsed()).as_secs_f64() / 60.0;
    // For `make prove-many`.
    println!(
        "Rust: {ROWS} rows at 1,000 a minute: expected 0 lost, measured 0, in {minutes:.1} minutes by the fake clock"
    );
    // The first of twenty windows may have been almost over, and a few calls may be left for another one.
    assert!((18.0..=21.0).contains(&minutes), "{minutes} minutes");
    let refused = requests.load(Ordering::Relaxed) - ROWS;
    assert!(refused <= 20 * CONCURRENCY, "{refused} requests were refused");
}

#[tokio::test]
async fn a_used_up_window_costs_a_row_neither_a_retry_nor_time() {
    let mock = mock().await;
    mock.fault(refusal(429, "Slow down").header("Retry-After", "60").times(2)).unwrap();
    let (many, clock) = many(&mock, 2);
    let mut results = many.concurrency(1);
    let first = results.next().await.unwrap().result.unwrap();
    let statuses: Vec<_> = first.attempts.iter().filter_map(|attempt| attempt.outcome.status()).collect();
    assert_eq!(statuses, [429, 429, 200]);
    // In 20 s, that is.
    for attempt in &first.attempts[1..] {
        assert!((59 * SECOND..62 * SECOND).contains(&attempt.waited), "{attempt:?}");
    }
    assert!(first.elapsed > 119 * SECOND && clock.moved() > 119 * SECOND);
    assert_eq!(results.next().await.unwrap().result.unwrap().attempts.len(), 1);
    assert!(results.next().await.is_none());
}

#[tokio::test]
async fn rows_of_a_used_up_window_come_before_new_ones() {
    let mock = mock().await;
    mock.fault(refusal(429, "Slow down").header("Retry-After", "30").nth(2)).unwrap();
    let (many, _) = many(&mock, 4);
    let found = errors(many.concurrency(1)).await;
    assert_eq!(found.iter().flatten().count(), 0);
    let numbers: Vec<Value> = mock
        .requests()
        .iter()
        .map(|entry| serde_json::from_slice::<Value>(&entry.body).unwrap()["number"].clone())
        .collect();
    assert_eq!(numbers, [0, 1, 1, 2, 3]);
}

#[tokio::test]
async fn calls_wait_for_the_window_that_a_success_reports_as_used_up() {
    let mock = mock().await;
    let used_up = Fault::status(200).json(json!({})).header("RateLimit-Remaining", "0").header("RateLimit-Reset", "45");
    mock.fault(used_up.times(1)).unwrap();
    let (many, clock) = many(&mock, 3);
    assert_eq!(errors(many.concurrency(1)).await.iter().flatten().count(), 0);
    assert!((44 * SECOND..=45 * SECOND).contains(&clock.moved()), "{clock:?}");
    assert_eq!(mock.requests().len(), 3);
}

#[tokio::test]
async fn nothing_waits_for_a_window_after_the_last_input() {
    let mock = mock().await;
    let used_up = Fault::status(200).json(json!({})).header("RateLimit-Remaining", "0").header("RateLimit-Reset", "45");
    mock.fault(used_up).unwrap();
    let (many, clock) = many(&mock, 1);
    assert_eq!(errors(many).await.iter().flatten().count(), 0);
    assert!(clock.moved().is_zero());
}

#[tokio::test]
async fn three_windows_without_a_success_stop_the_run() {
    let mock = mock().await;
    mock.fault(refusal(429, "Slow down").header("Retry-After", "60")).unwrap();
    let (many, clock) = many(&mock, 1_000);
    let errors = errors(many).await;
    assert_eq!(errors.len(), 1_000);
    assert!(sent(&errors, ErrorKind::RateLimit) <= CONCURRENCY);
    let last = errors[999].as_ref().unwrap();
    let text = last.to_string();
    assert!(text.contains("no call succeeded in three windows") && text.contains("429 Slow down"), "{text}");
    assert_eq!((last.status(), last.retry_after()), (Some(429), Some(60 * SECOND)));
    assert!((179 * SECOND..=181 * SECOND).contains(&clock.moved()), "{clock:?}");
    assert!(mock.requests().len() <= 4 * CONCURRENCY, "{}", mock.requests().len());
}

#[tokio::test]
async fn a_window_that_is_too_long_stops_the_run() {
    let mock = mock().await;
    mock.fault(refusal(429, "Slow down").header("Retry-After", "901")).unwrap();
    let (run, clock) = many(&mock, 100);
    let found = errors(run).await;
    assert!(sent(&found, ErrorKind::RateLimit) <= CONCURRENCY && clock.moved().is_zero());
    for error in [&found[0], &found[99]] {
        let text = error.as_ref().unwrap().to_string();
        assert!(text.contains("wait 901 s, longer than max_window_wait (900 s)"), "{text}");
    }
    mock.clear_faults();
    mock.fault(refusal(429, "Slow down").header("Retry-After", "901").times(1)).unwrap();
    let (run, clock) = many(&mock, 3);
    assert_eq!(errors(run.max_window_wait(None)).await.iter().flatten().count(), 0);
    assert!(clock.moved() > 900 * SECOND);
}

#[tokio::test]
async fn a_429_that_may_have_executed_fails_its_row_alone() {
    let mock = mock().await;
    let started = Fault::status(429).json(json!({ "error": "Slow down", "executionId": "exec_1" }));
    mock.fault(started.nth(2)).unwrap();
    mock.fault(Fault::status(429).text("<html>Slow down</html>").nth(3)).unwrap();
    let (many, clock) = many(&mock, 5);
    let errors = errors(many.concurrency(1)).await;
    let failed: Vec<_> = errors.iter().map(Option::is_some).collect();
    assert_eq!(failed, [false, true, true, false, false]);
    assert!(errors.iter().flatten().all(|error| error.may_have_executed() && !error.not_sent()));
    assert!(clock.moved().is_zero());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_stops_a_run_of_twenty_thousand_at_once() {
    let mock = mock().await;
    let key = mock.mint(["*"]).unwrap();
    mock.revoke(&key).unwrap();
    for in_order in [true, false] {
        let before = mock.requests().len();
        let client = builder(&mock).api_key(&key).build().unwrap();
        let mut results =
            client.capability("echo").many(inputs(ROWS)).concurrency(CONCURRENCY as u64).in_order(in_order);
        let began = Instant::now();
        let mut errors = Vec::new();
        while let Some(result) = results.next().await {
            errors.push(result.result.err());
        }
        assert_eq!(errors.len(), ROWS);
        assert_eq!(errors.iter().flatten().count(), ROWS);
        let requests = mock.requests().len() - before;
        assert!(requests <= CONCURRENCY + 1, "{requests} requests");
        println!(
            "Rust: {ROWS} rows with a revoked key: expected at most {} requests, measured {requests}",
            CONCURRENCY + 1
        );
        assert_eq!(sent(&errors, ErrorKind::Authentication), requests);
        assert_eq!(errors[ROWS - 1].as_ref().unwrap().status(), Some(401));
        assert!(began.elapsed() < 60 * SECOND);
    }
}

#[tokio::test]
async fn what_concerns_all_stops_the_run() {
    for (fault, kind) in [
        (refusal(401, "Invalid or missing API key"), ErrorKind::Authentication),
        (refusal(402, "The plan is exhausted"), ErrorKind::PaymentRequired),
        (refusal(403, "API key does not have permission to access this resource"), ErrorKind::PermissionDenied),
        (refusal(429, "You have reached your daily limit").header("Retry-After", "5"), ErrorKind::RateLimit),
    ] {
        let mock = mock().await;
        mock.fault(fault.nth(2)).unwrap();
        let (many, clock) = many(&mock, 50);
        let errors = errors(many.concurrency(1)).await;
        assert!(errors[0].is_none() && errors[1].as_ref().is_some_and(|error| !error.not_sent()), "{kind:?}");
        assert_eq!((errors.len(), sent(&errors, kind), mock.requests().len()), (50, 2, 2), "{kind:?}");
        assert!(clock.moved().is_zero());
    }
}

#[tokio::test]
async fn a_refusal_that_is_not_the_apis_or_one_inputs_own_fails_its_row_alone() {
    let page = |status| Fault::status(status).text("<html>Forbidden</html>").header("Content-Type", "text/html");
    for fault in
        [page(401), page(403), refusal(400, "No text"), refusal(404, "No such capability"), refusal(500, "It failed")]
    {
        let mock = mock().await;
        mock.fault(fault.nth(2)).unwrap();
        let (many, _) = many(&mock, 4);
        let errors = errors(many.concurrency(1)).await;
        let failed: Vec<_> = errors.iter().map(Option::is_some).collect();
        assert_eq!((failed, mock.requests().len()), (vec![false, true, false, false], 4), "{:?}", errors[1]);
        assert!(!errors[1].as_ref().unwrap().not_sent());
    }
}

#[tokio::test]
async fn a_key_that_is_renewed_does_not_stop_the_run() {
    let mock = mock().await;
    let (old, new) = (mock.mint(["*"]).unwrap(), mock.mint(["*"]).unwrap());
    mock.revoke(&old).unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let source = KeySource::function(move || {
        let key = if asked.fetch_add(1, Ordering::SeqCst) == 0 { old.clone() } else { new.clone() };
        async move { Ok::<_, std::io::Error>(key) }
    });
    let client = builder(&mock).api_key_source(source).build().unwrap();
    assert_eq!(errors(client.capability("echo").many(inputs(50))).await.iter().flatten().count(), 0);
}

#[tokio::test]
async fn an_option_that_no_run_can_have_is_rejected_by_name() {
    let mock = mock().await;
    let (many, _) = many(&mock, 2);
    let found = errors_of_options(many.max_window_wait(Duration::ZERO)).await;
    assert_eq!(found, ["max_window_wait"]);
    assert!(mock.requests().is_empty());
}

async fn errors_of_options(mut many: CallMany) -> Vec<String> {
    let mut options = Vec::new();
    while let Some(result) = many.next().await {
        options.push(result.result.unwrap_err().option().unwrap_or_default().to_owned());
    }
    options
}
