//! Changes of the clock, a surface and a key.

use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::{
    named::{Named, show},
    outcome::{Outcome, ok, read},
};
use crate::{
    clock::Time,
    config::{Status, capability::Format},
    request::Request,
    state::{State, key::Key},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClockChange {
    advance_ms: Option<i64>,
    now: Option<Time>,
}

pub(super) fn move_clock(request: &Request, surface: &Named, state: &mut State, machine: Time) -> Outcome {
    let change: ClockChange = read(request)?;
    let id = match surface.0 {
        None => None,
        Some(_) => Some(surface.id(state)?),
    };
    let move_by = match (change.advance_ms, change.now) {
        (Some(by), None) => by,
        (None, Some(now)) => now.as_millis().saturating_sub(state.time(machine, id.as_deref()).as_millis()),
        _ => {
            return Err("set either `advance_ms`, a number of milliseconds, or `now`, a time".to_owned().into());
        }
    };
    match id.as_deref().and_then(|id| state.surfaces.get_mut(id)) {
        Some(surface) => surface.clock_offset = surface.clock_offset.saturating_add(move_by),
        None => state.clock_offset = state.clock_offset.saturating_add(move_by),
    }
    ok(json!({ "now": state.time(machine, id.as_deref()) }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SurfaceChange {
    name: Option<String>,
    status: Option<Status>,
    response_format: Option<Format>,
    seed: Option<u64>,
}

pub(super) fn change_surface(request: &Request, state: &mut State, id: &str, machine: Time) -> Outcome {
    let change: SurfaceChange = read(request)?;
    if let Some(surface) = state.surfaces.get_mut(id) {
        surface.name = change.name.or(surface.name.take());
        surface.status = change.status.unwrap_or(surface.status);
        surface.response_format = change.response_format.unwrap_or(surface.response_format);
        surface.seed = change.seed.unwrap_or(surface.seed);
    }
    show(state, id, machine)
}

/// Changes of a key. An absent field is unchanged; `null` removes a limit or an expiry.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct KeyChange {
    name: Option<String>,
    scopes: Option<Vec<String>>,
    is_active: Option<bool>,
    expires_at: Change<Time>,
    rate_limit_per_minute: Change<u64>,
    rate_limit_per_day: Change<u64>,
}

/// Change of an optional value: `null` removes it, an absent field keeps it.
#[derive(Default)]
enum Change<T> {
    #[default]
    Keep,
    To(Option<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Change<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Option::<T>::deserialize(deserializer).map(Self::To)
    }
}

impl<T> Change<T> {
    fn apply(self, to: &mut Option<T>) {
        if let Self::To(value) = self {
            *to = value;
        }
    }
}

impl KeyChange {
    pub(super) fn apply(self, key: &mut Key) {
        key.name = self.name.or(key.name.take());
        key.scopes = self.scopes.unwrap_or_else(|| std::mem::take(&mut key.scopes));
        key.is_active = self.is_active.unwrap_or(key.is_active);
        self.expires_at.apply(&mut key.expires_at);
        self.rate_limit_per_minute.apply(&mut key.rate_limit_per_minute);
        self.rate_limit_per_day.apply(&mut key.rate_limit_per_day);
    }
}
