//! One of many calls, from its input to its end.

use bytes::Bytes;

use crate::{
    error::Error,
    ledger::{Claim, id::RowId},
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
    /// Its id in the ledger, where the application has made it.
    pub(crate) id: Option<RowId>,
}

impl From<Bytes> for Input {
    fn from(json: Bytes) -> Self {
        Self { json, trace: None, id: None }
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
    /// `None` without a ledger.
    pub(super) claim: Option<Claim>,
}

/// A row whose call has ended, or is held.
pub(super) struct Ended {
    pub(super) row: Row,
    /// The window that it was sent in.
    pub(super) window: u64,
    pub(super) outcome: Outcome,
}

#[expect(clippy::large_enum_variant, reason = "it is taken apart as soon as it is made")]
pub(super) enum Outcome {
    Sent(Result<CallResponse<Bytes>, Refused>),
    /// The ledger could not be written, so nothing was sent.
    NotClaimed(Error),
}

/// The error that concerns all.
pub(super) struct Stop {
    pub(super) cause: Error,
    pub(super) reason: &'static str,
}

impl Row {
    /// Ends its span, if it was sent.
    pub(super) fn end_span(&mut self, end: &End<'_>) {
        if let Some(span) = &mut self.span {
            span.end(end);
        }
    }

    /// The error of a row that is not sent, since the run has stopped.
    pub(super) fn stopped(&mut self, Stop { cause, reason }: &Stop) -> Error {
        // A row that was refused before has an error of its own, and so has one that an earlier run may have executed.
        let own = self.held.take().map(|held| held.error);
        own.or_else(|| self.claim.as_mut()?.take_held_back()).unwrap_or_else(|| cause.of_unsent(reason))
    }
}
