//! Built-in capabilities: a summary, and a support agent's response.

use serde_json::{Value, json};

use crate::config::answer::Reply;

/// `{"summary", "words"}` of the text in `input`.
pub(super) fn summarize(input: &Value, sentences: usize) -> Reply {
    let Some(text) = input.get("input").and_then(Value::as_str) else {
        return Reply::error(400, "`input` must be a string, the text to summarize");
    };
    json!({ "summary": first_sentences(text, sentences), "words": text.split_whitespace().count() }).into()
}

/// The first sentences of a text, with whitespace collapsed. A sentence ends at `.`, `!` or `?` (and quotes or brackets after it)
/// before whitespace.
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

/// The demo support agent's text, computed from the question.
pub(super) fn agent_response(input: &Value) -> String {
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
