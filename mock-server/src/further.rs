//! Further wiremock mocks in front of a surface: they see every request first, and what none of them matches is the
//! surface's.

use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

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

/// A wiremock server behind the front.
#[derive(Debug)]
pub(crate) struct Further {
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
        let ticket = request
            .headers
            .get(TICKET)
            .and_then(|value| value.to_str().ok()?.parse().ok());
        if let Some(ticket) = ticket {
            self.0
                .0
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(ticket);
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
    pub(crate) async fn start() -> Self {
        let server = MockServer::builder()
            .disable_request_recording()
            .start()
            .await;
        let unmatched = Arc::new(Unmatched::default());
        Mock::given(LastInLine(unmatched.clone()))
            .respond_with(ResponseTemplate::new(404))
            .with_priority(LOWEST_PRIORITY)
            .mount(&server)
            .await;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self {
            server,
            unmatched,
            client,
            next: AtomicU64::new(1),
        }
    }

    /// Mounts a mock in front of the surface.
    pub(crate) async fn mount(&self, mock: Mock) {
        mock.mount(&self.server).await;
    }

    /// Mounts a mock in front of the surface until its guard is dropped.
    pub(crate) async fn mount_as_scoped(&self, mock: Mock) -> wiremock::MockGuard {
        mock.mount_as_scoped(&self.server).await
    }

    /// Asks wiremock.
    pub(crate) async fn pass(&self, request: &Request) -> Passed {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        let query = if request.query.is_empty() {
            String::new()
        } else {
            format!("?{}", request.query)
        };
        let uri = format!("{}{}{query}", self.server.uri(), request.path);
        let Ok(mut inner) = http::Request::post(uri).body(Full::new(request.body.clone())) else {
            return Passed::Unmatched;
        };
        *inner.method_mut() = request.method.clone();
        *inner.headers_mut() = request.headers.clone();
        // The body has been read whole, so its length is known.
        inner.headers_mut().remove(http::header::TRANSFER_ENCODING);
        inner
            .headers_mut()
            .insert(TICKET, HeaderValue::from(ticket));
        let answer = self.client.request(inner).await;
        if self
            .unmatched
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&ticket)
        {
            return Passed::Unmatched;
        }
        answer.map_or(Passed::Broken, Passed::Answered)
    }
}
