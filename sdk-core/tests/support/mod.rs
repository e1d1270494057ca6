//! Shared helpers. Each test file uses some of them.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "every test file compiles this, and none needs all of it")]

pub(crate) mod expectation;
pub(crate) mod http2_server;
pub(crate) mod options;
pub(crate) mod perform;
pub(crate) mod raw_server;
pub(crate) mod tls;

use std::sync::Arc;

use runtype_mock::MockSurface;
use runtype_surface::{
    Client, ClientBuilder,
    bindings::{FakeClock, clock},
};

/// A builder for the mock's surface that ignores the process's environment.
pub(crate) fn builder(mock: &MockSurface) -> ClientBuilder {
    let variables = mock.variables();
    Client::builder().variables(move |name| {
        variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.clone().into())
    })
}

/// A client of a server that is not the mock.
pub(crate) fn client_at(url: &str) -> Client {
    Client::builder()
        .variables(|_| None)
        .api_key("papi_stream_key_0001")
        .product_id("p")
        .surface_id("s")
        .base_url(url)
        .build()
        .unwrap()
}

/// A builder for the mock's surface, with waits that move the mock's clock and take no time.
pub(crate) fn fake_builder(mock: &Arc<MockSurface>) -> (ClientBuilder, FakeClock) {
    let moved = mock.clone();
    let fake = FakeClock::new().on_move(move |by| moved.advance_clock(by));
    (clock(builder(mock), fake.clone()), fake)
}
