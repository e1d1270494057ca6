//! The journal: one entry per request, with keys as hints; the oldest are dropped first.

use std::{borrow::Cow, collections::VecDeque, fmt};

use bytes::Bytes;
use http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::{clock::Time, config::fault_kind::FaultKind, redact::Redactor, request::Request};

/// Default number of entries that are kept.
pub(crate) const CAPACITY: usize = 10_000;
/// Maximum size of a request's body that is kept.
const BODY_BYTES: usize = 64 * 1024;
/// Maximum total size of bodies that are kept.
const ALL_BODY_BYTES: usize = 64 * 1024 * 1024;

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
        let body = match redactor.body(&request.body, BODY_BYTES) {
            Cow::Borrowed(all) if all.len() == request.body.len() => request.body.clone(),
            // A copy, so that the beginning does not keep the whole body in memory.
            beginning => Bytes::from(beginning.into_owned()),
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
            stream: false,
            fault: None,
            request_id: request_id.to_owned(),
            execution_id: None,
            answered_by: "surface",
            outcome: Outcome::Open,
            ended: None,
        }
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

/// The entries, newest last.
#[derive(Debug)]
pub struct Journal {
    entries: VecDeque<Entry>,
    capacity: usize,
    body_bytes: usize,
    next: u64,
}

impl Default for Journal {
    fn default() -> Self {
        Self { entries: VecDeque::new(), capacity: CAPACITY, body_bytes: 0, next: 1 }
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
        self.body_bytes += entry.body.len();
        self.entries.push_back(entry);
        while self.entries.len() > self.capacity || self.body_bytes > ALL_BODY_BYTES {
            let Some(oldest) = self.entries.pop_front() else {
                break;
            };
            self.body_bytes -= oldest.body.len();
        }
        number
    }

    /// The entry of a number, if it is still kept.
    pub fn get_mut(&mut self, number: u64) -> Option<&mut Entry> {
        let at = self.entries.binary_search_by_key(&number, |entry| entry.n).ok()?;
        self.entries.get_mut(at)
    }

    /// All entries that are kept, oldest first.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Removes the entries of one surface, or all. Numbers continue.
    pub fn clear(&mut self, surface: Option<&str>) {
        match surface {
            None => self.entries.clear(),
            Some(id) => self.entries.retain(|entry| entry.surface.as_deref() != Some(id)),
        }
        self.body_bytes = self.entries.iter().map(|entry| entry.body.len()).sum();
    }
}
