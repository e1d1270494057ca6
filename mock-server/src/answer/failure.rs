//! The failure that a scripted stream ends with, for calls without a stream.

use serde_json::{Value, json};

use crate::config::{answer::Reply, script::Script, step::Step};

/// The reply to a call without a stream: the script's output, or the failure that it ends with.
pub(crate) fn whole_reply(script: &Script, execution_id: &str) -> Reply {
    let failure = if script.output.is_none() { script.steps.iter().find_map(Failure::of) } else { None };
    failure.map_or_else(|| script.whole_output().into(), |failure| failure.reply(execution_id))
}

/// What an event says of the failure of its execution.
struct Failure {
    message: String,
    code: Option<String>,
}

impl Failure {
    /// The failure that a step reports: `execution_error`, an `error` that is not recoverable, or `execution_complete` with
    /// `success: false`.
    fn of(step: &Step) -> Option<Self> {
        let data = step.data.as_ref();
        let field = |name| data.and_then(|data| data.get(name));
        let is_false = |name| field(name) == Some(&Value::Bool(false));
        let is_failure = match step.event.as_deref()? {
            "execution_error" => true,
            "error" => is_false("recoverable"),
            "execution_complete" => is_false("success"),
            _ => false,
        };
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let nested = |name| field("error").and_then(|error| error.get(name));
        is_failure.then(|| Self {
            message: text(field("error"))
                .or_else(|| text(nested("message")))
                .or_else(|| text(field("message")))
                .unwrap_or_else(|| "The execution failed".to_owned()),
            code: text(field("code")).or_else(|| text(nested("code"))),
        })
    }

    /// The API's error for a call without a stream.
    fn reply(self, execution_id: &str) -> Reply {
        let mut body = json!({ "error": self.message, "executionId": execution_id });
        if let (Some(code), Some(body)) = (self.code, body.as_object_mut()) {
            body.insert("code".to_owned(), Value::from(code));
        }
        Reply { status: 500, ..body.into() }
    }
}
