//! A call on its way from Python's arguments to the network.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::prelude::*;
use runtype_surface::{Call, CallResponse, Error};

use crate::{
    asyncio::completion_queue::GivenUp,
    runtime::closing::Closing,
    span::{self, CallSpan},
    stream::Opened,
    variables::Variables,
};

/// A call that is ready to be sent.
pub(crate) struct Prepared {
    pub(crate) call: Call,
    /// The capability's slug, for logs and texts: the caller may have passed a whole URL.
    pub(crate) capability: String,
    pub(crate) closing: Closing,
    pub(crate) span: Option<Arc<CallSpan>>,
}

impl Prepared {
    /// Starts its span, a child of the one of whoever makes the call: of the current one, or of that in `variables`.
    pub(crate) fn traced(self, py: Python<'_>, is_stream: bool, variables: Option<&Variables>) -> PyResult<Self> {
        let (call, span) = span::trace(py, self.call, is_stream, variables)?;
        Ok(Self { call, span, ..self })
    }

    pub(crate) async fn send(mut self) -> Option<Result<CallResponse<Bytes>, Error>> {
        self.closing.or_end(self.call.send_bytes()).await
    }

    pub(crate) async fn open(mut self) -> Option<Result<Opened, Error>> {
        let stream = self.closing.or_end(self.call.stream()).await?;
        Some(stream.map(|stream| Opened {
            stream,
            capability: self.capability,
            closing: self.closing,
            span: self.span,
        }))
    }
}

/// Ends the span of a call that nobody waits for any more.
pub(crate) fn given_up(span: Option<&Arc<CallSpan>>) -> Option<GivenUp> {
    let span = span?.clone();
    Some(Box::new(move |py| span::cancelled(py, Some(&span))))
}
