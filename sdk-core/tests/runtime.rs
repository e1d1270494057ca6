//! A call outside of a tokio runtime.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

use runtype_surface::Client;
use serde_json::{Value, json};

#[test]
fn a_call_without_a_runtime_is_an_error_that_says_so() {
    let client = Client::builder()
        .variables(|_| None)
        .api_key("papi_runtime_key_0001")
        .product_id("p")
        .surface_id("s")
        .build()
        .unwrap();
    let input = json!({});
    let call = pin!(client.call::<Value>("echo", &input));
    match call.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Err(error)) => {
            assert!(error.is_configuration() && error.to_string().contains("no tokio runtime"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}
