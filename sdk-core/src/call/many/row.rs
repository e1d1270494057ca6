//! One of many calls: its input, and what becomes of it.

use bytes::Bytes;

use crate::{
    response::call_response::CallResponse,
    send::held::{Held, Refused},
    telemetry::{attributes::End, span::CallSpan, trace_context::TraceContext},
    transport::plan::Plan,
};

/// One input of many.
#[derive(Debug, Clone)]
pub(crate) struct Input {
    pub(crate) json: Bytes,
    /// The span that its request's receiver continues.
    pub(crate) trace: Option<TraceContext>,
}

impl From<Bytes> for Input {
    fn from(json: Bytes) -> Self {
        Self { json, trace: None }
    }
}

/// One input, ready to be sent.
pub(super) struct Row {
    pub(super) index: usize,
    pub(super) input: Bytes,
    pub(super) plan: Plan,
    /// From the first time that it is sent.
    pub(super) span: Option<CallSpan>,
    pub(super) held: Option<Held>,
}

/// A row whose call has ended, or is held.
pub(super) struct Ended {
    pub(super) row: Row,
    /// The window that it was sent in.
    pub(super) window: u64,
    pub(super) result: Result<CallResponse<Bytes>, Refused>,
}

impl Row {
    /// Ends its span, if it was sent.
    pub(super) fn end_span(&mut self, end: &End<'_>) {
        if let Some(span) = &mut self.span {
            span.end(end);
        }
    }
}
