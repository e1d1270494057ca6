//! The journal endpoint.

use serde_json::json;

use super::outcome::{Outcome, Refused, ok};
use crate::{
    request::Request,
    state::{State, journal::Entry},
};

/// The entries selected by `?surface=`, `?capability=`, `?after=`, `?limit=`.
pub(super) fn journal(request: &Request, state: &State) -> Outcome {
    let surface = request.query_value("surface");
    let capability = request.query_value("capability");
    let after = number(request, "after")?.unwrap_or(0);
    let limit = number(request, "limit")?.unwrap_or(u64::MAX);
    let requests: Vec<_> = state
        .journal
        .entries()
        .filter(|entry| entry.n > after)
        .filter(|entry| surface.is_none() || entry.surface == surface)
        .filter(|entry| capability.is_none() || entry.capability == capability)
        .take(usize::try_from(limit).unwrap_or(usize::MAX))
        .map(Entry::to_json)
        .collect();
    ok(json!({ "requests": requests }))
}

fn number(request: &Request, name: &str) -> Result<Option<u64>, Refused> {
    let Some(text) = request.query_value(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| format!("`{name}` is {text:?}; it must be a whole number").into())
}
