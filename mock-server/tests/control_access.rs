//! Access to the control interface: not for web pages.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests fails by panicking, as they do"
)]

mod support;

use http::{HeaderName, HeaderValue, Method};
use runtype_mock::{
    Decision, MockSurface, Plan, Request, State, Time, decide,
    demo::{self, FULL_KEY},
};
use serde_json::Value;
use support::Call;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

const JSON: (&str, &str) = ("content-type", "application/json");

fn state() -> State {
    let mut state = State::new(demo::config(), Time::default()).unwrap();
    state.base_url = "http://192.168.7.7:4000".to_owned();
    state
}

fn ask(state: &mut State, method: Method, target: &str, headers: &[(&str, &str)], body: &str) -> Plan {
    let mut request = Request::new(method, &format!("/__mock/{target}"));
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers.append(name, HeaderValue::from_str(value).unwrap());
    }
    request.body = body.to_owned().into();
    match decide(&request, state, Time::default()) {
        Decision::Answer(_, plan) => plan,
        Decision::Ask(_, pending) => panic!("{:?} should be asked", pending.question()),
    }
}

fn error(plan: &Plan) -> String {
    let body: Value = serde_json::from_slice(&plan.body()).unwrap();
    body["error"].as_str().unwrap().to_owned()
}

/// Requests the state and a reset: one must not be read, the other must not happen.
fn refused(headers: &[(&str, &str)], words: &str) {
    let mut state = state();
    state.clock_offset = 7;
    let headers = [headers, &[JSON]].concat();
    for (method, target) in [(Method::GET, "state"), (Method::POST, "reset"), (Method::DELETE, "journal")] {
        let plan = ask(&mut state, method.clone(), target, &headers, "");
        assert_eq!(plan.status, 403, "{method} {target} {headers:?}");
        let error = error(&plan);
        assert!(error.contains(words), "{error}");
        assert!(!error.contains("surf_demo"), "{error}");
    }
    assert_eq!(state.clock_offset, 7);
}

fn allowed(headers: &[(&str, &str)]) {
    let headers = [headers, &[JSON]].concat();
    assert_eq!(ask(&mut state(), Method::POST, "reset", &headers, "").status, 204, "{headers:?}");
}

#[test]
fn loopback_names_and_the_listening_address_are_accepted_hosts() {
    for host in [
        "localhost",
        "LocalHost:4000",
        "127.0.0.1",
        "127.0.0.1:4000",
        "127.8.9.10:1",
        "[::1]",
        "[::1]:4000",
        "192.168.7.7",
        "192.168.7.7:4000",
    ] {
        allowed(&[("host", host)]);
    }
}

#[test]
fn a_foreign_host_is_refused_by_name() {
    for host in [
        "evil.example",
        "evil.example:4000",
        "localhost.evil.example",
        "127.0.0.1.evil.example:4000",
        "evil.localhost",
        "localhost.",
        "192.168.7.8",
        "0.0.0.0:4000",
        "[::]",
        "[::2]:4000",
        "me@localhost",
        "localhost@evil.example",
        "localhost:4000:evil.example",
        "",
    ] {
        refused(&[("host", host)], &format!("the Host {host:?} is not this mock's"));
    }
}

#[test]
fn a_request_that_names_no_host_or_two_is_refused() {
    refused(&[], "has no Host");
    refused(&[("host", "localhost"), ("host", "evil.example")], "evil.example");
}

#[test]
fn a_foreign_target_is_refused_whatever_its_host_header_says() {
    let mut state = state();
    let mut request = Request::new(Method::GET, "/__mock/state");
    request.headers.insert("host", HeaderValue::from_static("localhost"));
    request.authority = Some("evil.example".to_owned());
    let Decision::Answer(_, plan) = decide(&request, &mut state, Time::default()) else { panic!("nobody is asked") };
    assert_eq!(plan.status, 403);
}

#[test]
fn a_page_of_the_mock_itself_may_control_it() {
    let own = [
        ("127.0.0.1:4000", "http://127.0.0.1:4000"),
        ("localhost:4000", "http://LOCALHOST:4000"),
        ("localhost", "http://localhost"),
        ("localhost:80", "http://localhost"),
        ("[::1]:4000", "http://[::1]:4000"),
    ];
    for (host, origin) in own {
        allowed(&[("host", host), ("origin", origin), ("sec-fetch-site", "same-origin")]);
    }
    allowed(&[("host", "localhost:4000"), ("sec-fetch-site", "none")]);
}

#[test]
fn a_foreign_origin_is_refused_by_name() {
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost:4001",
        "http://127.0.0.1:4000",
        "https://localhost:4000",
        "http://localhost",
        "http://localhost:4000 https://evil.example",
        "http://localhost:4000/",
        "localhost:4000",
        "",
    ] {
        let headers = [("host", "localhost:4000"), ("origin", origin)];
        refused(&headers, &format!("the Origin {origin:?} is not this mock's own"));
    }
    let own = ("origin", "http://localhost:4000");
    refused(&[("host", "localhost:4000"), own, ("origin", "https://evil.example")], "evil.example");
}

