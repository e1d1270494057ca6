//! What the tests share. Each test file uses its part of it.
#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(dead_code, reason = "every test file compiles this, and none needs all of it")]

pub(crate) mod expectation;
pub(crate) mod options;
pub(crate) mod raw_server;
