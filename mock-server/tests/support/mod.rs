//! Shared helpers: a small client, so that no HTTP client's own behaviour affects the tests.
#![allow(dead_code, reason = "every test file uses another part")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a helper of tests fails by panicking, as they do"
)]

pub(crate) mod decision;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use runtype_mock::MockSurface;
use serde_json::Value;

/// Builder of a request.
pub(crate) struct Call {
    method: Method,
    url: String,
    headers: HeaderMap,
    body: Bytes,
}

/// A complete response.
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body.
    pub(crate) body: Bytes,
}

impl Call {
    /// A request without headers and body.
    pub(crate) fn new(method: Method, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: HeaderMap::new(), body: Bytes::new() }
    }

    /// `POST` to a URL.
    pub(crate) fn post(url: impl Into<String>) -> Self {
        Self::new(Method::POST, url)
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).expect("a header value"));
        self
    }

    /// Adds `Authorization: Bearer …`.
    pub(crate) fn bearer(self, key: &str) -> Self {
        self.header("authorization", &format!("Bearer {key}"))
    }

    /// Adds a query.
    pub(crate) fn query(mut self, query: &str) -> Self {
        self.url = format!("{}?{query}", self.url);
        self
    }

    /// Sets a JSON body.
    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("content-type", "application/json").body(body.to_string())
    }

    /// Sets a body.
    pub(crate) fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it on a new connection.
    pub(crate) async fn send(self) -> Answer {
        self.try_send().await.expect("the mock answers")
    }

    /// Sends it on a new connection, which the mock may break.
    pub(crate) async fn try_send(self) -> Result<Answer, Box<dyn std::error::Error + Send + Sync>> {
        let mut request = http::Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = self.url.parse()?;
        *request.headers_mut() = self.headers;
        let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
        let (head, body) = client.request(request).await?.into_parts();
        Ok(Answer { status: head.status, headers: head.headers, body: body.collect().await?.to_bytes() })
    }
}

impl Answer {
    /// The status as a number.
    pub(crate) fn status(&self) -> u16 {
        self.status.as_u16()
    }

    /// A required header.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no header {name}")).to_str().expect("a readable header")
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }

    /// The body as text.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The status and the JSON body.
    pub(crate) fn read(&self) -> (u16, Value) {
        (self.status(), self.json())
    }
}

/// `POST …/api/{slug}` with a bearer key.
pub(crate) fn post(surface: &MockSurface, slug: &str, key: &str, body: &Value) -> Call {
    Call::post(surface.endpoint_url(slug)).bearer(key).json(body)
}

/// Sends such a call.
pub(crate) async fn call(surface: &MockSurface, slug: &str, key: &str, body: &Value) -> Answer {
    post(surface, slug, key, body).send().await
}