#[test]
fn a_cross_site_fetch_is_refused() {
    for site in ["cross-site", "same-site", "anything"] {
        refused(&[("host", "localhost:4000"), ("sec-fetch-site", site)], &format!("Sec-Fetch-Site is {site:?}"));
    }
}

#[test]
fn a_body_must_be_json_with_its_content_type() {
    let host = ("host", "localhost");
    let mut state = state();
    state.clock_offset = 7;
    for kind in [
        "text/plain",
        "text/plain; application/json",
        "application/json, text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "",
    ] {
        for (target, body) in [("reset", ""), ("clock", r#"{"advance_ms": 1000}"#)] {
            let plan = ask(&mut state, Method::POST, target, &[host, ("content-type", kind)], body);
            assert_eq!(plan.status, 415, "{kind:?} {target}");
            let error = error(&plan);
            assert!(error.contains(&format!("{kind:?}")) && error.contains("application/json"), "{error}");
        }
    }
    let two = [host, JSON, ("content-type", "text/plain")];
    assert_eq!(ask(&mut state, Method::POST, "reset", &two, "").status, 415);
    let none = ask(&mut state, Method::POST, "reset", &[host], "");
    assert!(none.status == 415 && error(&none).contains("has no Content-Type"), "{}", error(&none));
    assert_eq!(ask(&mut state, Method::DELETE, "journal", &[host], "{}").status, 415, "a body must say what it is");
    assert_eq!(ask(&mut state, Method::GET, "state", &[host], "{}").status, 415);
    assert_eq!(state.clock_offset, 7);

    let with_charset = [host, ("content-type", "Application/JSON; charset=utf-8")];
    assert_eq!(ask(&mut state, Method::POST, "clock", &with_charset, r#"{"advance_ms": 1}"#).status, 200);
    // A web page cannot send these two without a preflight, which is rejected.
    assert_eq!(ask(&mut state, Method::DELETE, "journal", &[host], "").status, 204);
    assert_eq!(ask(&mut state, Method::GET, "state", &[host], "").status, 200);
}

#[test]
fn a_preflight_gets_no_permission() {
    let asked = [("access-control-request-method", "PUT"), ("access-control-request-headers", "content-type")];
    for (origin, status) in [("https://evil.example", 403), ("http://localhost:4000", 405)] {
        let headers = [[("host", "localhost:4000"), ("origin", origin)], asked].concat();
        let plan = ask(&mut state(), Method::OPTIONS, "state", &headers, "");
        assert_eq!(plan.status, status);
        assert!(plan.headers.keys().all(|name| !name.as_str().starts_with("access-control")), "{:?}", plan.headers);
    }
}

#[test]
fn a_rejection_does_not_show_a_key() {
    for (name, value) in [("host", FULL_KEY), ("origin", "http://PAPI_demo_full"), ("sec-fetch-site", FULL_KEY)] {
        let headers = if name == "host" { vec![(name, value)] } else { vec![("host", "localhost"), (name, value)] };
        let plan = ask(&mut state(), Method::GET, "state", &headers, "");
        assert_eq!(plan.status, 403);
        assert!(!error(&plan).to_lowercase().contains(FULL_KEY), "{}", error(&plan).replace(FULL_KEY, "KEY"));
    }
    let plan = ask(&mut state(), Method::GET, &format!("surfaces/{FULL_KEY}"), &[("host", "localhost")], "");
    assert!(plan.status == 404 && !error(&plan).contains(FULL_KEY), "{}", error(&plan).replace(FULL_KEY, "KEY"));
}

/// Sends bytes and reads until the connection ends.
async fn wire(surface: &MockSurface, request: &str) -> String {
    let mut socket = TcpStream::connect(surface.address()).await.unwrap();
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut seen = String::new();
    socket.read_to_string(&mut seen).await.unwrap();
    seen
}

#[tokio::test]
async fn a_web_page_cannot_wipe_or_read_a_running_mock() {
    let surface = MockSurface::start().await.unwrap();
    support::call(&surface, "echo", FULL_KEY, &serde_json::json!({"secret": 1})).await;
    let port = surface.address().port();
    let rebound =
        wire(&surface, "GET /__mock/journal HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n").await;
    let form = format!(
        "POST /__mock/reset HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nOrigin: https://evil.example\r\n\
         Content-Type: text/plain\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    let form = wire(&surface, &form).await;
    let proxied = "GET http://evil.example/__mock/journal HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    let proxied = wire(&surface, proxied).await;
    let old = wire(&surface, "GET /__mock/journal HTTP/1.0\r\n\r\n").await;
    for answer in [rebound, form, proxied, old] {
        assert!(answer.contains(" 403 Forbidden\r\n") && !answer.contains("secret"), "{answer}");
    }
    assert_eq!(surface.requests().len(), 1);
    let known = wire(&surface, "GET /__mock/journal HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n").await;
    assert!(known.contains(" 200 OK\r\n") && known.contains("secret"), "{known}");
}

#[tokio::test]
async fn the_surface_itself_accepts_any_host() {
    let surface = MockSurface::start().await.unwrap();
    let call = Call::post(surface.endpoint_url("echo")).bearer(FULL_KEY).header("host", "api.example");
    assert_eq!(call.header("origin", "https://app.example").body("{}").send().await.status(), 200);
}
