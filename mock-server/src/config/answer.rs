//! Configured answers of a capability.

use std::{collections::BTreeMap, fmt, sync::Arc};

use http::{HeaderMap, Uri};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::config::{
    headers::{HeaderValues, append_headers},
    script::Script,
    step::Step,
    template,
};

/// Answer of a capability.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Answer {
    /// Returns the input.
    #[default]
    Echo,
    /// Takes a text in `input` and returns `{"summary", "words"}`: its first sentences, and its number of words.
    Summarize {
        /// Number of sentences in the summary.
        #[serde(default = "one")]
        sentences: usize,
    },
    /// Answers like a support agent, `{"response": …}`; in a stream, word by word.
    Agent,
    /// An error, with an `executionId` if the status is 5xx.
    Fail {
        /// Status. Default: 500.
        #[serde(default = "five_hundred")]
        status: u16,
        /// The `error`.
        #[serde(default = "execution_failed")]
        error: String,
        /// The `code`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        code: Option<String>,
    },
    /// Always the same output.
    Fixed {
        /// The output.
        #[serde(default)]
        output: Value,
        /// Status. Default: 200. An output with an error status is never wrapped.
        #[serde(default = "two_hundred")]
        status: u16,
        /// Additional headers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, HeaderValues>,
    },
    /// A template over the input. Each string in `output` is a minijinja template with the variables `input`, `capability`,
    /// `call` and `execution_id`; a string that is a single expression keeps the expression's type.
    Template {
        /// The output.
        output: Value,
        /// Status. Default: 200.
        #[serde(default = "two_hundred")]
        status: u16,
        /// Additional headers.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, HeaderValues>,
    },
    /// A scripted stream; its output for calls without a stream.
    Stream(Script),
    /// Computed by your own HTTP server: it receives `{"capability", "input", "execution_id", "call", "stream"}`; its status
    /// and JSON body become the response.
    Callback {
        /// URL to post to, `http://` only.
        url: String,
        /// Timeout in milliseconds. Default: 30,000.
        #[serde(default = "thirty_seconds")]
        timeout_ms: u64,
    },
    /// Answers in turn.
    Sequence {
        /// The answers, in order.
        answers: Vec<Answer>,
        /// Start over after the last answer; otherwise the last answer stays.
        #[serde(default)]
        repeat: bool,
    },
    /// Computed by a Rust closure. Not available in configuration files.
    #[serde(skip)]
    Closure(Closure),
}

fn one() -> usize {
    1
}

fn two_hundred() -> u16 {
    200
}

fn five_hundred() -> u16 {
    500
}

fn thirty_seconds() -> u64 {
    30_000
}

fn execution_failed() -> String {
    "Capability execution failed".to_owned()
}

impl Answer {
    /// Always this output, with status 200.
    pub fn fixed(output: impl Into<Value>) -> Self {
        Self::Fixed { output: output.into(), status: 200, headers: BTreeMap::new() }
    }

    /// Always this error.
    pub fn fail(status: u16, error: impl Into<String>) -> Self {
        Self::Fail { status, error: error.into(), code: None }
    }

    /// Answers in turn; the last one stays.
    pub fn sequence(answers: impl IntoIterator<Item = Self>) -> Self {
        Self::Sequence { answers: answers.into_iter().collect(), repeat: false }
    }

    /// A template over the input, such as `{"greeting": "Hello {{ input.name }}"}`.
    pub fn template(output: impl Into<Value>) -> Self {
        Self::Template { output: output.into(), status: 200, headers: BTreeMap::new() }
    }

    /// A scripted stream.
    pub fn stream(steps: impl IntoIterator<Item = Step>) -> Self {
        Self::Stream(Script::new(steps))
    }

    /// Computed by the closure. It runs outside the mock's lock, so it may call the mock. It must not block: the mock serves on
    /// one thread. To delay an answer, set the capability's `latency_ms`.
    pub fn closure<F, R>(compute: F) -> Self
    where
        F: Fn(&Value) -> R + Send + Sync + 'static,
        R: Into<Reply>,
    {
        Self::Closure(Closure(Arc::new(move |input| compute(input).into())))
    }

    pub(crate) fn validate(&self) -> Result<(), String> {
        let in_range = |status: u16| {
            if (200..=999).contains(&status) {
                return Ok(());
            }
            Err(format!("`status` is {status}; it must be a number from 200 to 999"))
        };
        match self {
            Self::Fail { status, .. } => in_range(*status),
            Self::Fixed { status, headers, .. } => {
                in_range(*status)?;
                append_headers(&mut HeaderMap::new(), headers)
            }
            Self::Template { output, status, headers } => {
                in_range(*status)?;
                append_headers(&mut HeaderMap::new(), headers)?;
                template::validate(output)
            }
            Self::Stream(script) => script.validate(),
            Self::Callback { url, .. } => match url.parse::<Uri>() {
                Ok(uri) if uri.scheme_str() == Some("http") && uri.host().is_some() => Ok(()),
                _ => Err(format!("`url` is {url:?}; a callback needs a full URL that begins with http://")),
            },
            Self::Sequence { answers, .. } if answers.is_empty() => {
                Err("`answers` is empty; a sequence needs at least one answer".to_owned())
            }
            Self::Sequence { answers, .. } => answers.iter().try_for_each(Self::validate),
            Self::Echo | Self::Summarize { .. } | Self::Agent | Self::Closure(_) => Ok(()),
        }
    }
}

/// Reply of a closure: status, headers and output.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Additional headers.
    pub headers: BTreeMap<String, HeaderValues>,
    /// The output, or the whole body of an error.
    pub output: Value,
}

impl Reply {
    /// An error, `{"error": …}`.
    pub fn error(status: u16, message: &str) -> Self {
        Self { status, headers: BTreeMap::new(), output: serde_json::json!({ "error": message }) }
    }
}

impl From<Value> for Reply {
    fn from(output: Value) -> Self {
        Self { status: 200, headers: BTreeMap::new(), output }
    }
}

/// A function from an input to a [`Reply`].
#[derive(Clone)]
pub struct Closure(pub(crate) Arc<dyn Fn(&Value) -> Reply + Send + Sync>);

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Closure(..)")
    }
}

impl PartialEq for Closure {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}
