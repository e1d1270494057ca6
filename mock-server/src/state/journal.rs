//! The journal: one entry per request, with keys as hints; the oldest are dropped first.

use std::{borrow::Cow, collections::VecDeque, fmt, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::{clock::Time, config::fault_kind::FaultKind, redact::Redactor, request::Request};

/// Default number of entries that are kept.
pub(crate) const CAPACITY: usize = 10_000;
/// Maximum size of a request's body that is kept.
pub(crate) const BODY_BYTES: usize = 64 * 1024;
/// Maximum total size of the entries that are kept.
const ALL_BYTES: usize = 64 * 1024 * 1024;
/// Size of an entry without its texts, and of a header without its name and its value.
const ENTRY_BYTES: usize = 1024;
const HEADER_BYTES: usize = 64;

/// How the delivery of a response ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Not yet.
    Open,
    /// As planned, including faults.
    Delivered,
    /// The client closed the connection first.
    ClientClosed,
}

impl Outcome {
    fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Delivered => "delivered",
            Self::ClientClosed => "client_closed",
        }
    }
}

/// A request and its outcome, with credentials as hints.
#[derive(Clone)]
pub struct Entry {
    /// Number, counted from 1 since the start.
    pub n: u64,
    /// Time at which the request was complete.
    pub time: Time,
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: String,
    /// Its query.
    pub query: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// The first 64 KiB of its body.
    pub body: Bytes,
    /// Length of its body.
    pub body_bytes: usize,
    /// Number of its connection.
    pub connection: u64,
    /// Number of its connection on the surface, counted from 1 by first requests; random draws depend on it.
    pub lane: Option<u64>,
    /// Its surface, if it exists.
    pub surface: Option<String>,
    /// The capability that it named, known or not.
    pub capability: Option<String>,
    /// Header that carried the key: `bearer` or `x-api-key`.
    pub auth: Option<&'static str>,
    /// The key, as a hint.
    pub key_hint: Option<String>,
    /// The key's id, if it is known.
    pub key_id: Option<String>,
    /// Status of the response; `None` if no status line was sent.
    pub status: Option<u16>,
    /// Whether the capability ran.
    pub reached: bool,
    /// Number of the capability's call, counted from 1, if it ran.
    pub call: Option<u64>,
    /// Whether it ran for a stream.
    pub stream: bool,
    /// The fault that applied.
    pub fault: Option<FaultKind>,
    /// `X-Request-Id` of the response.
    pub request_id: String,
    /// The execution's id.
    pub execution_id: Option<String>,
    /// `surface`, or `wiremock` if an extra mock responded.
    pub answered_by: &'static str,
    /// How the delivery ended.
    pub outcome: Outcome,
    /// Time at which the delivery ended.
    pub ended: Option<Time>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.to_json(), f)
    }
}

impl Entry {
    /// Creates an entry with the request, credentials as hints.
    pub(crate) fn new<'k>(
        request: &Request,
        redactor: &Redactor<impl Iterator<Item = &'k str> + Clone>,
        time: Time,
        request_id: &str,
    ) -> Self {
        let mut headers = HeaderMap::new();
        for (name, value) in &request.headers {
            headers.append(redactor.header_name(name), redactor.header_value(name, value));
        }
        // A copy, so that the beginning does not keep the whole body in memory, nor the capacity it was read with.
        let body = match redactor.body(&request.body, BODY_BYTES) {
            Cow::Borrowed(beginning) => Bytes::copy_from_slice(beginning),
            Cow::Owned(redacted) => Bytes::from(redacted.into_boxed_slice()),
        };
        Self {
            n: 0,
            time,
            method: redactor.method(&request.method),
            path: redactor.path(&request.path).into_owned(),
            query: redactor.query(&request.query).into_owned(),
            headers,
            body,
            body_bytes: request.body.len(),
            connection: request.connection,
            lane: None,
            surface: None,
            capability: None,
            auth: None,
            key_hint: None,
            key_id: None,
            status: None,
            reached: false,
            call: None,
            stream: false,
            fault: None,
            request_id: request_id.to_owned(),
            execution_id: None,
            answered_by: "surface",
            outcome: Outcome::Open,
            ended: None,
        }
    }

    /// Its size in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        let headers = self.headers.iter().map(|(name, value)| HEADER_BYTES + name.as_str().len() + value.len());
        ENTRY_BYTES + headers.sum::<usize>() + self.path.len() + self.query.len() + self.body.len()
    }

    /// The entry as JSON.
    pub fn to_json(&self) -> Value {
        let headers: serde_json::Map<String, Value> = self
            .headers
            .keys()
            .map(|name| {
                let values: Vec<_> =
                    self.headers.get_all(name).iter().map(|v| String::from_utf8_lossy(v.as_bytes())).collect();
                (name.to_string(), json!(values.join(", ")))
            })
            .collect();
        let text = String::from_utf8_lossy(&self.body);
        let body = match serde_json::from_str::<Value>(&text) {
            Ok(value) => value,
            Err(_) if self.body.is_empty() => Value::Null,
            Err(_) => json!(text),
        };
        json!({
            "n": self.n,
            "time": self.time,
            "method": self.method.as_str(),
            "path": self.path,
            "query": self.query,
            "headers": headers,
            "body": body,
            "body_bytes": self.body_bytes,
            "connection": self.connection,
            "lane": self.lane,
            "surface": self.surface,
            "capability": self.capability,
            "auth": self.auth,
            "key_hint": self.key_hint,
            "key_id": self.key_id,
            "status": self.status,
            "reached": self.reached,
            "call": self.call,
            "stream": self.stream,
            "fault": self.fault,
            "request_id": self.request_id,
            "execution_id": self.execution_id,
            "answered_by": self.answered_by,
            "outcome": self.outcome.name(),
            "ended": self.ended,
            "client_closed_at": if self.outcome == Outcome::ClientClosed { json!(self.ended) } else { Value::Null },
        })
    }
}

