//! The lines of the file.

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::{id::RowId, now};

/// What a ledger begins with, so that no other file is taken for one.
pub(super) const BEGIN: &str = r#"{"ledger":"runtype-surface","#;
const NAME: &str = "runtype-surface";
/// The version of the format. Fields may be added within one version.
pub(super) const FORMAT: u32 = 1;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Header {
    ledger: String,
    pub(super) format: u32,
    #[serde(default)]
    pub(super) capability: String,
    #[serde(default)]
    pub(super) surface: String,
    #[serde(default)]
    created_ms: u64,
}

impl Header {
    pub(super) fn new(capability: &str, surface: &str) -> Self {
        Self {
            ledger: NAME.to_owned(),
            format: FORMAT,
            capability: capability.to_owned(),
            surface: surface.to_owned(),
            created_ms: now(),
        }
    }

    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok().filter(|header: &Self| header.ledger == NAME)
    }
}

/// What a line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Event {
    /// A process has opened the ledger.
    Opened,
    /// A request is about to be sent.
    Sent,
    /// The call succeeded.
    Answered,
    /// The call failed.
    Failed,
}

/// What the index reads of a line. It skips the output.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub(super) event: Event,
    pub(super) id: Option<RowId>,
    pub(super) input: Option<String>,
    pub(super) may_have_executed: Option<bool>,
    pub(super) process: Option<u32>,
}

#[derive(Serialize)]
pub(super) struct Opened {
    event: Event,
    process: u32,
    at_ms: u64,
}

impl Opened {
    pub(super) fn now() -> Self {
        Self { event: Event::Opened, process: std::process::id(), at_ms: now() }
    }
}

#[derive(Serialize)]
pub(super) struct Sent<'a> {
    event: Event,
    id: &'a RowId,
    /// Digest of the input.
    input: String,
    /// How often the row has been sent, this time included.
    number: u32,
    at_ms: u64,
}

impl<'a> Sent<'a> {
    pub(super) fn now(id: &'a RowId, input: String, number: u32) -> Self {
        Self { event: Event::Sent, id, input, number, at_ms: now() }
    }
}

#[derive(Serialize)]
pub(super) struct Answered<'a> {
    pub(super) event: Event,
    pub(super) id: &'a RowId,
    pub(super) at_ms: u64,
    #[serde(flatten)]
    pub(super) answer: Answer<'a>,
}

/// A response. It has one of three outputs: JSON, another text, or bytes.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    pub(super) request_id: Option<String>,
    pub(super) execution_id: Option<String>,
    pub(super) elapsed_ms: f64,
    #[serde(borrow, default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(super) metadata: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<&'a RawValue>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output_hex: Option<String>,
}

/// A field that is there, also if it is null.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

#[derive(Serialize)]
pub(super) struct Failed<'a> {
    pub(super) event: Event,
    pub(super) id: &'a RowId,
    pub(super) at_ms: u64,
    #[serde(flatten)]
    pub(super) failure: Failure,
}

/// An error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Failure {
    pub(super) class: String,
    pub(super) status: Option<u16>,
    pub(super) code: Option<String>,
    pub(super) may_have_executed: bool,
    pub(super) text: String,
}

/// A line with its line break.
pub(super) fn written(line: &impl Serialize) -> Vec<u8> {
    // Texts, numbers and JSON that was parsed before: none of it fails.
    let mut bytes = serde_json::to_vec(line).unwrap_or_default();
    // JSON has no line break inside of its texts, so that of a pretty output is whitespace.
    for byte in &mut bytes {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
    bytes.push(b'\n');
    bytes
}
