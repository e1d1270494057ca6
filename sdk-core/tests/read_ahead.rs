//! Streams that are read ahead for another language, with slow and cancelled readers.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use runtype_mock::{Fault, FaultKind, MockSurface};
use runtype_surface::{ErrorKind, EventStream, StreamEvent, bindings::ReadAhead};
use serde_json::{Value, json};
use support::{
    builder, client_at,
    raw_server::{RawServer, response},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// More than several batches hold.
const EVENTS: usize = 5_000;

/// A stream of many events; they arrive at once.
async fn long_stream(end: &str) -> (RawServer, EventStream) {
    let mut body = String::new();
    for number in 0..EVENTS {
        body.push_str(&format!("event: text_delta\ndata: {{\"delta\":\"{number} \",\"executionId\":\"exec_7\"}}\n\n"));
    }
    body.push_str(end);
    let server =
        RawServer::start(move |_| response(200, &[("content-type", b"text/event-stream")], body.as_bytes())).await;
    let stream = client_at(&server.url()).capability("agent").stream().await.unwrap();
    (server, stream)
}

const COMPLETE: &str = "event: execution_complete\ndata: {\"finalOutput\":{\"words\":5000}}\n\n";

fn whole(batch: Vec<StreamEvent>) -> Vec<StreamEvent> {
    batch
}

fn deltas(batch: &[StreamEvent]) -> impl Iterator<Item = String> {
    batch.iter().filter_map(|event| event.delta().map(|delta| delta.trim().to_owned()))
}

fn numbers() -> Vec<String> {
    (0..EVENTS).map(|number| number.to_string()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_comes_once_and_in_order() {
    let (_server, stream) = long_stream(COMPLETE).await;
    let mut ahead = ReadAhead::new(stream, whole);
    let (mut seen, mut batches) = (Vec::new(), 0);
    while let Some(batch) = ahead.next_batch().await {
        seen.extend(deltas(&batch.unwrap()));
        batches += 1;
    }
    assert_eq!(seen, numbers());
    assert!((3..EVENTS / 10).contains(&batches), "{batches} batches");
    assert_eq!(ahead.progress().execution_id(), Some("exec_7"));
    assert!(ahead.next_batch().await.is_none(), "there is nothing after the last one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_error_comes_after_every_event_before_it() {
    let (_server, stream) = long_stream("event: execution_error\ndata: {\"error\":\"boom\"}\n\n").await;
    let mut ahead = ReadAhead::new(stream, whole);
    let mut seen = 0;
    let error = loop {
        match ahead.next_batch().await.unwrap() {
            Ok(batch) => seen += batch.len(),
            Err(error) => break error,
        }
    };
    assert_eq!(
        (error.kind(), error.server_message().unwrap_or_default(), error.events_seen()),
        (ErrorKind::Stream, "boom", Some(EVENTS as u64))
    );
    assert_eq!(seen, EVENTS);
    assert!(ahead.next_batch().await.is_none(), "an error is the last item");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_and_final_output_know_what_was_read_ahead() {
    let (_server, stream) = long_stream(COMPLETE).await;
    let mut ahead = ReadAhead::new(stream, whole);
    assert!(deltas(&ahead.next_batch().await.unwrap().unwrap()).count() > 1);
    assert_eq!(ahead.text().await.unwrap().split_whitespace().collect::<Vec<_>>(), numbers());
    let output: Value = serde_json::from_slice(&ahead.final_output_bytes().await.unwrap()).unwrap();
    assert_eq!(output, json!({ "words": 5000 }));

    let (_server, stream) = long_stream(COMPLETE).await;
    let mut ahead = ReadAhead::new(stream, whole);
    ahead.next_batch().await.unwrap().unwrap();
    let output: Value = serde_json::from_slice(&ahead.final_output_bytes().await.unwrap()).unwrap();
    assert_eq!(output, json!({ "words": 5000 }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_stream_said_is_known_while_it_reads_ahead() {
    let mock = MockSurface::start().await.unwrap();
    let text = json!({ "delta": "x".repeat(40_000), "executionId": "exec_9" });
    let steps = json!([{ "event": "text_delta", "data": text }, { "event": "ping", "data": {}, "wait_ms": 60_000 }]);
    let response = json!({ "answer": { "kind": "stream", "steps": steps } });
    assert_eq!(mock.control("PUT".parse().unwrap(), "/capabilities/agent", &response).0 / 100, 2);
    let stream = builder(&mock).build().unwrap().capability("agent").stream().await.unwrap();
    let mut ahead = ReadAhead::new(stream, |events| events.len());
    assert_eq!(ahead.next_batch().await.unwrap().unwrap(), 1);
    // The full batch makes it read ahead, which waits now.
    assert_eq!(ahead.progress().execution_id(), Some("exec_9"));
    assert_eq!(ahead.progress().report(), r#"{"outcome":null,"usage":null}"#);
}

/// Polls a future this many times, then drops it; its result, if it completed.
async fn within_polls<T>(polls: usize, wait: impl Future<Output = T>) -> Option<T> {
    let mut wait = std::pin::pin!(wait);
    for _ in 0..polls {
        let looked = std::future::poll_fn(|context| std::task::Poll::Ready(wait.as_mut().poll(context))).await;
        if let std::task::Poll::Ready(output) = looked {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

#[tokio::test]
async fn cancelling_a_wait_loses_no_event() {
    for polls in 1..4 {
        let (_server, mut stream) = long_stream(COMPLETE).await;
        let mut seen = Vec::new();
        loop {
            // Alternates batches and single events: neither loses events of the other.
            match within_polls(polls, stream.next_batch()).await {
                Some(Some(batch)) => seen.extend(deltas(&batch.unwrap())),
                Some(None) => break,
                None => {}
            }
            if let Some(Some(event)) = within_polls(polls, stream.next()).await {
                seen.extend(deltas(&[event.unwrap()]));
            }
        }
        assert_eq!(seen, numbers(), "a wait cancelled after {polls} polls");

        let (_server, stream) = long_stream(COMPLETE).await;
        let mut ahead = ReadAhead::new(stream, whole);
        let mut seen = Vec::new();
        loop {
            match within_polls(polls, ahead.next_batch()).await {
                Some(Some(batch)) => seen.extend(deltas(&batch.unwrap())),
                Some(None) => break,
                None => {}
            }
        }
        assert_eq!(seen, numbers(), "a wait for the batch read ahead, cancelled after {polls} polls");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_while_it_reads_ahead_closes_the_connection_at_once() {
    for drops in [false, true] {
        let mock = MockSurface::start().await.unwrap();
        // A full first batch, and a second one that never arrives.
        let text = json!({ "delta": "x".repeat(40_000) });
        let steps =
            json!([{ "event": "text_delta", "data": text }, { "event": "ping", "data": {}, "wait_ms": 60_000 }]);
        let response = json!({ "answer": { "kind": "stream", "steps": steps } });
        assert_eq!(mock.control("PUT".parse().unwrap(), "/capabilities/agent", &response).0 / 100, 2);
        let stream = builder(&mock).build().unwrap().capability("agent").stream().await.unwrap();
        let mut ahead = ReadAhead::new(stream, whole);
        assert_eq!(ahead.next_batch().await.unwrap().unwrap().last().unwrap().data().len() / 40_000, 1);
        if drops {
            drop(ahead);
        } else {
            ahead.close();
            assert!(ahead.next_batch().await.is_none());
        }
        let closed = tokio::time::timeout(Duration::from_millis(100), async {
            while mock.requests()[0].to_json()["outcome"] != "client_closed" {
                tokio::task::yield_now().await;
            }
        });
        closed.await.expect("the connection stayed open for 100 ms");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_stops_applies_backpressure_to_the_server() {
    // The sockets' buffers hold a few MiB before a write blocks.
    const MUCH: usize = 64 << 20;
    for reads_ahead in [false, true] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut connection, _) = listener.accept().await.unwrap();
            assert!(connection.read(&mut [0; 16 * 1024]).await.unwrap() > 0);
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
            connection.write_all(head.as_bytes()).await.unwrap();
            let events = "event: text_delta\ndata: {\"delta\":\"word \"}\n\n".repeat(1_000);
            let mut written = 0;
            while written < MUCH {
                let write = connection.write_all(events.as_bytes());
                match tokio::time::timeout(Duration::from_millis(300), write).await {
                    Ok(result) => result.unwrap(),
                    Err(_) => break,
                }
                written += events.len();
            }
            written
        });
        let mut stream = client_at(&url).capability("agent").stream().await.unwrap();
        stream.next().await.unwrap().unwrap();
        let mut ahead = ReadAhead::new(stream, whole);
        if reads_ahead {
            ahead.next_batch().await.unwrap().unwrap();
        }
        let written = server.await.unwrap();
        assert!(written < MUCH / 2, "{written} bytes were taken from a server whose reader had stopped");
    }
}

#[tokio::test]
async fn a_break_while_reading_ahead_comes_after_the_events_before_it() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::new(FaultKind::Reset).after_bytes(300)).unwrap();
    let stream = builder(&mock).build().unwrap().capability("support-agent").stream().await.unwrap();
    let mut ahead = ReadAhead::new(stream, whole);
    let mut seen = 0;
    let error = loop {
        match ahead.next_batch().await.unwrap() {
            Ok(batch) => seen += batch.len() as u64,
            Err(error) => break error,
        }
    };
    assert_eq!((error.kind(), error.events_seen()), (ErrorKind::Stream, Some(seen)));
    assert!(seen > 0);
}
