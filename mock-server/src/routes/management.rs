//! Key management with a platform key (`rt_…`), as the vendor's packages use it.

use http::{
    Method, StatusCode,
    header::{ALLOW, HeaderValue},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    auth::{credentials, unauthenticated},
    clock::Time,
    config::{
        Status,
        capability::Capability,
        key::{Environment, KeyConfig},
    },
    plan::Plan,
    request::Request,
    routes::path::ManagementPath,
    secret::PREFIX,
    state::{State, key::Key, surface::Surface},
};

/// Responds to a management request.
pub(super) fn handle(request: &Request, path: ManagementPath<'_>, state: &mut State, machine: Time) -> Plan {
    let ManagementPath { product, surface: surface_id, rest } = path;
    let sent = credentials(&request.headers);
    let owner = sent.iter().any(|credential| state.platform_keys.iter().any(|key| key.expose() == credential.plain));
    if !owner {
        return unauthenticated();
    }
    let now = state.time(machine, Some(surface_id));
    let base_url = state.base_url.clone();
    let Some(surface) = state.surfaces.get_mut(surface_id).filter(|surface| surface.product_id == product) else {
        return Plan::error(StatusCode::NOT_FOUND, "Surface not found");
    };
    let (get, post, delete) = (Method::GET, Method::POST, Method::DELETE);
    match rest {
        [] if request.method == get => Plan::json(StatusCode::OK, &surface_json(surface, &base_url)),
        [] => not_allowed("GET"),
        ["keys"] if request.method == post => create_key(request, state, surface_id, now),
        ["keys"] => not_allowed("POST"),
        ["keys", id] if request.method == delete => match surface.remove_key(id) {
            Some(_) => Plan::json(StatusCode::OK, &json!({ "success": true })),
            None => Plan::error(StatusCode::NOT_FOUND, "API key not found"),
        },
        ["keys", _] => not_allowed("DELETE"),
        _ => Plan::error(StatusCode::NOT_FOUND, "Not found"),
    }
}

fn not_allowed(allowed: &'static str) -> Plan {
    Plan::error(StatusCode::METHOD_NOT_ALLOWED, "Method not allowed")
        .with_header(ALLOW, HeaderValue::from_static(allowed))
}

/// The body of `POST …/keys`. Unknown fields are ignored, since the vendor may add some.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewKey {
    name: Option<String>,
    environment: Option<Environment>,
    scopes: Option<Vec<String>>,
    expires_at: Option<Time>,
    rate_limit_per_minute: Option<u64>,
    rate_limit_per_day: Option<u64>,
}

fn create_key(request: &Request, state: &mut State, surface_id: &str, now: Time) -> Plan {
    let body: &[u8] = if request.body.is_empty() { b"{}" } else { &request.body };
    let new: NewKey = match serde_json::from_slice(body) {
        Ok(new) => new,
        Err(error) => {
            return Plan::error(StatusCode::BAD_REQUEST, &format!("Invalid request body: {error}"));
        }
    };
    let Some(surface) = state.surfaces.get(surface_id) else {
        return Plan::error(StatusCode::NOT_FOUND, "Surface not found");
    };
    let scopes = new.scopes.unwrap_or_else(|| vec!["*".to_owned()]);
    let scopes = match scopes.iter().map(|scope| resolve_scope(surface, scope)).collect() {
        Ok(scopes) => scopes,
        Err(problem) => return Plan::error(StatusCode::BAD_REQUEST, &problem),
    };
    let config = KeyConfig {
        key: None,
        name: new.name,
        environment: new.environment.unwrap_or_default(),
        scopes,
        expires_at: new.expires_at,
        rate_limit_per_minute: new.rate_limit_per_minute,
        rate_limit_per_day: new.rate_limit_per_day,
        revoked: false,
    };
    let id = match state.mint(surface_id, config, now) {
        Ok(id) => id,
        Err(problem) => return Plan::error(StatusCode::BAD_REQUEST, &problem),
    };
    let Some(key) = state.surfaces.get(surface_id).and_then(|surface| surface.keys.get(&id)) else {
        return Plan::error(StatusCode::NOT_FOUND, "Surface not found");
    };
    let mut body = key_json(key, surface_id);
    if let Some(fields) = body.as_object_mut() {
        fields.insert("key".to_owned(), json!(key.secret.expose()));
    }
    Plan::json(StatusCode::CREATED, &body)
}

