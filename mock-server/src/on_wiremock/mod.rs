//! A surface on a `wiremock::MockServer` of one's own.

pub(crate) mod responder;
