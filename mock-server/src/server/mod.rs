//! The server: hyper on the public address. It calls [`decide`] and delivers the response, with pauses and faults.
//!
//! wiremock can only send a complete body with a correct length. What plain HTTP can express is sent through hyper; for the
//! rest the server takes the socket back from hyper and writes the bytes itself.

pub(crate) mod callback;
mod delivery;
pub(crate) mod extra_mocks;

use std::{
    fmt,
    future::poll_fn,
    io,
    net::TcpListener,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use http::{HeaderValue, Response, StatusCode, header::CONNECTION};
use http_body_util::{BodyExt as _, Either, LengthLimitError, Limited};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::watch, task::JoinSet, time::sleep};

use crate::{
    clock::Time,
    plan::Plan,
    request::Request,
    routes::{
        Decision, decide,
        record::{Ticket, record_answer, record_delivery, record_extra},
    },
    server::{
        callback::Callback,
        delivery::{Watch, raw, response},
        extra_mocks::{ExtraMocks, Forwarded},
    },
    state::{journal::Outcome, shared::Shared},
};

/// State that all connections share.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) shared: Shared,
    pub(crate) extra_mocks: ExtraMocks,
    pub(crate) callback: Callback,
}

/// Listens until `stop` says how long to wait for in-flight responses.
pub(crate) async fn serve(
    listener: TcpListener,
    server: Server,
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
                    open.spawn(connection(stream, number, server.clone(), stopped.clone()));
                }
                // Out of file descriptors, or a client that disconnected before it was accepted: neither stops the mock.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            Some(_) = open.join_next(), if !open.is_empty() => {}
            _ = stop.wait_for(Option::is_some) => break,
        }
    }
    drop(listener);
    let grace = stop.borrow().unwrap_or_default();
    // Dropping the set closes the connections that are still open.
    let _ = tokio::time::timeout(grace, async { while open.join_next().await.is_some() {} }).await;
    Ok(())
}

/// A plan that hyper cannot deliver, passed from the service to the connection.
type Aside = Arc<Mutex<Option<(Plan, Watch)>>>;

/// Serves one connection.
async fn connection(stream: TcpStream, number: u64, server: Server, mut stop: watch::Receiver<Option<Duration>>) {
    let _ = stream.set_nodelay(true);
    let aside: Aside = Aside::default();
    let service = service_fn(|request: http::Request<Incoming>| {
        let server = server.clone();
        let aside = aside.clone();
        // Boxed, because `poll_without_shutdown` requires the service's future to be `Unpin`.
        Box::pin(async move {
            let Some(request) = read(request, number).await? else {
                let plan = Plan::error(StatusCode::PAYLOAD_TOO_LARGE, "Request body is too large")
                    .with_header(CONNECTION, HeaderValue::from_static("close"));
                return Ok(response(plan, Watch::new(&server.shared, Ticket(None))).map(Either::Left));
            };
            let (plan, watch) = match server.ask(&request).await {
                Asked::Plan(plan, watch) => (plan, watch),
                Asked::Forwarded(response) => return Ok(response.map(Either::Right)),
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
    server.shared.lock().forget_connection(number);
}

/// The service's error that makes hyper release the socket.
#[derive(Debug)]
struct TakenAside;

impl fmt::Display for TakenAside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("this response is delivered without hyper")
    }
}

impl std::error::Error for TakenAside {}

/// Maximum size of a request body. The limit and its 413 are assumed.
const MOST_BODY: usize = 64 * 1024 * 1024;

/// Reads a request completely. `None` if its body is too large.
async fn read(request: http::Request<Incoming>, connection: u64) -> Result<Option<Request>, TakenAside> {
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

/// Result of a request.
enum Asked {
    /// The surface's response.
    Plan(Plan, Watch),
    /// The response of an extra mock.
    Forwarded(Response<Incoming>),
}

impl Server {
    /// Asks the extra mocks if there are any, then decides, and runs the closure if there is one, without the lock.
    async fn ask(&self, request: &Request) -> Asked {
        if !request.path.starts_with("/__mock") {
            match self.extra_mocks.forward(request).await {
                Forwarded::Unmatched => {}
                Forwarded::Answered(response) => {
                    let ticket = record_extra(request, &mut self.shared.lock(), Some(response.status()), Time::now());
                    record_delivery(&mut self.shared.lock(), ticket, Outcome::Delivered, Time::now());
                    return Asked::Forwarded(response);
                }
                Forwarded::Broken => {
                    let ticket = record_extra(request, &mut self.shared.lock(), None, Time::now());
                    return Asked::Plan(Plan::broken(), Watch::new(&self.shared, ticket));
                }
            }
        }
        let decision = decide(request, &mut self.shared.lock(), Time::now());
        match decision {
            Decision::Answer(ticket, plan) => Asked::Plan(plan, Watch::new(&self.shared, ticket)),
            Decision::Ask(ticket, pending) => {
                // Created early, so that a client that disconnects while the response is computed is recorded too.
                let watch = Watch::new(&self.shared, ticket);
                let reply = match pending.compute() {
                    Some(reply) => reply,
                    None => self.callback.ask(pending.question()).await,
                };
                let plan = pending.resolve(&reply);
                record_answer(&mut self.shared.lock(), ticket, &plan);
                Asked::Plan(plan, watch)
            }
        }
    }
}
