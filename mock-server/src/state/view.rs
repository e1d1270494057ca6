//! The state as it may be shown: keys as hints.

use serde_json::{Value, json};

use super::{State, Surface};
use crate::clock::Time;
use crate::key::{Key, Secret};
use crate::strike::ActiveFault;

impl State {
    /// The state as it may be shown: keys as hints.
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

    /// One surface as it may be shown.
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

/// A key as it may be shown.
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
        fields.insert("struck".to_owned(), json!(active.struck));
    }
    value
}
