//! Journal records of a request: its arrival, its response, and the end of the delivery.

use http::StatusCode;

use crate::{
    auth::credentials,
    clock::Time,
    plan::{Framing, Plan},
    request::{Request, segments},
    routes::{path::Route, target::Target},
    state::{
        State,
        expectation::Expectation,
        journal::{Entry, Outcome},
    },
};

/// Number of the request in the journal; `None` for a control request, which is not recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(pub Option<u64>);

/// Creates the entry of a new request.
pub(super) fn entry(request: &Request, state: &State, machine: Time, request_id: &str) -> Entry {
    Entry::new(request, &state.redactor(), state.time(machine, None), request_id)
}

/// Adds an entry to the journal. An unknown capability is redacted: it may be a key in the wrong position.
pub(super) fn keep(mut entry: Entry, state: &mut State) -> Ticket {
    let surface = entry.surface.as_ref().and_then(|id| state.surfaces.get(id));
    if let Some(slug) = &entry.capability
        && !surface.is_some_and(|surface| surface.capabilities.iter().any(|known| known.slug == *slug))
    {
        // As the path has it without credentials, since resolving an escape may swallow the first character of one.
        let last = segments(&entry.path).pop().unwrap_or_default();
        let slug = if Target::of(&last) == Target::Dispatch { slug } else { &last };
        entry.capability = Some(state.redactor().text(slug).into_owned());
    }
    Ticket(Some(state.journal.add(entry)))
}

/// Completes an entry with its response. From now on it counts for expectations.
pub(super) fn complete(entry: &mut Entry, plan: &Plan, expectations: &mut [Expectation]) {
    entry.status = (plan.framing != Framing::Naked).then(|| plan.status.as_u16());
    entry.fault = plan.fault;
    expectations.iter_mut().for_each(|expectation| expectation.count(entry));
}

/// Records a request that an extra wiremock mock responded to, or broke off (no status).
pub(crate) fn record_extra(request: &Request, state: &mut State, status: Option<StatusCode>, machine: Time) -> Ticket {
    let mut entry = entry(request, state, machine, "");
    let segments = request.segments();
    let segments: Vec<_> = segments.iter().map(String::as_str).collect();
    if let Route::Call(path) = Route::of(&segments) {
        entry.surface = state.surfaces.contains_key(path.surface).then(|| path.surface.to_owned());
        entry.capability = Some(path.slug.to_owned());
    }
    if let Some(first) = credentials(&request.headers).first() {
        entry.auth = Some(first.header.name());
        entry.key_hint = Some(first.hint());
    }
    entry.answered_by = "wiremock";
    entry.status = status.map(|status| status.as_u16());
    state.expectations.iter_mut().for_each(|expectation| expectation.count(&entry));
    keep(entry, state)
}

/// Records the response of a pending request.
pub(crate) fn record_answer(state: &mut State, ticket: Ticket, plan: &Plan) {
    let State { journal, expectations, .. } = state;
    if let Some(entry) = ticket.0.and_then(|number| journal.get_mut(number)) {
        complete(entry, plan, expectations);
    }
}

/// Records the end of the delivery, and logs the request.
pub(crate) fn record_delivery(state: &mut State, ticket: Ticket, outcome: Outcome, machine: Time) {
    let State { journal, surfaces, clock_offset, log, .. } = state;
    if let Some(entry) = ticket.0.and_then(|number| journal.get_mut(number)) {
        let own = entry.surface.as_ref().and_then(|id| surfaces.get(id)).map_or(0, |surface| surface.clock_offset);
        entry.outcome = outcome;
        entry.ended = Some(machine.moved(*clock_offset).moved(own));
        if let Some(log) = log {
            log.write(entry);
        }
    }
}
