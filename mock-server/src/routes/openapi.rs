//! The OpenAPI 3.0 document of a surface, generated from its capabilities.

use serde_json::{Map, Value, json};

use crate::{
    auth::{FORBIDDEN, UNAUTHENTICATED},
    config::{
        answer::Answer,
        capability::{Capability, Format},
    },
    state::surface::Surface,
};

/// The document of a surface at a base URL.
pub(super) fn document(surface: &Surface, base_url: &str) -> Value {
    let mut paths = Map::new();
    for capability in surface.capabilities.iter().filter(|capability| capability.enabled) {
        paths.insert(format!("/{}", capability.slug), json!({ "post": operation(surface, capability) }));
    }
    paths.insert("/dispatch".to_owned(), json!({ "post": dispatch(surface) }));
    let title = surface.name.clone().unwrap_or_else(|| surface.id.clone());
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": title,
            "version": "1.0.0",
            "description": "An API surface, as imitated by runtype-mock.",
        },
        "servers": [{ "url": surface.endpoint(base_url) }],
        "security": [{ "bearer": [] }, { "apiKey": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": { "type": "http", "scheme": "bearer" },
                "apiKey": { "type": "apiKey", "in": "header", "name": "X-API-Key" },
            },
            "schemas": { "Error": error_schema() },
            "responses": responses(),
        },
    })
}

fn operation(surface: &Surface, capability: &Capability) -> Value {
    let mut operation = json!({
        "operationId": capability.slug,
        "summary": capability.display_name(),
        "requestBody": request_body(&input(capability)),
        "responses": statuses(output(surface, capability), fails(&capability.answer)),
    });
    if let (Some(description), Some(operation)) = (&capability.description, operation.as_object_mut()) {
        operation.insert("description".to_owned(), json!(description));
    }
    operation
}

fn dispatch(surface: &Surface) -> Value {
    let capabilities = surface.capabilities.iter().filter(|capability| capability.enabled);
    let forms: Vec<_> = capabilities
        .map(|capability| {
            json!({
                "type": "object",
                "properties": { "capability": { "type": "string", "enum": [capability.slug] }, "input": input(capability) },
                "required": ["capability", "input"],
            })
        })
        .collect();
    let body = if forms.is_empty() { any_object() } else { json!({ "oneOf": forms }) };
    // Any capability may respond, so all their error statuses are possible here.
    let statuses = statuses(json!({}), surface.capabilities.iter().flat_map(|known| fails(&known.answer)).collect());
    json!({
        "operationId": "dispatch",
        "summary": "Calls the capability that the body names",
        "requestBody": request_body(&body),
        "responses": statuses,
    })
}

fn request_body(schema: &Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

/// The schema of a capability's input.
fn input(capability: &Capability) -> Value {
    capability.input_schema.as_ref().map_or_else(any_object, |schema| schema.document().clone())
}

fn any_object() -> Value {
    json!({ "type": "object" })
}

/// The schema of an output in its format.
fn output(surface: &Surface, capability: &Capability) -> Value {
    let output = capability.output_schema.as_ref().map_or_else(|| json!({}), |schema| schema.document().clone());
    match capability.response_format.unwrap_or(surface.response_format) {
        Format::Raw => output,
        Format::Wrapped => json!({
            "type": "object",
            "properties": { "output": output, "executionId": { "type": "string" }, "metadata": { "type": "object" } },
            "required": ["output", "executionId"],
        }),
    }
}

/// The statuses of configured answers, in addition to those of all calls.
fn fails(answer: &Answer) -> Vec<u16> {
    match answer {
        Answer::Fail { status, .. } | Answer::Fixed { status, .. } | Answer::Template { status, .. } => vec![*status],
        Answer::Sequence { answers, .. } => answers.iter().flat_map(fails).collect(),
        _ => Vec::new(),
    }
}

fn statuses(output: Value, configured: Vec<u16>) -> Value {
    let mut statuses = Map::new();
    let content =
        json!({ "application/json": { "schema": output }, "text/event-stream": { "schema": { "type": "string" } } });
    statuses.insert("200".to_owned(), json!({ "description": "The capability's output.", "content": content }));
    for status in configured.into_iter().filter(|status| *status != 200) {
        let content = json!({ "application/json": { "schema": {} } });
        statuses.insert(status.to_string(), json!({ "description": "As configured.", "content": content }));
    }
    for (status, name, _) in ERRORS {
        let reference = json!({ "$ref": format!("#/components/responses/{name}") });
        statuses.insert(status.to_string(), reference);
    }
    Value::Object(statuses)
}

/// The error statuses of all calls.
const ERRORS: [(u16, &str, &str); 8] = [
    (400, "BadRequest", "The body is not a JSON object, or it breaks the input's schema."),
    (401, "Unauthenticated", UNAUTHENTICATED),
    (403, "Forbidden", FORBIDDEN),
    (404, "NotFound", "There is no such capability or surface."),
    (413, "TooLarge", "The body is too large."),
    (429, "RateLimited", "A limit of the key is reached; see Retry-After."),
    (500, "Failed", "The capability failed; see executionId."),
    (503, "Paused", "The surface is paused."),
];

fn responses() -> Value {
    let responses = ERRORS.iter().map(|(_, name, description)| {
        let schema = json!({ "$ref": "#/components/schemas/Error" });
        let response = json!({ "description": description, "content": { "application/json": { "schema": schema } } });
        ((*name).to_owned(), response)
    });
    Value::Object(responses.collect())
}

fn error_schema() -> Value {
    json!({
        "type": "object",
        "properties": {
            "error": { "type": "string" },
            "code": { "type": "string" },
            "message": { "type": "string" },
            "details": {},
            "executionId": { "type": "string" },
        },
        "required": ["error"],
    })
}
