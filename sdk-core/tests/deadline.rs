//! Deadlines, waits and retries, on tokio's paused clock: an hour of waiting takes no time. The server runs in the same
//! runtime, so the clock advances only while both sides are idle.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use runtype_surface::{
    AttemptOutcome, Client, ClientBuilder, Error, ErrorKind, KeySource, Phase, RetryMode, bindings::jitter_seed,
};
use serde_json::{Value, json};
use support::raw_server::{RawServer, response};
use tokio::time::Instant;

/// A server that sends these responses in turn, then the last one again. It stays silent for an empty one.
async fn scripted(responses: Vec<Vec<u8>>) -> (RawServer, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let requests = count.clone();
    let server = RawServer::start(move |_| {
        let number = requests.fetch_add(1, Ordering::SeqCst);
        responses.get(number).or(responses.last()).cloned().unwrap_or_default()
    })
    .await;
    (server, count)
}

fn builder(server: &RawServer) -> ClientBuilder {
    jitter_seed(Client::builder(), 1)
        .variables(|_| None)
        .api_key("papi_deadline_key_0001")
        .product_id("p")
        .surface_id("s")
        .base_url(server.url())
}

async fn call(client: &Client) -> Result<Value, Error> {
    client.call("echo", &json!({})).await
}

fn ok() -> Vec<u8> {
    response(200, &[], b"{}")
}

fn waits(error: &Error) -> Vec<u64> {
    error.attempts().iter().map(|attempt| attempt.waited.as_secs()).collect()
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_the_server_asks_for_is_observed() {
    let (server, _) = scripted(vec![response(429, &[("retry-after", b"40")], br#"{"error":"Slow down"}"#), ok()]).await;
    let began = Instant::now();
    call(&builder(&server).build().unwrap()).await.unwrap();
    assert_eq!(began.elapsed().as_secs(), 40);
}

#[tokio::test(start_paused = true)]
async fn one_deadline_covers_all_attempts_and_waits() {
    // Attempts of 30 s each and a deadline of 75 s: the third is cut off after 15 s.
    let (server, requests) = scripted(vec![Vec::new()]).await;
    let client = builder(&server)
        .timeout(Duration::from_secs(75))
        .attempt_timeout(Duration::from_secs(30))
        .retry_mode(RetryMode::Idempotent)
        .max_retries(10)
        .build()
        .unwrap();
    let began = Instant::now();
    let error = call(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Response)));
    assert_eq!(began.elapsed().as_secs(), 75);
    assert_eq!((error.attempts().len(), requests.load(Ordering::SeqCst)), (3, 3));
    assert!(error.may_have_executed());
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_would_pass_the_deadline_is_not_started() {
    let (server, _) = scripted(vec![response(429, &[("retry-after", b"61")], br#"{"error":"Slow down"}"#), ok()]).await;
    let client = builder(&server).timeout(Duration::from_secs(60)).build().unwrap();
    let began = Instant::now();
    let error = call(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimit);
    assert_eq!(began.elapsed().as_secs(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_backoff_doubles_under_its_limit() {
    let (server, _) = scripted(vec![response(500, &[], b"")]).await;
    let client = builder(&server)
        .retry_mode(RetryMode::Idempotent)
        .max_retries(9)
        .timeout(Duration::from_secs(200))
        .build()
        .unwrap();
    let error = call(&client).await.unwrap_err();
    let limits = [0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0, 8.0, 8.0];
    assert_eq!(error.attempts().len(), limits.len());
    for (attempt, limit) in error.attempts().iter().zip(limits) {
        assert!(attempt.waited.as_secs_f64() <= limit, "{attempt:?} waited more than {limit} s");
    }
    let again =
        call(&builder(&server).retry_mode(RetryMode::Idempotent).max_retries(9).build().unwrap()).await.unwrap_err();
    assert_eq!(waits(&again), waits(&error), "the same seed gives the same waits");
}

#[tokio::test(start_paused = true)]
async fn retries_to_a_failing_server_are_limited() {
    let (server, requests) = scripted(vec![response(500, &[("retry-after-ms", b"1")], b"")]).await;
    let client = builder(&server).retry_mode(RetryMode::Idempotent).build().unwrap();
    for _ in 0..400 {
        call(&client).await.unwrap_err();
    }
    // 400 first attempts and the budget's 100 retries, not 1,200 requests.
    assert_eq!(requests.load(Ordering::SeqCst), 500);
}

#[tokio::test(start_paused = true)]
async fn a_key_function_that_hangs_ends_with_the_deadline_and_nothing_is_sent() {
    let (server, requests) = scripted(vec![ok()]).await;
    let source = KeySource::function(std::future::pending::<Result<String, std::io::Error>>);
    let client = builder(&server).api_key_source(source).timeout(Duration::from_secs(9)).build().unwrap();
    let error = call(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Key)));
    assert!(!error.may_have_executed() && error.attempts().is_empty());
    assert_eq!(requests.load(Ordering::SeqCst), 0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_never_made_times_out_while_connecting_and_is_retried() {
    // A listener with a full queue accepts no more connections.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut held = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_secs(1), tokio::net::TcpStream::connect(address)).await
    {
        held.push(stream);
    }
    let client = Client::builder()
        .variables(|_| None)
        .api_key("papi_deadline_key_0001")
        .product_id("p")
        .surface_id("s")
        .base_url(format!("http://{address}"))
        .connect_timeout(Duration::from_secs(7))
        .max_retries(1)
        .build()
        .unwrap();
    let error = call(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.phase()), (ErrorKind::Timeout, Some(Phase::Connect)));
    assert!(!error.may_have_executed());
    let outcomes: Vec<_> = error.attempts().iter().map(|attempt| attempt.outcome).collect();
    assert_eq!(outcomes, [AttemptOutcome::TimedOut { may_have_executed: false }; 2]);
}
