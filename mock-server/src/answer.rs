//! From an input to an output: the built-in capabilities, and how an output is dressed.

use http::StatusCode;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};

use crate::capability::{Answer, Closure, Format, Reply};
use crate::headers::append_headers;
use crate::plan::Plan;
use crate::stream;
use crate::template;
use crate::vocabulary;

/// What one call asks for, and what is needed to dress its answer.
#[derive(Debug, Clone)]
pub struct Call {
    /// The capability.
    pub slug: String,
    /// Its input, to the letter.
    pub input: Box<RawValue>,
    /// How often the capability was called before.
    pub before: u64,
    /// Whether the caller asks for a stream.
    pub stream: bool,
    /// How the output is dressed.
    pub format: Format,
    /// The execution's id, `exec_…`.
    pub execution_id: String,
}

impl Call {
    /// The input as a value; `null` when a number in it is too large for one.
    pub fn value(&self) -> Value {
        serde_json::from_str(self.input.get()).unwrap_or_default()
    }

    #[cfg(test)]
    pub(crate) fn for_test(slug: &str, input: &Value) -> Self {
        Self {
            slug: slug.to_owned(),
            input: to_raw_value(input).unwrap(),
            before: 0,
            stream: false,
            format: Format::Raw,
            execution_id: "exec_test".to_owned(),
        }
    }
}

/// Who knows the output of a call.
pub(crate) enum Known {
    /// It is this, to the letter, with status 200.
    Output(Box<RawValue>),
    /// It is this.
    Reply(Reply),
    /// It is this stream when a stream is asked for, else this output.
    Script(stream::Script),
    /// This closure knows.
    Closure(Closure),
    /// The server at this URL knows, if it says so within this time.
    Callback {
        /// Where to ask.
        url: String,
        /// How long to wait, in milliseconds.
        timeout_ms: u64,
    },
}

/// What is known of the output of a call.
pub(crate) fn known(answer: &Answer, call: &Call) -> Known {
    Known::Reply(match answer {
        // Not by way of `Value`, which would round numbers and merge fields of one name.
        Answer::Echo => return Known::Output(call.input.clone()),
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
        Answer::Template { output, status, headers } => match template::render(output, call) {
            Ok(output) => Reply { status: *status, headers: headers.clone(), output },
            Err(problem) => Reply::error(500, &problem),
        },
        Answer::Sequence { answers, repeat } => {
            let count = answers.len().max(1) as u64;
            let at = if *repeat { call.before % count } else { call.before.min(count - 1) };
            return match usize::try_from(at).ok().and_then(|at| answers.get(at)) {
                Some(answer) => known(answer, call),
                None => Known::Reply(Reply::error(500, "the mock's sequence has no answers")),
            };
        }
        Answer::Stream(script) => return Known::Script(script.clone()),
        Answer::Callback { url, timeout_ms } => {
            return Known::Callback { url: url.clone(), timeout_ms: *timeout_ms };
        }
        Answer::Closure(closure) => return Known::Closure(closure.clone()),
    })
}

/// Dresses a reply: raw or wrapped, whole or as a stream.
pub(crate) fn dress(reply: &Reply, call: &Call) -> Plan {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut plan = if status.is_success() {
        match to_raw_value(&reply.output) {
            Ok(output) => dress_output(&output, status, call),
            Err(error) => Plan::error(StatusCode::INTERNAL_SERVER_ERROR, &error.to_string()),
        }
    } else {
        Plan::json(status, &reply.output)
    };
    // Headers were checked when the answer was set; a closure's that are malformed are left out.
    let _ = append_headers(&mut plan.headers, &reply.headers);
    plan
}

/// Dresses an output: raw or wrapped, whole or as a stream.
pub(crate) fn dress_output(output: &RawValue, status: StatusCode, call: &Call) -> Plan {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Wrapped<'a> {
        output: &'a RawValue,
        execution_id: &'a str,
        metadata: Metadata<'a>,
    }
    #[derive(Serialize)]
    struct Metadata<'a> {
        capability: &'a str,
    }

    if call.stream {
        return vocabulary::execution(output, call);
    }
    let body = match call.format {
        Format::Raw => output.get().to_owned(),
        Format::Wrapped => {
            let metadata = Metadata { capability: &call.slug };
            let wrapped = Wrapped { output, execution_id: &call.execution_id, metadata };
            serde_json::to_string(&wrapped).unwrap_or_default()
        }
    };
    Plan::new(status, "application/json", body)
}

/// `{"summary", "words"}` of the text in `input`.
fn summarize(input: &Value, sentences: usize) -> Reply {
    let Some(text) = input.get("input").and_then(Value::as_str) else {
        return Reply::error(400, "`input` must be a string, the text to summarize");
    };
    json!({ "summary": first_sentences(text, sentences), "words": text.split_whitespace().count() }).into()
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
        if word.trim_end_matches(['"', '\'', ')', ']', '”', '’']).ends_with(['.', '!', '?', '。']) {
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
    let asked = ["input", "message", "question"].into_iter().find_map(|name| input.get(name).and_then(Value::as_str));
    match asked.map(|text| first_sentences(text, 1)).filter(|text| !text.is_empty()) {
        Some(question) => format!("You wrote: {question} Thank you for telling us. A colleague will answer you today."),
        None => "Hello. What can we do for you?".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_the_first_sentence_and_the_count_of_all_words() {
        let reply = summarize(&json!({"input": "The  sea\nrises. People move! Why?"}), 1);
        assert_eq!(reply.output, json!({"summary": "The sea rises.", "words": 6}));
    }

    #[test]
    fn a_sentence_may_end_inside_quotes() {
        assert_eq!(first_sentences("He said \"Go.\" She went.", 1), "He said \"Go.\"");
        assert_eq!(first_sentences("Version 1.2 is out. Get it.", 1), "Version 1.2 is out.");
        assert_eq!(first_sentences("No end at all", 3), "No end at all");
        assert_eq!(first_sentences("", 1), "");
    }

    #[test]
    fn a_text_that_is_no_string_is_refused() {
        assert_eq!(summarize(&json!({"input": 7}), 1).status, 400);
    }
}
