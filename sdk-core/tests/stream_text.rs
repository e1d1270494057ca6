//! The text of a stream: the same however the stream is cut and read, and bounded.

#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use proptest::prelude::*;
use runtype_surface::{Client, ErrorKind, EventKind, EventStream, StreamOutcome};
use serde_json::{Value, json};
use support::{
    client_at,
    raw_server::{RawServer, response},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

const STREAM: &str = concat!(
    "\u{feff}: hi\r\nevent: execution_start\r\ndata: {\"executionId\":\"exec_7\"}\r\n\r\n",
    "event: text_delta\ndata: {\"delta\":\"zwölf \\ud83d\",\"id\":\"a\"}\n\n",
    "data: {\"type\":\"text_delta\",\"delta\":\"inner\",\"id\":\"n\",\"parentToolCallId\":\"call_1\"}\n\n",
    "event: text_delta\ndata: {\"delta\":\"\\ude00 \\u6f22\\n\",\ndata: \"id\":\"a\"}\n\ndata: [DONE]\n\n",
    "event: text_complete\rdata: {\"text\":\"zwölf 😀 漢\\n\",\"id\":\"a\"}\r\r",
    "event: text_complete\ndata: {\"text\":\"end.\",\"id\":\"b\"}\n\n",
    "event: execution_complete\ndata: {\"finalOutput\":1,\"success\":true}\n\n",
);
const TEXT: &str = "zwölf 😀 漢\nend.";

/// A surface that responds to every call with these chunks.
async fn streaming(chunks: &[&[u8]]) -> (RawServer, Client) {
    let mut body = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
        body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        body.extend_from_slice(chunk);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"0\r\n\r\n");
    let server = RawServer::start(move |_| body.clone()).await;
    let client = client_at(&server.url());
    (server, client)
}

async fn open(client: &Client) -> EventStream {
    client.capability("agent").stream().await.unwrap()
}

/// Reads events one by one; returns the answer's deltas, joined.
async fn read(stream: &mut EventStream, count: usize) -> String {
    let mut text = String::new();
    for _ in 0..count {
        let Some(event) = stream.next().await else { break };
        let event = event.unwrap();
        if event.kind() == EventKind::TextDelta && event.parent_tool_call_id().is_none() {
            text.push_str(&event.delta().unwrap());
        }
    }
    text
}

#[tokio::test]
async fn the_text_is_the_same_for_every_cut_and_every_number_of_events_read_before() {
    for cut in 0..=STREAM.len() {
        let (first, second) = STREAM.as_bytes().split_at(cut);
        let (_server, client) = streaming(&[first, second]).await;
        let counts = if cut % 16 == 0 { vec![0, 1, 2, 3, 4, 5, 100] } else { vec![0, 2 + cut % 3, 100] };
        for count in counts {
            let mut stream = open(&client).await;
            let deltas = read(&mut stream, count).await;
            assert_eq!(stream.text().await.unwrap(), TEXT, "cut at {cut}, {count} events read before");
            assert_eq!(stream.text().await.unwrap(), TEXT, "asked for again");
            assert_eq!(stream.final_output::<Value>().await.unwrap(), json!(1));
            assert!(TEXT.starts_with(&deltas), "{deltas}");
            assert_eq!((stream.outcome(), stream.events_seen()), (Some(StreamOutcome::Completed), 7));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_stream_in_any_pieces_has_the_text_of_its_deltas(
        text in "[a\"\\\\é漢😀🤔\n]{1,40}",
        units in prop::collection::vec(1_usize..4, 1..20),
        piece in 1_usize..80,
        count in 0_usize..30,
    ) {
        // Deltas of UTF-16 units, as a server that counts in them cuts its text.
        let all: Vec<u16> = text.encode_utf16().collect();
        let mut rest = &all[..];
        let mut body = String::new();
        for length in units.iter().cycle() {
            let (delta, after) = rest.split_at((*length).min(rest.len()));
            let delta: String = delta.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            body.push_str(&format!("event: text_delta\ndata: {{\"delta\":\"{delta}\"}}\n\n"));
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        body.push_str("event: execution_complete\ndata: {}\n\n");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (deltas, found) = runtime.block_on(async {
            let pieces: Vec<_> = body.as_bytes().chunks(piece).collect();
            let (_server, client) = streaming(&pieces).await;
            let mut stream = open(&client).await;
            let mut deltas = read(&mut stream, count).await;
            let found = stream.text().await.unwrap();
            if count < 30 {
                deltas = read(&mut open(&client).await, usize::MAX).await;
            }
            (deltas, found)
        });
        prop_assert_eq!(&found, &text);
        prop_assert_eq!(&deltas, &text);
    }
}

#[tokio::test]
async fn a_text_without_end_is_an_error_at_its_limit_and_takes_no_more_memory() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let _ = socket.read(&mut [0; 16 * 1024]).await.unwrap();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";
        socket.write_all(head.as_bytes()).await.unwrap();
        let event = format!("event: text_delta\ndata: {{\"delta\":\"{}\"}}\n\n", "x".repeat(1_000));
        while socket.write_all(event.as_bytes()).await.is_ok() {}
    });
    let mut stream = client_at(&url).capability("agent").max_response_bytes(50_500).stream().await.unwrap();
    let error = tokio::time::timeout(Duration::from_secs(20), stream.text()).await.unwrap().unwrap_err();
    assert_eq!((error.kind(), error.partial_text().map(str::len)), (ErrorKind::Stream, Some(50_000)));
    assert!(error.to_string().contains("max_response_bytes (50500 bytes)"), "{error}");
    // Its events can still be read.
    assert_eq!(stream.next().await.unwrap().unwrap().delta().unwrap().len(), 1_000);
    assert_eq!(stream.text().await.unwrap_err().partial_text().map(str::len), Some(50_000));
    drop(stream);
    server.await.unwrap();
}

#[tokio::test]
async fn a_failed_execution_has_its_usage_and_its_partial_output() {
    let complete =
        "event: execution_complete\ndata: {\"success\":false,\"finalOutput\":{\"n\":1},\"totalCost\":0.5}\n\n";
    let (_server, client) = streaming(&[complete.as_bytes()]).await;
    let mut stream = open(&client).await;
    let error = stream.final_output::<Value>().await.unwrap_err();
    assert_eq!(error.partial_output().map(|output| &output[..]), Some(&b"{\"n\":1}"[..]));
    assert_eq!(error.event().unwrap().kind(), EventKind::ExecutionComplete);
    assert_eq!((stream.usage().unwrap().cost, stream.outcome()), (Some(0.5), None));
}

#[tokio::test]
async fn an_event_without_whole_json_is_kept_in_the_error_of_its_failure() {
    let failed = "event: execution_error\ndata: boom\nid: 7\n\n";
    let server = RawServer::start(move |_| response(200, &[("content-type", b"text/event-stream")], failed.as_bytes()));
    let error = open(&client_at(&server.await.url())).await.text().await.unwrap_err();
    let event = error.event().unwrap();
    assert_eq!((&event.data()[..], &*event.last_event_id()), (&b"boom"[..], "7"));
    assert_eq!(error.server_message(), None);
}
