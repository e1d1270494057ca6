//! Redirects are never followed: an HTTP client that follows one drops `Authorization` at another host but would carry
//! `X-API-Key` along.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use runtype_mock::{Fault, MockSurface};
use runtype_surface::{AuthHeader, ErrorKind, RetryMode};
use serde_json::{Value, json};
use support::builder;
use tokio::net::TcpListener;

#[tokio::test]
async fn a_redirect_to_another_port_sends_nothing_there_with_either_header() {
    let mock = MockSurface::start().await.unwrap();
    let other = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/elsewhere", other.local_addr().unwrap());
    for status in [301, 302, 303, 307, 308] {
        for header in [AuthHeader::Bearer, AuthHeader::XApiKey] {
            mock.clear_faults();
            mock.fault(Fault::status(status).header("Location", &target)).unwrap();
            let client = builder(&mock).auth_header(header).retry_mode(RetryMode::Idempotent).build().unwrap();
            let error = client.call::<Value>("echo", &json!({})).await.unwrap_err();
            assert_eq!((error.kind(), error.status()), (ErrorKind::Status, Some(status)));
            assert_eq!(error.location(), Some(target.as_str()));
        }
    }
    assert_eq!(mock.requests().len(), 10, "each call was sent once, to the mock");
    // A connection would have been made before the errors came, and would be in the listener's queue.
    let waiting = std::future::poll_fn(|context| std::task::Poll::Ready(other.poll_accept(context).is_ready())).await;
    assert!(!waiting, "the other port saw a connection");
}
