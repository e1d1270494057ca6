//! HTTP behaviour: pooled connections, cancellation, compression, proxies, spans and hooks.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use runtype_mock::{Fault, FaultKind, MockSurface};
#[cfg(target_os = "linux")]
use runtype_surface::CallResult;
use runtype_surface::{AttemptOutcome, Client, RetryMode};
use serde_json::{Value, json};
use support::{
    builder,
    raw_server::{RawServer, response},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg(target_os = "linux")]
async fn ten_thousand_calls_all_succeed_and_leave_no_more_connections_than_the_pool_holds() {
    const CALLS: usize = 10_000;
    const AT_ONCE: usize = 256;
    let mock = MockSurface::start().await.unwrap();
    let client = builder(&mock).build().unwrap();
    let inputs = (0..CALLS).map(|number| json!({ "number": number }));
    let mut results = client.capability("echo").many(inputs).concurrency(AT_ONCE as u64).in_order(false);
    let mut succeeded = 0;
    while let Some(CallResult { result, .. }) = results.next().await {
        result.unwrap();
        succeeded += 1;
    }
    assert_eq!(succeeded, CALLS);
    // While calls compete for connections, a few extra ones are made; afterwards only those of the pool remain.
    let stays = tokio::time::timeout(Duration::from_secs(10), async {
        while open_connections(mock.address().port()) > AT_ONCE {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    assert!(stays.await.is_ok(), "{} connections stay open", open_connections(mock.address().port()));
}

#[cfg(target_os = "linux")]
/// Number of this machine's connections to a port, from the kernel's list.
fn open_connections(port: u16) -> usize {
    const ESTABLISHED: &str = "01";
    let list = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let remote = format!(":{port:04X}");
    let mut lines = list.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.by_ref().filter(|columns| columns[2].ends_with(&remote) && columns[3] == ESTABLISHED).count()
}

/// Calls a server that closes each connection shortly after its response, with a pause after each call. Returns the number of
/// lost calls, and asserts that none was sent twice.
async fn call_an_impatient_server(calls: usize, pause: impl AsyncFn(usize, &MockSurface)) -> usize {
    let mock = MockSurface::start().await.unwrap();
    let mut hang_up = Fault::new(FaultKind::HangUp);
    hang_up.wait_ms = Some(3);
    mock.fault(hang_up).unwrap();
    let client = builder(&mock).retry_mode(RetryMode::Safe).build().unwrap();
    let mut lost = 0;
    for number in 0..calls {
        let result = client.call::<Value>("echo", &json!({ "number": number })).await;
        lost += usize::from(result.is_err());
        pause(number, &mock).await;
    }
    let mut sent = HashSet::new();
    for entry in mock.requests().iter().filter(|entry| entry.reached) {
        assert!(sent.insert(entry.body.clone()), "{:?} was sent twice", entry.body);
    }
    lost
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_pooled_connection_that_the_server_closed_while_idle_fails_no_call() {
    let lost = call_an_impatient_server(40, async |_, mock| {
        // Until the server has closed it. The client must notice before it writes the next request.
        while open_connections(mock.address().port()) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    assert_eq!(lost.await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_is_sent_twice_whenever_the_server_closes_its_connection() {
    // If the close and the next request cross on the wire, the call may be lost, which is an error.
    call_an_impatient_server(150, async |number, _| {
        tokio::time::sleep(Duration::from_millis((number % 21) as u64)).await
    })
    .await;
}

#[tokio::test]
async fn dropping_a_call_aborts_its_request_at_once_and_leaks_no_connection() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::new(FaultKind::Stall).times(1)).unwrap();
    let client = builder(&mock).build().unwrap();
    {
        let input = json!({});
        let call = client.call::<Value>("echo", &input);
        tokio::pin!(call);
        while mock.requests().is_empty() {
            assert!(futures_util::poll!(&mut call).is_pending());
            tokio::task::yield_now().await;
        }
    }
    let closed = tokio::time::timeout(Duration::from_secs(2), async {
        while mock.requests()[0].to_json()["outcome"] != "client_closed" {
            tokio::task::yield_now().await;
        }
    });
    closed.await.unwrap();
    client.call::<Value>("echo", &json!({})).await.unwrap();
    let entries = mock.requests();
    assert_ne!(entries[0].connection, entries[1].connection, "the aborted request's connection was used again");
}

fn raw_client(server: &RawServer) -> runtype_surface::ClientBuilder {
    Client::builder()
        .variables(|_| None)
        .api_key("papi_wire_key_0001")
        .product_id("p")
        .surface_id("s")
        .base_url(server.url())
}

#[cfg(all(feature = "brotli", feature = "gzip"))]
#[tokio::test]
async fn a_compressed_response_is_decompressed_and_limited_by_its_decompressed_size() {
    use std::io::Write;

    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    write!(gzip, "{{\"text\":\"{}\"}}", "x".repeat(100_000)).unwrap();
    let body = gzip.finish().unwrap();
    assert!(body.len() < 1_000);
    let server = RawServer::start(move |request| {
        let encodings = request.lines().find_map(|line| line.strip_prefix("accept-encoding: ")).unwrap().to_owned();
        assert!(encodings.contains("gzip") && encodings.contains("br"), "{encodings}");
        response(200, &[("content-encoding", b"gzip")], &body)
    })
    .await;
    let out: Value = raw_client(&server).build().unwrap().call("echo", &json!({})).await.unwrap();
    assert_eq!(out["text"].as_str().unwrap().len(), 100_000);
    let small = raw_client(&server).max_response_bytes(50_000).build().unwrap();
    let error = small.call::<Value>("echo", &json!({})).await.unwrap_err();
    assert!(error.to_string().contains("larger than max_response_bytes (50000 bytes)"), "{error}");
}

#[tokio::test]
async fn a_proxy_that_is_set_is_used_and_sees_the_absolute_address() {
    let proxy = RawServer::start(|request| {
        assert!(
            request.starts_with("POST http://intranet.example/v1/products/p/surfaces/s/api/echo HTTP/1.1\r\n"),
            "{request}"
        );
        response(200, &[], b"\"through the proxy\"")
    })
    .await;
    let client = raw_client(&proxy)
        .base_url("http://intranet.example")
        .allow_insecure_http(true)
        .proxy(proxy.url())
        .build()
        .unwrap();
    assert_eq!(client.call::<String>("echo", &json!({})).await.unwrap(), "through the proxy");
}

#[tokio::test]
async fn a_request_has_a_user_agent_and_a_framed_body() {
    let server = RawServer::start(|request| {
        let head = request.split("\r\n\r\n").next().unwrap().to_ascii_lowercase();
        for line in [
            "user-agent: runtype-surface/",
            "content-type: application/json",
            "content-length: 7",
            "accept: application/json",
        ] {
            assert!(head.contains(line), "{line} is not in {head}");
        }
        response(200, &[], b"{}")
    })
    .await;
    raw_client(&server).build().unwrap().call::<Value>("echo", &json!({ "a": 1 })).await.unwrap();
}

#[tokio::test]
async fn hooks_see_each_attempt_and_no_key() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::status(429).header("retry-after-ms", "1").times(1)).unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let (before, after) = (seen.clone(), seen.clone());
    let key = mock.api_key();
    let client = builder(&mock)
        .before_attempt(move |start| {
            assert!(!format!("{start:?}").contains(&key));
            before.lock().unwrap().push(format!("{} {} before", start.number, start.capability.unwrap()));
        })
        .after_attempt(move |start, attempt| {
            let AttemptOutcome::Responded { status } = attempt.outcome else { panic!("{attempt:?}") };
            assert_eq!(start.number, attempt.number);
            after.lock().unwrap().push(format!("{} {} {status} after", start.number, start.capability.unwrap()));
        })
        .build()
        .unwrap();
    client.call::<Value>("echo", &json!({})).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), ["1 echo before", "1 echo 429 after", "2 echo before", "2 echo 200 after"]);
}

#[tokio::test]
async fn each_attempt_has_a_span_with_the_names_of_open_telemetry() {
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::status(500)).unwrap();
    let client = builder(&mock).build().unwrap();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    {
        let _guard = tracing::subscriber::set_default(subscriber);
        client.call::<Value>("echo", &json!({ "secret": "body text" })).await.unwrap_err();
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for field in [
        "otel.name=\"POST\"",
        "otel.kind=\"client\"",
        "http.request.method=\"POST\"",
        "http.request.resend_count=0",
        "http.response.status_code=500",
        "error.type=\"500\"",
        "server.address=\"127.0.0.1\"",
        "server.port=",
        "url.full=\"http://127.0.0.1",
    ] {
        assert!(text.contains(field), "{field} is not in {text}");
    }
    assert!(!text.contains(&mock.api_key()) && !text.contains("body text"), "{text}");
}
