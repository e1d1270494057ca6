//! A surface on a plain `wiremock::MockServer`: a responder that answers as the surface does, and matchers for its calls.

pub mod matchers;
pub(crate) mod responder;
