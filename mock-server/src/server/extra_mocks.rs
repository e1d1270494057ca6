//! Extra wiremock mocks in front of a surface, which gets the requests that none of them matches.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use wiremock::{Match, Mock, MockServer, ResponseTemplate};

use crate::request::Request;

/// The lowest priority of wiremock.
const LOWEST_PRIORITY: u8 = u8::MAX;

/// Header with the number of a request inside wiremock.
const TICKET: HeaderName = HeaderName::from_static("x-runtype-mock-ticket");

/// All extra mocks: the permanent ones, and each scoped one in its own wiremock server.
///
/// wiremock 0.6.5 identifies a scoped mock by its position in a list that it re-sorts by priority, so a guard in a server with
/// mocks of several priorities may remove another mock.
#[derive(Debug, Default, Clone)]
pub(crate) struct ExtraMocks(Arc<RwLock<Vec<Arc<ExtraServer>>>>);

impl ExtraMocks {
    fn read(&self) -> RwLockReadGuard<'_, Vec<Arc<ExtraServer>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Arc<ExtraServer>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Mounts a permanent mock.
    pub(crate) async fn mount(&self, mock: Mock) {
        let staying = self.read().iter().find(|extra| !extra.scoped).cloned();
        let extra = match staying {
            Some(extra) => extra,
            None => {
                let started = Arc::new(ExtraServer::start(false).await);
                // Another mount may have been faster; then its server is used.
                let mut all = self.write();
                if let Some(quicker) = all.iter().find(|extra| !extra.scoped) {
                    quicker.clone()
                } else {
                    all.push(started.clone());
                    started
                }
            }
        };
        mock.mount(&extra.server).await;
    }

    /// Mounts a mock until its guard is dropped. It precedes the permanent ones.
    pub(crate) async fn mount_as_scoped(&self, mock: Mock) -> ScopedMock {
        let extra = Arc::new(ExtraServer::start(true).await);
        mock.mount(&extra.server).await;
        self.write().insert(0, extra.clone());
        ScopedMock { all: self.clone(), extra: Some(extra) }
    }

    /// Asks all of them, one after the other.
    pub(crate) async fn forward(&self, request: &Request) -> Forwarded {
        // Few surfaces have extra mocks, so this list is usually empty.
        let all = self.read().clone();
        for extra in all {
            match extra.forward(request).await {
                Forwarded::Unmatched => {}
                matched => return matched,
            }
        }
        Forwarded::Unmatched
    }
}

/// Guard of an extra wiremock mock. Dropping it removes the mock and verifies its expectations.
#[derive(Debug)]
#[must_use = "the mock is removed when this is dropped"]
pub struct ScopedMock {
    all: ExtraMocks,
    extra: Option<Arc<ExtraServer>>,
}

/// How long a dropped guard waits for a response that its mock is sending.
const IN_FLIGHT: Duration = Duration::from_secs(1);

impl Drop for ScopedMock {
    fn drop(&mut self) {
        let Some(mut extra) = self.extra.take() else {
            return;
        };
        self.all.write().retain(|known| !Arc::ptr_eq(known, &extra));
        // wiremock verifies when the server is dropped, which must happen here and not in the mock's thread.
        let waiting = Instant::now();
        loop {
            match Arc::try_unwrap(extra) {
                Ok(last) => return drop(last),
                Err(_) if waiting.elapsed() > IN_FLIGHT => return,
                Err(shared) => extra = shared,
            }
            std::thread::yield_now();
        }
    }
}

/// An internal wiremock server.
#[derive(Debug)]
struct ExtraServer {
    scoped: bool,
    server: MockServer,
    unmatched: Arc<Unmatched>,
    client: Client<HttpConnector, Full<Bytes>>,
    next: AtomicU64,
}

/// The requests that no mock matched.
///
/// wiremock keeps the requests that a mock matches while it is mounted, so a catch-all mock would grow without limit. Instead the
/// last mock records that it was asked, and does not match.
#[derive(Debug, Default)]
struct Unmatched(Mutex<HashSet<u64>>);

struct LastInLine(Arc<Unmatched>);

impl Match for LastInLine {
    fn matches(&self, request: &wiremock::Request) -> bool {
        let ticket = request.headers.get(TICKET).and_then(|value| value.to_str().ok()?.parse().ok());
        if let Some(ticket) = ticket {
            self.0.0.lock().unwrap_or_else(PoisonError::into_inner).insert(ticket);
        }
        false
    }
}

/// Result of wiremock.
pub(crate) enum Forwarded {
    /// A mock matched and responded.
    Answered(Response<Incoming>),
    /// A mock matched, and broke the connection.
    Broken,
    /// No mock matched.
    Unmatched,
}

impl ExtraServer {
    /// Starts a wiremock server with only the last mock.
    async fn start(scoped: bool) -> Self {
        let server = MockServer::builder().disable_request_recording().start().await;
        let unmatched = Arc::new(Unmatched::default());
        Mock::given(LastInLine(unmatched.clone()))
            .respond_with(ResponseTemplate::new(404))
            .with_priority(LOWEST_PRIORITY)
            .mount(&server)
            .await;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { scoped, server, unmatched, client, next: AtomicU64::new(1) }
    }

    /// Asks wiremock.
    async fn forward(&self, request: &Request) -> Forwarded {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let uri = format!("{}{}{query}", self.server.uri(), request.path);
        let Ok(mut inner) = http::Request::post(uri).body(Full::new(request.body.clone())) else {
            return Forwarded::Unmatched;
        };
        *inner.method_mut() = request.method.clone();
        *inner.headers_mut() = request.headers.clone();
        // The body has been read completely, so its length is known.
        inner.headers_mut().remove(http::header::TRANSFER_ENCODING);
        inner.headers_mut().insert(TICKET, HeaderValue::from(ticket));
        let answer = self.client.request(inner).await;
        if self.unmatched.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket) {
            return Forwarded::Unmatched;
        }
        answer.map_or(Forwarded::Broken, Forwarded::Answered)
    }
}
