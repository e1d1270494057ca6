//! What clients and closures cannot do to a mock: fill its memory, occupy it, or keep it from stopping.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests fails by panicking, as they do"
)]

mod support;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::mpsc::channel,
    time::{Duration, Instant},
};

use http::Method;
use runtype_mock::{Answer, MockSurface, Outcome};
use serde_json::{Value, json};
use support::{Call, call, post};

#[tokio::test]
async fn a_body_that_is_too_large_has_a_request_id_and_a_journal_entry() {
    let surface = MockSurface::start().await.unwrap();
    let mut socket = TcpStream::connect(surface.address()).unwrap();
    let path = "/v1/products/prod_demo/surfaces/surf_demo/api/echo";
    let (key, length) = (surface.api_key(), 65 << 20);
    write!(socket, "POST {path} HTTP/1.1\r\nHost: mock\r\nX-API-Key: {key}\r\nContent-Length: {length}\r\n\r\n")
        .unwrap();
    let piece = vec![b'a'; 1 << 20];
    // The mock answers before it has read everything, and then reads no more.
    let sent = (0..65).try_for_each(|_| socket.write_all(&piece));
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    let entries = surface.requests();
    let [entry] = entries.as_slice() else { panic!("{entries:?}, {sent:?}, {read:?}") };
    assert_eq!((entry.status, entry.body_bytes, entry.reached), (Some(413), length, false));
    assert_eq!((entry.capability.as_deref(), entry.key_hint.as_deref()), (Some("echo"), Some("papi_…full")));
    assert!(entry.request_id.starts_with("req_"), "{entry}");
    let text = String::from_utf8_lossy(&answer);
    // A reset may overtake the response.
    assert!(text.is_empty() || text.contains(&format!("x-request-id: {}", entry.request_id)), "{text}");
}

#[tokio::test]
async fn a_closure_that_panics_is_a_500_and_not_the_clients_close() {
    let surface = MockSurface::start().await.unwrap();
    surface.answer("boom", Answer::closure(|_| -> Value { panic!("no {}", "luck") })).unwrap();
    let answer = call(&surface, "boom", &surface.api_key(), &json!({})).await;
    let text = "the closure that answers `boom` panicked: no luck";
    assert_eq!(answer.read(), (500, json!({ "error": text })));
    let entry = surface.requests().pop().unwrap();
    assert_eq!((entry.status, entry.outcome), (Some(500), Outcome::Delivered));
    assert_eq!(call(&surface, "echo", &surface.api_key(), &json!({})).await.status(), 200);
}

#[tokio::test]
async fn a_closure_that_never_returns_does_not_keep_the_mock() {
    let surface = MockSurface::start().await.unwrap();
    let (started, starts) = channel();
    let (release, released) = channel::<()>();
    let released = std::sync::Mutex::new(released);
    let endless = Answer::closure(move |_| {
        started.send(()).unwrap();
        let _ = released.lock().unwrap().recv();
        Value::Null
    });
    surface.answer("endless", endless).unwrap();
    tokio::spawn(post(&surface, "endless", &surface.api_key(), &json!({})).try_send());
    tokio::task::spawn_blocking(move || starts.recv().unwrap()).await.unwrap();
    let began = Instant::now();
    surface.stop(Duration::ZERO);
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    drop(release);
}

#[tokio::test]
async fn a_template_that_does_not_end_is_a_500_and_the_next_call_is_answered() {
    let surface = MockSurface::start().await.unwrap();
    let endless = "{% for a in range(9999) %}{% for b in range(9999) %}.{% endfor %}{% endfor %}";
    surface.answer("endless", Answer::template(json!(endless))).unwrap();
    let (status, body) = call(&surface, "endless", &surface.api_key(), &json!({})).await.read();
    assert!(status == 500 && body["error"].as_str().unwrap().contains("1000000 steps"), "{status} {body}");
    assert_eq!(call(&surface, "echo", &surface.api_key(), &json!({})).await.status(), 200);
}

#[tokio::test]
async fn the_journal_is_read_in_pages() {
    let surface = MockSurface::start().await.unwrap();
    for number in 0..5 {
        call(&surface, if number == 3 { "slug-of-nobody" } else { "echo" }, &surface.api_key(), &json!({})).await;
    }
    let page = |target: &str| {
        let (status, page) = surface.control(Method::GET, target, &Value::Null);
        assert_eq!(status, 200, "{page}");
        let numbers: Vec<_> = page["requests"].as_array().unwrap().iter().map(|entry| entry["n"].clone()).collect();
        (json!(numbers), page["next"].clone())
    };
    assert_eq!(page("journal"), (json!([1, 2, 3, 4, 5]), Value::Null));
    assert_eq!(page("journal?limit=2"), (json!([1, 2]), json!(2)));
    assert_eq!(page("journal?limit=2&after=2&capability=echo"), (json!([3, 5]), Value::Null));
    assert_eq!(page("journal?limit=1&after=2&capability=echo"), (json!([3]), json!(3)));
    assert_eq!(page("journal?after=5"), (json!([]), Value::Null));
}

#[tokio::test]
async fn a_page_of_the_journal_is_bounded_in_size() {
    let surface = MockSurface::start().await.unwrap();
    let large = json!({ "text": "a".repeat(60_000) });
    for _ in 0..100 {
        let response = post(&surface, "echo", &surface.api_key(), &large).send().await;
        assert_eq!(response.status(), 200);
    }
    let (mut after, mut pages, mut seen) = (0, 0, 0);
    loop {
        let target = format!("{}/journal?after={after}", surface.control_url());
        let answer = Call::new(Method::GET, target).send().await;
        assert!(answer.body.len() < 5 << 20, "{}", answer.body.len());
        let page = answer.json();
        seen += page["requests"].as_array().unwrap().len();
        pages += 1;
        match page["next"].as_u64() {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!((seen, pages), (100, 2));
}
