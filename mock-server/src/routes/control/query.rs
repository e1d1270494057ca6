//! The query of a control request: a misspelt parameter must not widen what the request changes.

use super::outcome::Refused;
use crate::{request::Request, suggest::remedy};

/// Rejects unknown and repeated parameters.
pub(super) fn check(request: &Request, rest: &[&str]) -> Result<(), Refused> {
    let known: &[&str] = match (request.method.as_str(), rest) {
        ("GET", ["journal"]) => &["surface", "capability", "after", "limit"],
        // These concern no surface, or more than one.
        ("PUT", ["state"]) | ("POST", ["surfaces"]) | (_, []) => &[],
        _ => &["surface"],
    };
    let mut seen: Vec<String> = Vec::new();
    for name in request.query_names() {
        if !known.contains(&name.as_str()) {
            let remedy = remedy(&name, known.iter().copied());
            return Err(format!("this endpoint has no query parameter {name:?}; {remedy}").into());
        }
        if seen.contains(&name) {
            return Err(format!("the query parameter {name:?} is there twice; send it once").into());
        }
        seen.push(name);
    }
    Ok(())
}
