//! Configuration of a fault: which requests it applies to, and what it does to their responses.

use std::{collections::BTreeMap, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use http::HeaderMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;

use crate::config::{
    fault_kind::FaultKind,
    headers::{HeaderValues, append_headers},
};

/// Numbers of the requests that a fault applies to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Numbers {
    /// One request.
    One(u64),
    /// Several requests.
    Many(Vec<u64>),
}

impl Numbers {
    pub(crate) fn contains(&self, number: u64) -> bool {
        match self {
            Self::One(one) => *one == number,
            Self::Many(many) => many.contains(&number),
        }
    }
}

/// A fault, in the configuration and in `POST /__mock/faults`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, remote = "Self")]
pub struct Fault {
    /// What it does.
    pub kind: FaultKind,
    /// Where: slug of a capability. Default: every call of the surface.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capability: Option<String>,
    /// Where: numbers of matching requests, counted from 1 since the fault was set. Default: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nth: Option<Numbers>,
    /// Where: number of times it applies. Default: unlimited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// Where: probability from 0 to 1, drawn from the seed. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// Whether the capability still runs. Default: `true`, except for `status` and `garbage`, and for `reset`, `close` and
    /// `stall` without `after_bytes`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<bool>,
    /// Delay of the first byte in milliseconds, for any kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_ms: Option<u64>,
    /// The status (`status` only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Headers (`status` only).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, HeaderValues>,
    /// The body as JSON (`status` only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub json: Option<Value>,
    /// The body as text (`status` only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// The body in base64 (`status` only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base64: Option<String>,
    /// A body of this many bytes, a JSON string of one repeated letter (`status` only).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill_bytes: Option<usize>,
    /// Number of body bytes that are sent first (`reset`, `close`, `truncate`, `stall`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_bytes: Option<usize>,
    /// Bytes per chunk (`slow_body`). Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk_bytes: Option<usize>,
    /// Pause between chunks in milliseconds (`slow_body`, default 10), or before the close (`hang_up`, default 0).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wait_ms: Option<u64>,
    /// Difference of `Content-Length` from the body's length (`bad_length`). Default: 16.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length_offset: Option<i64>,
}

impl Serialize for Fault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Fault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Validated during parsing, so that the error of a file names the line.
        let fault = Self::deserialize(deserializer)?;
        fault.validate().map_err(D::Error::custom)?;
        Ok(fault)
    }
}

/// Maximum of `fill_bytes`: 1 GiB.
const MOST_FILL: usize = 1 << 30;

impl Fault {
    /// A fault of a kind that applies to every call.
    pub fn new(kind: FaultKind) -> Self {
        Self {
            kind,
            capability: None,
            nth: None,
            times: None,
            probability: None,
            reached: None,
            latency_ms: None,
            status: None,
            headers: BTreeMap::new(),
            json: None,
            text: None,
            base64: None,
            fill_bytes: None,
            after_bytes: None,
            chunk_bytes: None,
            wait_ms: None,
            length_offset: None,
        }
    }

    /// A different response, by default with an empty body.
    pub fn status(status: u16) -> Self {
        Self { status: Some(status), ..Self::new(FaultKind::Status) }
    }

    /// A delayed response.
    pub fn latency(latency: Duration) -> Self {
        let latency_ms = u64::try_from(latency.as_millis()).ok();
        Self { latency_ms, ..Self::new(FaultKind::Latency) }
    }

    /// Applies to this capability only.
    #[must_use]
    pub fn on(mut self, slug: impl Into<String>) -> Self {
        self.capability = Some(slug.into());
        self
    }

    /// Applies to the n-th matching request only, counted from 1.
    #[must_use]
    pub fn nth(mut self, number: u64) -> Self {
        self.nth = Some(Numbers::One(number));
        self
    }

