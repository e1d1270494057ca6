//! The front: hyper on the public address. It asks [`decide`] and delivers the answer, pauses and faults included.
//!
//! It exists because wiremock sends one body with a length and no faults. What plain HTTP can say goes out through
//! hyper; for the rest the front takes the socket back from hyper and writes the bytes itself.

use std::fmt;
use std::future::poll_fn;
use std::io;
use std::net::TcpListener;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::CONNECTION;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt as _, Either, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::callback::Callback;
use crate::clock::Time;
use crate::decide::{Decision, Ticket, answered, decide, delivered, passed};
use crate::delivery::{Watch, raw, response};
use crate::further::{AllFurther, Passed};
use crate::journal::Outcome;
use crate::plan::Plan;
use crate::request::Request;
use crate::state::State;

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
    pub(crate) further: AllFurther,
    pub(crate) callback: Callback,
}

/// Listens until `stop` says how much time answers under way still have.
pub(crate) async fn serve(
    listener: TcpListener,
    front: Front,
    mut stop: watch::Receiver<Option<Duration>>,
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
            _ = stop.wait_for(Option::is_some) => break,
        }
    }
    drop(listener);
    let grace = stop.borrow().unwrap_or_default();
    // Time is up: what is still open is cut off when the set is dropped.
    let _ = tokio::time::timeout(grace, async { while open.join_next().await.is_some() {} }).await;
    Ok(())
}

/// What hyper cannot deliver, handed from the service to the connection.
type Aside = Arc<Mutex<Option<(Plan, Watch)>>>;

/// Serves one connection.
async fn connection(stream: TcpStream, number: u64, front: Front, mut stop: watch::Receiver<Option<Duration>>) {
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
                return Ok(response(plan, Watch::new(&front.shared, Ticket(None))).map(Either::Left));
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
    let mut conn = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut stopping = false;
    loop {
        tokio::select! {
            _ = poll_fn(|cx| conn.poll_without_shutdown(cx)) => break,
            _ = stop.wait_for(Option::is_some), if !stopping => {
                stopping = true;
                std::pin::Pin::new(&mut conn).graceful_shutdown();
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
async fn whole(request: http::Request<Incoming>, connection: u64) -> Result<Option<Request>, TakenAside> {
    let (parts, body) = request.into_parts();
    let body = match Limited::new(body, MOST_BODY).collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if error.is::<LengthLimitError>() => return Ok(None),
        Err(_) => return Err(TakenAside),
    };
    Ok(Some(Request {
        method: parts.method,
        authority: parts.uri.authority().map(ToString::to_string),
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
        if !request.path.starts_with("/__mock") {
            match self.further.pass(request).await {
                Passed::Unmatched => {}
                Passed::Answered(response) => {
                    let ticket = passed(request, &mut self.shared.lock(), Some(response.status()), Time::now());
                    delivered(&mut self.shared.lock(), ticket, Outcome::Delivered, Time::now());
                    return Asked::Passed(response);
                }
                Passed::Broken => {
                    let ticket = passed(request, &mut self.shared.lock(), None, Time::now());
                    return Asked::Plan(Plan::broken(), Watch::new(&self.shared, ticket));
                }
            }
        }
        let decision = decide(request, &mut self.shared.lock(), Time::now());
        match decision {
            Decision::Answer(ticket, plan) => Asked::Plan(plan, Watch::new(&self.shared, ticket)),
            Decision::Ask(ticket, pending) => {
                // From here on, so that a client that goes away while the answer is computed is noted too.
                let watch = Watch::new(&self.shared, ticket);
                let reply = match pending.compute() {
                    Some(reply) => reply,
                    None => self.callback.ask(pending.question()).await,
                };
                let plan = pending.resolve(&reply);
                answered(&mut self.shared.lock(), ticket, &plan);
                Asked::Plan(plan, watch)
            }
        }
    }
}
