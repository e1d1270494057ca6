//! Streams that are closed before and after their end.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use runtype_mock::MockSurface;
use runtype_surface::{Client, Error, ErrorKind, EventKind, bindings::ReadAhead};
use serde_json::{Value, json};
use support::builder;

/// A surface whose stream has sent these steps, and then nothing more.
async fn stalled(steps: Value) -> (MockSurface, Client) {
    let mock = MockSurface::start().await.unwrap();
    let capability = json!({ "answer": { "kind": "stream", "steps": steps, "end": "stall" } });
    assert_eq!(mock.control("PUT".parse().unwrap(), "/capabilities/agent", &capability).0 / 100, 2);
    let client = builder(&mock).build().unwrap();
    (mock, client)
}

fn hello() -> Value {
    json!([
        { "event": "execution_start", "data": {} },
        { "event": "text_delta", "data": { "delta": "Hello " } },
        { "event": "text_delta", "data": { "delta": "world" } },
        { "event": "execution_complete", "data": { "finalOutput": "Hello world" } },
    ])
}

fn is_closed(error: &Error) -> bool {
    let is_refused = error.kind() == ErrorKind::Configuration && error.option() == Some("stream");
    is_refused && error.may_have_executed() && error.to_string().starts_with("the stream is closed")
}

#[tokio::test]
async fn a_stream_that_was_closed_before_its_end_has_neither_text_nor_output() {
    let (_mock, client) = stalled(hello()).await;
    for read in [0, 2] {
        let mut stream = client.capability("agent").stream().await.unwrap();
        for _ in 0..read {
            stream.next().await.unwrap().unwrap();
        }
        stream.close();
        for _ in 0..2 {
            assert!(is_closed(&stream.text().await.unwrap_err()), "after {read} events");
            assert!(is_closed(&stream.final_output::<Value>().await.unwrap_err()), "after {read} events");
            stream.close();
        }
        assert!(stream.next().await.is_none());
    }
}

#[tokio::test]
async fn a_stream_that_was_read_to_its_closing_event_keeps_its_output_when_it_is_closed() {
    let (_mock, client) = stalled(hello()).await;
    let mut stream = client.capability("agent").stream().await.unwrap();
    while stream.next().await.unwrap().unwrap().kind() != EventKind::ExecutionComplete {}
    stream.close();
    assert_eq!(stream.final_output::<Value>().await.unwrap(), "Hello world");

    let mut stream = client.capability("agent").stream().await.unwrap();
    assert_eq!(stream.text().await.unwrap(), "Hello world");
    stream.close();
    assert_eq!(stream.final_output::<Value>().await.unwrap(), "Hello world");
}

#[tokio::test]
async fn a_stream_that_failed_returns_its_error_also_when_it_is_closed() {
    let failed = json!([{ "event": "execution_error", "data": { "error": "boom" } }]);
    let (_mock, client) = stalled(failed).await;
    let mut stream = client.capability("agent").stream().await.unwrap();
    assert_eq!(stream.text().await.unwrap_err().kind(), ErrorKind::Stream);
    stream.close();
    assert_eq!(stream.text().await.unwrap_err().server_message(), Some("boom"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_is_closed_while_it_is_read_ahead_has_neither_text_nor_output() {
    // A full first batch: the next one is read ahead.
    let (_mock, client) = stalled(json!([{ "event": "text_delta", "data": { "delta": "x".repeat(40_000) } }])).await;
    let mut ahead = ReadAhead::new(client.capability("agent").stream().await.unwrap(), |events| events);
    ahead.next_batch().await.unwrap().unwrap();
    ahead.close();
    assert!(is_closed(&ahead.text().await.unwrap_err()));
    assert!(is_closed(&ahead.final_output_bytes().await.unwrap_err()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_output_of_a_large_closing_event_stays_known_when_the_stream_is_closed() {
    let output = "x".repeat(40_000);
    let (_mock, client) = stalled(json!([{ "event": "execution_complete", "data": { "finalOutput": output } }])).await;
    let mut ahead = ReadAhead::new(client.capability("agent").stream().await.unwrap(), |events| events);
    ahead.next_batch().await.unwrap().unwrap();
    ahead.close();
    assert_eq!(ahead.final_output_bytes().await.unwrap().len(), 40_002);
}
