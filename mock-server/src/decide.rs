//! The decision: a request and the state at a time give the answer. No input or output, no waiting, no clock of its own.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{ALLOW, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::{Call, Known, dress, dress_output, known};
use crate::auth::{self, authenticate, credentials};
use crate::capability::{Closure, Reply};
use crate::clock::Time;
use crate::config::Status;
use crate::fault::Fault;
use crate::journal::{Entry, Outcome, without_secrets};
use crate::limit::Standing;
use crate::plan::Plan;
use crate::request::Request;
use crate::schema::{Problem, refusal};
use crate::state::{State, Surface};
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
    question: Question,
    call: Call,
    finish: Finish,
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

/// What remains to be done to an answer once its output is known.
#[derive(Debug, Default)]
struct Finish {
    request_id: String,
    latency: Duration,
    standing: Option<Standing>,
    faults: Vec<(Fault, u64)>,
}

impl Finish {
    fn apply(&self, mut plan: Plan) -> Plan {
        plan.latency += self.latency;
        if let Some(standing) = self.standing {
            standing.write(&mut plan.headers);
        }
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            plan.headers.entry(REQUEST_ID).or_insert(id);
        }
        self.faults
            .iter()
            .fold(plan, |plan, (fault, draw)| fault.apply(plan, *draw))
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
    let mut entry = blank(request, state.time(machine, None), &request_id);
    let decision = match parts.as_slice() {
        ["v1", "products", product, "surfaces", surface, "api", slug] => endpoint(
            request,
            (product, surface, slug),
            state,
            machine,
            &mut entry,
        ),
        ["v1", "products", product, "surfaces", surface, rest @ ..] => {
            entry.surface = state
                .surfaces
                .contains_key(*surface)
                .then(|| (*surface).to_owned());
            Step::Plan(management::handle(
                request,
                (product, surface),
                rest,
                state,
                machine,
            ))
        }
        _ => Step::Plan(Plan::error(StatusCode::NOT_FOUND, "Not found")),
    };
    match decision {
        Step::Plan(plan) => {
            let plan = Finish {
                request_id,
                ..Finish::default()
            }
            .apply(plan);
            close_entry(&mut entry, &plan);
            Decision::Answer(Ticket(Some(state.journal.add(entry))), plan)
        }
        Step::Finished(plan) => {
            close_entry(&mut entry, &plan);
            Decision::Answer(Ticket(Some(state.journal.add(entry))), plan)
        }
        Step::Ask(pending) => Decision::Ask(Ticket(Some(state.journal.add(entry))), pending),
    }
}

/// Writes a request into the journal that a further wiremock mock has answered, or broken off (no status).
pub(crate) fn passed(
    request: &Request,
    state: &mut State,
    status: Option<StatusCode>,
    machine: Time,
) -> Ticket {
    let mut entry = blank(request, state.time(machine, None), "");
    let segments = request.segments();
    if let [_, _, _, _, surface, _, slug] = segments.as_slice() {
        entry.surface = state
            .surfaces
            .contains_key(surface)
            .then(|| surface.clone());
        entry.capability = Some(slug.clone());
    }
    if let Some(first) = credentials(&request.headers).first() {
        entry.auth = Some(first.carrier.name());
        entry.key_hint = Some(first.hint());
    }
    entry.answered_by = "wiremock";
    entry.status = status.map(|status| status.as_u16());
    Ticket(Some(state.journal.add(entry)))
}

/// Writes into the journal what was decided after all.
pub fn answered(state: &mut State, ticket: Ticket, plan: &Plan) {
    if let Some(entry) = ticket.0.and_then(|number| state.journal.get_mut(number)) {
        close_entry(entry, plan);
    }
}

/// Writes into the journal how the delivery ended.
pub fn delivered(state: &mut State, ticket: Ticket, outcome: Outcome, machine: Time) {
    let now = state.time(machine, None);
    if let Some(entry) = ticket.0.and_then(|number| state.journal.get_mut(number)) {
        entry.outcome = outcome;
        entry.ended = Some(now);
    }
}

