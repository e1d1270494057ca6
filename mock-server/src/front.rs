//! The front: hyper on the public address. It asks [`decide`] and delivers the answer, pauses and faults included.
//!
//! It exists because wiremock sends one body with a length and no faults. What plain HTTP can say goes out through
//! hyper; for the rest the front takes the socket back from hyper and writes the bytes itself.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::TcpListener;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderValue, Response, StatusCode};
use http_body::{Body, Frame as BodyFrame, SizeHint};
use http_body_util::{BodyExt as _, Either, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::{OnceCell, watch};
use tokio::task::JoinSet;
use tokio::time::{Sleep, sleep};

use crate::callback::Callback;
use crate::clock::Time;
use crate::decide::{Decision, Ticket, answered, decide, delivered, passed};
use crate::further::{Further, Passed};
use crate::journal::Outcome;
use crate::plan::{End, Framing, Plan};
use crate::request::Request;
use crate::state::State;

/// How long answers under way may take once the mock is told to stop.
const GRACE: Duration = Duration::from_millis(500);

/// The state, shared between the connections and whoever controls the mock.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<State>>);

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shared(..)")
    }
}

impl Shared {
    /// Shares a state.
    pub fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    /// Locks the state. A lock that was poisoned by a panic is taken all the same: every change to the state is whole.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What every connection needs.
#[derive(Clone, Debug)]
pub(crate) struct Front {
    pub(crate) shared: Shared,
    pub(crate) further: Arc<OnceCell<Further>>,
    pub(crate) callback: Callback,
}

/// Listens until `stop` changes, then lets answers under way end for half a second.
pub(crate) async fn serve(
    listener: TcpListener,
    front: Front,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let connections = AtomicU64::new(0);
    let stopped = stop.clone();
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let number = connections.fetch_add(1, Ordering::Relaxed) + 1;
                    open.spawn(connection(stream, number, front.clone(), stopped.clone()));
                }
                // Out of file descriptors, or a client that was gone before it was accepted: neither ends the mock.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            Some(_) = open.join_next(), if !open.is_empty() => {}
            _ = stop.wait_for(|stopping| *stopping) => break,
        }
    }
    drop(listener);
    // Time is up: what is still open is cut off when the set is dropped.
    let _ = tokio::time::timeout(GRACE, async { while open.join_next().await.is_some() {} }).await;
    Ok(())
}

/// What hyper cannot deliver, handed from the service to the connection.
type Aside = Arc<Mutex<Option<(Plan, Watch)>>>;

/// Serves one connection.
async fn connection(stream: TcpStream, number: u64, front: Front, mut stop: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let aside: Aside = Aside::default();
    let service = service_fn(|request: http::Request<Incoming>| {
        let front = front.clone();
        let aside = aside.clone();
        // Boxed, because `poll_without_shutdown` wants the service's future to be `Unpin`.
        Box::pin(async move {
            let Some(request) = whole(request, number).await? else {
                let plan = Plan::error(StatusCode::PAYLOAD_TOO_LARGE, "Request body is too large")
                    .with_header(CONNECTION, HeaderValue::from_static("close"));
                return Ok(
                    response(plan, Watch::new(&front.shared, Ticket(None))).map(Either::Left)
                );
            };
            let (plan, watch) = match front.ask(&request).await {
                Asked::Plan(plan, watch) => (plan, watch),
                Asked::Passed(response) => return Ok(response.map(Either::Right)),
            };
            if plan.is_plain() {
                if !plan.latency.is_zero() {
                    sleep(plan.latency).await;
                }
                return Ok(response(plan, watch).map(Either::Left));
            }
            *aside.lock().unwrap_or_else(PoisonError::into_inner) = Some((plan, watch));
            Err(TakenAside)
        })
    });
    let mut conn =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut stopping = false;
    loop {
        tokio::select! {
            _ = poll_fn(|cx| conn.poll_without_shutdown(cx)) => break,
            _ = stop.wait_for(|stopping| *stopping), if !stopping => {
                stopping = true;
                Pin::new(&mut conn).graceful_shutdown();
            }
        }
    }
    let mut stream = conn.into_parts().io.into_inner();
    let plan = aside.lock().unwrap_or_else(PoisonError::into_inner).take();
    match plan {
        Some((plan, watch)) => raw(stream, plan, watch).await,
        None => {
            let _ = stream.shutdown().await;
        }
    }
    front.shared.lock().forget_connection(number);
}

/// The service's way of telling hyper to let go of the socket.
#[derive(Debug)]
struct TakenAside;

impl fmt::Display for TakenAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this answer is delivered without hyper")
    }
}

