//! Results of control requests, and parsing of their bodies.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{plan::Plan, request::Request};

/// An error of the control interface: status and text.
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

impl From<String> for Refused {
    fn from(problem: String) -> Self {
        Self(StatusCode::BAD_REQUEST, problem)
    }
}

/// Result of a control request.
pub(super) type Outcome = Result<Plan, Refused>;

pub(super) fn ok(body: Value) -> Outcome {
    Ok(Plan::json(StatusCode::OK, &body))
}

/// Success without a body.
pub(super) fn done() -> Outcome {
    Ok(Plan::empty(StatusCode::NO_CONTENT))
}

pub(super) fn missing(problem: String) -> Refused {
    Refused(StatusCode::NOT_FOUND, problem)
}

/// Parses a JSON body. The error says where it is invalid.
pub(super) fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    let body: &[u8] = if request.body.is_empty() { b"{}" } else { &request.body };
    serde_json::from_slice(body).map_err(|error| format!("invalid body: {error}").into())
}

/// Parses a value of a JSON body.
pub(super) fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(value).map_err(|error| format!("invalid body: {error}").into())
}