/// A key without its plain text.
fn key_json(key: &Key, surface_id: &str) -> Value {
    let mut body = json!({
        "id": key.id,
        "keyPrefix": PREFIX,
        "keyHint": key.secret.hint(),
        "environment": key.environment,
        "scopes": key.scopes,
        "scopeTargetIds": key.scopes.iter().filter(|scope| *scope != "*").map(|slug| item_id(slug)).collect::<Vec<_>>(),
        "surfaceId": surface_id,
        "isActive": key.is_active,
        "isDevelopment": key.environment == Environment::Test,
        "canReveal": false,
        "usageCount": key.usage.total(),
        "createdAt": key.created_at,
    });
    let optional = [
        ("name", json!(key.name)),
        ("expiresAt", json!(key.expires_at)),
        ("lastUsedAt", json!(key.usage.last())),
        ("rateLimitPerMinute", json!(key.rate_limit_per_minute)),
        ("rateLimitPerDay", json!(key.rate_limit_per_day)),
    ];
    if let Some(fields) = body.as_object_mut() {
        let present = optional.into_iter().filter(|(_, value)| !value.is_null());
        fields.extend(present.map(|(name, value)| (name.to_owned(), value)));
    }
    body
}

/// The id of a capability. Assumed: derived from the slug.
fn capability_id(slug: &str) -> String {
    format!("cap_{slug}")
}

/// The id of a capability's item on the surface, which is its id in scopes. Assumed: derived from the slug.
fn item_id(slug: &str) -> String {
    format!("surfitem_{slug}")
}

/// The slug of a scope: `*`, an item's id, a capability's id, a slug, or a name.
fn resolve_scope(surface: &Surface, scope: &str) -> Result<String, String> {
    if scope == "*" {
        return Ok(scope.to_owned());
    }
    let means = |capability: &&Capability| {
        let slug = capability.slug.as_str();
        scope == slug || scope == item_id(slug) || scope == capability_id(slug) || scope == capability.display_name()
    };
    let found = surface.capabilities.iter().find(means);
    found.map(|capability| capability.slug.clone()).ok_or_else(|| format!("Unknown scope: {scope}"))
}

fn surface_json(surface: &Surface, base_url: &str) -> Value {
    let item = |capability: &Capability| {
        let mut item = json!({
            "id": item_id(&capability.slug),
            "capabilityId": capability_id(&capability.slug),
            "capabilityName": capability.display_name(),
            "endpointSlug": capability.slug,
            "enabled": capability.enabled,
            "isEntryPoint": false,
            "createdAt": surface.created_at,
        });
        if let (Some(schema), Some(fields)) = (&capability.input_schema, item.as_object_mut()) {
            fields.insert("parametersSchema".to_owned(), schema.document().clone());
        }
        item
    };
    let target = |capability: &Capability| {
        json!({
            "id": item_id(&capability.slug),
            "name": capability.display_name(),
            "capabilityId": capability_id(&capability.slug),
            "surfaceItemId": item_id(&capability.slug),
        })
    };
    json!({
        "id": surface.id,
        "productId": surface.product_id,
        "name": surface.name.as_deref().unwrap_or(&surface.id),
        "type": "api",
        "status": match surface.status { Status::Active => "active", Status::Paused => "paused" },
        "endpoint": surface.endpoint(base_url),
        "items": surface.capabilities.iter().map(item).collect::<Vec<_>>(),
        "keys": surface.keys_in_order().map(|key| key_json(key, &surface.id)).collect::<Vec<_>>(),
        "scopeTargets": surface.capabilities.iter().map(target).collect::<Vec<_>>(),
        "createdAt": surface.created_at,
        "updatedAt": surface.created_at,
    })
}
