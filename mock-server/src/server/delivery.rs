//! Delivery of a plan: through hyper if plain HTTP can express it, else directly on the socket.

use std::{
    convert::Infallible,
    io,
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
    task::{Context, Poll},
};

use bytes::Bytes;
use http::{
    HeaderValue, Response,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};
use http_body::{Body, Frame as BodyFrame, SizeHint};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::{Sleep, sleep},
};

use crate::{
    clock::Time,
    config::fault_kind::FaultKind,
    plan::{End, Frame, Framing, Plan},
    routes::record::{Ticket, record_delivery},
    state::{journal::Outcome, shared::Shared},
};

/// Records the end of a delivery in the journal: completed, or dropped because the client disconnected.
pub(super) struct Watch {
    shared: Shared,
    ticket: Ticket,
    done: AtomicBool,
}

impl Watch {
    pub(super) fn new(shared: &Shared, ticket: Ticket) -> Self {
        Self { shared: shared.clone(), ticket, done: AtomicBool::new(false) }
    }

    fn done(&self, outcome: Outcome) {
        if !self.done.swap(true, Ordering::Relaxed) {
            record_delivery(&mut self.shared.lock(), self.ticket, outcome, Time::now());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.done(Outcome::ClientClosed);
    }
}

/// Converts a plan to hyper's response.
pub(super) fn response(plan: Plan, watch: Watch) -> Response<Frames> {
    let length = match plan.framing {
        Framing::Chunked => None,
        _ => Some(plan.frames.iter().map(|frame| frame.bytes.len() as u64).sum()),
    };
    if plan.frames.is_empty() {
        watch.done(Outcome::Delivered);
    }
    let body = Frames { frames: plan.frames.into_iter(), next: None, pause: None, length, watch };
    let mut response = Response::new(body);
    *response.status_mut() = plan.status;
    *response.headers_mut() = plan.headers;
    response
}

/// A body that is sent in pieces, with pauses.
pub(super) struct Frames {
    frames: std::vec::IntoIter<Frame>,
    next: Option<Bytes>,
    pause: Option<Pin<Box<Sleep>>>,
    length: Option<u64>,
    watch: Watch,
}

impl Body for Frames {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<BodyFrame<Bytes>, Infallible>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                if pause.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                self.pause = None;
            }
            if let Some(bytes) = self.next.take() {
                let sent = bytes.len() as u64;
                self.length = self.length.map(|length| length.saturating_sub(sent));
                if self.frames.len() == 0 {
                    self.watch.done(Outcome::Delivered);
                }
                return Poll::Ready(Some(Ok(BodyFrame::data(bytes))));
            }
            let Some(frame) = self.frames.next() else {
                return Poll::Ready(None);
            };
            if !frame.wait.is_zero() {
                self.pause = Some(Box::pin(sleep(frame.wait)));
            }
            self.next = Some(frame.bytes);
        }
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_none() && self.frames.len() == 0
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Delivers a plan on the socket, and ends the connection as planned, or when the client does.
pub(super) async fn raw(mut stream: TcpStream, plan: Plan, watch: Watch) {
    let (mut reader, mut writer) = stream.split();
    let send = async {
        sleep(plan.latency).await;
        let head = head(&plan);
        writer.write_all(&head).await?;
        for frame in &plan.frames {
            if !frame.wait.is_zero() {
                sleep(frame.wait).await;
            }
            if plan.framing == Framing::Chunked {
                writer.write_all(format!("{:x}\r\n", frame.bytes.len()).as_bytes()).await?;
                writer.write_all(&frame.bytes).await?;
                writer.write_all(b"\r\n").await?;
            } else {
                writer.write_all(&frame.bytes).await?;
            }
            writer.flush().await?;
        }
        match plan.end {
            End::Complete | End::Reset => {}
            End::Close(wait) => {
                if plan.framing == Framing::Chunked && plan.fault == Some(FaultKind::HangUp) {
                    writer.write_all(b"0\r\n\r\n").await?;
                }
                watch.done(Outcome::Delivered);
                sleep(wait).await;
            }
            End::Stall => std::future::pending::<()>().await,
        }
        io::Result::Ok(())
    };
    // A client that disconnects in the meantime ends it, whatever was planned. Data from the client is dropped.
    let gone = async {
        let mut sink = [0_u8; 1024];
        while matches!(reader.read(&mut sink).await, Ok(1..)) {}
    };
    tokio::select! {
        sent = send => if sent.is_ok() { watch.done(Outcome::Delivered) },
        () = gone => {}
    }
    if plan.end == End::Reset {
        let _ = stream.set_zero_linger();
    } else {
        let _ = stream.shutdown().await;
    }
}

/// The status line and the headers of a plan.
fn head(plan: &Plan) -> Vec<u8> {
    if plan.framing == Framing::Naked {
        return Vec::new();
    }
    let mut headers = plan.headers.clone();
    match plan.framing {
        Framing::Length => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(plan.body().len()));
        }
        Framing::Claimed(length) => {
            headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
        }
        Framing::Chunked => {
            headers.insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        Framing::Naked => {}
    }
    let reason = plan.status.canonical_reason().unwrap_or("Unknown");
    let mut head = format!("HTTP/1.1 {} {reason}\r\n", plan.status.as_u16()).into_bytes();
    for (name, value) in &headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}
