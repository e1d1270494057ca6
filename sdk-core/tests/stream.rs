//! Streams, against a server with exact bytes and pauses.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use runtype_mock::{Fault, FaultKind, MockSurface};
use runtype_surface::{Client, ErrorKind, EventKind, EventStream, Phase, RetryMode};
use serde_json::{Value, json};
use support::{
    builder, client_at,
    raw_server::{RawServer, response},
};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

const START: &str =
    "event: execution_start\ndata: {\"type\":\"execution_start\",\"seq\":1,\"executionId\":\"exec_7\"}\n\n";
const HELLO: &str = "event: text_delta\ndata: {\"type\":\"text_delta\",\"seq\":2,\"delta\":\"Hello \"}\n\n";
const WORLD: &str = "data: {\"type\":\"text_delta\",\"seq\":3,\"delta\":\"wörld\"}\n\n";
const COMPLETE: &str =
    "event: execution_complete\ndata: {\"seq\":4,\"finalOutput\":{\"reply\":\"Hello wörld\"},\"durationMs\":5}\n\n";

/// A surface that responds to every call with this stream.
async fn streaming(parts: &[&str]) -> (RawServer, Client) {
    let body = parts.concat();
    let server = RawServer::start(move |request| {
        assert!(request.starts_with("POST /v1/products/p/surfaces/s/api/agent?stream=true HTTP/1.1\r\n"), "{request}");
        assert!(request.to_ascii_lowercase().contains("accept: text/event-stream\r\n"), "{request}");
        response(200, &[("content-type", b"text/event-stream; charset=utf-8")], body.as_bytes())
    })
    .await;
    let client = client_at(&server.url());
    (server, client)
}

async fn open(client: &Client) -> EventStream {
    client.capability("agent").input(&json!({})).stream().await.unwrap()
}

#[tokio::test]
async fn events_come_with_their_names_and_typed_fields() {
    let (_server, client) =
        streaming(&[START, HELLO, ": ping\n\n", WORLD, "event: new_thing\ndata: [1]\n\n", COMPLETE]).await;
    let mut stream = open(&client).await;
    let mut names = Vec::new();
    while let Some(event) = stream.next().await {
        let event = event.unwrap();
        names.push((event.name().to_owned(), event.kind(), event.seq()));
    }
    assert_eq!(
        names,
        [
            ("execution_start".to_owned(), EventKind::ExecutionStart, Some(1)),
            ("text_delta".to_owned(), EventKind::TextDelta, Some(2)),
            ("text_delta".to_owned(), EventKind::TextDelta, Some(3)),
            ("new_thing".to_owned(), EventKind::Other, None),
            ("execution_complete".to_owned(), EventKind::ExecutionComplete, Some(4)),
        ]
    );
    assert_eq!((stream.execution_id(), stream.events_seen()), (Some("exec_7"), 5));
    assert_eq!(stream.final_output::<Value>().await.unwrap(), json!({ "reply": "Hello wörld" }));
}

#[tokio::test]
async fn text_gathers_the_deltas() {
    let (_server, client) = streaming(&[START, HELLO, WORLD, COMPLETE]).await;
    assert_eq!(open(&client).await.text().await.unwrap(), "Hello wörld");
}

#[tokio::test]
async fn the_events_of_one_chunk_come_in_one_batch() {
    let (_server, client) = streaming(&[START, HELLO, WORLD, COMPLETE]).await;
    let mut stream = open(&client).await;
    let mut seen = 0;
    while let Some(batch) = stream.next_batch().await {
        seen += batch.unwrap().len();
    }
    assert_eq!(seen, 4);
}

#[tokio::test]
async fn the_events_of_many_chunks_that_have_arrived_come_in_few_batches() {
    let mut body = START.to_owned();
    for _ in 0..200 {
        body.push_str(HELLO);
    }
    body.push_str(COMPLETE);
    let chunks: String =
        body.split_inclusive("\n\n").map(|event| format!("{:x}\r\n{event}\r\n", event.len())).collect();
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
    let server = RawServer::start(move |_| format!("{head}{chunks}0\r\n\r\n").into_bytes()).await;
    let mut stream = open(&client_at(&server.url())).await;
    let (mut batches, mut events) = (0, 0);
    while let Some(batch) = stream.next_batch().await {
        batches += 1;
        events += batch.unwrap().len();
    }
    assert_eq!(events, 202);
    assert!(batches <= 20, "{batches} batches");
}

