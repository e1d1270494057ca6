//! The control interface under `/__mock/`: what a test uses to set the scene and to look behind it.

mod access;
mod change;

use http::StatusCode;
use http::header::{ALLOW, HeaderValue};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::change::{KeyChange, change_surface, move_clock};
use crate::capability::Capability;
use crate::clock::Time;
use crate::config::{Config, KeyConfig, SurfaceConfig};
use crate::fault::Fault;
use crate::key::Key;
use crate::plan::Plan;
use crate::request::Request;
use crate::state::{State, Surface, fault_json, key_json};

/// An error of the control interface: its status and what is wrong.
struct Refused(StatusCode, String);

impl From<String> for Refused {
    fn from(problem: String) -> Self {
        Self(StatusCode::BAD_REQUEST, problem)
    }
}

type Outcome = Result<Plan, Refused>;

/// Answers a control request. `rest` is its path after `/__mock/`.
pub(crate) fn handle(request: &Request, rest: &[&str], state: &mut State, machine: Time) -> Plan {
    let answer = access::check(request, &state.base_url).and_then(|()| route(request, rest, state, machine));
    match answer {
        Ok(plan) => plan,
        // A problem may repeat what the client has sent.
        Err(Refused(status, problem)) => Plan::error(status, &state.redactor().text(&problem)),
    }
}

fn route(request: &Request, rest: &[&str], state: &mut State, machine: Time) -> Outcome {
    let surface = Named(request.query_value("surface"));
    match (request.method.as_str(), rest) {
        ("GET", []) => ok(json!({ "name": "runtype-mock", "version": env!("CARGO_PKG_VERSION") })),
        ("GET", ["state"]) if surface.0.is_some() => show(state, &surface.id(state)?, machine),
        ("GET", ["state"]) => ok(state.to_json(machine)),
        ("PUT", ["state"]) => {
            state.replace(read::<Config>(request)?, machine)?;
            ok(state.to_json(machine))
        }
        ("POST", ["reset"]) => {
            match surface.0 {
                Some(_) => state.reset_surface(&surface.id(state)?, machine)?,
                None => state.reset(machine)?,
            }
            done()
        }

        ("GET", ["journal"]) => journal(request, state),
        ("DELETE", ["journal"]) => {
            state.journal.clear(surface.0.as_deref());
            done()
        }

        ("GET", ["clock"]) => ok(json!({ "now": state.time(machine, surface.0.as_deref()) })),
        ("POST", ["clock"]) => move_clock(request, &surface, state, machine),

        ("POST", ["surfaces"]) => {
            let id = state.add_surface(read::<SurfaceConfig>(request)?, machine)?;
            created(state, &id, machine)
        }
        ("GET", ["surfaces", id]) => show(state, &Named::by(id).id(state)?, machine),
        ("PATCH", ["surfaces", id]) => change_surface(request, state, &Named::by(id).id(state)?, machine),
        ("DELETE", ["surfaces", id]) => {
            state.remove_surface(&Named::by(id).id(state)?);
            done()
        }

        ("PUT", ["capabilities", slug]) => put_capability(request, surface.get(state)?, slug),
        ("DELETE", ["capabilities", slug]) => match surface.get(state)?.remove_capability(slug) {
            true => done(),
            false => Err(missing(format!("there is no capability {slug:?}"))),
        },

        ("GET", ["keys"]) => {
            let keys: Vec<_> = surface.get(state)?.keys_in_order().map(key_json).collect();
            ok(json!({ "keys": keys }))
        }
        ("POST", ["keys"]) => mint(request, &surface, state, machine),
        ("GET", ["keys", key]) => ok(key_json(key_of(surface.get(state)?, key)?)),
        ("PATCH", ["keys", key]) => {
            let key = key_of(surface.get(state)?, key)?;
            read::<KeyChange>(request)?.apply(key);
            ok(key_json(key))
        }
        ("DELETE", ["keys", key]) => {
            let surface = surface.get(state)?;
            let id = key_of(surface, key)?.id.clone();
            surface.remove_key(&id);
            done()
        }
        ("POST", ["keys", key, "revoke"]) => {
            let key = key_of(surface.get(state)?, key)?;
            key.is_active = false;
            ok(key_json(key))
        }

        ("GET", ["faults"]) => {
            let faults: Vec<_> = surface.get(state)?.faults.iter().map(fault_json).collect();
            ok(json!({ "faults": faults }))
        }
        ("POST", ["faults"]) => set_faults(request, &surface, state),
        ("DELETE", ["faults"]) => {
            match surface.0 {
                Some(_) => surface.get(state)?.faults.clear(),
                None => state.surfaces.values_mut().for_each(|surface| surface.faults.clear()),
            }
            done()
        }
        ("DELETE", ["faults", fault]) => match state.remove_fault(fault) {
            true => done(),
            false => Err(missing(format!("there is no fault {fault:?}"))),
        },

        (_, rest) => not_allowed(rest),
    }
}

