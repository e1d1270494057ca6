//! Hooks: functions of the application, called before and after each attempt.

use std::{fmt, sync::Arc, time::Duration};

use serde::Serialize;

use crate::error::attempt::{Attempt, milliseconds};

/// Attempt that is about to be sent.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AttemptStart<'a> {
    /// Number of the attempt, counted from 1.
    pub number: u32,
    /// Slug of the capability; `None` for the OpenAPI document.
    pub capability: Option<&'a str>,
    /// HTTP method.
    pub method: &'a str,
    /// URL, which never contains the key.
    pub url: &'a str,
    /// Hint of the key, such as `papi_…a1b2`.
    pub key_hint: &'a str,
    /// Wait between the previous attempt and this one.
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
