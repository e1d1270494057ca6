//! Derived clients: what they share with their origin, and what they do not.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use runtype_mock::{Fault, MockSurface};
use runtype_surface::{Client, ErrorKind, KeySource, RetryMode};
use serde_json::{Value, json};
use support::{
    builder, client_at,
    raw_server::{RawServer, response},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn call(client: &Client) -> Result<Value, runtype_surface::Error> {
    client.call("echo", &json!({})).await
}

#[tokio::test]
async fn a_derived_client_shares_the_connections() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let client = client_at(&format!("http://{}", listener.local_addr().unwrap()));
    let accepted = Arc::new(AtomicUsize::new(0));
    let count = accepted.clone();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            count.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut buffer = [0; 16 * 1024];
                while stream.read(&mut buffer).await.is_ok_and(|count| count > 0) {
                    stream.write_all(&response(200, &[], b"{}")).await.unwrap();
                }
            });
        }
    });
    let derived = client.with_options(|options| options.timeout(Duration::from_secs(9))).unwrap();
    for one in [&client, &derived, &client, &derived.with_options(|options| options.max_retries(0)).unwrap()] {
        call(one).await.unwrap();
    }
    assert_eq!(accepted.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_derived_client_uses_up_the_retry_budget_of_all() {
    let requests = Arc::new(AtomicUsize::new(0));
    let count = requests.clone();
    let server = RawServer::start(move |_| {
        count.fetch_add(1, Ordering::SeqCst);
        response(500, &[("retry-after-ms", b"1")], b"")
    })
    .await;
    let client = client_at(&server.url()).with_options(|options| options.retry_mode(RetryMode::Idempotent)).unwrap();
    let derived = client.with_options(|options| options.max_retries(100)).unwrap();
    // The budget is 100 retries.
    assert_eq!(call(&derived).await.unwrap_err().attempts().len(), 101);
    assert_eq!(call(&client).await.unwrap_err().attempts().len(), 1);
    assert_eq!(call(&derived).await.unwrap_err().attempts().len(), 1);
    assert_eq!(requests.load(Ordering::SeqCst), 103);
}

#[tokio::test]
async fn a_key_that_a_derived_client_renewed_is_the_key_of_all() {
    let mock = MockSurface::start().await.unwrap();
    let (old, new) = (mock.mint(["echo"]).unwrap(), mock.mint(["echo"]).unwrap());
    mock.revoke(&old).unwrap();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let source = KeySource::function(move || {
        let key = if count.fetch_add(1, Ordering::SeqCst) == 0 { old.clone() } else { new.clone() };
        async move { Ok::<_, std::io::Error>(key) }
    });
    let client = builder(&mock).api_key_source(source).build().unwrap();
    let derived = client.with_options(|options| options.max_retries(0)).unwrap();
    call(&derived).await.unwrap();
    call(&client).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(mock.requests().iter().filter(|entry| entry.status == Some(401)).count(), 1);
}

#[tokio::test]
async fn a_derived_client_outlives_its_origin() {
    let mock = MockSurface::start().await.unwrap();
    let derived = builder(&mock).build().unwrap().with_options(|options| options.header("X-Job", "1")).unwrap();
    call(&derived).await.unwrap();
    assert_eq!(derived.endpoint().surface_id(), mock.surface_id());
}

#[tokio::test]
async fn wrong_options_of_a_derived_client_are_all_named_at_once() {
    let mock = MockSurface::start().await.unwrap();
    mock.fault(Fault::status(500)).unwrap();
    let client = builder(&mock).build().unwrap();
    let error = client.with_options(|options| options.timeout(Duration::ZERO).max_retries(101)).unwrap_err();
    assert_eq!((error.kind(), error.option()), (ErrorKind::Configuration, Some("timeout")));
    assert!(error.to_string().contains("max_retries: 101 is out of range"), "{error}");
    assert!(mock.requests().is_empty());
}