#[tokio::test]
async fn a_stream_that_ends_without_a_closing_event_is_an_error() {
    let (_server, client) = streaming(&[START, HELLO]).await;
    let mut stream = open(&client).await;
    let error = stream.text().await.unwrap_err();
    assert_eq!((error.kind(), error.events_seen(), error.execution_id()), (ErrorKind::Stream, Some(2), Some("exec_7")));
    assert!(error.may_have_executed() && error.to_string().contains("without a closing event"), "{error}");
    assert!(stream.next().await.is_none(), "an error is the last item");
}

#[tokio::test]
async fn a_failed_stream_returns_its_error_again() {
    let (_server, client) = streaming(&[START, HELLO]).await;
    let mut stream = open(&client).await;
    let first = stream.text().await.unwrap_err();
    assert!(stream.next().await.is_none());
    for again in [stream.text().await.unwrap_err(), stream.final_output::<Value>().await.unwrap_err()] {
        assert_eq!((again.kind(), again.events_seen()), (ErrorKind::Stream, Some(2)));
        assert_eq!(again.to_string(), first.to_string());
    }
}

#[tokio::test]
async fn an_event_that_reports_a_failure_fails_the_stream_after_the_events_before_it() {
    for (name, field) in
        [("execution_error", ""), ("error", ",\"recoverable\":false"), ("execution_complete", ",\"success\":false")]
    {
        let failed = format!("event: {name}\ndata: {{\"error\":\"boom\",\"code\":\"E1\"{field}}}\n\n");
        let (_server, client) = streaming(&[START, HELLO, &failed, WORLD]).await;
        let mut stream = open(&client).await;
        assert_eq!(stream.next_batch().await.unwrap().unwrap().len(), 2);
        let error = stream.next_batch().await.unwrap().unwrap_err();
        let found = (error.kind(), error.server_message(), error.code());
        assert_eq!(found, (ErrorKind::Stream, Some("boom"), Some("E1")), "{name}");
        assert_eq!((error.events_seen(), error.execution_id()), (Some(2), Some("exec_7")));
    }
}

#[tokio::test]
async fn a_recoverable_error_event_is_an_event_like_others() {
    let recoverable = "event: error\ndata: {\"error\":\"rate limited, retrying\"}\n\n";
    let (_server, client) = streaming(&[START, recoverable, WORLD, COMPLETE]).await;
    let mut stream = open(&client).await;
    let mut names = Vec::new();
    while let Some(event) = stream.next().await {
        names.push(event.unwrap().name().to_owned());
    }
    assert_eq!(names, ["execution_start", "error", "text_delta", "execution_complete"]);
}

#[tokio::test]
async fn an_event_beyond_the_limit_fails_the_stream() {
    let large = format!("event: text_delta\ndata: {{\"delta\":\"{}\"}}\n\n", "x".repeat(5_000));
    let (_server, client) = streaming(&[START, &large, COMPLETE]).await;
    let mut stream = client.capability("agent").max_event_bytes(4_000).stream().await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap().name(), "execution_start");
    let error = stream.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stream);
    assert!(error.to_string().contains("max_event_bytes (4000 bytes)"), "{error}");
}

#[tokio::test]
async fn an_event_of_sixteen_megabytes_is_read() {
    let text = "x".repeat((16 << 20) - 12);
    let large = format!("data: {{\"delta\":\"{text}\"}}\n\n");
    let (_server, client) = streaming(&[&large, COMPLETE]).await;
    let mut stream = open(&client).await;
    assert_eq!(stream.next().await.unwrap().unwrap().delta().unwrap().len(), text.len());
}

#[tokio::test]
async fn a_response_that_is_not_a_stream_is_an_error_that_says_so() {
    let server = RawServer::start(|_| response(200, &[("content-type", b"application/json")], b"{}")).await;
    let error = client_at(&server.url()).capability("agent").stream().await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (ErrorKind::ResponseDecode, Some(200)));
    assert!(error.to_string().contains("does not stream"), "{error}");
}

#[tokio::test]
async fn a_silent_stream_fails_after_the_idle_timeout() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::new(FaultKind::Stall).after_bytes(80)).unwrap();
    let client = builder(&mock).stream_idle_timeout(Duration::from_millis(60)).build().unwrap();
    let mut stream = client.capability("support-agent").input(&json!({ "input": "hi" })).stream().await.unwrap();
    let error = stream.text().await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Idle)));
    assert!(error.may_have_executed());
}

