//! Changes to what there is: the clock, a surface, a key.

use serde::Deserialize;
use serde_json::json;

use super::{Named, Outcome, ok, read, show};
use crate::capability::Format;
use crate::clock::Time;
use crate::config::Status;
use crate::key::Key;
use crate::request::Request;
use crate::state::State;

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
            return Err("give either `advance_ms`, a number of milliseconds, or `now`, a time".to_owned().into());
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

/// What may be changed about a key. A field that is absent stays; `null` takes a limit or an expiry away.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct KeyChange {
    name: Option<String>,
    scopes: Option<Vec<String>>,
    is_active: Option<bool>,
    #[serde(deserialize_with = "present")]
    expires_at: Option<Option<Time>>,
    #[serde(deserialize_with = "present")]
    rate_limit_per_minute: Option<Option<u64>>,
    #[serde(deserialize_with = "present")]
    rate_limit_per_day: Option<Option<u64>>,
}

/// Tells `null` apart from an absent field.
fn present<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}

impl KeyChange {
    pub(super) fn apply(self, key: &mut Key) {
        key.name = self.name.or(key.name.take());
        key.scopes = self.scopes.unwrap_or_else(|| std::mem::take(&mut key.scopes));
        key.is_active = self.is_active.unwrap_or(key.is_active);
        key.expires_at = self.expires_at.unwrap_or(key.expires_at);
        key.rate_limit_per_minute = self.rate_limit_per_minute.unwrap_or(key.rate_limit_per_minute);
        key.rate_limit_per_day = self.rate_limit_per_day.unwrap_or(key.rate_limit_per_day);
    }
}
