//! How an application tests its handling of errors, responses and streams without a server: the feature `test-util`.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use runtype_surface::{Error, ErrorKind, EventKind, EventStream, StreamOutcome, test_util};
use serde_json::{Value, json};

/// What to tell a person, as an application may have it.
fn advice(error: &Error) -> String {
    match error.kind() {
        ErrorKind::RateLimit => format!("come back in {} s", error.retry_after().map_or(60, |wait| wait.as_secs())),
        ErrorKind::PaymentRequired => format!("upgrade at {}", error.upgrade_url().unwrap_or_default()),
        _ if error.may_have_executed() => format!("ask for {}", error.execution_id().unwrap_or("help")),
        _ => "try again".to_owned(),
    }
}

/// The text of a stream up to its failure, and whether it failed.
async fn shown(mut events: EventStream) -> (String, Option<String>) {
    let mut text = String::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) if event.kind() == EventKind::TextDelta => text.push_str(&event.delta().unwrap_or_default()),
            Ok(_) => {}
            Err(error) => return (text, error.server_message().map(str::to_owned).or(Some(error.to_string()))),
        }
    }
    (text, None)
}

#[test]
fn errors_of_each_kind_can_be_made() {
    let error = |kind| test_util::error(kind).status(429);
    assert_eq!(advice(&error(ErrorKind::RateLimit).retry_after(Duration::from_secs(9)).build()), "come back in 9 s");
    assert_eq!(advice(&error(ErrorKind::PaymentRequired).upgrade_url("https://a.b").build()), "upgrade at https://a.b");
    let failed = error(ErrorKind::Server).may_have_executed(true).execution_id("exec_1").build();
    assert_eq!(advice(&failed), "ask for exec_1");
    assert_eq!(advice(&test_util::error(ErrorKind::Connection).build()), "try again");
}

#[test]
fn an_error_has_what_was_set_and_nothing_else() {
    let event = test_util::event("execution_error", &json!({ "error": "boom" }));
    let error = test_util::error(ErrorKind::Stream)
        .text("the stream failed")
        .capability("agent")
        .code("E1")
        .server_message("boom")
        .stream(3, "Hello ")
        .event(&event)
        .build();
    assert_eq!((error.to_string().as_str(), error.kind()), ("the stream failed", ErrorKind::Stream));
    assert_eq!((error.events_seen(), error.partial_text(), error.event()), (Some(3), Some("Hello "), Some(event)));
    assert_eq!((error.code(), error.server_message()), (Some("E1"), Some("boom")));
    assert_eq!((error.capability(), error.request_id(), error.attempts().len()), (Some("agent"), None, 0));
}

#[test]
fn a_response_is_made_of_its_output() {
    let mut response = test_util::response(json!({ "summary": "One." }));
    response.request_id = Some("req_1".to_owned());
    assert_eq!((response.status, &response.output["summary"]), (200, &json!("One.")));
    let undecodable = test_util::response(bytes_of("{}")).decode::<Vec<u8>>().unwrap_err();
    assert_eq!(undecodable.kind(), ErrorKind::ResponseDecode);
}

fn bytes_of(text: &'static str) -> bytes::Bytes {
    bytes::Bytes::from_static(text.as_bytes())
}

#[tokio::test]
async fn a_stream_is_made_of_its_events() {
    let delta = |text: &str| test_util::event("text_delta", &json!({ "delta": text, "id": "t1" }));
    let complete = test_util::event("execution_complete", &json!({ "success": true, "finalOutput": { "a": 1 } }));
    let mut events = test_util::event_stream([delta("Hello "), delta("you"), complete.clone()]);
    assert_eq!(events.text().await.unwrap(), "Hello you");
    assert_eq!(events.final_output::<Value>().await.unwrap(), json!({ "a": 1 }));
    assert_eq!(events.outcome(), Some(StreamOutcome::Completed));

    let failure = test_util::event("execution_error", &json!({ "error": "boom" }));
    let (text, failed) = shown(test_util::event_stream([delta("Hello "), failure])).await;
    assert_eq!((text.as_str(), failed.as_deref()), ("Hello ", Some("boom")));
    let (_, broken) = shown(test_util::event_stream([delta("Hello ")])).await;
    assert!(broken.unwrap().contains("without a closing event"));
}
