//! Reading of responses: a success as far as the call asks for, an error up to a limit.

use std::{error::Error as _, io};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;

use super::{
    error_body,
    values::{COUNTED_BYTES, count_values, most_values},
};
use crate::{
    error::{
        cause::Cause,
        explain,
        facts::{Facts, StatusFacts},
        kind::ErrorKind,
        spelling::spell,
    },
    retry::failure::{Failed, Failure},
    transport::plan::Plan,
};

/// How far a success is read while the call may still be retried.
pub(crate) trait Reading: Copy + Send + Sync {
    type Body: Send;

    /// Whether the body of a 202 with these headers is what was asked for.
    fn takes_accepted(self, _headers: &HeaderMap) -> bool {
        false
    }

    fn read(
        self,
        plan: &Plan,
        response: reqwest::Response,
        headers: &HeaderMap,
    ) -> impl Future<Output = Result<Self::Body, Failed>> + Send;
}

/// To its end.
#[derive(Clone, Copy)]
pub(crate) struct Whole;

impl Reading for Whole {
    type Body = Bytes;

    async fn read(self, plan: &Plan, mut response: reqwest::Response, headers: &HeaderMap) -> Result<Bytes, Failed> {
        let limit = plan.options.max_response_bytes;
        let status = response.status().as_u16();
        let too_large = |announced| {
            let happened =
                format!("the response is larger than {} ({limit} bytes){announced}", spell("max_response_bytes"));
            let remedy = format!("Increase {} for the next call.", spell("max_response_bytes"));
            let problem = explain::lines([&happened, explain::EXECUTED, &remedy]);
            Err(unreadable(plan, status, headers, &problem))
        };
        let announced = response.content_length();
        if let Some(length) = announced.filter(|length| *length > limit) {
            return too_large(format!(": it announces {length}"));
        }
        let mut body = Gathered::default();
        loop {
            match response.chunk().await {
                Ok(Some(chunk)) if body.len().saturating_add(chunk.len()) as u64 > limit => {
                    return too_large(String::new());
                }
                Ok(Some(chunk)) => body.push(chunk, announced),
                // Over HTTP/2 the HTTP library takes an end with NO_ERROR for the end of the body.
                Ok(None) if announced.is_some_and(|length| length != body.len() as u64) => {
                    let problem =
                        format!("the body ended after {} of {} bytes", body.len(), announced.unwrap_or_default());
                    return Err(broken(plan, Cause::of(&io::Error::new(io::ErrorKind::UnexpectedEof, problem))));
                }
                Ok(None) => {
                    let body = body.whole();
                    let most = most_values(limit);
                    if body.len() > COUNTED_BYTES && count_values(&body) > most {
                        let (option, values) = (spell("max_response_bytes"), format!("{most} JSON values"));
                        let happened = format!("the response has more than {values}, the limit at {option} {limit}");
                        let remedy = format!("Increase {option} for the next call.");
                        let problem = explain::lines([&happened, explain::EXECUTED, &remedy]);
                        return Err(unreadable(plan, status, headers, &problem));
                    }
                    return Ok(body);
                }
                Err(error) if is_bad_compression(&error) => {
                    let reason = Cause::of(&error.without_url()).reason();
                    let happened = format!("the response's compression cannot be decoded: {reason}");
                    let problem = explain::lines([&happened, explain::EXECUTED, ""]);
                    return Err(unreadable(plan, status, headers, &problem));
                }
                Err(error) => return Err(broken(plan, Cause::of(&error.without_url()))),
            }
        }
    }
}

/// Whether the body arrived but cannot be decompressed. The decoder's own error is an [`io::Error`] right below the HTTP client's;
/// that of a connection has the HTTP library's error in between.
fn is_bad_compression(error: &reqwest::Error) -> bool {
    error.is_decode() && error.source().is_some_and(|source| source.is::<io::Error>())
}

/// A response that broke. The server had begun to respond: whatever it says now, it has processed the request.
fn broken(plan: &Plan, cause: Cause) -> Failed {
    let may_have_executed = !plan.is_read_only();
    let facts = explain::broken(plan.capability.as_deref(), &plan.host(), None, cause, may_have_executed);
    Failed { failure: Failure::Broken { may_have_executed }, facts }
}

/// A body under construction. Most are a single chunk, which is not copied.
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

/// The error of a success that cannot be read.
pub(crate) fn unreadable(plan: &Plan, status: u16, headers: &HeaderMap, problem: &str) -> Failed {
    let response = StatusFacts {
        status,
        request_id: error_body::request_id(headers),
        headers: headers.clone(),
        ..StatusFacts::default()
    };
    Failed {
        failure: Failure::Unreadable,
        facts: Box::new(Facts {
            kind: Some(ErrorKind::ResponseDecode),
            text: format!("{}{problem}", explain::who(plan.capability.as_deref())),
            may_have_executed: true,
            response: Some(response),
            ..Facts::default()
        }),
    }
}