/// The 405 of an endpoint that there is, and the 404 of one that there is not.
fn not_allowed(rest: &[&str]) -> Outcome {
    let allowed = match rest {
        [] => "GET",
        ["state"] => "GET, PUT",
        ["reset"] | ["surfaces"] | ["keys", _, "revoke"] => "POST",
        ["journal"] => "GET, DELETE",
        ["clock"] | ["keys"] => "GET, POST",
        ["surfaces" | "keys", _] => "GET, PATCH, DELETE",
        ["capabilities", _] => "PUT, DELETE",
        ["faults"] => "GET, POST, DELETE",
        ["faults", _] => "DELETE",
        _ => {
            return Err(missing("there is no such control endpoint; mock-server/CONTROL.md lists them".to_owned()));
        }
    };
    let message = format!("this control endpoint allows {allowed} only");
    Ok(Plan::error(StatusCode::METHOD_NOT_ALLOWED, &message).with_header(ALLOW, HeaderValue::from_static(allowed)))
}

fn put_capability(request: &Request, surface: &mut Surface, slug: &str) -> Outcome {
    let mut body: Value = read(request)?;
    if let Some(fields) = body.as_object_mut() {
        fields.entry("slug").or_insert_with(|| json!(slug));
    }
    let capability: Capability = parse(body)?;
    if capability.slug != slug {
        return Err(format!("the body's `slug` is {:?}, the path's is {slug:?}", capability.slug).into());
    }
    let shown = json!(capability);
    surface.put_capability(capability);
    ok(shown)
}

fn mint(request: &Request, surface: &Named, state: &mut State, machine: Time) -> Outcome {
    let surface = surface.id(state)?;
    let now = state.time(machine, Some(&surface));
    let id = state.mint(&surface, read::<KeyConfig>(request)?, now)?;
    let key = state.surfaces.get(&surface).and_then(|surface| surface.keys.get(&id));
    Ok(Plan::json(StatusCode::CREATED, &key.map(plain_json).unwrap_or_default()))
}

/// The key that a path names by its id or by its plain text.
fn key_of<'s>(surface: &'s mut Surface, named: &str) -> Result<&'s mut Key, Refused> {
    let id = surface.key_id(named);
    let key = id.and_then(|id| surface.keys.get_mut(&id));
    key.ok_or_else(|| missing("this surface has no such key; name it by its id or its plain text".to_owned()))
}

/// The surface that a control request names with `?surface=`, or the first one.
struct Named(Option<String>);

impl Named {
    fn by(id: &str) -> Self {
        Self(Some(id.to_owned()))
    }

    fn id(&self, state: &State) -> Result<String, Refused> {
        let Some(id) = self.0.clone().or_else(|| state.default_surface.clone()) else {
            return Err(missing("this mock has no first surface; name one with ?surface=".to_owned()));
        };
        if !state.surfaces.contains_key(&id) {
            return Err(missing(format!("there is no surface {id:?}")));
        }
        Ok(id)
    }

