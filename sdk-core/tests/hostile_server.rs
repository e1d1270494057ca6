//! What a server, a proxy or a resolver can send that the API does not: forged lines, echoed keys, foreign pages, JSON that is
//! larger than it looks.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{io::Write as _, time::Duration};

use runtype_surface::{Client, ErrorKind, RetryMode};
use serde_json::{Value, json};
use support::raw_server::{RawServer, response};

const KEY: &str = "papi_hostile_key_0001";
const JSON: (&str, &[u8]) = ("content-type", b"application/json");

fn client(server: &RawServer) -> runtype_surface::ClientBuilder {
    Client::builder()
        .variables(|_| None)
        .api_key(KEY)
        .product_id("p")
        .surface_id("s")
        .base_url(server.url())
        .max_retries(0)
        .timeout(Duration::from_secs(60))
}

async fn error_of(bytes: Vec<u8>) -> runtype_surface::Error {
    let server = RawServer::start(move |_| bytes.clone()).await;
    client(&server).build().unwrap().call::<Value>("echo", &json!({})).await.unwrap_err()
}

#[tokio::test]
async fn a_servers_words_forge_no_line_of_a_text_and_stay_whole_in_the_fields() {
    let forged = "no\u{1b}[2J\r\n2026-01-01 INFO all is well \u{202e}gnp.exe";
    let body = json!({ "error": forged, "code": "A\nB", "executionId": "exec\n1" }).to_string();
    let error = error_of(response(500, &[JSON], body.as_bytes())).await;
    let text = error.to_string();
    assert!(text.lines().count() <= 4, "{text}");
    assert!(!text.contains(|c: char| c != '\n' && c.is_control()) && !text.contains('\u{202e}'), "{text:?}");
    assert!(text.contains(r"no\u{1b}[2J\r\n2026-01-01") && text.contains(r"\u{202e}gnp.exe"), "{text}");
    assert_eq!(error.server_message(), Some(forged));
    assert_eq!((error.code(), error.execution_id()), (Some("A\nB"), Some("exec\n1")));
}

#[tokio::test]
async fn a_long_message_is_cut_in_the_text_and_whole_in_its_field() {
    let long = "x".repeat(5_000);
    let error = error_of(response(400, &[JSON], json!({ "error": long }).to_string().as_bytes())).await;
    assert!(error.to_string().len() < 800, "{error}");
    assert_eq!(error.server_message().unwrap().len(), 5_000);
}

#[tokio::test]
async fn a_message_that_the_server_did_not_send_is_not_invented() {
    let error = error_of(response(500, &[JSON], b"")).await;
    assert_eq!(error.server_message(), None);
    assert!(error.to_string().starts_with("echo: 500 Internal Server Error"), "{error}");
}

