//! The code blocks of the guide, for the tests that run them.

pub mod block;
