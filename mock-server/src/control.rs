//! The control interface under `/__mock/`: what a test uses to set the scene and to look behind it.

mod change;

use http::header::{ALLOW, HeaderValue};
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use self::change::{KeyChange, change_surface, clock};
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
    match route(request, rest, state, machine) {
        Ok(plan) => plan,
        Err(Refused(status, problem)) => Plan::error(status, &problem),
    }
}

fn route(request: &Request, rest: &[&str], state: &mut State, machine: Time) -> Outcome {
    let surface = Named(request.query_value("surface"));
    let (get, put, post) = (Method::GET, Method::PUT, Method::POST);
    let (patch, delete) = (Method::PATCH, Method::DELETE);
    let method = request.method.clone();
    match rest {
        [] => match method {
            m if m == get => {
                ok(json!({ "name": "runtype-mock", "version": env!("CARGO_PKG_VERSION") }))
            }
            _ => not_allowed("GET"),
        },
        ["state"] => match method {
            m if m == get => match surface.0 {
                None => ok(state.to_json(machine)),
                Some(_) => {
                    let id = surface.id(state)?;
                    show(state, &id, machine)
                }
            },
            m if m == put => {
                state.replace(read::<Config>(request)?, machine)?;
                ok(state.to_json(machine))
            }
            _ => not_allowed("GET, PUT"),
        },
        ["reset"] => match method {
            m if m == post => {
                match surface.0 {
                    None => state.reset(machine)?,
                    Some(_) => {
                        let id = surface.id(state)?;
                        state.reset_surface(&id, machine)?;
                    }
                }
                Ok(Plan::empty(StatusCode::NO_CONTENT))
            }
            _ => not_allowed("POST"),
        },
        ["journal"] => match method {
            m if m == get => journal(request, state),
            m if m == delete => {
                state.journal.clear(surface.0.as_deref());
                Ok(Plan::empty(StatusCode::NO_CONTENT))
            }
            _ => not_allowed("GET, DELETE"),
        },
        ["clock"] => match method {
            m if m == get => ok(json!({ "now": state.time(machine, surface.0.as_deref()) })),
            m if m == post => clock(request, &surface, state, machine),
            _ => not_allowed("GET, POST"),
        },
        ["surfaces"] => match method {
            m if m == post => {
                let id = state.add_surface(read::<SurfaceConfig>(request)?, machine)?;
                created(state, &id, machine)
            }
            _ => not_allowed("POST"),
        },
        ["surfaces", id] => {
            let named = Named(Some((*id).to_owned()));
            let id = named.id(state)?;
            match method {
                m if m == get => show(state, &id, machine),
                m if m == patch => change_surface(request, state, &id, machine),
                m if m == delete => {
                    state.surfaces.remove(&id);
                    state.journal.clear(Some(&id));
                    if state.default_surface.as_deref() == Some(&id) {
                        state.default_surface = None;
                    }
                    Ok(Plan::empty(StatusCode::NO_CONTENT))
                }
                _ => not_allowed("GET, PATCH, DELETE"),
            }
        }
        ["capabilities", slug] => {
            let found = surface.get(state)?;
            match method {
                m if m == put => {
                    let mut body: Value = read(request)?;
                    if let Some(fields) = body.as_object_mut() {
                        fields.entry("slug").or_insert_with(|| json!(slug));
                    }
                    let capability: Capability = parse(body)?;
                    if capability.slug != *slug {
                        return Err(format!(
                            "the body's `slug` is {:?}, the path's is {slug:?}",
                            capability.slug
                        )
                        .into());
                    }
                    capability.validate()?;
                    let shown = json!(capability);
                    found.put_capability(capability);
                    ok(shown)
                }
                m if m == delete => {
                    let before = found.capabilities.len();
                    found
                        .capabilities
                        .retain(|capability| capability.slug != *slug);
                    if found.capabilities.len() == before {
                        return Err(missing(format!("there is no capability {slug:?}")));
                    }
                    Ok(Plan::empty(StatusCode::NO_CONTENT))
                }
                _ => not_allowed("PUT, DELETE"),
            }
        }
        ["keys"] => match method {
            m if m == get => ok(
                json!({ "keys": surface.get(state)?.keys_in_order().map(key_json).collect::<Vec<_>>() }),
            ),
            m if m == post => {
                let id = surface.id(state)?;
                let now = state.time(machine, Some(&id));
                let config = read::<KeyConfig>(request)?;
                let key_id = state.mint(&id, config, now)?;
                let key = surface.get(state)?.keys.get(&key_id);
                Ok(Plan::json(
                    StatusCode::CREATED,
                    &key.map(plain_json).unwrap_or_default(),
                ))
            }
            _ => not_allowed("GET, POST"),
        },
        ["keys", key] => {
            let found = surface.get(state)?;
            let id = found.key_id(key).ok_or_else(no_key)?;
            match method {
                m if m == get => ok(found.keys.get(&id).map(key_json).unwrap_or_default()),
                m if m == patch => {
                    let change: KeyChange = read(request)?;
                    let Some(key) = found.keys.get_mut(&id) else {
                        return Err(no_key());
                    };
                    change.apply(key);
                    ok(key_json(key))
                }
                m if m == delete => {
                    found.remove_key(&id);
                    Ok(Plan::empty(StatusCode::NO_CONTENT))
                }
                _ => not_allowed("GET, PATCH, DELETE"),
            }
        }
        ["keys", key, "revoke"] => match method {
            m if m == post => {
                let found = surface.get(state)?;
                let id = found.key_id(key).ok_or_else(no_key)?;
                let Some(key) = found.keys.get_mut(&id) else {
                    return Err(no_key());
                };
                key.is_active = false;
                ok(key_json(key))
            }
            _ => not_allowed("POST"),
        },
        ["faults"] => match method {
            m if m == get => ok(
                json!({ "faults": surface.get(state)?.faults.iter().map(fault_json).collect::<Vec<_>>() }),
            ),
            m if m == post => set_faults(request, &surface, state),
            m if m == delete => {
                match surface.0 {
                    Some(_) => surface.get(state)?.faults.clear(),
                    None => state
                        .surfaces
                        .values_mut()
                        .for_each(|surface| surface.faults.clear()),
                }
                Ok(Plan::empty(StatusCode::NO_CONTENT))
            }
            _ => not_allowed("GET, POST, DELETE"),
        },
        ["faults", fault] => match method {
            m if m == delete => {
                for surface in state.surfaces.values_mut() {
                    if let Some(at) = surface.faults.iter().position(|active| active.id == *fault) {
                        surface.faults.remove(at);
                        return Ok(Plan::empty(StatusCode::NO_CONTENT));
                    }
                }
                Err(missing(format!("there is no fault {fault:?}")))
            }
            _ => not_allowed("DELETE"),
        },
        _ => Err(missing(
            "there is no such control endpoint; mock-server/README.md lists them".to_owned(),
        )),
    }
}

