//! The head of a stream's response.

use http::{HeaderMap, header};

use crate::{
    error::{attempt::Attempt, explain},
    key::ApiKey,
    redact,
    response::body::{Reading, unreadable},
    retry::failure::Failed,
    transport::plan::Plan,
};

/// Media type of event streams (WHATWG).
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// Up to the body, which must be an event stream.
#[derive(Clone, Copy)]
pub(crate) struct Head;

impl Reading for Head {
    type Body = reqwest::Response;

    fn takes_accepted(self, headers: &HeaderMap) -> bool {
        is_event_stream(content_type(headers))
    }

    async fn read(
        self,
        plan: &Plan,
        response: reqwest::Response,
        headers: &HeaderMap,
    ) -> Result<reqwest::Response, Failed> {
        let kind = content_type(headers);
        if is_event_stream(kind) {
            return Ok(response);
        }
        let kind = if kind.is_empty() { "no content type".to_owned() } else { redact::quote(kind) };
        let problem = explain::lines([
            &format!("the response has {kind} where an event stream ({EVENT_STREAM}) was expected"),
            explain::EXECUTED,
            "This capability does not stream: call it without streaming.",
        ]);
        Err(unreadable(plan, response.status().as_u16(), headers, &problem))
    }
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn is_event_stream(kind: &str) -> bool {
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(EVENT_STREAM)
}

/// What is known of a stream once its response has begun.
pub(crate) struct Opened {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) request_id: Option<String>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) capability: Option<String>,
    pub(crate) key: ApiKey,
}