impl std::error::Error for TakenAside {}

/// The longest body that is read. Assumed: that there is a limit, and its 413.
const MOST_BODY: usize = 64 * 1024 * 1024;

/// Reads a request whole. `None` when its body is too large.
async fn whole(
    request: http::Request<Incoming>,
    connection: u64,
) -> Result<Option<Request>, TakenAside> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MOST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(None),
        Err(_) => return Err(TakenAside),
    };
    Ok(Some(Request {
        method: parts.method,
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: parts.headers,
        body,
        connection,
    }))
}

/// What comes of a request.
enum Asked {
    /// The surface's answer.
    Plan(Plan, Watch),
    /// The answer of a further mock.
    Passed(Response<Incoming>),
}

impl Front {
    /// Asks the further mocks when there are any, then decides, and runs the closure when there is one, without the lock.
    async fn ask(&self, request: &Request) -> Asked {
        if let Some(further) = self
            .further
            .get()
            .filter(|_| !request.path.starts_with("/__mock"))
        {
            let status = match further.pass(request).await {
                Passed::Unmatched => None,
                Passed::Answered(response) => {
                    let ticket = passed(
                        request,
                        &mut self.shared.lock(),
                        Some(response.status()),
                        Time::now(),
                    );
                    delivered(
                        &mut self.shared.lock(),
                        ticket,
                        Outcome::Delivered,
                        Time::now(),
                    );
                    return Asked::Passed(response);
                }
                Passed::Broken => Some(passed(request, &mut self.shared.lock(), None, Time::now())),
            };
            if let Some(ticket) = status {
                return Asked::Plan(Plan::broken(), Watch::new(&self.shared, ticket));
            }
        }
        let decision = decide(request, &mut self.shared.lock(), Time::now());
        match decision {
            Decision::Answer(ticket, plan) => Asked::Plan(plan, Watch::new(&self.shared, ticket)),
            Decision::Ask(ticket, pending) => {
                let reply = match pending.compute() {
                    Some(reply) => reply,
                    None => self.callback.ask(pending.question()).await,
                };
                let plan = pending.resolve(&reply);
                answered(&mut self.shared.lock(), ticket, &plan);
                Asked::Plan(plan, Watch::new(&self.shared, ticket))
            }
        }
    }
}

/// Tells the journal how a delivery ended: by itself, or because the client was gone and everything was dropped.
struct Watch {
    shared: Shared,
    ticket: Ticket,
    done: AtomicBool,
}

impl Watch {
    fn new(shared: &Shared, ticket: Ticket) -> Self {
        Self {
            shared: shared.clone(),
            ticket,
            done: AtomicBool::new(false),
        }
    }

    fn done(&self, outcome: Outcome) {
        if !self.done.swap(true, Ordering::Relaxed) {
            delivered(&mut self.shared.lock(), self.ticket, outcome, Time::now());
        }
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.done(Outcome::ClientClosed);
    }
}

/// Turns a plan into hyper's answer.
fn response(plan: Plan, watch: Watch) -> Response<Frames> {
    let length = match plan.framing {
        Framing::Chunked => None,
        _ => Some(
            plan.frames
                .iter()
                .map(|frame| frame.bytes.len() as u64)
                .sum(),
        ),
    };
    if plan.frames.is_empty() {
        watch.done(Outcome::Delivered);
    }
    let body = Frames {
        frames: plan.frames.into_iter(),
        next: None,
        pause: None,
        length,
        watch,
    };
    let mut response = Response::new(body);
    *response.status_mut() = plan.status;
    *response.headers_mut() = plan.headers;
    response
}

/// A body that goes out piece by piece, with pauses.
struct Frames {
    frames: std::vec::IntoIter<crate::plan::Frame>,
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
                if let (Some(length), sent) = (&mut self.length, bytes.len() as u64) {
                    *length = length.saturating_sub(sent);
                }
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
        self.length
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

/// Delivers a plan on the bare socket, and ends the connection as the plan says, or when the client does.
async fn raw(mut stream: TcpStream, plan: Plan, watch: Watch) {
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
                writer
                    .write_all(format!("{:x}\r\n", frame.bytes.len()).as_bytes())
                    .await?;
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
                if plan.framing == Framing::Chunked
                    && plan.fault == Some(crate::fault::FaultKind::HangUp)
                {
                    writer.write_all(b"0\r\n\r\n").await?;
                }
                watch.done(Outcome::Delivered);
                sleep(wait).await;
            }
            End::Stall => std::future::pending::<()>().await,
        }
        io::Result::Ok(())
    };
    // A client that goes away in the meantime ends it, whatever was planned. What it sends before that is dropped.
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
