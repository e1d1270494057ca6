//! What was seen of a surface: one document, one refusal, one call, one stream.

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use crate::{
    client::Client,
    config::values::ResponseFormat,
    error::Error,
    response::call_response::CallResponse,
    stream::{event::StreamEvent, outcome::StreamOutcome},
};

/// More events of a stream are not kept.
const MOST_EVENTS: usize = 10_000;

pub(in crate::cli) type Answer = Result<CallResponse<Bytes>, Error>;

/// Everything that was seen. What was not asked for is none.
pub(in crate::cli) struct Seen {
    pub(in crate::cli) document: Answer,
    /// The answer to a wrong key.
    pub(in crate::cli) to_stranger: Option<Answer>,
    /// The call, its response as received.
    pub(in crate::cli) call: Option<Answer>,
    pub(in crate::cli) stream: Option<StreamSeen>,
}

/// A stream, read to its end.
pub(in crate::cli) struct StreamSeen {
    pub(in crate::cli) headers: HeaderMap,
    pub(in crate::cli) events: Vec<StreamEvent>,
    pub(in crate::cli) end: Result<Option<StreamOutcome>, Error>,
}

impl Seen {
    /// Calls the capability.
    pub(in crate::cli) async fn call(&mut self, client: &Client, slug: &str, input: &[u8]) -> &Answer {
        let call = client.capability(slug).input_json(input.to_vec()).max_retries(0);
        self.call.insert(call.response_format(ResponseFormat::Raw).send_bytes().await)
    }

    /// Streams it.
    pub(in crate::cli) async fn stream(&mut self, client: &Client, slug: &str, input: &[u8]) -> &StreamSeen {
        let call = client.capability(slug).input_json(input.to_vec()).max_retries(0);
        let seen = match call.stream().await {
            Err(error) => StreamSeen {
                headers: error.headers().cloned().unwrap_or_default(),
                events: Vec::new(),
                end: Err(error),
            },
            Ok(mut stream) => {
                let headers = stream.headers().clone();
                let mut events = Vec::new();
                let end = loop {
                    match stream.next().await {
                        Some(Ok(event)) if events.len() < MOST_EVENTS => events.push(event),
                        Some(Ok(_)) => {}
                        Some(Err(error)) => break Err(error),
                        None => break Ok(stream.outcome()),
                    }
                };
                StreamSeen { headers, events, end }
            }
        };
        self.stream.insert(seen)
    }

    /// The headers of every response.
    pub(super) fn headers(&self) -> Vec<&HeaderMap> {
        let answers = [Some(&self.document), self.to_stranger.as_ref(), self.call.as_ref()];
        let mut all: Vec<&HeaderMap> = answers
            .into_iter()
            .flatten()
            .filter_map(|answer| match answer {
                Ok(response) => Some(&response.headers),
                Err(error) => error.headers(),
            })
            .collect();
        all.extend(self.stream.as_ref().map(|stream| &stream.headers).filter(|headers| !headers.is_empty()));
        all
    }

    /// Every error status.
    pub(super) fn refusals(&self) -> impl Iterator<Item = &Error> {
        let answers = [Some(&self.document), self.to_stranger.as_ref(), self.call.as_ref()];
        let of_answers = answers.into_iter().flatten().filter_map(|answer| answer.as_ref().err());
        let of_stream = self.stream.as_ref().and_then(|stream| stream.end.as_ref().err());
        of_answers.chain(of_stream).filter(|error| error.is_status())
    }

    /// The 401 to a wrong key.
    pub(super) fn unauthorized(&self) -> Option<&Error> {
        self.to_stranger.as_ref()?.as_ref().err().filter(|error| error.status() == Some(401))
    }

    /// The OpenAPI document, or what other JSON came for it.
    pub(super) fn openapi(&self) -> Option<Value> {
        serde_json::from_slice(&self.document.as_ref().ok()?.output).ok()
    }
}
