//! What the journal is told of a request: that it came, what it was answered, and how the delivery ended.

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

/// The number of the request in the journal; none for a control request, which is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(pub Option<u64>);

/// An entry for a request that has just come.
pub(super) fn entry(request: &Request, state: &State, machine: Time, request_id: &str) -> Entry {
    Entry::new(request, &state.redactor(), state.time(machine, None), request_id)
}

/// Adds an entry to the journal. What stands in a capability's place may be a key, unless there is such a capability.
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

/// Completes an entry by its answer, which is also the moment at which it counts for expectations.
pub(super) fn complete(entry: &mut Entry, plan: &Plan, expectations: &mut [Expectation]) {
    entry.status = (plan.framing != Framing::Naked).then(|| plan.status.as_u16());
    entry.fault = plan.fault;
    expectations.iter_mut().for_each(|expectation| expectation.count(entry));
}

/// Records a request that an extra wiremock mock has answered, or broken off (no status).
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

/// Records what a pending request was answered after all.
pub(crate) fn record_answer(state: &mut State, ticket: Ticket, plan: &Plan) {
    let State { journal, expectations, .. } = state;
    if let Some(entry) = ticket.0.and_then(|number| journal.get_mut(number)) {
        complete(entry, plan, expectations);
    }
}

/// Records how the delivery ended, and logs the request.
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
