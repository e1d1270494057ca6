//! What an error tells of its facts.

use std::{error::Error as _, sync::Arc, time::Duration};

use super::{attempt::AttemptOutcome, facts::EventParts, *};

fn everything() -> Facts {
    Facts {
        kind: Some(ErrorKind::RateLimit),
        text: "echo: 429 slow down".into(),
        option: Some("timeout".into()),
        phase: Some(Phase::Body),
        path: Some("items[3]".into()),
        may_have_executed: true,
        not_sent: false,
        stream: Some(Arc::new(StreamFacts {
            events_seen: 7,
            partial_text: "half a".into(),
            partial_output: Some("{}".into()),
            stop_reason: Some("max_tokens".into()),
            event: Some(EventParts { name: "error".into(), data: Bytes::new(), id: String::new() }),
        })),
        response: Some(StatusFacts {
            status: 429,
            message: "slow down".into(),
            code: Some("SLOW".into()),
            details: Some(serde_json::json!({ "limit": 3 })),
            request_id: Some("req_1".into()),
            execution_id: Some("exec_1".into()),
            retry_after: Some(Duration::from_secs(3)),
            location: Some("https://a.b/".into()),
            upgrade_url: Some("https://a.b/plan".into()),
            headers: HeaderMap::from_iter([(http::header::SERVER, http::HeaderValue::from_static("s"))]),
            body: "body".into(),
            is_foreign: false,
        }),
        capability: Some("echo".into()),
        key_hint: Some("papi_…a1b2".into()),
        attempts: vec![Attempt {
            number: 1,
            waited: Duration::ZERO,
            started: Duration::ZERO,
            elapsed: Duration::ZERO,
            outcome: AttemptOutcome::Responded { status: 429 },
            key_hint: "papi_…a1b2".into(),
        }],
        source: Some(Box::new(std::io::Error::other("the source"))),
        key_function_error: Some("the application's".into()),
        os_code: Some("ECONNRESET"),
    }
}

/// Every field but the sources.
fn assert_has_everything(error: &Error) {
    assert_eq!((error.kind(), error.status(), error.code()), (ErrorKind::RateLimit, Some(429), Some("SLOW")));
    assert_eq!((error.server_message(), error.upgrade_url()), (Some("slow down"), Some("https://a.b/plan")));
    assert_eq!((error.request_id(), error.execution_id()), (Some("req_1"), Some("exec_1")));
    assert_eq!((error.retry_after(), error.location()), (Some(Duration::from_secs(3)), Some("https://a.b/")));
    assert_eq!(error.details(), Some(&serde_json::json!({ "limit": 3 })));
    assert_eq!((error.headers().map(HeaderMap::len), error.body()), (Some(1), Some(&Bytes::from("body"))));
    assert_eq!((error.capability(), error.key_hint()), (Some("echo"), Some("papi_…a1b2")));
    assert_eq!((error.phase(), error.option(), error.path()), (Some(Phase::Body), Some("timeout"), Some("items[3]")));
    assert_eq!((error.events_seen(), error.partial_text()), (Some(7), Some("half a")));
    assert_eq!((error.partial_output(), error.stop_reason()), (Some(&Bytes::from("{}")), Some("max_tokens")));
    assert_eq!((error.os_code(), error.attempts().len()), (Some("ECONNRESET"), 1));
    assert_eq!((error.may_have_executed(), error.not_sent(), error.is_status()), (true, false, true));
    assert_eq!((error.text(), error.to_string()), ("echo: 429 slow down", "echo: 429 slow down".to_owned()));
}

#[test]
fn an_error_has_each_of_its_facts() {
    let error = Error::new(everything());
    assert_has_everything(&error);
    assert_eq!(error.source().unwrap().to_string(), "the source");
    assert_eq!(error.key_function_error(), Some("the application's"));
    assert_eq!(error.into_facts().text, "echo: 429 slow down");
}

#[test]
fn a_copy_of_an_error_lacks_only_its_source() {
    let copy = Error::new(everything()).again();
    assert_has_everything(&copy);
    assert!(copy.source().is_none() && copy.key_function_error().is_none());
}

#[test]
fn what_an_error_does_not_know_is_absent() {
    let error = Error::new(Facts::default());
    assert_eq!((error.kind(), error.status(), error.server_message()), (ErrorKind::Configuration, None, None));
    assert_eq!((error.events_seen(), error.partial_text(), error.phase()), (None, None, None));
    assert!(error.headers().is_none() && error.body().is_none() && error.attempts().is_empty());
    assert!(!error.may_have_executed() && !error.is_status() && error.source().is_none());
    let silent =
        Error::new(Facts { response: Some(StatusFacts { status: 200, ..StatusFacts::default() }), ..Facts::default() });
    assert_eq!((silent.server_message(), silent.is_status()), (None, false));
}

#[test]
fn three_kinds_have_a_question_of_their_own() {
    let kinds = [ErrorKind::Timeout, ErrorKind::Connection, ErrorKind::Configuration, ErrorKind::Stream];
    let answers = kinds.map(|kind| {
        let error = Error::new(Facts { kind: Some(kind), ..Facts::default() });
        [error.is_timeout(), error.is_connection(), error.is_configuration()]
    });
    assert_eq!(answers, [[true, false, false], [false, true, false], [false, false, true], [false, false, false]]);
}

#[test]
fn an_invalid_option_is_named_with_its_place() {
    let error = Error::configuration("max_retries", "too many").found_in("the variable X");
    assert_eq!(error.to_string(), "max_retries: too many (found in the variable X)");
    assert_eq!((error.kind(), error.option()), (ErrorKind::Configuration, Some("max_retries")));
}

#[test]
fn a_call_that_was_not_sent_made_no_attempt_and_ran_nothing() {
    let error = Error::new(everything()).of_unsent("another call failed: ");
    assert_eq!(error.to_string(), "echo: not sent: another call failed: 429 slow down");
    assert!(error.not_sent() && !error.may_have_executed() && error.attempts().is_empty());
    assert_eq!(error.status(), Some(429));
}

#[test]
fn an_error_takes_the_source_of_another_only_if_it_has_none() {
    let other = || Error::new(everything());
    let own = Error::configuration("api_key", "no").with_source(std::io::Error::other("its own"));
    assert_eq!(own.caused_by(other()).source().unwrap().to_string(), "its own");
    let taken = Error::configuration("api_key", "no").caused_by(other());
    assert_eq!(taken.source().unwrap().to_string(), "the source");
    assert_eq!(taken.key_function_error(), Some("the application's"));
}

#[test]
fn the_debug_form_has_the_class_the_text_and_the_ids() {
    let shown = format!("{:?}", Error::new(everything()));
    assert!(shown.starts_with("RateLimitError { text: \"echo: 429 slow down\", status: 429"), "{shown}");
    assert!(shown.contains("req_1") && shown.contains("exec_1") && shown.contains("papi_…a1b2"), "{shown}");
}

#[test]
fn a_rewritten_error_has_no_old_words_in_its_text_and_its_cause() {
    let cause = Cause::of(&std::io::Error::other("a word"));
    let mut facts = Facts { text: "word".into(), source: Some(Box::new(cause)), ..Facts::default() };
    facts.rewrite(&|text| text.replace("word", "…"));
    assert_eq!((facts.text.as_str(), facts.source.unwrap().to_string()), ("…", "a …".to_owned()));
}
