//! The decision: from a request, the state and the time to a response. Does no I/O, never waits, and has no clock.

mod admission;
mod call;
mod control;
mod finish;
mod management;
mod openapi;
pub(crate) mod path;
pub(crate) mod pending;
pub(crate) mod record;
pub(crate) mod target;

use http::StatusCode;

use crate::{
    clock::Time,
    plan::{Framing, Plan, REQUEST_ID},
    request::Request,
    routes::{
        path::Route,
        pending::{Pending, Step},
        record::Ticket,
    },
    state::State,
};

/// Result of the decision.
#[derive(Debug)]
pub enum Decision {
    /// A response.
    Answer(Ticket, Plan),
    /// The output has to be computed first; [`Pending::resolve`] then returns the response.
    Ask(Ticket, Pending),
}

/// Decides the response to a request, and records it in the journal. `machine` is the time of the machine's clock; the state has
/// the offsets of its own clocks.
pub fn decide(request: &Request, state: &mut State, machine: Time) -> Decision {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let route = Route::of(&segments);
    if let Route::Control(rest) = route {
        return Decision::Answer(Ticket(None), control::handle(request, rest, state, machine));
    }
    let request_id = state.new_id("req_");
    let mut entry = record::entry(request, state, machine, &request_id);
    let step = match route {
        Route::Call(path) => call::handle(request, path, state, machine, &mut entry),
        Route::Management(path) => {
            entry.surface = state.surfaces.contains_key(path.surface).then(|| path.surface.to_owned());
            Step::Answer(management::handle(request, path, state, machine))
        }
        Route::Control(_) | Route::Unknown => Step::Answer(Plan::error(StatusCode::NOT_FOUND, "Not found")),
    };
    match step {
        Step::Answer(mut plan) => {
            if plan.framing != Framing::Naked
                && plan.fault.is_none()
                && let Ok(id) = request_id.parse()
            {
                plan.headers.entry(REQUEST_ID).or_insert(id);
            }
            record::complete(&mut entry, &plan, &mut state.expectations);
            Decision::Answer(record::keep(entry, state), plan)
        }
        Step::Ask(pending) => Decision::Ask(record::keep(entry, state), pending),
    }
}