    /// Applies at most this number of times.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Applies with this probability, from 0 to 1, drawn from the seed.
    #[must_use]
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Sends this number of body bytes first.
    #[must_use]
    pub fn after_bytes(mut self, bytes: usize) -> Self {
        self.after_bytes = Some(bytes);
        self
    }

    /// Adds a header to a `status` fault.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.insert(name.into(), HeaderValues::One(value.into()));
        self
    }

    /// Sets the JSON body of a `status` fault.
    #[must_use]
    pub fn json(mut self, body: Value) -> Self {
        self.json = Some(body);
        self
    }

    /// Sets the text body of a `status` fault.
    #[must_use]
    pub fn text(mut self, body: impl Into<String>) -> Self {
        self.text = Some(body.into());
        self
    }

    /// Whether the capability runs before the fault applies.
    pub(crate) fn reaches(&self) -> bool {
        self.reached.unwrap_or_else(|| self.kind.reaches(self.after_bytes))
    }

    /// Validates it; the error names the field, the rule and the remedy.
    pub fn validate(&self) -> Result<(), String> {
        use FaultKind as Kind;
        let kind = self.kind.name();
        let only = |set: bool, field: &str, kinds: &[Kind]| {
            if set && !kinds.contains(&self.kind) {
                let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
                return Err(format!(
                    "`{field}` does not apply to a fault of kind `{kind}`; it applies to {}",
                    names.join(", ")
                ));
            }
            Ok(())
        };
        only(self.status.is_some(), "status", &[Kind::Status])?;
        only(!self.headers.is_empty(), "headers", &[Kind::Status])?;
        only(self.json.is_some(), "json", &[Kind::Status])?;
        only(self.text.is_some(), "text", &[Kind::Status])?;
        only(self.base64.is_some(), "base64", &[Kind::Status])?;
        only(self.fill_bytes.is_some(), "fill_bytes", &[Kind::Status])?;
        only(self.after_bytes.is_some(), "after_bytes", &[Kind::Reset, Kind::Close, Kind::Truncate, Kind::Stall])?;
        only(self.chunk_bytes.is_some(), "chunk_bytes", &[Kind::SlowBody])?;
        only(self.wait_ms.is_some(), "wait_ms", &[Kind::SlowBody, Kind::HangUp])?;
        only(self.length_offset.is_some(), "length_offset", &[Kind::BadLength])?;
        if self.kind == Kind::Latency && self.latency_ms.is_none() {
            return Err("a fault of kind `latency` needs `latency_ms`, the pause in milliseconds".to_owned());
        }
        if self.kind == Kind::Status {
            let status = self.status.ok_or("a fault of kind `status` needs `status`, a number from 200 to 999")?;
            if !(200..=999).contains(&status) {
                return Err(format!("`status` is {status}; it must be a number from 200 to 999"));
            }
        }
        let bodies = [self.json.is_some(), self.text.is_some(), self.base64.is_some(), self.fill_bytes.is_some()];
        if bodies.into_iter().filter(|set| *set).count() > 1 {
            return Err("a fault has one body; set only one of `json`, `text`, `base64` and `fill_bytes`".to_owned());
        }
        if let Some(encoded) = &self.base64 {
            BASE64.decode(encoded).map_err(|error| format!("`base64` cannot be decoded: {error}"))?;
        }
        if self.fill_bytes.is_some_and(|bytes| bytes > MOST_FILL) {
            return Err(format!("`fill_bytes` is at most {MOST_FILL} (1 GiB)"));
        }
        if self.chunk_bytes == Some(0) {
            return Err("`chunk_bytes` must be at least 1".to_owned());
        }
        if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err("`probability` must be a number from 0 to 1".to_owned());
        }
        self.header_map().map(|_| ())
    }

    /// The validated headers.
    pub(crate) fn header_map(&self) -> Result<HeaderMap, String> {
        let mut map = HeaderMap::new();
        append_headers(&mut map, &self.headers)?;
        Ok(map)
    }
}
