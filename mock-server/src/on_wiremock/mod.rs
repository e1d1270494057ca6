//! A surface on a plain `wiremock::MockServer`: a responder, and matchers for its calls.

pub mod matchers;
pub(crate) mod responder;
