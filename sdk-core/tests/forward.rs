//! Streams forwarded to a browser: the frames, the failure at the end, and the connection that is closed with the body.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use runtype_mock::{Answer, Capability, MockSurface, Outcome, Step};
use runtype_surface::{Client, ErrorKind, SseStream};
use serde_json::{Value, json};
use support::{
    builder, client_at,
    raw_server::{RawServer, response},
};

async fn surface(steps: Vec<Step>) -> (Arc<MockSurface>, Client) {
    let mock = Arc::new(MockSurface::start().await.unwrap());
    mock.put_capability(Capability::new("agent").answering(Answer::stream(steps))).unwrap();
    let client = builder(&mock).build().unwrap();
    (mock, client)
}

async fn text_of(body: SseStream) -> String {
    let frames: Vec<Vec<u8>> = body.map(|frame| frame.unwrap().to_vec()).collect().await;
    String::from_utf8(frames.concat()).unwrap()
}

async fn forwarded(response_body: &'static str) -> String {
    let server =
        RawServer::start(move |_| response(200, &[("content-type", b"text/event-stream")], response_body.as_bytes()))
            .await;
    let stream = client_at(&server.url()).capability("agent").stream().await.unwrap();
    text_of(stream.into_sse()).await
}

#[tokio::test]
async fn a_stream_is_forwarded_as_it_came() {
    let body = "event: custom\nid: 7\ndata: {\"delta\":\"a \\ud83d\",  \"n\": 12345678901234567890.10}\n\nevent: odd\nid: 7\ndata: no json\n\n\
                event: execution_complete\nid: 7\ndata: {\"success\":true}\n\n";
    assert_eq!(forwarded(body).await, body);
}

#[tokio::test]
async fn the_event_of_a_failure_is_forwarded_as_the_last_one() {
    let body = "event: text_delta\ndata: {\"delta\":\"a\"}\n\nevent: execution_error\ndata: {\"error\":\"boom\"}\n\n";
    assert_eq!(forwarded(body).await, body);
    let failed = "event: execution_complete\ndata: {\"success\":false}\n\n";
    assert_eq!(forwarded(failed).await, failed);
}

#[tokio::test]
async fn the_key_in_the_event_of_a_failure_is_not_forwarded() {
    let shown = forwarded("event: execution_error\ndata: {\"error\":\"papi_stream_key_0001\"}\n\n").await;
    assert!(shown.contains("papi_…0001") && !shown.contains("stream_key"), "{shown}");
}

#[tokio::test]
async fn a_stream_that_breaks_ends_with_an_error_event_that_says_so_and_nothing_else() {
    let shown = forwarded("event: text_delta\ndata: {\"delta\":\"a\"}\n\n").await;
    let (first, last) = shown.split_once("\n\n").unwrap();
    assert!(first.starts_with("event: text_delta"));
    let data = last.strip_prefix("event: error\ndata: ").and_then(|data| data.strip_suffix("\n\n")).unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(data).unwrap(),
        json!({
            "type": "error",
            "error": { "message": "The stream ended early.", "code": "stream_interrupted" },
            "recoverable": false,
        })
    );
}

#[tokio::test]
async fn a_refused_call_is_an_error_before_the_first_byte() {
    let mock = MockSurface::start().await.unwrap();
    let client = builder(&mock).api_key("papi_of_nobody_0000a1b2").build().unwrap();
    let refused = client.capability("echo").stream().await.map(runtype_surface::EventStream::into_sse);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Authentication);
}

#[tokio::test]
async fn dropping_the_body_closes_the_connection_at_once() {
    let steps = vec![Step::text("a"), Step::text("b").after(Duration::from_secs(60))];
    let (mock, client) = surface(steps).await;
    let mut body = client.capability("agent").stream().await.unwrap().into_sse();
    assert!(body.next().await.unwrap().unwrap().starts_with(b"event: text_delta\n"));
    drop(body);
    tokio::time::timeout(Duration::from_secs(10), async {
        while mock.requests()[0].outcome != Outcome::ClientClosed {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    })
    .await
    .unwrap();
}
