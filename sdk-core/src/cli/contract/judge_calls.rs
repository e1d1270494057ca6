//! Facts about documents, calls and errors.

use serde_json::{Value, json};

use super::{seen::Seen, verdict::Verdict};
use crate::{endpoint::slug::capability_slug, error::Error, key::ApiKey, redact};

const PREFIX: &str = "papi_";

pub(super) fn key_prefix(seen: &Seen) -> Verdict {
    let answers = [Some(&seen.document), seen.call.as_ref()];
    let accepted = answers.into_iter().flatten().find_map(|answer| answer.as_ref().ok());
    match accepted {
        Some(response) => {
            let hint = response.key.as_ref().map(ApiKey::hint).unwrap_or_default();
            Verdict::of(hint.starts_with(PREFIX), format!("the surface accepts the key {hint}"))
        }
        None => Verdict::not_seen("no request with the key succeeded"),
    }
}

pub(super) fn openapi_path(seen: &Seen) -> Verdict {
    match &seen.document {
        Ok(_) => match seen.openapi().as_ref().and_then(|document| document.get("openapi")?.as_str()) {
            Some(version) => Verdict::of(version.starts_with("3."), format!("version {}", redact::quote(version))),
            None => Verdict::refuted("the response is no OpenAPI document"),
        },
        Err(error) if error.status() == Some(404) => Verdict::refuted("404"),
        Err(error) => Verdict::not_seen(status(error)),
    }
}

pub(super) fn openapi_key(seen: &Seen) -> Verdict {
    match &seen.to_stranger {
        Some(Ok(_)) => Verdict::refuted("a wrong key gets the document too"),
        Some(Err(error)) if error.status() == Some(401) => Verdict::confirmed("a wrong key gets a 401"),
        Some(Err(error)) => Verdict::not_seen(status(error)),
        None => Verdict::not_seen("a wrong key was not tried"),
    }
}

pub(super) fn slug(seen: &Seen) -> Verdict {
    let document = seen.openapi();
    let paths = document.as_ref().and_then(|document| document.get("paths")?.as_object());
    let mut count = 0_usize;
    for (path, item) in paths.into_iter().flatten() {
        let slug = path.trim_start_matches('/');
        let Some(name) = item.pointer("/post/summary").and_then(Value::as_str) else { continue };
        if slug == "dispatch" {
            continue;
        }
        if capability_slug(name) != slug {
            return Verdict::refuted(format!("{} is the slug of {}", redact::quote(slug), redact::quote(name)));
        }
        count += 1;
    }
    if count == 0 {
        Verdict::not_seen("no document names capabilities")
    } else {
        Verdict::confirmed(format!("all {count} in the OpenAPI document"))
    }
}

/// Only the document says so: a call through dispatch would run the capability once more.
pub(super) fn dispatch(seen: &Seen) -> Verdict {
    match seen.openapi() {
        Some(document) if document.pointer("/paths/~1dispatch/post").is_some() => {
            Verdict::confirmed("the OpenAPI document lists it")
        }
        _ => Verdict::not_seen("no document lists it"),
    }
}

pub(super) fn wrong_key(seen: &Seen) -> Verdict {
    match seen.unauthorized() {
        Some(error) => {
            Verdict::of(body(error) == Some(json!({ "error": "Invalid or missing API key" })), shown_body(error))
        }
        None => Verdict::not_seen("no wrong key was refused"),
    }
}

pub(super) fn error_body(seen: &Seen) -> Verdict {
    let mut seen_any = None;
    for error in seen.refusals() {
        let body = body(error);
        let told = body.as_ref().and_then(|body| body.get("error"));
        if !told.is_some_and(|told| told.is_string() || told.get("message").is_some_and(Value::is_string)) {
            return Verdict::refuted(format!("{}: {}", status(error), shown_body(error)));
        }
        seen_any = Some(status(error));
    }
    match seen_any {
        Some(status) => Verdict::confirmed(status),
        None => Verdict::not_seen("no error came"),
    }
}

pub(super) fn paused(seen: &Seen) -> Verdict {
    let refusal = seen.refusals().find(|error| error.status() == Some(503));
    match refusal {
        Some(error) if body(error) == Some(json!({ "error": "Surface is paused" })) => Verdict::confirmed("503"),
        Some(error) => Verdict::not_seen(format!("a 503 with {}", shown_body(error))),
        None => Verdict::not_seen("the surface is not paused"),
    }
}

pub(super) fn wrapped(seen: &Seen) -> Verdict {
    let Some(Ok(response)) = &seen.call else { return Verdict::not_seen("no call succeeded") };
    let Ok(Value::Object(body)) = serde_json::from_slice(&response.output) else {
        return Verdict::not_seen("the response is raw");
    };
    let names: Vec<&str> = body.keys().map(String::as_str).collect();
    let shown = redact::quote(&names.join(", "));
    let is_known = |name: &&str| matches!(*name, "output" | "executionId" | "metadata");
    match (body.contains_key("output"), body.get("executionId")) {
        (true, Some(Value::String(_))) if names.iter().all(is_known) => Verdict::confirmed(shown),
        (_, Some(_)) => Verdict::refuted(format!("an object with {shown}")),
        _ => Verdict::not_seen("the response is raw"),
    }
}

fn status(error: &Error) -> String {
    error.status().map_or_else(|| "no response".to_owned(), |status| status.to_string())
}

fn body(error: &Error) -> Option<Value> {
    serde_json::from_slice(error.body()?).ok()
}

fn shown_body(error: &Error) -> String {
    redact::quote(&String::from_utf8_lossy(error.body().map_or(&[], |body| body)))
}