/// The entries, newest last. Shared, so that they can be written without the lock on the state.
#[derive(Debug)]
pub struct Journal {
    entries: VecDeque<Arc<Entry>>,
    capacity: usize,
    bytes: usize,
    next: u64,
    dropped: bool,
}

impl Default for Journal {
    fn default() -> Self {
        Self { entries: VecDeque::new(), capacity: CAPACITY, bytes: 0, next: 1, dropped: false }
    }
}

impl Journal {
    /// Creates a journal with this capacity.
    pub fn with_capacity(capacity: usize) -> Self {
        Self { capacity, ..Self::default() }
    }

    /// Continues the numbers of another journal.
    pub(crate) fn count_on_from(&mut self, other: &Self) {
        self.next = other.next;
    }

    /// Adds an entry, assigns its number, and drops the oldest that exceed the capacity.
    pub fn add(&mut self, mut entry: Entry) -> u64 {
        let number = self.next;
        self.next += 1;
        entry.n = number;
        self.bytes += entry.bytes();
        self.entries.push_back(Arc::new(entry));
        while self.entries.len() > self.capacity || self.bytes > ALL_BYTES {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.bytes -= oldest.bytes();
            self.dropped = true;
        }
        number
    }

    /// The entry of a number, if it is still kept.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Entry> {
        let at = self.entries.binary_search_by_key(&number, |entry| entry.n).ok()?;
        self.entries.get_mut(at).map(Arc::make_mut)
    }

    /// All entries that are kept, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().map(Arc::as_ref)
    }

    /// Whether the oldest entries were dropped.
    pub(crate) fn has_dropped(&self) -> bool {
        self.dropped
    }

    /// The entries after a number, oldest first.
    pub(crate) fn after(&self, number: u64) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.range(self.entries.partition_point(|entry| entry.n <= number)..)
    }

    /// Removes the entries of one surface, or all. Numbers continue.
    pub fn clear(&mut self, surface: Option<&str>) {
        match surface {
            None => self.entries.clear(),
            Some(id) => self.entries.retain(|entry| entry.surface.as_deref() != Some(id)),
        }
        self.bytes = self.entries.iter().map(|entry| entry.bytes()).sum();
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn entry(header: &str) -> Entry {
        let mut request = Request::new(Method::POST, "/v1/products/p/surfaces/s/api/echo");
        request.headers.insert("x-large", HeaderValue::from_str(header).unwrap());
        Entry::new(&request, &Redactor::new(std::iter::empty()), Time::default(), "req_1")
    }

    #[test]
    fn headers_count_for_the_size_of_the_journal() {
        let mut journal = Journal::default();
        let large = entry(&"a".repeat(240 * 1024));
        for _ in 0..1_000 {
            journal.add(large.clone());
        }
        let kept: usize = journal.entries().map(|entry| entry.headers["x-large"].len()).sum();
        assert!((ALL_BYTES / 2..=ALL_BYTES).contains(&kept), "{kept}");
        journal.clear(None);
        assert_eq!(journal.bytes, 0);
    }

    #[test]
    fn an_entry_does_not_keep_the_buffer_of_its_request() {
        let buffer = Bytes::from(vec![b'a'; 64 * 1024]);
        let mut request = Request::new(Method::POST, "/");
        request.headers.insert("x-small", HeaderValue::from_maybe_shared(buffer.slice(..2)).unwrap());
        request.body = buffer.slice(..2);
        let entry = Entry::new(&request, &Redactor::new(std::iter::empty()), Time::default(), "req_1");
        drop(request);
        assert_eq!((entry.headers["x-small"].len(), entry.body.len()), (2, 2));
        assert!(buffer.is_unique(), "the entry still shares it");
    }
}
