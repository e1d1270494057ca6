//! One call of a capability: who calls, what for, whether it may, and what it is answered.

use std::borrow::Cow;
use std::time::Duration;

use http::header::{ALLOW, HeaderValue, RETRY_AFTER};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::answer::{Call, Known, dress, dress_output, known};
use crate::auth::{self, Credential, authenticate, credentials};
use crate::capability::{Answer, Capability};
use crate::clock::Time;
use crate::config::Status;
use crate::decide::{Pending, Question, REQUEST_ID};
use crate::fault::{Fault, FaultKind};
use crate::journal::Entry;
use crate::limit::Standing;
use crate::openapi;
use crate::plan::Plan;
use crate::request::Request;
use crate::schema::{Problem, refusal};
use crate::state::{State, Surface};

/// What a request comes to.
pub(crate) enum Step {
    /// An answer.
    Answer(Plan),
    /// Somebody has to be asked for the output.
    Ask(Pending),
}

/// What remains to be done to an answer once its output is known.
#[derive(Debug, Default)]
pub(crate) struct Finish {
    request_id: String,
    latency: Duration,
    standing: Option<Standing>,
    faults: Vec<(Fault, u64)>,
}

impl Finish {
    /// Adds the headers of the limits and the request's id, then lets the faults strike.
    pub(crate) fn apply(&self, mut plan: Plan) -> Plan {
        plan.latency += self.latency;
        if let Some(standing) = self.standing {
            standing.write(&mut plan.headers);
        }
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            plan.headers.entry(REQUEST_ID).or_insert(id);
        }
        self.faults.iter().fold(plan, |plan, (fault, draw)| fault.apply(plan, *draw))
    }
}

/// What the last segment of the path asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    /// A capability.
    Capability,
    /// The capability that the body names.
    Dispatch,
    /// The OpenAPI document.
    Json,
    /// The same in YAML.
    Yaml,
}

impl Target {
    fn of(slug: &str) -> Self {
        match slug {
            "dispatch" => Self::Dispatch,
            "openapi.json" => Self::Json,
            "openapi.yaml" => Self::Yaml,
            _ => Self::Capability,
        }
    }

    fn method(self) -> (Method, &'static str) {
        match self {
            Self::Capability | Self::Dispatch => (Method::POST, "POST"),
            Self::Json | Self::Yaml => (Method::GET, "GET"),
        }
    }
}

/// Answers a call. The order of the checks is assumed: surface, fault, method, key, pause, limit, capability, scope, body,
/// schema. A caller without any key learns nothing of which surfaces there are.
pub(crate) fn handle(
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
    let State { surfaces, base_url, .. } = state;
    let Some(surface) = surfaces.get_mut(surface_id).filter(|surface| surface.product_id == product) else {
        if sent.is_empty() {
            return Step::Answer(auth::unauthenticated());
        }
        return Step::Answer(Plan::error(StatusCode::NOT_FOUND, "Surface not found"));
    };
    entry.surface = Some(surface.id.clone());
    entry.time = now;
    let target = Target::of(slug);
    let Named { slug, input } = named(target, slug, &request.body);
    entry.capability = slug.as_deref().map(str::to_owned);

    let mut finish = Finish { request_id: entry.request_id.clone(), ..Finish::default() };
    let lane = surface.lane(request.connection);
    entry.lane = Some(lane.0);
    finish.faults = strike(surface, slug.as_deref(), lane);
    if finish.faults.iter().any(|(fault, _)| !fault.reaches()) {
        return Step::Answer(finish.apply(Plan::empty(StatusCode::OK)));
    }
    let slug = match admit(request, target, slug.as_deref(), surface, &sent, now, entry, &mut finish) {
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
            };
            let answer = capability.answer.clone();
            return run(&answer, call, surface, entry, finish);
        }
    };
    Step::Answer(finish.apply(plan))
}

/// The capability a request names, and its input when that is a JSON object.
struct Named<'a> {
    slug: Option<Cow<'a, str>>,
    input: Option<&'a RawValue>,
}

fn named<'a>(target: Target, slug: &'a str, body: &'a [u8]) -> Named<'a> {
    /// The body of a dispatch.
    #[derive(Deserialize)]
    struct Dispatch<'a> {
        #[serde(borrow)]
        capability: Cow<'a, str>,
        #[serde(borrow)]
        input: Option<&'a RawValue>,
    }

    match target {
        Target::Capability => Named { slug: Some(Cow::Borrowed(slug)), input: json_object(body) },
        Target::Dispatch => match serde_json::from_slice::<Dispatch<'_>>(body) {
            Ok(Dispatch { capability, input }) => {
                let input = input.and_then(|input| json_object(input.get().as_bytes()));
                Named { slug: Some(capability), input }
            }
            Err(_) => Named { slug: None, input: None },
        },
        Target::Json | Target::Yaml => Named { slug: None, input: None },
    }
}

