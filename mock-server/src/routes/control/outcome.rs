//! How a control request ends: an answer, or a status and what is wrong. And how its body is read.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{plan::Plan, request::Request};

/// An error of the control interface: its status and what is wrong.
pub(super) struct Refused(pub(super) StatusCode, pub(super) String);

impl From<String> for Refused {
    fn from(problem: String) -> Self {
        Self(StatusCode::BAD_REQUEST, problem)
    }
}

/// How a control request ends.
pub(super) type Outcome = Result<Plan, Refused>;

pub(super) fn ok(body: Value) -> Outcome {
    Ok(Plan::json(StatusCode::OK, &body))
}

/// Done, and nothing to say about it.
pub(super) fn done() -> Outcome {
    Ok(Plan::empty(StatusCode::NO_CONTENT))
}

pub(super) fn missing(problem: String) -> Refused {
    Refused(StatusCode::NOT_FOUND, problem)
}

/// Reads a JSON body. The error says where it is wrong.
pub(super) fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    let body: &[u8] = if request.body.is_empty() { b"{}" } else { &request.body };
    serde_json::from_slice(body).map_err(|error| format!("the body is not what this endpoint takes: {error}").into())
}

/// Reads a value of a JSON body.
pub(super) fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(value).map_err(|error| format!("the body is not what this endpoint takes: {error}").into())
}
