//! The same seed gives the same faults in the same order.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a helper of tests fails by panicking, as they do")]

use std::collections::BTreeMap;

use runtype_mock::{
    Config, Fault, FaultKind, MockSurface,
    demo::{self, FULL_KEY},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

async fn mock(seed: u64) -> MockSurface {
    let config = Config { seed: Some(seed), ..demo::config() };
    let surface = MockSurface::start_with(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    surface.fault(Fault::new(FaultKind::BadJson).probability(0.2)).unwrap();
    surface.fault(Fault::status(503).probability(0.3)).unwrap();
    surface
}

/// Sends requests on one connection, one after the other.
async fn requests(surface: &MockSurface, count: usize) {
    let mut socket = TcpStream::connect(surface.address()).await.unwrap();
    let request = format!(
        "POST /v1/products/prod_demo/surfaces/surf_demo/api/echo HTTP/1.1\r\nHost: mock\r\n\
         X-API-Key: {FULL_KEY}\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    let mut answer = [0; 4096];
    for _ in 0..count {
        socket.write_all(request.as_bytes()).await.unwrap();
        // A response here is small and arrives in one write; its last bytes are the end of its head, or its body.
        let mut length = 0;
        while !whole(&answer[..length]) {
            length += socket.read(&mut answer[length..]).await.unwrap();
        }
    }
}

/// Whether a response is complete, by its `Content-Length`.
fn whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}

/// The faults of each connection, in order. A lane is a connection's number on its surface, on which random draws depend; its
/// number in the mock depends on which of two concurrent connections is accepted first.
fn faults(surface: &MockSurface) -> BTreeMap<u64, Vec<Option<FaultKind>>> {
    let mut faults: BTreeMap<u64, Vec<_>> = BTreeMap::new();
    for entry in surface.requests() {
        faults.entry(entry.lane.unwrap()).or_default().push(entry.fault);
    }
    faults
}

#[tokio::test]
async fn a_thousand_sequential_requests_get_the_same_faults_again() {
    let (first, again, other) = (mock(7).await, mock(7).await, mock(8).await);
    for surface in [&first, &again, &other] {
        requests(surface, 1000).await;
    }
    assert_eq!(faults(&first), faults(&again));
    assert_ne!(faults(&first), faults(&other));
    let faulty = faults(&first)[&1].iter().flatten().count();
    // 0.2 and, of the rest, 0.3: 440 expected, with a standard deviation of 16.
    assert!((360..520).contains(&faulty), "{faulty} of 1000");
}

#[tokio::test]
async fn sixteen_concurrent_connections_each_get_the_same_faults_again() {
    let (first, again) = (mock(7).await, mock(7).await);
    for surface in [&first, &again] {
        futures_util::future::join_all((0..16).map(|_| requests(surface, 63))).await;
    }
    let faults = faults(&first);
    assert_eq!(faults.values().map(Vec::len).collect::<Vec<_>>(), [63; 16]);
    assert_eq!(faults, self::faults(&again));
    assert_ne!(faults[&1], faults[&2], "each connection has faults of its own");
}

#[tokio::test]
async fn a_reset_restarts_the_same_faults() {
    let surface = mock(7).await;
    let kinds = |surface: &MockSurface| surface.requests().iter().map(|entry| entry.fault).collect::<Vec<_>>();
    requests(&surface, 50).await;
    let before = kinds(&surface);
    surface.control(http::Method::POST, "reset?surface=surf_demo", &serde_json::Value::Null);
    surface.fault(Fault::new(FaultKind::BadJson).probability(0.2)).unwrap();
    surface.fault(Fault::status(503).probability(0.3)).unwrap();
    requests(&surface, 50).await;
    assert_eq!(kinds(&surface), before);
}
