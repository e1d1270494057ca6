//! Results of control requests, and parsing of their bodies.

use http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{plan::Plan, request::Request, suggest::explained};

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
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| invalid(error.path(), error.inner()))?;
    json.end().map_err(|error| format!("invalid body: {error}"))?;
    Ok(value)
}

/// Parses a value of a JSON body.
pub(super) fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_path_to_error::deserialize(value).map_err(|error| invalid(error.path(), error.inner()))
}

/// The error of a body, with the path of the value that it is about.
fn invalid(path: &serde_path_to_error::Path, error: &serde_json::Error) -> Refused {
    let place = if path.iter().len() == 0 { String::new() } else { format!(" at {path}") };
    explained(&format!("invalid body{place}: {error}")).into()
}