/// The surface that a control request names with `?surface=`, or the first one.
struct Named(Option<String>);

impl Named {
    fn id(&self, state: &State) -> Result<String, Refused> {
        let Some(id) = self.0.clone().or_else(|| state.default_surface.clone()) else {
            return Err(missing(
                "this mock has no first surface; name one with ?surface=".to_owned(),
            ));
        };
        if !state.surfaces.contains_key(&id) {
            return Err(missing(format!("there is no surface {id:?}")));
        }
        Ok(id)
    }

    fn get<'s>(&self, state: &'s mut State) -> Result<&'s mut Surface, Refused> {
        let id = self.id(state)?;
        state
            .surfaces
            .get_mut(&id)
            .ok_or_else(|| missing(format!("there is no surface {id:?}")))
    }
}

fn ok(body: Value) -> Outcome {
    Ok(Plan::json(StatusCode::OK, &body))
}

fn missing(problem: String) -> Refused {
    Refused(StatusCode::NOT_FOUND, problem)
}

fn no_key() -> Refused {
    missing("this surface has no such key; name it by its id or its plain text".to_owned())
}

fn not_allowed(allowed: &'static str) -> Outcome {
    let message = format!("this control endpoint allows {allowed} only");
    Ok(Plan::error(StatusCode::METHOD_NOT_ALLOWED, &message)
        .with_header(ALLOW, HeaderValue::from_static(allowed)))
}

/// Reads a JSON body. The error says where it is wrong.
fn read<T: DeserializeOwned>(request: &Request) -> Result<T, Refused> {
    let body: &[u8] = if request.body.is_empty() {
        b"{}"
    } else {
        &request.body
    };
    serde_json::from_slice(body)
        .map_err(|error| format!("the body is not what this endpoint takes: {error}").into())
}

fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Refused> {
    serde_json::from_value(value)
        .map_err(|error| format!("the body is not what this endpoint takes: {error}").into())
}

fn show(state: &State, id: &str, machine: Time) -> Outcome {
    ok(state
        .surfaces
        .get(id)
        .map(|surface| state.surface_json(surface, machine))
        .unwrap_or_default())
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
            environment(state, surface)
                .into_iter()
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect(),
        );
    }
    Ok(Plan::json(StatusCode::CREATED, &value))
}

/// The variables that an application reads, for one surface and its first key.
pub(crate) fn environment(state: &State, surface: &Surface) -> Vec<(&'static str, String)> {
    let key = surface
        .keys_in_order()
        .next()
        .map(|key| key.secret.expose().to_owned())
        .unwrap_or_default();
    vec![
        ("RUNTYPE_BASE_URL", state.base_url.clone()),
        ("RUNTYPE_PRODUCT_ID", surface.product_id.clone()),
        ("RUNTYPE_SURFACE_ID", surface.id.clone()),
        ("RUNTYPE_PRODUCT_API_KEY", key),
        (
            "RUNTYPE_MOCK_CONTROL_URL",
            format!("{}/__mock", state.base_url),
        ),
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
    text.parse()
        .map(Some)
        .map_err(|_| format!("`{name}` is {text:?}; it must be a whole number").into())
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
    let ids = faults
        .into_iter()
        .map(|fault| state.set_fault(&id, fault))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Plan::json(StatusCode::CREATED, &json!({ "ids": ids })))
}
