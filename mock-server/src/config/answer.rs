//! Configured answers of a capability.

use std::{collections::BTreeMap, fmt, sync::Arc};

use http::{HeaderMap, Uri};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};

use crate::config::{
    headers::{HeaderValues, append_headers},
    script::Script,
    step::Step,
    template,
    when::When,
};

/// Answer of a capability.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields, remote = "Self")]
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
    /// Of several answers the first whose conditions hold.
    Matched {
        /// The answers with their conditions, in order.
        cases: Vec<Case>,
        /// The answer if no conditions hold. Default: the input.
        #[serde(default)]
        otherwise: Box<Answer>,
    },
    /// Computed by a Rust closure. Not available in configuration files.
    #[serde(skip)]
    Closure(Closure),
}

/// An answer and its conditions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// Conditions on the call.
    pub when: When,
    /// The answer.
    pub answer: Answer,
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let fields = Map::<String, Value>::deserialize(deserializer)?;
        let kind = fields.get("kind").and_then(Value::as_str).unwrap_or_default();
        // serde ignores the fields of a variant that has none.
        if matches!(kind, "echo" | "agent")
            && let Some(field) = fields.keys().find(|field| *field != "kind")
        {
            return Err(D::Error::custom(format!("unknown field `{field}`, an answer of kind `{kind}` has none")));
        }
        Self::deserialize(Value::Object(fields)).map_err(D::Error::custom)
    }
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

    /// Of several answers the first whose conditions hold; [`Answer::otherwise`] sets the one for all other calls.
    ///
    /// ```
    /// use runtype_mock::{Answer, When};
    /// use serde_json::json;
    ///
    /// let price = Answer::matched([
    ///     (When::input(json!({ "item": "tea" })), Answer::fixed(json!({ "eur": 2 }))),
    ///     (When::any().header("X-Tenant", "acme").call(1), Answer::fail(503, "busy")),
    /// ])
    /// .otherwise(Answer::fixed(json!({ "eur": 9 })));
    /// ```
    pub fn matched(cases: impl IntoIterator<Item = (When, Self)>) -> Self {
        let cases = cases.into_iter().map(|(when, answer)| Case { when, answer }).collect();
        Self::Matched { cases, otherwise: Box::default() }
    }

    /// Sets the answer for calls for which no conditions hold. An answer without conditions is unchanged.
    #[must_use]
    pub fn otherwise(mut self, answer: Self) -> Self {
        if let Self::Matched { otherwise, .. } = &mut self {
            **otherwise = answer;
        }
        self
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
            Self::Matched { cases, otherwise } => {
                for (index, case) in cases.iter().enumerate() {
                    let outcome = case.when.validate().and_then(|()| case.answer.validate());
                    outcome.map_err(|problem| format!("cases[{index}]: {problem}"))?;
                }
                otherwise.validate()
            }
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
