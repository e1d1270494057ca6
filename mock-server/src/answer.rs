//! From an input to an output: the built-in capabilities, and how an output is dressed.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::capability::{Answer, Format, Reply};
use crate::fault::HeaderValues;
use crate::plan::{Frame, Framing, Plan};
use crate::stream;

/// What one call asks for, and what is needed to dress its answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// The capability.
    pub slug: String,
    /// Its input.
    pub input: Value,
    /// How often the capability was called before.
    pub before: u64,
    /// Whether the caller asks for a stream.
    pub stream: bool,
    /// How the output is dressed.
    pub format: Format,
    /// The execution's id, `exec_…`.
    pub execution_id: String,
}

/// The reply of an answer that needs no closure, or the closure that has to be asked.
pub(crate) fn reply(answer: &Answer, call: &Call) -> Result<Reply, crate::capability::Closure> {
    Ok(match answer {
        Answer::Echo => call.input.clone().into(),
        Answer::Summarize { sentences } => summarize(&call.input, *sentences),
        Answer::Agent => json!({ "response": agent_response(&call.input) }).into(),
        Answer::Fail {
            status,
            error,
            code,
        } => {
            let mut body = json!({ "error": error });
            if let (Some(code), Some(body)) = (code, body.as_object_mut()) {
                body.insert("code".to_owned(), json!(code));
            }
            if let (500.., Some(body)) = (*status, body.as_object_mut()) {
                body.insert("executionId".to_owned(), json!(call.execution_id));
            }
            Reply {
                status: *status,
                output: body,
                headers: Default::default(),
            }
        }
        Answer::Fixed {
            output,
            status,
            headers,
        } => Reply {
            status: *status,
            output: output.clone(),
            headers: headers.clone(),
        },
        Answer::Sequence { answers, repeat } => {
            let count = answers.len().max(1) as u64;
            let at = if *repeat {
                call.before % count
            } else {
                call.before.min(count - 1)
            };
            let Some(answer) = usize::try_from(at).ok().and_then(|at| answers.get(at)) else {
                return Ok(Reply::error(500, "the mock's sequence has no answers"));
            };
            return reply(answer, call);
        }
        Answer::Closure(closure) => return Err(closure.clone()),
    })
}

/// Dresses a reply: raw or wrapped, whole or as a stream.
pub(crate) fn dress(reply: Reply, call: &Call) -> Plan {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut plan = if !status.is_success() {
        Plan::json(status, &reply.output)
    } else if call.stream {
        streamed(&reply.output, call)
    } else {
        match call.format {
            Format::Raw => Plan::json(status, &reply.output),
            Format::Wrapped => Plan::json(
                status,
                &json!({
                    "output": reply.output,
                    "executionId": call.execution_id,
                    "metadata": { "capability": call.slug },
                }),
            ),
        }
    };
    for (name, values) in &reply.headers {
        let values = match values {
            HeaderValues::One(value) => std::slice::from_ref(value),
            HeaderValues::Many(values) => values.as_slice(),
        };
        for (number, value) in values.iter().enumerate() {
            let (Ok(name), Ok(value)) = (
                HeaderName::from_bytes(name.as_bytes()),
                HeaderValue::from_bytes(value.as_bytes()),
            ) else {
                continue;
            };
            if number == 0 {
                plan.headers.insert(name, value);
            } else {
                plan.headers.append(name, value);
            }
        }
    }
    plan
}

/// The output as server-sent events in the vendor's vocabulary, one chunk an event.
fn streamed(output: &Value, call: &Call) -> Plan {
    let frames = stream::events(output, call)
        .into_iter()
        .map(|event| Frame {
            wait: Duration::ZERO,
            bytes: Bytes::from(event.to_string()),
        })
        .collect();
    let mut plan = Plan::empty(StatusCode::OK);
    plan.headers
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    plan.headers
        .insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    plan.frames = frames;
    plan.framing = Framing::Chunked;
    plan
}

/// `{"summary", "words"}` of the text in `input`.
fn summarize(input: &Value, sentences: usize) -> Reply {
    let Some(text) = input.get("input").and_then(Value::as_str) else {
        return Reply::error(400, "`input` must be a string, the text to summarize");
    };
    json!({ "summary": first_sentences(text, sentences), "words": text.split_whitespace().count() })
        .into()
}

/// The first sentences of a text, blanks and line breaks made one. A sentence ends at `.`, `!` or `?` (and the quotes or
/// brackets after it) when a blank follows.
fn first_sentences(text: &str, sentences: usize) -> String {
    let mut summary = String::new();
    let mut found = 0;
    for word in text.split_whitespace() {
        if !summary.is_empty() {
            summary.push(' ');
        }
        summary.push_str(word);
        if word
            .trim_end_matches(['"', '\'', ')', ']', '”', '’'])
            .ends_with(['.', '!', '?', '。'])
        {
            found += 1;
            if found >= sentences {
                break;
            }
        }
    }
    summary
}

/// What the demo's support agent says to a question. It is computed, so that another question gets another answer.
fn agent_response(input: &Value) -> String {
    let asked = ["input", "message", "question"]
        .into_iter()
        .find_map(|name| input.get(name).and_then(Value::as_str));
    match asked
        .map(|text| first_sentences(text, 1))
        .filter(|text| !text.is_empty())
    {
        Some(question) => format!(
            "You wrote: {question} Thank you for telling us. A colleague will answer you today."
        ),
        None => "Hello. What can we do for you?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_first_sentence_and_the_count_of_all_words() {
        let reply = summarize(&json!({"input": "The  sea\nrises. People move! Why?"}), 1);
        assert_eq!(
            reply.output,
            json!({"summary": "The sea rises.", "words": 6})
        );
    }

    #[test]
    fn a_sentence_may_end_inside_quotes() {
        assert_eq!(
            first_sentences("He said \"Go.\" She went.", 1),
            "He said \"Go.\""
        );
        assert_eq!(
            first_sentences("Version 1.2 is out. Get it.", 1),
            "Version 1.2 is out."
        );
        assert_eq!(first_sentences("No end at all", 3), "No end at all");
        assert_eq!(first_sentences("", 1), "");
    }

    #[test]
    fn a_text_that_is_no_string_is_refused() {
        assert_eq!(summarize(&json!({"input": 7}), 1).status, 400);
    }
}
