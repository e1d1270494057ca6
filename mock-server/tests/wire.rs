//! Each fault on the wire, as a raw TCP client sees it. README.md has the same table.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests fails by panicking, as they do"
)]

use std::time::{Duration, Instant};

use runtype_mock::{
    Answer, Fault, FaultKind, LineEnding, MockSurface, Outcome, Script, Step, StreamEnd, demo::FULL_KEY,
};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// State of a connection after the response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Close {
    /// FIN.
    Fin,
    /// RST.
    Rst,
    /// Open.
    Open,
}

/// Bytes received.
struct Seen {
    bytes: Vec<u8>,
    close: Close,
    took: Duration,
}

impl Seen {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// The head and the body; `None` if there is no head.
    fn parts(&self) -> Option<(String, Vec<u8>)> {
        let at = self.bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        Some((String::from_utf8_lossy(&self.bytes[..at]).to_lowercase(), self.bytes[at + 4..].to_vec()))
    }
}

/// Timeout for expected bytes, on a busy machine.
const LONG: Duration = Duration::from_secs(10);

/// Silence after which a connection counts as open.
const SILENCE: Duration = Duration::from_millis(60);

const BODY: &str = r#"{"a":"bcdefghijklmnop"}"#;

async fn open(surface: &MockSurface, target: &str) -> TcpStream {
    let mut socket = TcpStream::connect(surface.address()).await.unwrap();
    let request = format!(
        "POST /v1/products/prod_demo/surfaces/surf_demo/api/{target} HTTP/1.1\r\nHost: mock\r\n\
         X-API-Key: {FULL_KEY}\r\nContent-Length: {}\r\n\r\n{BODY}",
        BODY.len()
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    socket
}

/// Reads until the connection ends, or until enough was received and silence follows.
async fn read(socket: &mut TcpStream, enough: impl Fn(&[u8]) -> bool) -> Seen {
    let started = Instant::now();
    let mut bytes = Vec::new();
    let mut piece = [0; 4096];
    let mut took = Duration::ZERO;
    let close = loop {
        let wait = if enough(&bytes) { SILENCE } else { LONG };
        match tokio::time::timeout(wait, socket.read(&mut piece)).await {
            Err(_) => break Close::Open,
            Ok(Ok(0)) => break Close::Fin,
            Ok(Ok(length)) => bytes.extend_from_slice(&piece[..length]),
            Ok(Err(error)) => {
                assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
                break Close::Rst;
            }
        }
        took = started.elapsed();
    };
    Seen { bytes, close, took }
}

/// Never enough: the connection is expected to end.
fn never(_: &[u8]) -> bool {
    false
}

/// A whole response, by its length or its last chunk.
fn whole(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Some((head, _)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let told = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    told.map_or_else(|| text.ends_with("\r\n0\r\n\r\n"), |length| bytes.len() >= head.len() + 4 + length)
}

async fn answered_with(fault: Fault, enough: impl Fn(&[u8]) -> bool) -> Seen {
    let surface = MockSurface::start().await.unwrap();
    surface.fault(fault).unwrap();
    read(&mut open(&surface, "echo").await, enough).await
}

/// Expectation: the `Content-Length`, the body, and the state of the connection. `None`: no head.
type Row = (&'static str, Fault, Option<(Option<usize>, &'static str)>, Close);

fn table() -> Vec<Row> {
    let fault = Fault::new;
    let whole = BODY.len();
    let quick = || Fault { wait_ms: Some(1), ..Fault::new(FaultKind::SlowBody) };
    vec![
        ("latency", Fault::latency(Duration::from_millis(5)), Some((Some(whole), BODY)), Close::Open),
        ("status", Fault::status(503).text("busy"), Some((Some(4), "busy")), Close::Open),
        ("status, empty", Fault::status(502).text(""), Some((Some(0), "")), Close::Open),
        ("status, as the API", Fault::status(502), Some((Some(24), r#"{"error": "Bad Gateway"}"#)), Close::Open),
        ("reset", fault(FaultKind::Reset), None, Close::Rst),
        ("reset after the head", fault(FaultKind::Reset).after_bytes(0), Some((Some(whole), "")), Close::Rst),
        ("reset in the body", fault(FaultKind::Reset).after_bytes(4), Some((Some(whole), &BODY[..4])), Close::Rst),
        ("close", fault(FaultKind::Close), None, Close::Fin),
        ("close in the body", fault(FaultKind::Close).after_bytes(4), Some((Some(whole), &BODY[..4])), Close::Fin),
        ("truncate", fault(FaultKind::Truncate), Some((Some(whole), &BODY[..11])), Close::Fin),
        ("truncate the last", fault(FaultKind::Truncate).after_bytes(22), Some((Some(whole), &BODY[..22])), Close::Fin),
        ("stall", fault(FaultKind::Stall), None, Close::Open),
        ("stall in the body", fault(FaultKind::Stall).after_bytes(1), Some((Some(whole), &BODY[..1])), Close::Open),
        ("slow_body", quick(), Some((Some(whole), BODY)), Close::Open),
        ("slow_body, by eight", Fault { chunk_bytes: Some(8), ..quick() }, Some((Some(whole), BODY)), Close::Open),
        ("bad_json", fault(FaultKind::BadJson), Some((Some(12), &BODY[..12])), Close::Open),
        ("bad_length", fault(FaultKind::BadLength), Some((Some(whole + 16), BODY)), Close::Fin),
        (
            "bad_length, too short",
            Fault { length_offset: Some(-3), ..fault(FaultKind::BadLength) },
            Some((Some(whole - 3), BODY)),
            Close::Fin,
        ),
        ("hang_up", fault(FaultKind::HangUp), Some((Some(whole), BODY)), Close::Fin),
    ]
}

#[tokio::test]
async fn every_fault_matches_the_table_on_the_wire() {
    for (name, fault, expected, close) in table() {
        let length = expected.map_or(0, |(_, body)| body.len());
        let seen = answered_with(fault, |bytes| {
            // Connections that stay open are read until the body is complete; others until they end.
            let body = bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| bytes.len() - at - 4);
            close == Close::Open && (expected.is_none() || body >= Some(length))
        })
        .await;
        assert_eq!(seen.close, close, "{name}: {}", seen.text());
        let Some((length, body)) = expected else {
            assert_eq!(seen.bytes, b"", "{name}");
            continue;
        };
        let (head, got) = seen.parts().unwrap_or_else(|| panic!("{name}: no head in {:?}", seen.text()));
        let told = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        assert_eq!(told, length, "{name}: {head}");
        assert_eq!(String::from_utf8_lossy(&got), body, "{name}");
        assert!(head.contains("x-request-id: req_"), "{name}: {head}");
    }
}

#[tokio::test]
async fn garbage_is_not_http_and_the_same_for_the_same_seed() {
    let first = answered_with(Fault::new(FaultKind::Garbage), never).await;
    assert_eq!((first.bytes.len(), first.close), (40, Close::Fin));
    assert!(first.bytes.iter().all(|byte| *byte >= 0x80));
    assert_eq!(answered_with(Fault::new(FaultKind::Garbage), never).await.bytes, first.bytes);
}

#[tokio::test]
async fn latency_and_slow_bodies_take_their_time() {
    let late = answered_with(Fault::latency(Duration::from_millis(40)), whole).await;
    assert!(late.took >= Duration::from_millis(40), "{:?}", late.took);
    let slow = answered_with(Fault { wait_ms: Some(2), ..Fault::new(FaultKind::SlowBody) }, whole).await;
    assert!(slow.took >= Duration::from_millis(2) * BODY.len() as u32, "{:?}", slow.took);
    let both = Fault { latency_ms: Some(30), ..Fault::status(503) };
    assert!(answered_with(both, whole).await.took >= Duration::from_millis(30));
}

#[tokio::test]
async fn a_hang_up_can_be_delayed() {
    let seen = answered_with(Fault { wait_ms: Some(20), ..Fault::new(FaultKind::HangUp) }, never).await;
    assert_eq!(seen.close, Close::Fin);
    let (head, _) = seen.parts().unwrap();
    assert!(!head.contains("connection: close"), "it comes without notice: {head}");
}

#[tokio::test]
async fn bodies_can_be_binary_or_very_large() {
    let seen = answered_with(Fault { base64: Some("//79AA==".to_owned()), ..Fault::status(200) }, whole).await;
    assert_eq!(seen.parts().unwrap().1, [0xff, 0xfe, 0xfd, 0x00]);
    let large = answered_with(Fault { fill_bytes: Some(10 << 20), ..Fault::status(200) }, whole).await;
    let (head, body) = large.parts().unwrap();
    assert!(head.contains("content-type: application/json"));
    assert_eq!(serde_json::from_slice::<String>(&body).unwrap().len(), (10 << 20) - 2);
}

#[tokio::test]
async fn redirects_and_repeated_headers_can_be_scripted() {
    let surface = MockSurface::start().await.unwrap();
    let fault = json!({
        "kind": "status", "status": 307, "text": "<html>moved</html>",
        "headers": { "Location": "http://127.0.0.1:1/", "Content-Type": "text/html", "Set-Cookie": ["a=1", "b=2"] },
    });
    assert_eq!(surface.control(http::Method::POST, "faults", &fault).0, 201);
    let (head, body) = read(&mut open(&surface, "echo").await, whole).await.parts().unwrap();
    assert!(head.starts_with("http/1.1 307 ") && head.contains("location: http://127.0.0.1:1/"), "{head}");
    assert_eq!(head.matches("set-cookie: ").count(), 2, "{head}");
    assert_eq!(head.matches("content-type: text/html").count(), 1, "{head}");
    assert_eq!(body, b"<html>moved</html>");
}

/// Decodes `Transfer-Encoding: chunked`: the chunks, and whether the last one arrived.
fn chunks(mut body: &[u8]) -> (Vec<Vec<u8>>, bool) {
    let mut found = Vec::new();
    while let Some(at) = body.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&body[..at]).unwrap(), 16).unwrap();
        if size == 0 {
            return (found, true);
        }
        found.push(body[at + 2..at + 2 + size].to_vec());
        body = &body[at + 2 + size + 2..];
    }
    (found, false)
}

