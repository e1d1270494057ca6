//! The decision: a request and the state at a time give the answer. No input or output, no waiting, no clock of its own.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use http::header::HeaderName;
use http::{HeaderMap, StatusCode};

use crate::answer::{Call, dress};
use crate::auth::credentials;
use crate::capability::{Closure, Reply};
use crate::clock::Time;
use crate::endpoint::{self, Finish, Step};
use crate::expect::Expectation;
use crate::journal::{BODY_BYTES, Entry, Outcome};
use crate::plan::{Framing, Plan};
use crate::request::Request;
use crate::state::State;
use crate::{control, management};

/// Names an answer, so that two sides can speak of it. Assumed.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What was decided.
#[derive(Debug)]
pub enum Decision {
    /// This is the answer.
    Answer(Ticket, Plan),
    /// Somebody has to be asked for the output first; [`Pending::resolve`] then gives the answer.
    Ask(Ticket, Pending),
}

/// The number of the request in the journal; none for a control request, which is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket(pub Option<u64>);

/// An answer that lacks its output.
#[derive(Debug)]
pub struct Pending {
    pub(crate) question: Question,
    pub(crate) call: Call,
    pub(crate) finish: Finish,
}

/// Whom to ask for an output.
#[derive(Debug, Clone)]
pub enum Question {
    /// A closure, to be run without the lock on the state.
    Closure(Closure),
    /// An HTTP server.
    Callback {
        /// Where.
        url: String,
        /// How long to wait for it.
        timeout: Duration,
        /// What to send, JSON.
        body: String,
    },
}

impl Pending {
    /// Whom to ask.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Runs the closure. `None` when an HTTP server has to be asked.
    pub fn compute(&self) -> Option<Reply> {
        match &self.question {
            Question::Closure(closure) => Some((closure.0)(&self.call.value())),
            Question::Callback { .. } => None,
        }
    }

    /// Dresses the reply.
    pub fn resolve(self, reply: &Reply) -> Plan {
        self.finish.apply(dress(reply, &self.call))
    }
}

/// Decides what a request is answered with, and writes it into the journal. `machine` is the time of the machine's
/// clock; the state knows how far its own clocks are ahead.
pub fn decide(request: &Request, state: &mut State, machine: Time) -> Decision {
    let segments = request.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let ["__mock", rest @ ..] = parts.as_slice() {
        return Decision::Answer(Ticket(None), control::handle(request, rest, state, machine));
    }
    let request_id = state.new_id("req_");
    let mut entry = blank(request, state, machine, &request_id);
    let step = match parts.as_slice() {
        ["v1", "products", product, "surfaces", surface, "api", slug] => {
            endpoint::handle(request, (product, surface, slug), state, machine, &mut entry)
        }
        ["v1", "products", product, "surfaces", surface, rest @ ..] => {
            entry.surface = state.surfaces.contains_key(*surface).then(|| (*surface).to_owned());
            Step::Answer(management::handle(request, (product, surface), rest, state, machine))
        }
        _ => Step::Answer(Plan::error(StatusCode::NOT_FOUND, "Not found")),
    };
    match step {
        Step::Answer(mut plan) => {
            if plan.framing != Framing::Naked
                && plan.fault.is_none()
                && let Ok(id) = request_id.parse()
            {
                plan.headers.entry(REQUEST_ID).or_insert(id);
            }
            close_entry(&mut entry, &plan, &mut state.expectations);
            Decision::Answer(keep(entry, state), plan)
        }
        Step::Ask(pending) => Decision::Ask(keep(entry, state), pending),
    }
}

/// Writes a request into the journal that a further wiremock mock has answered, or broken off (no status).
pub(crate) fn passed(request: &Request, state: &mut State, status: Option<StatusCode>, machine: Time) -> Ticket {
    let mut entry = blank(request, state, machine, "");
    let segments = request.segments();
    if let [_, _, _, _, surface, _, slug] = segments.as_slice() {
        entry.surface = state.surfaces.contains_key(surface).then(|| surface.clone());
        entry.capability = Some(slug.clone());
    }
    if let Some(first) = credentials(&request.headers).first() {
        entry.auth = Some(first.carrier.name());
        entry.key_hint = Some(first.hint());
    }
    entry.answered_by = "wiremock";
    entry.status = status.map(|status| status.as_u16());
    state.expectations.iter_mut().for_each(|expectation| expectation.count(&entry));
    keep(entry, state)
}

/// Writes into the journal what was decided after all.
pub fn answered(state: &mut State, ticket: Ticket, plan: &Plan) {
    let State { journal, expectations, .. } = state;
    if let Some(entry) = ticket.0.and_then(|number| journal.get_mut(number)) {
        close_entry(entry, plan, expectations);
    }
}

/// Writes into the journal how the delivery ended.
pub fn delivered(state: &mut State, ticket: Ticket, outcome: Outcome, machine: Time) {
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

/// An entry with what the client sent, each credential as a hint.
fn blank(request: &Request, state: &State, machine: Time, request_id: &str) -> Entry {
    let redactor = state.redactor();
    let headers = request.headers.iter();
    let body = match redactor.beginning(&request.body, BODY_BYTES) {
        Cow::Borrowed(all) if all.len() == request.body.len() => request.body.clone(),
        // A copy, so that the whole body does not stay in memory for the sake of its beginning.
        beginning => Bytes::from(beginning.into_owned()),
    };
    Entry {
        n: 0,
        time: state.time(machine, None),
        method: redactor.method(&request.method),
        path: redactor.text(&request.path).into_owned(),
        query: redactor.text(&request.query).into_owned(),
        headers: headers.map(|(name, value)| (redactor.header_name(name), redactor.header_value(name, value))).fold(
            HeaderMap::new(),
            |mut headers, (name, value)| {
                headers.append(name, value);
                headers
            },
        ),
        body,
        body_bytes: request.body.len(),
        connection: request.connection,
        lane: None,
        surface: None,
        capability: None,
        auth: None,
        key_hint: None,
        key_id: None,
        status: None,
        reached: false,
        stream: false,
        fault: None,
        request_id: request_id.to_owned(),
        execution_id: None,
        answered_by: "surface",
        outcome: Outcome::Open,
        ended: None,
    }
}

/// Adds an entry to the journal. What stands in a capability's place may be a key, unless there is such a capability.
fn keep(mut entry: Entry, state: &mut State) -> Ticket {
    let surface = entry.surface.as_ref().and_then(|id| state.surfaces.get(id));
    if let Some(slug) = &entry.capability
        && !surface.is_some_and(|surface| surface.capabilities.iter().any(|known| known.slug == *slug))
    {
        entry.capability = Some(state.redactor().text(slug).into_owned());
    }
    Ticket(Some(state.journal.add(entry)))
}

/// Completes an entry by its answer, which is also the moment at which it counts for expectations.
fn close_entry(entry: &mut Entry, plan: &Plan, expectations: &mut [Expectation]) {
    entry.status = (plan.framing != Framing::Naked).then(|| plan.status.as_u16());
    entry.fault = plan.fault;
    expectations.iter_mut().for_each(|expectation| expectation.count(entry));
}
