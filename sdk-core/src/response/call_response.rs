//! The response of a successful call: the capability's output and its metadata.

use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::value::RawValue;

use super::{
    error_body::{KEPT_BYTES, is_not_json},
    limits::{Quota, RateLimit},
};
use crate::{
    config::values::ResponseFormat,
    error::{
        Error,
        attempt::Attempt,
        explain,
        facts::{Facts, StatusFacts},
        kind::ErrorKind,
    },
    key::{ApiKey, scrubber::Scrubber},
};

/// Response of a call: the capability's output and its metadata.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct CallResponse<T> {
    /// The capability's output: the body of a raw response, the `output` of a wrapped one.
    pub output: T,
    /// HTTP status, 200 to 299.
    pub status: u16,
    /// The response's headers.
    pub headers: HeaderMap,
    /// Request id, from the `X-Request-Id` header (assumed).
    pub request_id: Option<String>,
    /// Execution id of a wrapped response.
    pub execution_id: Option<String>,
    /// `metadata` of a wrapped response as JSON text; see [`metadata`](Self::metadata).
    pub metadata: Option<Bytes>,
    /// Rate limit of the key.
    pub rate_limit: Option<RateLimit>,
    /// Quota of the plan.
    pub quota: Option<Quota>,
    /// All attempts; the last one succeeded.
    pub attempts: Vec<Attempt>,
    /// Duration of the call, including retries and backoff.
    pub elapsed: Duration,
    /// Capability, for later errors.
    pub(crate) capability: Option<String>,
    /// Key of the last attempt, to hide it in later errors.
    pub(crate) key: ApiKey,
}

impl CallResponse<Bytes> {
    /// Decodes the output.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ResponseDecode`] if the output is not JSON or has another shape; [`Error::path`] says where.
    pub fn decode<T: DeserializeOwned>(self) -> Result<CallResponse<T>, Error> {
        let mut reader = serde_json::Deserializer::from_slice(&self.output);
        let decoded = serde_path_to_error::deserialize(&mut reader)
            .map_err(|error| {
                let path = error.path().to_string();
                (error.into_inner().to_string(), Some(path).filter(|path| path != "."))
            })
            .and_then(|output| reader.end().map(|()| output).map_err(|error| (error.to_string(), None)));
        match decoded {
            Ok(output) => Ok(CallResponse {
                output,
                status: self.status,
                headers: self.headers,
                request_id: self.request_id,
                execution_id: self.execution_id,
                metadata: self.metadata,
                rate_limit: self.rate_limit,
                quota: self.quota,
                attempts: self.attempts,
                elapsed: self.elapsed,
                capability: self.capability,
                key: self.key,
            }),
            Err((reason, path)) => Err(self.into_undecodable(&reason, path)),
        }
    }

    /// The error of an output that a language's own JSON parser rejected. The core parses it again, so that the same output
    /// gives the same error in every language; `reason` is used if the core's parser accepts it.
    pub(crate) fn undecodable(self, reason: &str) -> Error {
        let reason = serde_json::from_slice::<&RawValue>(&self.output)
            .err()
            .map_or_else(|| reason.to_owned(), |error| error.to_string());
        self.into_undecodable(&reason, None)
    }

    fn into_undecodable(self, reason: &str, path: Option<String>) -> Error {
        let scrubber = Scrubber::new(&self.key);
        let kept = self.output.get(..KEPT_BYTES).unwrap_or(&self.output);
        let response = StatusFacts {
            status: self.status,
            request_id: self.request_id,
            execution_id: self.execution_id.map(|id| scrubber.text(id)),
            is_foreign: is_not_json(&self.headers),
            headers: self.headers,
            body: Bytes::from(scrubber.bytes(kept.to_vec())),
            ..StatusFacts::default()
        };
        let text = explain::undecodable(self.capability.as_deref(), &response, path.as_deref(), reason);
        Error::new(Facts {
            kind: Some(ErrorKind::ResponseDecode),
            text: scrubber.text(text),
            path: path.map(|path| scrubber.text(path)),
            may_have_executed: true,
            response: Some(response),
            capability: self.capability,
            key_hint: Some(self.key.hint()),
            attempts: self.attempts,
            ..Facts::default()
        })
    }

    /// Unwraps the output of a wrapped response.
    pub(crate) fn unwrapped(mut self, format: ResponseFormat) -> Self {
        if format == ResponseFormat::Raw {
            return self;
        }
        let Some(parts) = Wrapped::read(&self.output, format == ResponseFormat::Wrapped) else { return self };
        let scrubber = Scrubber::new(&self.key);
        self.execution_id = parts.execution_id.map(|id| scrubber.text(id)).or(self.execution_id);
        self.metadata = parts.metadata.map(|metadata| self.output.slice_ref(metadata.get().as_bytes()));
        self.output = self.output.slice_ref(parts.output.get().as_bytes());
        self
    }
}

impl<T> CallResponse<T> {
    /// Slug of the capability; `None` for the OpenAPI document.
    #[must_use]
    pub fn capability(&self) -> Option<&str> {
        self.capability.as_deref()
    }

    /// Decodes the `metadata` of a wrapped response; `None` for a raw response.
    ///
    /// # Errors
    ///
    /// [`serde_json::Error`] if it has another shape.
    pub fn metadata<M: DeserializeOwned>(&self) -> Result<Option<M>, serde_json::Error> {
        self.metadata.as_deref().map(serde_json::from_slice).transpose()
    }
}

/// A wrapped response; the shape is assumed.
#[derive(Deserialize)]
struct Wrapped<'a> {
    #[serde(borrow)]
    output: &'a RawValue,
    #[serde(rename = "executionId")]
    execution_id: Option<String>,
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
}

impl<'a> Wrapped<'a> {
    fn read(body: &'a [u8], is_wrapped: bool) -> Option<Self> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Strict<'a> {
            #[serde(borrow)]
            output: &'a RawValue,
            #[serde(rename = "executionId")]
            execution_id: String,
            #[serde(borrow)]
            metadata: Option<&'a RawValue>,
        }
        if is_wrapped {
            return serde_json::from_slice(body).ok();
        }
        // Most responses are raw: a search for the name avoids parsing them twice.
        memchr::memmem::find(body, b"\"executionId\"")?;
        let strict: Strict<'a> = serde_json::from_slice(body).ok()?;
        Some(Self { output: strict.output, execution_id: Some(strict.execution_id), metadata: strict.metadata })
    }
}
