//! A request, with the number of its connection.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use crate::redact::redact;

/// A complete request.
#[derive(Clone)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Host of an absolute target (`GET http://host/path`), which overrides the `Host` header.
    pub authority: Option<String>,
    /// Its path as sent, without the query.
    pub path: String,
    /// Its query as sent, without the question mark; empty if there is none.
    pub query: String,
    /// Its headers, keys included.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Number of its connection, counted from 1.
    pub connection: u64,
}

impl Request {
    /// Creates a request with only a method and a target (`/path?query`), on connection 1.
    pub fn new(method: Method, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method,
            authority: None,
            path: path.to_owned(),
            query: query.to_owned(),
            headers: HeaderMap::new(),
            body: Bytes::new(),
            connection: 1,
        }
    }

    /// The decoded segments of the path, without a trailing slash.
    pub(crate) fn segments(&self) -> Vec<String> {
        segments(&self.path)
    }

    /// The first value of a query parameter, decoded.
    pub fn query_value(&self, name: &str) -> Option<String> {
        self.query.split('&').find_map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key) == name).then(|| decode(&value.replace('+', " ")))
        })
    }

    /// A header as text, if it is present and readable.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Whether the caller requests a stream: `?stream=true` (the name is assumed) or `Accept: text/event-stream`.
    pub fn wants_stream(&self) -> bool {
        self.query_value("stream").is_some_and(|value| value == "true" || value == "1")
            || self.header("accept").is_some_and(|accept| accept.contains("text/event-stream"))
    }
}

/// The decoded segments of a path, without a trailing slash.
pub(crate) fn segments(path: &str) -> Vec<String> {
    path.trim_start_matches('/').trim_end_matches('/').split('/').map(decode).collect()
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &redact(&self.path))
            .field("connection", &self.connection)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
