//! The data of an error.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::HeaderMap;

use super::{
    attempt::Attempt,
    cause::Cause,
    kind::{ErrorKind, Phase},
};

pub(crate) type Source = Box<dyn std::error::Error + Send + Sync>;

/// The data of an error; fields that do not apply are empty.
#[derive(Default)]
pub(crate) struct Facts {
    pub(crate) kind: Option<ErrorKind>,
    pub(crate) text: String,
    pub(crate) option: Option<String>,
    pub(crate) phase: Option<Phase>,
    pub(crate) path: Option<String>,
    pub(crate) may_have_executed: bool,
    /// Whether no request was sent because of another call's error.
    pub(crate) not_sent: bool,
    pub(crate) stream: Option<Arc<StreamFacts>>,
    pub(crate) response: Option<StatusFacts>,
    pub(crate) capability: Option<String>,
    pub(crate) key_hint: Option<String>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) source: Option<Source>,
    pub(crate) key_function_error: Option<String>,
    pub(crate) os_code: Option<&'static str>,
}

impl Facts {
    /// Rewrites the text and those of the causes.
    pub(crate) fn rewrite(&mut self, rewrite: &dyn Fn(String) -> String) {
        self.text = rewrite(std::mem::take(&mut self.text));
        if let Some(cause) = self.source.as_mut().and_then(|source| source.downcast_mut::<Cause>()) {
            cause.rewrite(rewrite);
        }
    }
}

/// An error response.
#[derive(Clone, Default)]
pub(crate) struct StatusFacts {
    pub(crate) status: u16,
    pub(crate) message: String,
    pub(crate) code: Option<String>,
    pub(crate) details: Option<serde_json::Value>,
    pub(crate) request_id: Option<String>,
    pub(crate) execution_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) location: Option<String>,
    pub(crate) upgrade_url: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// Whether the body has a form that the API never sends, such as an HTML page.
    pub(crate) is_foreign: bool,
}

/// How far a stream had come, and what its failure said. Shared by the copies of the error.
#[derive(Default)]
pub(crate) struct StreamFacts {
    pub(crate) events_seen: u64,
    pub(crate) partial_text: String,
    pub(crate) partial_output: Option<Bytes>,
    pub(crate) stop_reason: Option<String>,
    pub(crate) event: Option<EventParts>,
}

/// An event of a stream.
pub(crate) struct EventParts {
    pub(crate) name: String,
    pub(crate) data: Bytes,
    pub(crate) id: String,
}
