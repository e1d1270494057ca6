//! Further wiremock mocks in front of a surface: they see every request first, and what none of them matches is the
//! surface's.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use wiremock::{Match, Mock, MockServer, ResponseTemplate};

use crate::carrier::LOWEST_PRIORITY;
use crate::request::Request;

/// Numbers a request on its way through wiremock.
const TICKET: HeaderName = HeaderName::from_static("x-runtype-mock-ticket");

/// All further mocks: those that stay, and each scoped one in a wiremock server of its own.
///
/// wiremock 0.6.5 knows a scoped mock by its place in a list which it sorts anew by priority, so a guard in a server with
/// mocks of several priorities may take another mock away.
#[derive(Debug, Default, Clone)]
pub(crate) struct AllFurther(Arc<RwLock<Vec<Arc<Further>>>>);

impl AllFurther {
    fn read(&self) -> RwLockReadGuard<'_, Vec<Arc<Further>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Vec<Arc<Further>>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// Mounts a mock that stays.
    pub(crate) async fn mount(&self, mock: Mock) {
        let staying = self.read().iter().find(|further| !further.scoped).cloned();
        let further = match staying {
            Some(further) => further,
            None => {
                let started = Arc::new(Further::start(false).await);
                // Another mount may have been quicker; then its server is the one.
                let mut all = self.write();
                if let Some(quicker) = all.iter().find(|further| !further.scoped) {
                    quicker.clone()
                } else {
                    all.push(started.clone());
                    started
                }
            }
        };
        mock.mount(&further.server).await;
    }

    /// Mounts a mock that goes with its guard. It comes before those that stay.
    pub(crate) async fn mount_as_scoped(&self, mock: Mock) -> ScopedMock {
        let further = Arc::new(Further::start(true).await);
        mock.mount(&further.server).await;
        self.write().insert(0, further.clone());
        ScopedMock { all: self.clone(), further: Some(further) }
    }

    /// Asks them all, one after the other.
    pub(crate) async fn pass(&self, request: &Request) -> Passed {
        // Hardly any mock has further ones, so this is a look at an empty list.
        let all = self.read().clone();
        for further in all {
            match further.pass(request).await {
                Passed::Unmatched => {}
                matched => return matched,
            }
        }
        Passed::Unmatched
    }
}

/// A further wiremock mock for as long as this is held. Dropping it takes the mock away and verifies its expectations.
#[derive(Debug)]
#[must_use = "the mock is taken away when this is dropped"]
pub struct ScopedMock {
    all: AllFurther,
    further: Option<Arc<Further>>,
}

/// How long a dropped guard waits for a request that is just passing through its mock.
const PASSING: Duration = Duration::from_secs(1);

impl Drop for ScopedMock {
    fn drop(&mut self) {
        let Some(mut further) = self.further.take() else {
            return;
        };
        self.all.write().retain(|known| !Arc::ptr_eq(known, &further));
        // wiremock verifies when the server is dropped, which is to happen here and not in the mock's own thread.
        let waiting = Instant::now();
        loop {
            match Arc::try_unwrap(further) {
                Ok(last) => return drop(last),
                Err(_) if waiting.elapsed() > PASSING => return,
                Err(shared) => further = shared,
            }
            std::thread::yield_now();
        }
    }
}

/// A wiremock server behind the front.
#[derive(Debug)]
struct Further {
    scoped: bool,
    server: MockServer,
    unmatched: Arc<Unmatched>,
    client: Client<HttpConnector, Full<Bytes>>,
    next: AtomicU64,
}

/// The requests that no mock matched.
///
/// wiremock keeps every request that a mock matches for as long as the mock is mounted, so a mock that matches all the
/// rest would grow without end. Instead the last one in line notes that it was asked, and does not match.
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

/// What wiremock made of a request.
pub(crate) enum Passed {
    /// A mock matched: this is its answer.
    Answered(Response<Incoming>),
    /// A mock matched, and broke the connection.
    Broken,
    /// No mock matched.
    Unmatched,
}

impl Further {
    /// Starts a wiremock server with nothing in it but the last one in line.
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
    async fn pass(&self, request: &Request) -> Passed {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
        let uri = format!("{}{}{query}", self.server.uri(), request.path);
        let Ok(mut inner) = http::Request::post(uri).body(Full::new(request.body.clone())) else {
            return Passed::Unmatched;
        };
        *inner.method_mut() = request.method.clone();
        *inner.headers_mut() = request.headers.clone();
        // The body has been read whole, so its length is known.
        inner.headers_mut().remove(http::header::TRANSFER_ENCODING);
        inner.headers_mut().insert(TICKET, HeaderValue::from(ticket));
        let answer = self.client.request(inner).await;
        if self.unmatched.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&ticket) {
            return Passed::Unmatched;
        }
        answer.map_or(Passed::Broken, Passed::Answered)
    }
}