async fn streamed(script: Script) -> (Vec<Vec<u8>>, bool, Close) {
    let surface = MockSurface::start().await.unwrap();
    let end = script.end;
    surface.answer("agent", Answer::Stream(script)).unwrap();
    let seen = read(&mut open(&surface, "agent?stream=true").await, |bytes| match end {
        StreamEnd::Complete => whole(bytes),
        StreamEnd::Stall => String::from_utf8_lossy(bytes).contains("\ndat\r\n"),
        StreamEnd::Close | StreamEnd::Reset => false,
    })
    .await;
    let (head, body) = seen.parts().unwrap();
    assert!(head.contains("content-type: text/event-stream") && head.contains("transfer-encoding: chunked"), "{head}");
    let (chunks, complete) = chunks(&body);
    (chunks, complete, seen.close)
}

fn steps() -> Vec<Step> {
    vec![
        Step { data: Some(json!("one\ntwo")), ..Step::default() },
        Step { comment: Some("ping".to_owned()), ..Step::default() },
        Step { raw: Some("data: raw\n\n".to_owned()), ..Step::default() },
    ]
}

#[tokio::test]
async fn a_scripted_stream_has_one_chunk_per_event() {
    let (chunks, complete, close) = streamed(Script::new(steps())).await;
    let texts: Vec<_> = chunks.iter().map(|chunk| String::from_utf8_lossy(chunk).into_owned()).collect();
    assert_eq!(texts, ["data: one\ndata: two\n\n", ": ping\n\n", "data: raw\n\n"]);
    assert_eq!((complete, close), (true, Close::Open));
}