    fn get<'s>(&self, state: &'s mut State) -> Result<&'s mut Surface, Refused> {
        let id = self.id(state)?;
        state.surfaces.get_mut(&id).ok_or_else(|| missing(format!("there is no surface {id:?}")))
    }
}

fn ok(body: Value) -> Outcome {
    Ok(Plan::json(StatusCode::OK, &body))
}

/// Done, and nothing to say about it.
fn done() -> Outcome {
    Ok(Plan::empty(StatusCode::NO_CONTENT))
}

fn missing(problem: String) -> Refused {
    Refused(StatusCode::NOT_FOUND, problem)
}

/// Reads a JSON body. The error says where it is wrong.
fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    let body: &[u8] = if request.body.is_empty() { b"{}" } else { &request.body };
    serde_json::from_slice(body).map_err(|error| format!("the body is not what this endpoint takes: {error}").into())
}

fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(value).map_err(|error| format!("the body is not what this endpoint takes: {error}").into())
}

fn show(state: &State, id: &str, machine: Time) -> Outcome {
    ok(state.surfaces.get(id).map(|surface| state.surface_json(surface, machine)).unwrap_or_default())
}

/// A key with its plain text, as only its creation shows it.
fn plain_json(key: &Key) -> Value {
    let mut value = key_json(key);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("key".to_owned(), json!(key.secret.expose()));
    }
    value
}

/// A new surface: what `GET` shows, its plain keys in the order they were given, and the five variables.
fn created(state: &State, id: &str, machine: Time) -> Outcome {
    let Some(surface) = state.surfaces.get(id) else {
        return show(state, id, machine);
    };
    let mut value = state.surface_json(surface, machine);
    let keys: Vec<_> = surface.keys_in_order().map(plain_json).collect();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("keys".to_owned(), json!(keys));
        fields.insert(
            "env".to_owned(),
            environment(state, surface).into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect(),
        );
    }
    Ok(Plan::json(StatusCode::CREATED, &value))
}

/// The variables that an application reads, for one surface and its first key.
pub(crate) fn environment(state: &State, surface: &Surface) -> Vec<(&'static str, String)> {
    let key = surface.keys_in_order().next().map(|key| key.secret.expose().to_owned()).unwrap_or_default();
    vec![
        ("RUNTYPE_BASE_URL", state.base_url.clone()),
        ("RUNTYPE_PRODUCT_ID", surface.product_id.clone()),
        ("RUNTYPE_SURFACE_ID", surface.id.clone()),
        ("RUNTYPE_PRODUCT_API_KEY", key),
        ("RUNTYPE_MOCK_CONTROL_URL", format!("{}/__mock", state.base_url)),
    ]
}

fn journal(request: &Request, state: &State) -> Outcome {
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
        .map(crate::journal::Entry::to_json)
        .collect();
    ok(json!({ "requests": requests }))
}

fn number(request: &Request, name: &str) -> Result<Option<u64>, Refused> {
    let Some(text) = request.query_value(name) else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| format!("`{name}` is {text:?}; it must be a whole number").into())
}

/// Sets one fault or several, all or none.
fn set_faults(request: &Request, surface: &Named, state: &mut State) -> Outcome {
    let id = surface.id(state)?;
    let faults: Vec<Fault> = match read::<Value>(request)? {
        Value::Array(many) => many.into_iter().map(parse).collect::<Result<_, _>>()?,
        one => vec![parse(one)?],
    };
    for fault in &faults {
        fault.validate()?;
    }
    let ids = faults.into_iter().map(|fault| state.set_fault(&id, fault)).collect::<Result<Vec<_>, _>>()?;
    Ok(Plan::json(StatusCode::CREATED, &json!({ "ids": ids })))
}
