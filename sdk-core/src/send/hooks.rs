//! What an application may watch: each attempt, before it is sent and when it has ended.

use std::{fmt, sync::Arc, time::Duration};

use serde::Serialize;

use crate::error::attempt::{Attempt, milliseconds};

/// An attempt that is about to be sent.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AttemptStart<'a> {
    /// Counts from 1.
    pub number: u32,
    /// The capability that is called; `None` for the OpenAPI document.
    pub capability: Option<&'a str>,
    /// The HTTP method.
    pub method: &'a str,
    /// The URL, which never holds a key.
    pub url: &'a str,
    /// The hint of the key, such as `papi_…a1b2`.
    pub key_hint: &'a str,
    /// How long the client waited before this attempt, after the one before.
    #[serde(serialize_with = "milliseconds", rename = "waited_ms")]
    pub waited: Duration,
}

type Before = Arc<dyn Fn(&AttemptStart<'_>) + Send + Sync>;
type After = Arc<dyn Fn(&AttemptStart<'_>, &Attempt) + Send + Sync>;

#[derive(Clone, Default)]
pub(crate) struct Hooks {
    pub(crate) before: Option<Before>,
    pub(crate) after: Option<After>,
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").field("before", &self.before.is_some()).field("after", &self.after.is_some()).finish()
    }
}