#[tokio::test]
async fn a_stream_can_be_sent_byte_by_byte_with_any_line_ending() {
    let script = Script { chunk_bytes: Some(1), bom: true, line_ending: LineEnding::Crlf, ..Script::new(steps()) };
    let (chunks, complete, _) = streamed(script).await;
    assert!(complete && chunks.iter().all(|chunk| chunk.len() == 1));
    let text = String::from_utf8(chunks.concat()).unwrap();
    assert_eq!(text, "\u{feff}data: one\r\ndata: two\r\n\r\n: ping\r\n\r\ndata: raw\n\n");
}

#[tokio::test]
async fn a_stream_can_end_in_four_ways() {
    for (end, close) in [
        (StreamEnd::Complete, Close::Open),
        (StreamEnd::Close, Close::Fin),
        (StreamEnd::Reset, Close::Rst),
        (StreamEnd::Stall, Close::Open),
    ] {
        let script = Script { cut_at_byte: Some(13), end, ..Script::new(steps()) };
        let (chunks, complete, seen) = streamed(script).await;
        assert_eq!(String::from_utf8_lossy(&chunks.concat()), "data: one\ndat");
        assert_eq!((seen, complete), (close, end == StreamEnd::Complete), "{end:?}");
    }
}

/// Reads a stream until a text has arrived.
async fn read_for(surface: &MockSurface, text: &str) -> (Duration, String) {
    let started = Instant::now();
    let mut socket = open(surface, "agent?stream=true").await;
    let seen = read(&mut socket, |bytes| String::from_utf8_lossy(bytes).contains(text)).await;
    (started.elapsed(), seen.text())
}

