//! What the surface answers to the key.
//!
//! Only a request can prove a key, and every POST to a surface may run something. A GET of its OpenAPI document runs nothing. Whether
//! the document needs a key at all is assumed, so the same request is sent with a wrong key: if that one gets a 401 and the key does not,
//! the surface knows the key.

use serde_json::Value;

use super::check::Check;
use crate::{
    bindings::nearest::nearest,
    cli::{contract::seen::Seen, exit},
    client::Client,
    error::{Error, cause::NO_HTTP, kind::ErrorKind, spelling::spell},
    redact,
};

const NAME: &str = "answer";
const CAPABILITY: &str = "capability";

/// Paths of the document that are no capabilities.
const NO_CAPABILITIES: [&str; 3] = ["dispatch", "openapi.json", "openapi.yaml"];

/// The answers to the two requests.
pub(super) struct Answers(pub(super) Seen);

impl Answers {
    /// Sends the requests.
    pub(super) async fn ask(client: &Client, stranger: &Client) -> Self {
        let document = client.openapi_call().max_retries(0).send_bytes().await;
        let is_reached = document.as_ref().map_or_else(|error| error.status().is_some(), |_| true);
        let to_stranger =
            if is_reached { Some(stranger.openapi_call().max_retries(0).send_bytes().await) } else { None };
        Self(Seen { document, to_stranger, call: None, stream: None })
    }

    fn refuses_strangers(&self) -> bool {
        matches!(&self.0.to_stranger, Some(Err(error)) if error.kind() == ErrorKind::Authentication)
    }

    /// Whether the surface knows the key.
    pub(super) fn check(&self) -> Check {
        match &self.0.document {
            Ok(_) if self.refuses_strangers() => {
                Check::ok(NAME, "the surface accepts the key, and refuses a wrong one with a 401")
            }
            Ok(_) => Check::skipped(
                NAME,
                "the surface gives its OpenAPI document without a key, so this proves nothing: `doctor --contract SLUG` calls a \
                 capability",
            ),
            Err(error) if error.kind() == ErrorKind::NotFound && !names_a_place(error) && self.refuses_strangers() => {
                Check::skipped(
                    NAME,
                    "the surface knows the key, but gives a 404 for its OpenAPI document, whose path is assumed: the ids may be wrong",
                )
            }
            Err(error) if is_paused(error) => Check::problem(
                NAME,
                exit::code(error),
                first_line(error),
                "The surface is paused: ask the product's owner to activate it.",
            ),
            Err(error) if error.to_string().contains(NO_HTTP) => {
                let mut check = Check::error(NAME, error);
                check.remedy =
                    Some(format!("Begin {} with https://, or name the port of plain http.", spell("base_url")));
                check
            }
            Err(error) => Check::error(NAME, error),
        }
    }

    /// The slugs of the capabilities that the document lists.
    pub(super) fn slugs(&self) -> Option<Vec<String>> {
        let document: Value = serde_json::from_slice(&self.0.document.as_ref().ok()?.output).ok()?;
        let paths = document.get("paths")?.as_object()?;
        let slugs = paths.keys().map(|path| path.trim_start_matches('/').to_owned());
        Some(slugs.filter(|slug| !NO_CAPABILITIES.contains(&slug.as_str())).collect())
    }

    /// Whether the surface has the capability.
    pub(super) fn capability(&self, wanted: Option<&str>) -> Check {
        let Some(slugs) = self.slugs() else {
            return Check::skipped(CAPABILITY, "there is no OpenAPI document to look in");
        };
        let shown = redact::visible(&slugs.join(", ")).into_owned();
        let Some(wanted) = wanted else {
            return Check::ok(CAPABILITY, format!("the surface has {}: {shown}", slugs.len()));
        };
        if slugs.iter().any(|slug| slug == wanted) {
            return Check::ok(CAPABILITY, format!("the surface has {}", redact::quote(wanted)));
        }
        let near = nearest(wanted, slugs.iter().map(String::as_str));
        let remedy = match near {
            Some((_, name)) => format!("Did you mean {}? The surface has: {shown}.", redact::quote(name)),
            None => format!("The surface has: {shown}."),
        };
        let text = format!("the surface has no capability {}", redact::quote(wanted));
        Check::problem(CAPABILITY, exit::STATUS, text, remedy)
    }
}

/// Whether a 404 says what does not exist.
fn names_a_place(error: &Error) -> bool {
    let said = error.server_message().unwrap_or_default().to_lowercase();
    said.contains("product") || said.contains("surface")
}

/// The answer of a paused surface is assumed.
fn is_paused(error: &Error) -> bool {
    error.status() == Some(503) && error.server_message().is_some_and(|said| said.to_lowercase().contains("paused"))
}

fn first_line(error: &Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