enum Step {
    /// An answer that still needs its request id.
    Plan(Plan),
    /// An answer to which everything has been done.
    Finished(Plan),
    /// Somebody has to be asked.
    Ask(Pending),
}

/// A call of a capability. The order of the checks is assumed: fault, key presence, surface, key, pause, limit,
/// capability, scope, body.
fn endpoint(
    request: &Request,
    (product, surface_id, slug): (&str, &str, &str),
    state: &mut State,
    machine: Time,
    entry: &mut Entry,
) -> Step {
    let now = state.time(machine, Some(surface_id));
    let execution_id = state.new_id("exec_");
    let sent = credentials(&request.headers);
    if let Some(first) = sent.first() {
        entry.auth = Some(first.carrier.name());
        entry.key_hint = Some(first.hint());
    }
    let Some(surface) = state
        .surfaces
        .get_mut(surface_id)
        .filter(|surface| surface.product_id == product)
    else {
        if sent.is_empty() {
            return Step::Plan(auth::unauthenticated());
        }
        return Step::Plan(Plan::error(StatusCode::NOT_FOUND, "Surface not found"));
    };
    entry.surface = Some(surface.id.clone());
    entry.time = now;
    let body = json_object(&request.body);
    let dispatch = slug == "dispatch";
    let (name, input) = if dispatch {
        match body.and_then(|body| serde_json::from_str::<Dispatch<'_>>(body.get()).ok()) {
            None => (None, None),
            Some(named) => {
                let input = named
                    .input
                    .map_or(b"{}".as_slice(), |input| input.get().as_bytes());
                (Some(named.capability.into_owned()), json_object(input))
            }
        }
    } else {
        (Some(slug.to_owned()), body)
    };
    entry.capability.clone_from(&name);

    let mut finish = Finish {
        request_id: entry.request_id.clone(),
        ..Finish::default()
    };
    finish.faults = strike(surface, name.as_deref(), request.connection);
    if finish.faults.iter().any(|(fault, _)| !fault.reaches()) {
        return Step::Finished(finish.apply(Plan::empty(StatusCode::OK)));
    }
    if request.method != Method::POST {
        let allow = HeaderValue::from_static("POST");
        let plan = Plan::error(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
            .with_header(ALLOW, allow);
        return Step::Finished(finish.apply(plan));
    }
    let paused = surface.status == Status::Paused;
    let Some((carrier, key)) = authenticate(surface, &sent, now) else {
        return Step::Finished(finish.apply(auth::unauthenticated()));
    };
    entry.auth = Some(carrier.name());
    entry.key_hint = Some(key.secret.hint());
    entry.key_id = Some(key.id.clone());
    if paused {
        return Step::Finished(finish.apply(Plan::error(
            StatusCode::SERVICE_UNAVAILABLE,
            "Surface is paused",
        )));
    }
    finish.standing = key
        .usage
        .count(key.rate_limit_per_minute, key.rate_limit_per_day, now);
    if let Some((standing, full)) = finish
        .standing
        .and_then(|standing| Some((standing, standing.exhausted?)))
    {
        let body = serde_json::json!({ "error": full.message(), "code": full.code() });
        let wait = HeaderValue::from(standing.retry_after_seconds(now));
        let plan = Plan::json(StatusCode::TOO_MANY_REQUESTS, &body)
            .with_header(http::header::RETRY_AFTER, wait);
        return Step::Finished(finish.apply(plan));
    }
    let Some(name) = name else {
        let message = "Request body must be a JSON object with a string \"capability\" and an object \"input\"";
        return Step::Finished(finish.apply(Plan::error(StatusCode::BAD_REQUEST, message)));
    };
    let allowed = key.allows(&name);
    let Some(capability) = surface.capability(&name) else {
        return Step::Finished(
            finish.apply(Plan::error(StatusCode::NOT_FOUND, "Capability not found")),
        );
    };
    if !allowed {
        return Step::Finished(finish.apply(auth::forbidden()));
    }
    let Some(input) = input else {
        let message = if dispatch {
            "\"input\" must be a JSON object"
        } else {
            "Request body must be a JSON object"
        };
        return Step::Finished(finish.apply(Plan::error(StatusCode::BAD_REQUEST, message)));
    };

    finish.latency = Duration::from_millis(capability.latency_ms);
    let mut call = Call {
        slug: name,
        input: input.to_owned(),
        before: 0,
        stream: request.wants_stream(),
        format: capability
            .response_format
            .unwrap_or(surface.response_format),
        execution_id,
    };
    if let Some(schema) = &capability.input_schema {
        let problems = match serde_json::from_str::<Value>(input.get()) {
            Ok(value) => schema.problems(&value),
            Err(error) => vec![Problem {
                path: String::new(),
                message: error.to_string(),
            }],
        };
        if !problems.is_empty() {
            return Step::Finished(
                finish.apply(Plan::json(StatusCode::BAD_REQUEST, &refusal(&problems))),
            );
        }
    }
    let answer = capability.answer.clone();
    call.before = surface.count_call(&call.slug);
    entry.reached = true;
    entry.stream = call.stream;
    entry.execution_id = Some(call.execution_id.clone());
    let question = match known(&answer, &call) {
        Known::Output(output) => {
            return Step::Finished(finish.apply(dress_output(&output, StatusCode::OK, &call)));
        }
        Known::Reply(reply) => return Step::Finished(finish.apply(dress(&reply, &call))),
        Known::Script(script) if call.stream => {
            return Step::Finished(finish.apply(script.plan(&call)));
        }
        Known::Script(script) => {
            return Step::Finished(finish.apply(dress(&script.whole_output().into(), &call)));
        }
        Known::Closure(closure) => Question::Closure(closure),
        Known::Callback { url, timeout_ms } => {
            let asked = Asked {
                capability: &call.slug,
                input: &call.input,
                execution_id: &call.execution_id,
                call: call.before + 1,
                stream: call.stream,
            };
            let body = serde_json::to_string(&asked).unwrap_or_default();
            Question::Callback {
                url,
                timeout: Duration::from_millis(timeout_ms),
                body,
            }
        }
    };
    Step::Ask(Pending {
        question,
        call,
        finish,
    })
}

/// The body of a dispatch.
#[derive(Deserialize)]
struct Dispatch<'a> {
    #[serde(borrow)]
    capability: Cow<'a, str>,
    #[serde(borrow)]
    input: Option<&'a RawValue>,
}

