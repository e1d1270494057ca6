//! The control interface under `/__mock/`, with which a test sets up a mock and reads its journal.

mod access;
mod change;
mod journal;
mod named;
mod outcome;

use http::{
    StatusCode,
    header::{ALLOW, HeaderValue},
};
use serde_json::{Value, json};

use self::{
    change::{KeyChange, change_surface, move_clock},
    journal::journal,
    named::{Named, created, plain_json, show},
    outcome::{Outcome, Refused, done, missing, ok, parse, read},
};
use crate::{
    clock::Time,
    config::{Config, SurfaceConfig, capability::Capability, fault::Fault, key::KeyConfig},
    plan::Plan,
    request::Request,
    state::{
        State,
        key::Key,
        surface::Surface,
        view::{fault_json, key_json},
    },
};

/// Responds to a control request. `rest` is its path after `/__mock/`.
pub(super) fn handle(request: &Request, rest: &[&str], state: &mut State, machine: Time) -> Plan {
    let answer = access::check(request, &state.base_url).and_then(|()| route(request, rest, state, machine));
    match answer {
        Ok(plan) => plan,
        // An error may quote what the client has sent.
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

/// The 405 of an existing endpoint, or the 404 of an unknown one.
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
            return Err(missing("no such control endpoint; mock-server/CONTROL.md lists them".to_owned()));
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

/// The key that a path names by its id or its plain text.
fn key_of<'s>(surface: &'s mut Surface, named: &str) -> Result<&'s mut Key, Refused> {
    let id = surface.key_id(named);
    let key = id.and_then(|id| surface.keys.get_mut(&id));
    key.ok_or_else(|| missing("this surface has no such key; name it by its id or its plain text".to_owned()))
}

/// Sets one or several faults, all or none.
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