/// A body that is a JSON object, to the letter.
fn json_object(body: &[u8]) -> Option<&RawValue> {
    let raw: &RawValue = serde_json::from_slice(body).ok()?;
    raw.get().starts_with('{').then_some(raw)
}

/// An answer that ends the matter. A type of its own, because a plan is too large to hand about as an error.
struct Refused(Plan);

/// Lets a call in, or says why not: method, key, pause, limit, capability, scope.
#[expect(clippy::too_many_arguments, reason = "every argument is one of the things that are checked")]
fn admit<'s>(
    request: &Request,
    target: Target,
    slug: Option<&'s str>,
    surface: &mut Surface,
    sent: &[Credential<'_>],
    now: Time,
    entry: &mut Entry,
    finish: &mut Finish,
) -> Result<Option<&'s str>, Box<Refused>> {
    let refuse = |plan: Plan| Err(Box::new(Refused(plan)));
    let (method, allow) = target.method();
    if request.method != method {
        let plan = Plan::error(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed");
        return refuse(plan.with_header(ALLOW, HeaderValue::from_static(allow)));
    }
    let status = surface.status;
    let Some((carrier, key)) = authenticate(surface, sent, now) else {
        return refuse(auth::unauthenticated());
    };
    entry.auth = Some(carrier.name());
    entry.key_hint = Some(key.secret.hint());
    entry.key_id = Some(key.id.clone());
    if status == Status::Paused {
        return refuse(Plan::error(StatusCode::SERVICE_UNAVAILABLE, PAUSED));
    }
    // Assumed: the document asks for a key, for no scope, and counts for no limit.
    if matches!(target, Target::Json | Target::Yaml) {
        return Ok(None);
    }
    finish.standing = key.usage.count(key.rate_limit_per_minute, key.rate_limit_per_day, now);
    if let Some(standing) = finish.standing
        && let Some(full) = standing.exhausted
    {
        let body = json!({ "error": full.message(), "code": full.code() });
        let wait = HeaderValue::from(standing.retry_after_seconds(now));
        return refuse(Plan::json(StatusCode::TOO_MANY_REQUESTS, &body).with_header(RETRY_AFTER, wait));
    }
    let Some(slug) = slug else { return Ok(None) };
    let allowed = key.allows(slug);
    if surface.capability(slug).is_none() {
        return refuse(Plan::error(StatusCode::NOT_FOUND, "Capability not found"));
    }
    if !allowed {
        return refuse(auth::forbidden());
    }
    Ok(Some(slug))
}

/// The `error` of a paused surface's 503. Assumed.
const PAUSED: &str = "Surface is paused";

fn bad_request(message: &str) -> Plan {
    Plan::error(StatusCode::BAD_REQUEST, message)
}

/// The 400 for an input that breaks the capability's schema.
fn breach(capability: &Capability, input: &RawValue) -> Option<Plan> {
    let schema = capability.input_schema.as_ref()?;
    let problems = match serde_json::from_str::<Value>(input.get()) {
        Ok(value) => schema.problems(&value),
        Err(error) => vec![Problem { path: String::new(), message: error.to_string() }],
    };
    (!problems.is_empty()).then(|| Plan::json(StatusCode::BAD_REQUEST, &refusal(&problems)))
}

/// Runs the capability, as far as that can be done here.
fn run(answer: &Answer, mut call: Call, surface: &mut Surface, entry: &mut Entry, finish: Finish) -> Step {
    /// What a callback is sent.
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
    let plan = match known(answer, &call) {
        Known::Output(output) => dress_output(&output, StatusCode::OK, &call),
        Known::Reply(reply) => dress(&reply, &call),
        Known::Script(script) if call.stream => script.plan(&call),
        Known::Script(script) => dress(&script.whole_output().into(), &call),
        Known::Closure(closure) => {
            return Step::Ask(Pending { question: Question::Closure(closure), call, finish });
        }
        Known::Callback { url, timeout_ms } => {
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

/// The faults that strike a request: every `latency` that does, and the first of the others.
fn strike(surface: &mut Surface, slug: Option<&str>, lane: (u64, u64)) -> Vec<(Fault, u64)> {
    let seed = surface.seed;
    let mut striking: Vec<(Fault, u64)> = Vec::new();
    let mut is_settled = false;
    for active in &mut surface.faults {
        // Every fault counts every request, so that `nth` means the same whatever stands before it in the list.
        if !active.counts(slug) || is_settled {
            continue;
        }
        if let Some(draw) = active.strikes(seed, lane) {
            striking.push((active.fault.clone(), draw));
            is_settled = active.fault.kind != FaultKind::Latency;
        }
    }
    striking
}
