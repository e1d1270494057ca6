//! Many calls: order, limits and cancellation.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use runtype_mock::{Fault, MockSurface};
use runtype_surface::{CallMany, CallResult, ErrorKind, bindings::drive};
use serde_json::{Value, json};
use support::builder;

const INPUTS: usize = 60;

fn inputs() -> impl Iterator<Item = Value> + Send + 'static {
    (0..INPUTS).map(|number| json!({ "number": number }))
}

async fn indexes(mut results: CallMany) -> Vec<usize> {
    let mut indexes = Vec::new();
    while let Some(CallResult { index, result, .. }) = results.next().await {
        let output: Value = serde_json::from_slice(&result.unwrap().output).unwrap();
        assert_eq!(output, json!({ "number": index }), "a result has its input's index");
        indexes.push(index);
    }
    indexes
}

#[tokio::test]
async fn results_come_in_the_order_of_the_inputs() {
    let mock = MockSurface::start().await.unwrap();
    let client = builder(&mock).build().unwrap();
    let results = client.capability("echo").many(inputs()).concurrency(7);
    assert_eq!(indexes(results).await, (0..INPUTS).collect::<Vec<_>>());
}

#[tokio::test]
async fn results_come_as_they_complete_on_request() {
    let mock = MockSurface::start().await.unwrap();
    // The first request is delayed: in input order, all others would wait for it.
    mock.fault(Fault::latency(std::time::Duration::from_millis(300)).nth(1)).unwrap();
    let client = builder(&mock).build().unwrap();
    let indexes = indexes(client.capability("echo").many(inputs()).concurrency(4).in_order(false)).await;
    assert_eq!(indexes.iter().collect::<HashSet<_>>().len(), INPUTS);
    assert_ne!(indexes[0], 0, "the slow one came first");
}

#[tokio::test]
async fn concurrency_limits_the_calls_in_flight_and_inputs_are_taken_one_by_one() {
    let mock = MockSurface::start().await.unwrap();
    let client = builder(&mock).build().unwrap();
    let taken = Arc::new(AtomicUsize::new(0));
    let count = taken.clone();
    let mut results = client
        .capability("echo")
        .many(inputs().inspect(move |_| {
            count.fetch_add(1, Ordering::SeqCst);
        }))
        .concurrency(3);
    let mut handed_on = 0;
    while let Some(CallResult { result, .. }) = results.next().await {
        result.unwrap();
        handed_on += 1;
        let ahead = taken.load(Ordering::SeqCst) - handed_on;
        assert!(ahead <= 2 * 3, "{ahead} inputs were taken ahead of the results");
    }
    let connections: HashSet<_> = mock.requests().iter().map(|entry| entry.connection).collect();
    assert!(connections.len() <= 3 + 1, "{} connections for 3 calls at once", connections.len());
}

#[tokio::test]
async fn one_failure_does_not_stop_the_other_calls() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::status(400).json(json!({ "error": "no" })).nth(3)).unwrap();
    let client = builder(&mock).build().unwrap();
    let mut results = client.capability("echo").many(inputs()).concurrency(1);
    let mut failed = Vec::new();
    while let Some(CallResult { index, result, .. }) = results.next().await {
        if let Err(error) = result {
            failed.push((index, error.kind()));
        }
    }
    assert_eq!(failed, [(2, ErrorKind::BadRequest)]);
    assert_eq!(mock.requests().len(), INPUTS);
}

#[tokio::test]
async fn an_input_that_is_not_an_object_fails_its_own_call() {
    let mock = MockSurface::start().await.unwrap();
    let client = builder(&mock).build().unwrap();
    let mut results = client.capability("echo").many(vec![json!({}), json!("text"), json!({})]);
    let mut kinds = Vec::new();
    while let Some(CallResult { result, .. }) = results.next().await {
        kinds.push(result.err().map(|error| error.kind()));
    }
    assert_eq!(kinds, [None, Some(ErrorKind::Configuration), None]);
}

#[tokio::test]
async fn an_invalid_concurrency_is_rejected_and_nothing_is_sent() {
    let mock = MockSurface::start().await.unwrap();
    let client = builder(&mock).build().unwrap();
    let mut results = client.capability("echo").many(inputs()).concurrency(0);
    let CallResult { result, .. } = results.next().await.unwrap();
    assert_eq!(result.unwrap_err().option(), Some("concurrency"));
    assert!(results.next().await.is_none());
    assert!(mock.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn places_are_refilled_while_nobody_reads_up_to_a_limit() {
    const CONCURRENCY: usize = 3;
    let mock = MockSurface::start().await.unwrap();
    let client = builder(&mock).build().unwrap();
    let mut many = client.capability("echo").many(inputs()).concurrency(CONCURRENCY as u64);
    let (sender, mut results) = tokio::sync::mpsc::channel(1);
    let driver = tokio::spawn(async move { drive(&mut many, &sender, |result| result).await });
    // No call is started once three finished results wait, and two are in flight then.
    let refilled = tokio::time::timeout(std::time::Duration::from_secs(10), async {
        while mock.requests().len() < 2 * CONCURRENCY - 1 {
            tokio::task::yield_now().await;
        }
    });
    refilled.await.unwrap();
    let mut count = 0;
    while let Some(result) = results.recv().await {
        assert_eq!(result.index, count);
        result.result.unwrap();
        count += 1;
        let ahead = mock.requests().len() - count;
        assert!(ahead <= 2 * CONCURRENCY, "{ahead} calls were ahead of the reader");
    }
    assert_eq!(count, INPUTS);
    driver.await.unwrap();
}

#[tokio::test]
async fn dropping_the_results_drops_the_calls_in_flight() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::new(runtype_mock::FaultKind::Stall).nth(2)).unwrap();
    let client = builder(&mock).build().unwrap();
    let mut results = client.capability("echo").many(inputs()).concurrency(1);
    results.next().await.unwrap().result.unwrap();
    {
        let second = results.next();
        tokio::pin!(second);
        while mock.requests().len() < 2 {
            assert!(futures_util::poll!(&mut second).is_pending());
            tokio::task::yield_now().await;
        }
    }
    drop(results);
    let closed = tokio::time::timeout(std::time::Duration::from_secs(2), async {
        while mock.requests()[1].to_json()["outcome"] != "client_closed" {
            tokio::task::yield_now().await;
        }
    });
    closed.await.unwrap();
    assert_eq!(mock.requests().len(), 2, "another call was sent");
}
