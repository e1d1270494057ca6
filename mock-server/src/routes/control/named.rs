//! The surface that a control request names.

use http::StatusCode;
use serde_json::{Value, json};

use super::outcome::{Outcome, Refused, missing, ok};
use crate::{
    clock::Time,
    plan::Plan,
    state::{State, key::Key, surface::Surface, view::key_json},
};

/// The surface that a control request names with `?surface=`, or the first one.
pub(super) struct Named(pub(super) Option<String>);

impl Named {
    pub(super) fn by(id: &str) -> Self {
        Self(Some(id.to_owned()))
    }

    pub(super) fn id(&self, state: &State) -> Result<String, Refused> {
        let Some(id) = self.0.clone().or_else(|| state.default_surface.clone()) else {
            return Err(missing("this mock has no first surface; name one with ?surface=".to_owned()));
        };
        if !state.surfaces.contains_key(&id) {
            return Err(missing(format!("there is no surface {id:?}")));
        }
        Ok(id)
    }

    pub(super) fn get<'s>(&self, state: &'s mut State) -> Result<&'s mut Surface, Refused> {
        let id = self.id(state)?;
        state.surfaces.get_mut(&id).ok_or_else(|| missing(format!("there is no surface {id:?}")))
    }
}

/// The surface, with keys as hints.
pub(super) fn show(state: &State, id: &str, machine: Time) -> Outcome {
    ok(state.surfaces.get(id).map(|surface| state.surface_json(surface, machine)).unwrap_or_default())
}

/// A new surface: what `GET` shows, its plain keys in the order of the configuration, and the five variables.
pub(super) fn created(state: &State, id: &str, machine: Time) -> Outcome {
    let Some(surface) = state.surfaces.get(id) else {
        return show(state, id, machine);
    };
    let mut value = state.surface_json(surface, machine);
    let keys: Vec<_> = surface.keys_in_order().map(plain_json).collect();
    if let Some(fields) = value.as_object_mut() {
        fields.insert("keys".to_owned(), json!(keys));
        fields.insert(
            "env".to_owned(),
            surface
                .variables(&state.base_url)
                .into_iter()
                .map(|(name, value)| (name.to_owned(), json!(value)))
                .collect(),
        );
    }
    Ok(Plan::json(StatusCode::CREATED, &value))
}

/// A key with its plain text, which only its creation shows.
pub(super) fn plain_json(key: &Key) -> Value {
    let mut value = key_json(key);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("key".to_owned(), json!(key.secret.expose()));
    }
    value
}
