//! From an input to an output.

use serde_json::{json, value::RawValue};

use crate::{
    answer::{
        builtin::{agent_response, summarize},
        call::Call,
    },
    config::{
        answer::{Answer, Closure, Reply},
        script::Script,
        template::{self, Variables},
    },
};

/// The output of a call, or what computes it.
pub(crate) enum Output {
    /// This text, unchanged, with status 200.
    Verbatim(Box<RawValue>),
    /// This reply.
    Reply(Reply),
    /// This stream if a stream is requested, else this output.
    Script(Script),
    /// Computed by this closure.
    Closure(Closure),
    /// Computed by the server at this URL, within this time.
    Callback {
        /// URL of the server.
        url: String,
        /// Timeout, in milliseconds.
        timeout_ms: u64,
    },
}

/// The output of a call, if it can be computed here.
pub(crate) fn output(answer: &Answer, call: &Call) -> Output {
    Output::Reply(match answer {
        // Not converted to `Value`, which would round numbers and merge fields of the same name.
        Answer::Echo => return Output::Verbatim(call.input.clone()),
        Answer::Summarize { sentences } => summarize(&call.value(), *sentences),
        Answer::Agent => json!({ "response": agent_response(&call.value()) }).into(),
        Answer::Fail { status, error, code } => {
            let mut body = json!({ "error": error });
            if let (Some(code), Some(body)) = (code, body.as_object_mut()) {
                body.insert("code".to_owned(), json!(code));
            }
            if let (500.., Some(body)) = (*status, body.as_object_mut()) {
                body.insert("executionId".to_owned(), json!(call.execution_id));
            }
            Reply { status: *status, ..body.into() }
        }
        Answer::Fixed { output, status, headers } => {
            Reply { status: *status, headers: headers.clone(), output: output.clone() }
        }
        Answer::Template { output, status, headers } => match template::fill(output, variables(call)) {
            Ok(output) => Reply { status: *status, headers: headers.clone(), output },
            Err(problem) => Reply::error(500, &problem),
        },
        Answer::Sequence { answers, repeat } => {
            let count = answers.len().max(1) as u64;
            let at = if *repeat { call.before % count } else { call.before.min(count - 1) };
            return match usize::try_from(at).ok().and_then(|at| answers.get(at)) {
                Some(answer) => output(answer, call),
                None => Output::Reply(Reply::error(500, "the mock's sequence has no answers")),
            };
        }
        Answer::Stream(script) => return Output::Script(script.clone()),
        Answer::Callback { url, timeout_ms } => {
            return Output::Callback { url: url.clone(), timeout_ms: *timeout_ms };
        }
        Answer::Closure(closure) => return Output::Closure(closure.clone()),
    })
}

/// The variables of a call's templates.
fn variables(call: &Call) -> Variables {
    Variables {
        input: call.value(),
        capability: call.slug.clone(),
        call: call.before + 1,
        execution_id: call.execution_id.clone(),
    }
}