/// What a callback is sent.
#[derive(Serialize)]
struct Asked<'a> {
    capability: &'a str,
    input: &'a RawValue,
    execution_id: &'a str,
    call: u64,
    stream: bool,
}

/// A body that is a JSON object, to the letter.
fn json_object(body: &[u8]) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_slice(body).ok()?;
    raw.get().starts_with('{').then_some(raw)
}

/// The faults that strike a request: every `latency` that does, and the first of the others.
fn strike(surface: &mut Surface, slug: Option<&str>, connection: u64) -> Vec<(Fault, u64)> {
    let lane = surface.lane(connection);
    let seed = surface.seed;
    let mut striking: Vec<(Fault, u64)> = Vec::new();
    for active in &mut surface.faults {
        if let Some(draw) = active.strikes(slug, seed, lane) {
            striking.push((active.fault.clone(), draw));
            if active.fault.kind != crate::fault::FaultKind::Latency {
                break;
            }
        }
    }
    striking
}

fn blank(request: &Request, time: Time, request_id: &str) -> Entry {
    Entry {
        n: 0,
        time,
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        headers: without_secrets(&request.headers),
        body: request.body.clone(),
        body_bytes: 0,
        connection: request.connection,
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

fn close_entry(entry: &mut Entry, plan: &Plan) {
    entry.status = (plan.framing != crate::plan::Framing::Naked).then(|| plan.status.as_u16());
    entry.fault = plan.fault;
}
