//! The server: hyper on the public address. It calls [`decide`] and delivers the response, with pauses and faults.
//!
//! wiremock can only send a complete body with a correct length. What plain HTTP can express is sent through hyper; for the
//! rest the server takes the socket back from hyper and writes the bytes itself.

mod body;
pub(crate) mod callback;
mod connections;
mod delivery;
pub(crate) mod extra_mocks;
pub(crate) mod limits;

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
use http_body_util::Either;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{io::AsyncWriteExt as _, net::TcpStream, sync::watch, task::JoinSet, time::sleep};

use crate::{
    clock::Time,
    plan::Plan,
    request::Request,
    routes::{
        Decision, decide,
        record::{Ticket, record_answer, record_delivery, record_extra, refuse_unread},
    },
    server::{
        body::{BodyMemory, Held, Unread, read_body},
        callback::Callback,
        connections::Connections,
        delivery::{Watch, raw, response},
        extra_mocks::{ExtraMocks, Forwarded},
        limits::Limits,
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
    limits: Limits,
    mut stop: watch::Receiver<Option<Duration>>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let accepted = AtomicU64::new(0);
    let front = Front { server, limits, memory: BodyMemory::of(limits.bodies), connections: Connections::default() };
    let stopped = stop.clone();
    let mut open = JoinSet::new();
    loop {
        tokio::select! {
            new = listener.accept() => match new {
                Ok((stream, _)) => {
                    // If all are busy, the new one is one too many, and is closed.
                    if front.connections.count() >= limits.connections && !front.connections.close_longest_waiting() {
                        continue;
                    }
                    let number = accepted.fetch_add(1, Ordering::Relaxed) + 1;
                    let abort = open.spawn(front.clone().connection(stream, number, stopped.clone()));
                    front.connections.add(number, abort);
                }
                // Out of file descriptors, or a client that disconnected before it was accepted: neither stops the mock.
                Err(_) => {
                    front.connections.close_longest_waiting();
                    sleep(Duration::from_millis(10)).await;
                }
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

/// The server, with what bounds its connections.
#[derive(Clone)]
struct Front {
    server: Server,
    limits: Limits,
    memory: BodyMemory,
    connections: Connections,
}

/// Forgets a connection when it ends, in whatever way.
struct Ending {
    front: Front,
    number: u64,
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.front.connections.remove(self.number);
        self.front.server.shared.lock().forget_connection(self.number);
    }
}

impl Front {
    /// Serves one connection.
    async fn connection(self, stream: TcpStream, number: u64, mut stop: watch::Receiver<Option<Duration>>) {
        let _ending = Ending { front: self.clone(), number };
        let _ = stream.set_nodelay(true);
        let aside: Aside = Aside::default();
        let service = service_fn(|request: http::Request<Incoming>| {
            let front = self.clone();
            let aside = aside.clone();
            // Boxed, because `poll_without_shutdown` requires the service's future to be `Unpin`.
            Box::pin(async move {
                let (request, held) = match front.read(request, number).await? {
                    Ok(read) => read,
                    Err((plan, watch)) => return Ok(response(plan, watch).map(Either::Left)),
                };
                let busy = front.connections.busy(number);
                let asked = front.server.ask(&request).await;
                drop((request, held));
                let (plan, watch) = match asked {
                    Asked::Plan(plan, watch) => (plan, watch.holding(busy)),
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
        let mut builder = hyper::server::conn::http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(self.limits.head_time);
        let mut conn = builder.serve_connection(TokioIo::new(stream), service);
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
    }

    /// Reads a request completely. The inner error is the response to one that is too large or too slow.
    async fn read(
        &self,
        request: http::Request<Incoming>,
        connection: u64,
    ) -> Result<Result<(Request, Held), (Plan, Watch)>, TakenAside> {
        let (parts, body) = request.into_parts();
        let mut request = Request {
            method: parts.method,
            authority: parts.uri.authority().map(ToString::to_string),
            path: parts.uri.path().to_owned(),
            query: parts.uri.query().unwrap_or_default().to_owned(),
            headers: parts.headers,
            body: bytes::Bytes::new(),
            connection,
        };
        let Limits { body: most, body_pause, .. } = self.limits;
        let unread = match read_body(body, &self.memory, most, body_pause).await {
            Ok((body, held)) => {
                request.body = body;
                return Ok(Ok((request, held)));
            }
            Err(Unread::Broken) => return Err(TakenAside),
            Err(unread) => unread,
        };
        let (status, message) = match unread {
            Unread::TooMuch => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The mock holds as many bytes of request bodies as it may; send fewer large ones at once",
            ),
            Unread::TooSlow => (StatusCode::REQUEST_TIMEOUT, "Request body was not received in time"),
            Unread::TooLarge | Unread::Broken => (StatusCode::PAYLOAD_TOO_LARGE, "Request body is too large"),
        };
        let shared = &self.server.shared;
        let (ticket, plan) = refuse_unread(&request, &mut shared.lock(), status, message, Time::now());
        let plan = plan.with_header(CONNECTION, HeaderValue::from_static("close"));
        Ok(Err((plan, Watch::new(shared, ticket))))
    }
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
            Decision::Page(page) => {
                // Written without the lock, and on another thread, so that calls go on.
                let plan = tokio::task::spawn_blocking(|| page.plan()).await.unwrap_or_else(|_| Plan::broken());
                Asked::Plan(plan, Watch::new(&self.shared, Ticket(None)))
            }
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::{config::demo, state::State};

    /// What a server with short times sends to a client that has sent this, until it closes the connection.
    async fn received(sent: &str) -> (String, Shared) {
        let shared = Shared::new(State::new(demo::config(), Time::now()).unwrap());
        let server =
            Server { shared: shared.clone(), extra_mocks: ExtraMocks::default(), callback: Callback::default() };
        let short = Duration::from_millis(20);
        let limits = Limits { head_time: short, body_pause: short, bodies: 100, ..Limits::default() };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (_stop, stopped) = watch::channel(None);
        let client = async {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(sent.as_bytes()).await.unwrap();
            let mut text = String::new();
            let read = tokio::time::timeout(Duration::from_secs(20), socket.read_to_string(&mut text)).await;
            assert!(read.is_ok(), "the connection is still open: {text}");
            text
        };
        let text = tokio::select! {
            text = client => text,
            _ = serve(listener, server, limits, stopped) => panic!("the server stopped"),
        };
        (text, shared)
    }

    const CALL: &str = "POST /v1/products/prod_demo/surfaces/surf_demo/api/echo HTTP/1.1\r\nHost: mock\r\n";

    #[tokio::test]
    async fn a_connection_without_a_complete_head_is_closed() {
        for head in ["", CALL] {
            let (text, shared) = received(head).await;
            assert!(!text.contains("200 OK"), "{text}");
            assert_eq!(shared.lock().journal.entries().count(), 0);
        }
    }

    #[tokio::test]
    async fn a_body_of_which_nothing_more_comes_is_a_408_in_the_journal() {
        let (text, shared) = received(&format!("{CALL}Content-Length: 9\r\n\r\n{{")).await;
        assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
        assert_eq!(shared.lock().journal.entries().next().unwrap().status, Some(408));
    }

    #[tokio::test]
    async fn more_bodies_than_there_is_memory_for_are_a_503() {
        let body = "a".repeat(200);
        let (text, shared) = received(&format!("{CALL}Content-Length: 200\r\n\r\n{body}")).await;
        assert!(text.starts_with("HTTP/1.1 503 ") && text.contains("send fewer large ones at once"), "{text}");
        assert_eq!(shared.lock().journal.entries().next().unwrap().status, Some(503));
    }
}
