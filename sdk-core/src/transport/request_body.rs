//! A request body that records when it is first written.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

/// Whether the body was passed to a connection. Until then the server cannot have executed the request: over HTTP/2 the head may
/// have been sent, but not the input.
#[derive(Debug, Clone, Default)]
pub(crate) struct Written(Arc<AtomicBool>);

impl Written {
    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A body in one piece. The HTTP client polls it only once it has a connection. Over HTTP/1.1 the same step writes the request's
/// head to the connection's buffer, before anything is flushed; over HTTP/2 the head may already have been sent.
pub(crate) struct RequestBody {
    data: Option<Bytes>,
    written: Written,
}

impl RequestBody {
    pub(crate) fn new(data: Bytes, written: Written) -> Self {
        Self { data: Some(data), written }
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.written.0.store(true, Ordering::Release);
        Poll::Ready(self.data.take().map(|data| Ok(Frame::data(data))))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.data.as_ref().map_or(0, |data| data.len() as u64))
    }
}
