//! The journal endpoint: pages that are collected with the lock on the state, and written without it.

use std::sync::Arc;

use http::StatusCode;
use serde_json::json;

use super::{named::Named, outcome::Refused};
use crate::{
    plan::Plan,
    request::Request,
    state::{State, journal::Entry},
};

/// Default number of entries of a page.
const PAGE: u64 = 1_000;
/// Size from which a page gets no further entry.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// A page of the journal, not written yet.
#[derive(Debug)]
pub struct JournalPage {
    entries: Vec<Arc<Entry>>,
    next: Option<u64>,
}

impl JournalPage {
    /// The response, which takes a while to write.
    pub fn plan(self) -> Plan {
        let requests: Vec<_> = self.entries.iter().map(|entry| entry.to_json()).collect();
        Plan::json(StatusCode::OK, &json!({ "requests": requests, "next": self.next }))
    }
}

/// The entries selected by `?surface=`, `?capability=`, `?after=`, `?limit=`. `next` is the `after` of the next page.
pub(super) fn journal(request: &Request, state: &State) -> Result<JournalPage, Refused> {
    let surface = Named(request.query_value("surface")).known(state)?;
    let capability = request.query_value("capability");
    let after = number(request, "after")?.unwrap_or(0);
    let limit = usize::try_from(number(request, "limit")?.unwrap_or(PAGE)).unwrap_or(usize::MAX);
    let mut selected = state
        .journal
        .after(after)
        .filter(|entry| surface.is_none() || entry.surface == surface)
        .filter(|entry| capability.is_none() || entry.capability == capability)
        .peekable();
    let mut entries: Vec<Arc<Entry>> = Vec::new();
    let mut bytes = 0;
    while entries.len() < limit
        && bytes < PAGE_BYTES
        && let Some(entry) = selected.next()
    {
        bytes += entry.bytes();
        entries.push(entry.clone());
    }
    let next = selected.peek().map(|_| entries.last().map_or(after, |last| last.n));
    Ok(JournalPage { entries, next })
}

fn number(request: &Request, name: &str) -> Result<Option<u64>, Refused> {
    let Some(text) = request.query_value(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| format!("`{name}` is {text:?}; it must be a whole number").into())
}
