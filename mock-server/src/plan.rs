//! The plan of a response, before any byte is sent.

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, StatusCode,
    header::{CONTENT_TYPE, HeaderValue},
};
use serde_json::Value;

use crate::config::fault_kind::FaultKind;

/// Header of the request id. Assumed.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A piece of the body, and the pause before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The pause before it.
    pub wait: Duration,
    /// Its bytes.
    pub bytes: Bytes,
}

/// Framing of the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// A correct `Content-Length`.
    Length,
    /// This `Content-Length`, whatever is sent.
    Claimed(u64),
    /// `Transfer-Encoding: chunked`, with one chunk per frame.
    Chunked,
    /// Only the frames, without a status line and headers.
    Naked,
}

/// What follows the last frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The response is complete; the connection stays open for the next request.
    Complete,
    /// The connection is closed (FIN) after a pause.
    Close(Duration),
    /// The connection is reset (RST).
    Reset,
    /// Nothing follows, and the connection stays open until the client closes it.
    Stall,
}

/// A whole response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The status.
    pub status: StatusCode,
    /// The headers, without those of the framing.
    pub headers: HeaderMap,
    /// The pause before the first byte.
    pub latency: Duration,
    /// The body, piece by piece.
    pub frames: Vec<Frame>,
    /// Framing of the body.
    pub framing: Framing,
    /// What follows the last frame.
    pub end: End,
    /// The fault that changed this response.
    pub fault: Option<FaultKind>,
}

impl Plan {
    /// A response with a body of a known length.
    pub fn new(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        let bytes = body.into();
        let frames = if bytes.is_empty() { Vec::new() } else { vec![Frame { wait: Duration::ZERO, bytes }] };
        Self {
            status,
            headers,
            latency: Duration::ZERO,
            frames,
            framing: Framing::Length,
            end: End::Complete,
            fault: None,
        }
    }

    /// A JSON response.
    pub fn json(status: StatusCode, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// `{"error": "…"}`, the documented form of the API's errors.
    pub fn error(status: StatusCode, message: &str) -> Self {
        Self::new(status, "application/json", format!("{{\"error\": {}}}", Value::from(message)))
    }

    /// A response without a body.
    pub fn empty(status: StatusCode) -> Self {
        let mut plan = Self::new(status, "application/json", Bytes::new());
        plan.headers.clear();
        plan
    }

    /// No response: the connection is closed.
    pub fn broken() -> Self {
        Self { framing: Framing::Naked, end: End::Close(Duration::ZERO), ..Self::empty(StatusCode::OK) }
    }

    /// Adds a header, replacing one of the same name.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The whole body in one piece.
    pub fn body(&self) -> Bytes {
        match self.frames.as_slice() {
            [] => Bytes::new(),
            [only] => only.bytes.clone(),
            many => many.iter().flat_map(|frame| frame.bytes.iter().copied()).collect(),
        }
    }

    /// Drops the body after this number of bytes. The announced length is unchanged.
    pub fn keep(&mut self, bytes: usize) {
        if self.framing == Framing::Length {
            self.framing = Framing::Claimed(self.body().len() as u64);
        }
        let mut left = bytes;
        for frame in &mut self.frames {
            let keep = left.min(frame.bytes.len());
            frame.bytes.truncate(keep);
            left -= keep;
        }
        self.frames.retain(|frame| !frame.bytes.is_empty());
    }

    /// Whether plain HTTP can deliver it, so that the connection can stay open.
    pub fn is_plain(&self) -> bool {
        self.end == End::Complete && matches!(self.framing, Framing::Length | Framing::Chunked)
    }
}
