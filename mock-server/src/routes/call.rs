//! The endpoint of a capability.

use std::time::Duration;

use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, value::RawValue};

use crate::{
    answer::{
        call::Call,
        failure::whole_reply,
        output::{Output, output},
        render::{render, render_output},
        script_stream,
    },
    auth::{self, credentials},
    clock::Time,
    config::{
        answer::Answer,
        capability::Capability,
        schema::{Problem, refusal},
    },
    fault::active::applying,
    plan::Plan,
    request::Request,
    routes::{
        admission::Admission,
        finish::Finish,
        openapi,
        path::CallPath,
        pending::{Pending, Question, Step},
        target::{Named, Target},
    },
    state::{State, journal::Entry, surface::Surface},
};

/// Responds to a call. The order of the checks is assumed: surface, fault, method, key, pause, limit, capability, scope, body,
/// schema. Without a key a caller cannot find out which surfaces exist.
pub(super) fn handle(
    request: &Request,
    path: CallPath<'_>,
    state: &mut State,
    machine: Time,
    entry: &mut Entry,
) -> Step {
    let now = state.time(machine, Some(path.surface));
    let execution_id = state.new_id("exec_");
    let sent = credentials(&request.headers);
    if let Some(first) = sent.first() {
        entry.auth = Some(first.header.name());
        entry.key_hint = Some(first.hint());
    }
    let State { surfaces, base_url, .. } = state;
    let Some(surface) = surfaces.get_mut(path.surface).filter(|surface| surface.product_id == path.product) else {
        if sent.is_empty() {
            return Step::Answer(auth::unauthenticated());
        }
        return Step::Answer(Plan::error(StatusCode::NOT_FOUND, "Surface not found"));
    };
    entry.surface = Some(surface.id.clone());
    entry.time = now;
    let target = Target::of(path.slug);
    let Named { slug, input } = target.named(path.slug, &request.body);
    entry.capability = slug.as_deref().map(str::to_owned);

    let mut finish = Finish { request_id: entry.request_id.clone(), ..Finish::default() };
    let lane = surface.lane(request.connection);
    entry.lane = Some(lane.0);
    finish.faults = applying(&mut surface.faults, surface.seed, slug.as_deref(), lane);
    if finish.faults.iter().any(|fault| !fault.reaches()) {
        return Step::Answer(finish.apply(Plan::empty(StatusCode::OK)));
    }
    let admission = Admission { request, target, slug: slug.as_deref(), sent: &sent, now };
    let slug = match admission.admit(surface, entry, &mut finish) {
        Ok(slug) => slug,
        Err(refused) => return Step::Answer(finish.apply(refused.0)),
    };
    let plan = match (target, slug) {
        (Target::Json, _) => Plan::json(StatusCode::OK, &openapi::document(surface, base_url)),
        (Target::Yaml, _) => yaml(surface, base_url),
        (_, None) => {
            bad_request("Request body must be a JSON object with a string \"capability\" and an object \"input\"")
        }
        (_, Some(slug)) => {
            let (Some(input), Some(capability)) = (input, surface.capability(slug)) else {
                let what = if target == Target::Dispatch { "\"input\"" } else { "Request body" };
                return Step::Answer(finish.apply(bad_request(&format!("{what} must be a JSON object"))));
            };
            if let Some(plan) = breach(capability, input) {
                return Step::Answer(finish.apply(plan));
            }
            finish.latency = Duration::from_millis(capability.latency_ms);
            let call = Call {
                slug: slug.to_owned(),
                input: input.to_owned(),
                before: 0,
                stream: request.wants_stream(),
                format: capability.response_format.unwrap_or(surface.response_format),
                execution_id,
                started: now,
                latency: finish.latency,
            };
            let answer = capability.answer.clone();
            return run(&answer, call, surface, entry, finish);
        }
    };
    Step::Answer(finish.apply(plan))
}

fn bad_request(message: &str) -> Plan {
    Plan::error(StatusCode::BAD_REQUEST, message)
}

/// The 400 for an input that violates the capability's schema.
fn breach(capability: &Capability, input: &RawValue) -> Option<Plan> {
    let schema = capability.input_schema.as_ref()?;
    let problems = match serde_json::from_str::<Value>(input.get()) {
        Ok(value) => schema.problems(&value),
        Err(error) => vec![Problem { path: String::new(), message: error.to_string() }],
    };
    (!problems.is_empty()).then(|| Plan::json(StatusCode::BAD_REQUEST, &refusal(&problems)))
}

/// Runs the capability, if it can be run here.
fn run(answer: &Answer, mut call: Call, surface: &mut Surface, entry: &mut Entry, finish: Finish) -> Step {
    /// The body of a callback's request.
    #[derive(Serialize)]
    struct Asked<'a> {
        capability: &'a str,
        input: &'a RawValue,
        execution_id: &'a str,
        call: u64,
        stream: bool,
    }

    call.before = surface.count_call(&call.slug);
    entry.reached = true;
    entry.stream = call.stream;
    entry.execution_id = Some(call.execution_id.clone());
    let plan = match output(answer, &call) {
        Output::Verbatim(output) => render_output(&output, StatusCode::OK, &call),
        Output::Reply(reply) => render(&reply, &call),
        Output::Script(script) if call.stream => script_stream::plan(&script, &call),
        Output::Script(script) => render(&whole_reply(&script, &call.execution_id), &call),
        Output::Closure(closure) => {
            return Step::Ask(Pending { question: Question::Closure(closure), call, finish });
        }
        Output::Callback { url, timeout_ms } => {
            let asked = Asked {
                capability: &call.slug,
                input: &call.input,
                execution_id: &call.execution_id,
                call: call.before + 1,
                stream: call.stream,
            };
            let body = serde_json::to_string(&asked).unwrap_or_default();
            let question = Question::Callback { url, timeout: Duration::from_millis(timeout_ms), body };
            return Step::Ask(Pending { question, call, finish });
        }
    };
    Step::Answer(finish.apply(plan))
}

fn yaml(surface: &Surface, base_url: &str) -> Plan {
    match serde_yaml_ng::to_string(&openapi::document(surface, base_url)) {
        Ok(yaml) => Plan::new(StatusCode::OK, "application/yaml", yaml),
        Err(error) => Plan::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
    }
}
