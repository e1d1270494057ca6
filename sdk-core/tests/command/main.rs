//! The command, as a shell starts it.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod cases;
mod contract;
mod doctor;
mod program;
mod servers;
mod shell;
