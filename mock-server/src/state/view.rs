//! Views of the state: keys as hints, except for the one in the variables of an application.

use serde_json::{Value, json};

use crate::{
    clock::Time,
    fault::active::ActiveFault,
    secret::Secret,
    state::{State, key::Key, surface::Surface},
};

impl State {
    /// The state, with keys as hints.
    pub fn to_json(&self, machine: Time) -> Value {
        let surfaces: Vec<_> = self.surfaces.values().map(|surface| self.surface_json(surface, machine)).collect();
        json!({
            "base_url": self.base_url,
            "seed": self.seed,
            "now": self.time(machine, None),
            "default_surface": self.default_surface,
            "platform_keys": self.platform_keys.iter().map(Secret::hint).collect::<Vec<_>>(),
            "surfaces": surfaces,
        })
    }

    /// One surface, with keys as hints.
    pub fn surface_json(&self, surface: &Surface, machine: Time) -> Value {
        json!({
            "product_id": surface.product_id,
            "surface_id": surface.id,
            "name": surface.name,
            "status": surface.status,
            "response_format": surface.response_format,
            "seed": surface.seed,
            "now": self.time(machine, Some(&surface.id)),
            "endpoint": surface.endpoint(&self.base_url),
            "capabilities": surface.capabilities,
            "calls": surface.calls,
            "keys": surface.keys_in_order().map(key_json).collect::<Vec<_>>(),
            "faults": surface.faults.iter().map(fault_json).collect::<Vec<_>>(),
        })
    }
}

impl Surface {
    /// The variables that an application reads, for this surface and its first key.
    pub(crate) fn variables(&self, base_url: &str) -> Vec<(&'static str, String)> {
        vec![
            ("RUNTYPE_BASE_URL", base_url.to_owned()),
            ("RUNTYPE_PRODUCT_ID", self.product_id.clone()),
            ("RUNTYPE_SURFACE_ID", self.id.clone()),
            ("RUNTYPE_PRODUCT_API_KEY", self.first_key()),
            ("RUNTYPE_MOCK_CONTROL_URL", format!("{base_url}/__mock")),
        ]
    }

    /// Plain text of its first key; empty if it has none.
    pub(crate) fn first_key(&self) -> String {
        self.keys_in_order().next().map(|key| key.secret.expose().to_owned()).unwrap_or_default()
    }
}

/// A key, with its hint.
pub(crate) fn key_json(key: &Key) -> Value {
    json!({
        "id": key.id,
        "key_hint": key.secret.hint(),
        "name": key.name,
        "environment": key.environment,
        "scopes": key.scopes,
        "expires_at": key.expires_at,
        "rate_limit_per_minute": key.rate_limit_per_minute,
        "rate_limit_per_day": key.rate_limit_per_day,
        "is_active": key.is_active,
        "created_at": key.created_at,
    })
}

/// A fault with its id and its counts.
pub(crate) fn fault_json(active: &ActiveFault) -> Value {
    let mut value = json!(active.fault);
    if let Some(fields) = value.as_object_mut() {
        fields.insert("id".to_owned(), json!(active.id));
        fields.insert("matched".to_owned(), json!(active.matched));
        fields.insert("applied".to_owned(), json!(active.applied));
    }
    value
}