#[tokio::test]
async fn the_key_in_the_name_of_a_header_is_hidden() {
    let upper = KEY.to_ascii_uppercase();
    for name in [KEY, upper.as_str(), &format!("x-{KEY}-y")] {
        let headers: [(&str, &[u8]); 4] = [JSON, (name, b"1"), (name, b"2"), ("x-other", b"3")];
        let error = error_of(response(401, &headers, br#"{"error":"no"}"#)).await;
        let shown = format!("{:?}", error.headers().unwrap());
        assert!(!shown.to_ascii_lowercase().contains("hostile"), "{shown}");
        assert!(shown.contains("papi_...0001") && shown.contains("x-other"), "{shown}");
        let values = error.headers().unwrap().iter().filter(|(name, _)| name.as_str().contains("papi_...0001"));
        assert_eq!(values.map(|(_, value)| value.to_str().unwrap().to_owned()).collect::<Vec<_>>(), ["1", "2"]);
    }
}

#[tokio::test]
async fn the_key_in_the_execution_id_of_a_success_is_hidden() {
    let body = json!({ "output": KEY, "executionId": format!("exec_{KEY}") }).to_string();
    let server = RawServer::start(move |_| response(200, &[JSON], body.as_bytes())).await;
    let response =
        client(&server).build().unwrap().capability("echo").input(&json!({})).send::<String>().await.unwrap();
    assert_eq!(response.execution_id.as_deref(), Some("exec_papi_…0001"));
    assert_eq!(response.output, KEY, "an output is the application's data, and passes unchanged");
}

#[tokio::test]
async fn an_error_that_is_not_the_apis_is_not_explained_as_one_of_its_own() {
    for status in [400, 401, 403, 413, 429, 502] {
        for (kind, body) in
            [("text/html", "<html>413</html>"), ("text/plain", "request too large"), ("image/png", "PNG")]
        {
            let error = error_of(response(status, &[("content-type", kind.as_bytes())], body.as_bytes())).await;
            let text = error.to_string();
            assert!(text.contains("not the API's") && text.contains("any proxy"), "{status} {kind}: {text}");
            assert!(!text.contains("input does not match") && !text.contains("revoked"), "{status} {kind}: {text}");
        }
        let own = error_of(response(status, &[JSON], br#"{"message":"no"}"#)).await;
        assert!(!own.to_string().contains("not the API's"), "{status}: {own}");
    }
}

#[tokio::test]
async fn a_page_with_status_200_is_no_response_of_the_api_and_says_so() {
    for (kind, body) in [("text/html; charset=utf-8", "<html>login</html>"), ("text/plain", "please log in")] {
        let error = error_of(response(200, &[("content-type", kind.as_bytes())], body.as_bytes())).await;
        let text = error.to_string();
        assert_eq!(error.kind(), ErrorKind::ResponseDecode);
        assert!(text.contains(kind) && text.contains("not the API's") && text.contains("unknown"), "{text}");
        assert!(error.may_have_executed() && !text.contains("has already run"), "{text}");
    }
}

#[tokio::test]
async fn a_compressed_body_that_cannot_be_decoded_is_a_decode_error() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gzip.write_all(&json!({ "text": "x".repeat(1_000) }).to_string().into_bytes()).unwrap();
    let whole = gzip.finish().unwrap();
    let mut damaged = whole.clone();
    damaged[12] ^= 0xff;
    for body in [b"no gzip at all".to_vec(), damaged, whole[..whole.len() / 2].to_vec()] {
        let error = error_of(response(200, &[JSON, ("content-encoding", b"gzip")], &body)).await;
        assert_eq!(error.kind(), ErrorKind::ResponseDecode, "{error}");
        assert!(error.to_string().contains("compression") && error.may_have_executed(), "{error}");
    }
    // A connection that breaks within a compressed body is still a broken connection.
    let mut cut = response(200, &[JSON, ("content-encoding", b"gzip"), ("connection", b"close")], &whole);
    cut.truncate(cut.len() - 10);
    let server = RawServer::closing(move |_| cut.clone()).await;
    let error = client(&server).build().unwrap().call::<Value>("echo", &json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
}

#[tokio::test]
async fn a_response_with_millions_of_tiny_values_is_refused_before_it_is_decoded() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let many = format!("[{}{{}}]", "{},".repeat(10_000_000));
    gzip.write_all(many.as_bytes()).unwrap();
    let body = gzip.finish().unwrap();
    assert!(body.len() < 100_000, "{}", body.len());
    let server = RawServer::start(move |_| response(200, &[JSON, ("content-encoding", b"gzip")], &body)).await;
    let error = client(&server).build().unwrap().call::<Value>("echo", &json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ResponseDecode);
    assert!(
        error.to_string().contains("4194304 JSON values") && error.to_string().contains("max_response_bytes"),
        "{error}"
    );
}

#[tokio::test]
async fn a_name_of_this_machine_is_connected_to_this_machine_whatever_the_resolver_says() {
    let server = RawServer::start(|_| response(200, &[JSON], b"\"here\"")).await;
    // No resolver knows such a name: without the override the call fails.
    let base = format!("http://no-such-name.runtype.localhost:{}", server.address.port());
    let local = client(&server).base_url(base.clone());
    assert_eq!(local.clone().build().unwrap().call::<String>("echo", &json!({})).await.unwrap(), "here");
    let error = local.proxy("http://127.0.0.1:9").build().unwrap_err();
    assert_eq!(error.option(), Some("proxy"));
    assert!(error.to_string().contains("no-such-name.runtype.localhost"), "{error}");
}

#[tokio::test]
async fn a_host_that_does_not_exist_is_named_in_plain_words() {
    let error = Client::builder()
        .variables(|_| None)
        .api_key(KEY)
        .product_id("p")
        .surface_id("s")
        .base_url("https://no-such-host.invalid")
        .max_retries(0)
        .retry_mode(RetryMode::Safe)
        .build()
        .unwrap()
        .call::<Value>("echo", &json!({}))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.os_code()), (ErrorKind::Connection, Some("ENOTFOUND")));
    let first = error.to_string().lines().next().unwrap().to_owned();
    assert!(first.contains("no-such-host.invalid") && first.contains("could not be resolved"), "{first}");
    assert!(!first.contains("os error") && !first.contains("getaddrinfo"), "{first}");
}
