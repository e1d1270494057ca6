//! TLS: private certificate authorities, HTTP/2 by ALPN, and no trust in unknown authorities.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use http_body_util::Full;
use hyper::{Response, Version, body::Bytes, service::service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use runtype_surface::{CallResult, Client, ClientBuilder, ErrorKind};
use serde_json::{Value, json};
use tokio::net::TcpListener;

struct Server {
    address: SocketAddr,
    authority: String,
    versions: Arc<Mutex<Vec<Version>>>,
}

/// A server with a certificate for `localhost` from its own authority.
async fn start(protocols: &[&[u8]]) -> Server {
    let (acceptor, authority) = support::tls::acceptor(protocols);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let versions = Arc::new(Mutex::new(Vec::new()));
    let seen = versions.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let (acceptor, seen) = (acceptor.clone(), seen.clone());
            tokio::spawn(async move {
                // A client that does not trust the certificate ends the handshake.
                let Ok(stream) = acceptor.accept(socket).await else { return };
                let service = service_fn(move |request: hyper::Request<_>| {
                    seen.lock().unwrap().push(request.version());
                    async { Ok::<_, Infallible>(Response::new(Full::new(Bytes::from_static(b"{\"a\":1}")))) }
                });
                let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                let _ = server.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    Server { address, authority, versions }
}

fn builder(server: &Server) -> ClientBuilder {
    Client::builder()
        .variables(|_| None)
        .api_key("papi_tls_test_key_0001")
        .product_id("p")
        .surface_id("s")
        .base_url(format!("https://localhost:{}", server.address.port()))
        .max_retries(0)
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn http_2_is_spoken_where_the_server_offers_it_and_http_1_where_it_does_not() {
    let cases: [(&[&[u8]], Version); 3] =
        [(&[b"h2", b"http/1.1"], Version::HTTP_2), (&[b"http/1.1"], Version::HTTP_11), (&[], Version::HTTP_11)];
    for (protocols, expected) in cases {
        let server = start(protocols).await;
        let client = builder(&server).root_certificate(server.authority.clone()).build().unwrap();
        assert_eq!(client.call::<Value>("echo", &json!({})).await.unwrap(), json!({ "a": 1 }));
        assert_eq!(*server.versions.lock().unwrap(), [expected]);
    }
}

#[tokio::test]
async fn a_certificate_of_an_unknown_authority_is_rejected_and_the_key_is_not_sent() {
    let server = start(&[b"h2"]).await;
    let error = builder(&server).build().unwrap().call::<Value>("echo", &json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    assert!(!error.may_have_executed());
    assert!(error.to_string().to_lowercase().contains("certificate"), "{error}");
    assert!(server.versions.lock().unwrap().is_empty());
}

#[cfg(feature = "http2")]
#[tokio::test]
async fn many_calls_share_one_http_2_connection() {
    let server = start(&[b"h2"]).await;
    let client = builder(&server).root_certificate(server.authority.clone()).build().unwrap();
    let mut results =
        client.capability("echo").many((0..100).map(|number| json!({ "number": number }))).concurrency(20);
    let mut count = 0;
    while let Some(CallResult { result, .. }) = results.next().await {
        result.unwrap();
        count += 1;
    }
    assert_eq!(count, 100);
}

/// The platform's store is a file here: that of `SSL_CERT_FILE`. Other tests must not see the variable, so this test runs itself in a
/// process of its own.
#[cfg(feature = "native-roots")]
#[tokio::test]
async fn the_platforms_root_certificates_are_trusted_on_request() {
    use runtype_surface::Trust;

    let Ok(address) = std::env::var("TRUST_TEST_URL") else {
        let server = start(&[]).await;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &server.authority).unwrap();
        let child = tokio::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "the_platforms_root_certificates_are_trusted_on_request"])
            .env("TRUST_TEST_URL", format!("https://localhost:{}", server.address.port()))
            .env("SSL_CERT_FILE", file.path())
            .env_remove("SSL_CERT_DIR")
            .status();
        assert!(child.await.unwrap().success());
        assert_eq!(server.versions.lock().unwrap().len(), 2);
        return;
    };
    let variables = [("PRODUCT_API_KEY", "papi_tls_test_key_0001"), ("PRODUCT_ID", "p"), ("SURFACE_ID", "s")];
    let client = |trust| {
        Client::builder()
            .variables(move |name| {
                variables.iter().find(|(known, _)| name == format!("RUNTYPE_{known}")).map(|(_, value)| value.into())
            })
            .base_url(&address)
            .max_retries(0)
            .trust(trust)
            .build()
            .unwrap()
    };
    for trust in [Trust::System, Trust::Both] {
        client(trust).call::<Value>("echo", &json!({})).await.unwrap();
    }
    let error = client(Trust::Bundled).call::<Value>("echo", &json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
}

#[tokio::test]
async fn root_certificates_may_be_a_path_and_one_that_cannot_be_read_is_named() {
    let server = start(&[b"h2"]).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), &server.authority).unwrap();
    let client = builder(&server).root_certificate(file.path().to_str().unwrap()).build().unwrap();
    assert_eq!(client.call::<Value>("echo", &json!({})).await.unwrap(), json!({ "a": 1 }));
    let error = builder(&server).root_certificate("no/such/file.pem").build().unwrap_err();
    assert_eq!(error.option(), Some("root_certificates"));
    let text = error.to_string();
    assert!(text.contains("\"no/such/file.pem\"") && text.to_lowercase().contains("no such file"), "{text}");
}