#[tokio::test]
async fn a_stream_that_takes_too_long_fails_after_its_own_timeout() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::new(FaultKind::Stall).after_bytes(80)).unwrap();
    let client = builder(&mock).stream_timeout(Duration::from_millis(60)).build().unwrap();
    let mut stream = client.capability("support-agent").input(&json!({ "input": "hi" })).stream().await.unwrap();
    let error = stream.text().await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Stream)));
    assert!(error.may_have_executed());
}

#[tokio::test]
async fn nothing_is_retried_once_a_stream_has_begun() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::new(FaultKind::Reset).after_bytes(120)).unwrap();
    let client = builder(&mock).retry_mode(RetryMode::Idempotent).build().unwrap();
    let mut stream = client.capability("support-agent").input(&json!({ "input": "hi" })).stream().await.unwrap();
    let error = stream.text().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stream);
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test]
async fn a_stream_is_retried_until_it_begins() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::status(429).header("retry-after-ms", "1").times(1)).unwrap();
    let client = builder(&mock).build().unwrap();
    let mut stream = client.capability("support-agent").input(&json!({ "input": "hi" })).stream().await.unwrap();
    assert_eq!(stream.attempts().len(), 2);
    assert!(!stream.text().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_rejected_stream_is_the_same_error_as_a_rejected_call() {
    let mock = MockSurface::start().await.unwrap();
    let client = builder(&mock).api_key("papi_demo_revoked").build().unwrap();
    let error = client.capability("support-agent").stream().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Authentication);
}

#[tokio::test]
async fn dropping_a_stream_closes_its_connection() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::new(FaultKind::Stall).after_bytes(300)).unwrap();
    let client = builder(&mock).build().unwrap();
    let mut stream = client.capability("support-agent").input(&json!({ "input": "hi" })).stream().await.unwrap();
    stream.next().await.unwrap().unwrap();
    drop(stream);
    let closed = tokio::time::timeout(Duration::from_millis(100), async {
        while mock.requests()[0].to_json()["outcome"] != "client_closed" {
            tokio::task::yield_now().await;
        }
    });
    closed.await.expect("the connection stayed open for 100 ms");
}

#[tokio::test]
async fn a_flood_without_events_does_not_starve_other_tasks() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 16 * 1024]).await.unwrap();
        let head = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n{COMPLETE}");
        socket.write_all(head.as_bytes()).await.unwrap();
        while socket.write_all(&[b'\n'; 64 * 1024]).await.is_ok() {}
    });
    let mut stream = open(&client_at(&url)).await;
    // It ends a second after its closing event, whatever follows; a reader that never waits would read forever.
    let output: Value = tokio::time::timeout(Duration::from_secs(20), stream.final_output()).await.unwrap().unwrap();
    assert_eq!(output, json!({ "reply": "Hello wörld" }));
    server.await.unwrap();
}

#[tokio::test]
async fn the_text_may_be_asked_for_after_the_final_output() {
    let (_server, client) = streaming(&[START, HELLO, WORLD, COMPLETE]).await;
    let mut stream = open(&client).await;
    assert_eq!(stream.final_output::<Value>().await.unwrap(), json!({ "reply": "Hello wörld" }));
    assert_eq!(stream.text().await.unwrap(), "Hello wörld");
}

#[tokio::test]
async fn a_stream_of_nothing_but_done_lines_is_not_endless() {
    let body = "data: [DONE]\n\n".repeat(10_000);
    let server =
        RawServer::start(move |_| response(200, &[("content-type", b"text/event-stream")], body.as_bytes())).await;
    let client = client_at(&server.url());
    let call = client.capability("agent").input(&json!({})).max_event_bytes(1_024);
    let error = call.stream().await.unwrap().next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("max_event_bytes"), "{error}");
}

#[tokio::test]
async fn a_stream_that_fails_after_its_closing_event_has_no_outcome() {
    let failed = "event: execution_error\ndata: {\"error\":\"late\"}\n\n";
    let (_server, client) = streaming(&[START, HELLO, COMPLETE, failed]).await;
    let mut events = open(&client).await;
    let error = events.text().await.unwrap_err();
    assert!(error.to_string().contains("late"), "{error}");
    assert_eq!(events.outcome(), None);
}