#[tokio::test]
async fn the_pauses_of_a_stream_are_observed() {
    let surface = MockSurface::start().await.unwrap();
    let steps = [Step::event("a", json!({})), Step::event("b", json!({})).after(Duration::from_millis(40))];
    surface.answer("agent", Answer::stream(steps)).unwrap();
    let (took, _) = read_for(&surface, "event: b").await;
    assert!(took >= Duration::from_millis(40), "{took:?}");
}

#[tokio::test]
async fn an_event_does_not_wait_for_the_next() {
    let surface = MockSurface::start().await.unwrap();
    let steps = [Step::event("a", json!({})), Step::event("b", json!({})).after(Duration::from_secs(600))];
    surface.answer("agent", Answer::stream(steps)).unwrap();
    let (_, text) = read_for(&surface, "event: a").await;
    assert!(!text.contains("event: b"), "{text}");
}

#[tokio::test]
async fn a_connection_is_kept_for_the_next_request() {
    let surface = MockSurface::start().await.unwrap();
    let mut socket = open(&surface, "echo").await;
    read(&mut socket, whole).await;
    let request = format!(
        "POST /v1/products/prod_demo/surfaces/surf_demo/api/echo HTTP/1.1\r\nHost: mock\r\n\
         X-API-Key: {FULL_KEY}\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    socket.write_all(request.as_bytes()).await.unwrap();
    assert!(read(&mut socket, whole).await.text().ends_with("{}"));
    let connections: Vec<_> = surface.requests().iter().map(|entry| entry.connection).collect();
    assert_eq!(connections, [1, 1]);
}

#[tokio::test]
async fn a_client_that_disconnects_during_a_delay_is_recorded() {
    let surface = MockSurface::start().await.unwrap();
    surface.fault(Fault::latency(Duration::from_secs(60))).unwrap();
    let socket = open(&surface, "echo").await;
    while surface.requests().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(socket);
    while surface.requests()[0].ended.is_none() {
        tokio::task::yield_now().await;
    }
    assert_eq!(surface.requests()[0].outcome, Outcome::ClientClosed);
}
