//! Reads an answer: a success as far as it is wanted within the exchange, an error as far as it is worth.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, header};

use crate::{
    ErrorKind,
    error::{Cause, Facts, StatusFacts},
    exchange::{Exchange, Failed},
    redact::{self, Scrubber},
    retry::{self, Failure},
    server_error::{self, ErrorAnswer},
    transport::Broken,
};

/// What a stream of events is, by its media type (WHATWG).
pub(crate) const EVENT_STREAM: &str = "text/event-stream";

/// How far a success is read within the exchange, in which it may still be repeated.
pub(crate) trait Reading: Copy + Send + Sync {
    type Body: Send;

    fn read(
        self,
        exchange: &Exchange<'_>,
        response: reqwest::Response,
        headers: &HeaderMap,
    ) -> impl Future<Output = Result<Self::Body, Failed>> + Send;
}

/// To its end.
#[derive(Clone, Copy)]
pub(crate) struct Whole;

impl Reading for Whole {
    type Body = Bytes;

    async fn read(
        self,
        exchange: &Exchange<'_>,
        mut response: reqwest::Response,
        headers: &HeaderMap,
    ) -> Result<Bytes, Failed> {
        let limit = exchange.plan.options.max_response_bytes;
        let status = response.status().as_u16();
        let too_large = |announced| {
            let problem = format!(
                "the answer is larger than {limit} bytes{announced}. It has run: raise the option max response bytes for the \
                 next call."
            );
            Err(unreadable(exchange, status, headers, &problem))
        };
        let announced = response.content_length();
        if let Some(length) = announced.filter(|length| *length > limit) {
            return too_large(format!(" (it announces {length})"));
        }
        let mut body = Gathered::default();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len().saturating_add(chunk.len()) as u64 > limit => {
                    return too_large(String::new());
                }
                Ok(Some(chunk)) => body.push(chunk, announced),
                Ok(None) => return Ok(body.whole()),
                Err(error) => {
                    return Err(exchange.broken(Broken {
                        cause: Cause::of(&error.without_url()),
                        connect_timed_out: false,
                        // The server had begun to respond: whatever it says now, it has processed the request.
                        unprocessed: None,
                        may_have_executed: exchange.plan.outgoing.method != http::Method::GET,
                    }));
                }
            }
        }
    }
}

/// Up to its body, which must be a stream of events.
#[derive(Clone, Copy)]
pub(crate) struct Head;

impl Reading for Head {
    type Body = reqwest::Response;

    async fn read(
        self,
        exchange: &Exchange<'_>,
        response: reqwest::Response,
        headers: &HeaderMap,
    ) -> Result<reqwest::Response, Failed> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if essence.eq_ignore_ascii_case(EVENT_STREAM) {
            return Ok(response);
        }
        let problem = format!(
            "the answer is {} and not a stream of events ({EVENT_STREAM}): this capability does not stream; call it without. It \
             has run: do not repeat it to mend this.",
            redact::quote(kind)
        );
        Err(unreadable(exchange, response.status().as_u16(), headers, &problem))
    }
}

/// A body that is being read. Most are one chunk, which is kept as it is.
#[derive(Default)]
struct Gathered {
    first: Bytes,
    rest: BytesMut,
}

impl Gathered {
    fn len(&self) -> usize {
        self.first.len().max(self.rest.len())
    }

    fn push(&mut self, chunk: Bytes, announced: Option<u64>) {
        if self.len() == 0 {
            self.first = chunk;
            return;
        }
        if self.rest.is_empty() {
            let known = announced.and_then(|length| usize::try_from(length).ok()).unwrap_or_default();
            self.rest.reserve(known.max(self.first.len() + chunk.len()));
            self.rest.extend_from_slice(&self.first);
        }
        self.rest.extend_from_slice(&chunk);
    }

    fn whole(self) -> Bytes {
        if self.rest.is_empty() { self.first } else { self.rest.freeze() }
    }
}

fn unreadable(exchange: &Exchange<'_>, status: u16, headers: &HeaderMap, problem: &str) -> Failed {
    let answer = StatusFacts {
        status,
        request_id: server_error::request_id(headers),
        headers: headers.clone(),
        ..StatusFacts::default()
    };
    Failed {
        failure: Failure::Unreadable,
        facts: Box::new(Facts {
            kind: Some(ErrorKind::ResponseDecode),
            text: format!("{}{problem}", exchange.who()),
            may_have_executed: true,
            answer: Some(answer),
            ..Facts::default()
        }),
    }
}

/// Reads an answer that is an error. Its text is written later, when it is known what came of the key's source.
pub(crate) async fn error(mut response: reqwest::Response, scrubber: &Scrubber) -> Failed {
    let status = response.status().as_u16();
    // Enough that a form of the key which begins within the part that is kept also ends within what is read.
    let limit = server_error::KEPT_BYTES + scrubber.longest_form();
    let mut body = Vec::new();
    // What was read of an error's body serves, even if the rest is missing or too long.
    let is_whole = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break true,
            Err(_) => break false,
        }
        if body.len() > limit {
            body.truncate(limit);
            break false;
        }
    };
    let ErrorAnswer { facts: answer, is_api_error, has_started } =
        server_error::read(status, response.headers().clone(), body, is_whole, scrubber);
    let exhausted =
        status == 429 && retry::is_exhausted_assumed(answer.code.as_deref(), &answer.message, answer.retry_after);
    let may_have_executed = has_started || !is_refusal_assumed(status, is_api_error, answer.retry_after);
    Failed {
        failure: Failure::Answered { status, retry_after: answer.retry_after, exhausted, may_have_executed },
        facts: Box::new(Facts {
            kind: Some(ErrorKind::of_status(status)),
            may_have_executed,
            answer: Some(answer),
            ..Facts::default()
        }),
    }
}

/// Whether an answer says that the call did not start. Assumed: the API gives these answers before anything runs. A 429 or 503
/// counts only as the API's own JSON error, since other servers on the way give them after they passed the call on, too.
fn is_refusal_assumed(status: u16, is_api_error: bool, retry_after: Option<Duration>) -> bool {
    match status {
        300..=399 | 400 | 401 | 403 | 404 | 405 | 406 | 411 | 413 | 414 | 415 | 422 | 431 => true,
        429 => is_api_error,
        503 => is_api_error && retry_after.is_some(),
        _ => false,
    }
}
