//! The span of a call as data for the language bindings, and the context of a trace that its attempts send.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use runtype_mock::{Fault, FaultKind, MockSurface};
use runtype_surface::{
    Call, Client, StreamEvent,
    bindings::{FakeClock, ReadAhead, SpanEnd, TraceContext, inputs, many_stream, span_end, span_start, trace},
};
use serde_json::{Value, json};
use support::fake_builder;

const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0b1902b7-01";
const STATE: &str = "vendor=1,other=2";

async fn surface() -> (Arc<MockSurface>, Client, FakeClock) {
    let mock = Arc::new(MockSurface::start().await.unwrap());
    let (builder, clock) = fake_builder(&mock);
    (mock, builder.build().unwrap(), clock)
}

fn context() -> TraceContext {
    TraceContext::new(PARENT, Some(STATE)).unwrap()
}

fn parsed(report: &str) -> Value {
    serde_json::from_str(report).unwrap()
}

/// The `traceparent` and `tracestate` of every request that the mock received.
fn sent(mock: &MockSurface) -> Vec<(Option<String>, Option<String>)> {
    let text = |value: Option<&http::HeaderValue>| value.map(|value| value.to_str().unwrap().to_owned());
    let requests = mock.requests();
    let headers = requests.iter().map(|request| &request.headers);
    headers.map(|headers| (text(headers.get("traceparent")), text(headers.get("tracestate")))).collect()
}

fn busy() -> Fault {
    Fault::status(429).json(json!({ "error": "Slow down" })).header("Retry-After", "1").times(1)
}

#[tokio::test]
async fn every_attempt_sends_the_context_of_the_trace() {
    let (mock, client, _clock) = surface().await;
    mock.fault(busy()).unwrap();
    let call = client.capability("echo").input(&json!({}));
    trace(call, context()).send::<Value>().await.unwrap();
    let expected = (Some(PARENT.to_owned()), Some(STATE.to_owned()));
    assert_eq!(sent(&mock), [expected.clone(), expected]);
}

#[tokio::test]
async fn a_traceparent_of_the_application_wins() {
    let (mock, client, _clock) = surface().await;
    let own = PARENT.replace("-01", "-00");
    trace(client.capability("echo").header("traceparent", &own), context()).send::<Value>().await.unwrap();
    client.capability("echo").send::<Value>().await.unwrap();
    assert_eq!(sent(&mock), [(Some(own), None), (None, None)]);
}

#[tokio::test]
async fn a_client_without_trace_propagation_sends_no_context() {
    let (mock, _, _clock) = surface().await;
    let client = fake_builder(&mock).0.trace_propagation(false).build().unwrap();
    trace(client.capability("echo"), context()).send::<Value>().await.unwrap();
    assert_eq!(sent(&mock), [(None, None)]);
}

#[tokio::test]
async fn a_call_that_is_refused_before_it_is_sent_has_no_span() {
    let (_mock, client, _clock) = surface().await;
    assert_eq!(span_start(&client.capability("echo").max_retries(1_000), false), None);
    assert_eq!(span_start(&client.capability(".."), false), None);
    let start = parsed(&span_start(&client.capability("echo").via_dispatch(), false).unwrap());
    assert_eq!(start["name"], "POST echo");
    let url = start["attributes"]["url.full"].as_str().unwrap();
    assert!(url.starts_with(client.endpoint_url("echo").unwrap().as_str().rsplit_once('/').unwrap().0), "{url}");
    assert_eq!((&start["kind"], &start["tracer"]["name"]), (&json!("client"), &json!("runtype_surface")));
    let stream = parsed(&span_start(&client.capability("echo"), true).unwrap());
    assert!(stream["attributes"]["url.full"].as_str().unwrap().ends_with("?stream=true"), "{stream}");
}

#[tokio::test]
async fn a_response_ends_the_span_with_one_event_for_each_attempt() {
    let (mock, client, _clock) = surface().await;
    mock.fault(busy()).unwrap();
    let before = SystemTime::now();
    let response =
        client.capability("echo").input(&json!({ "secret": "words of the body" })).send_bytes().await.unwrap();
    let report = span_end(&SpanEnd::Response(&response));
    let end = parsed(&report);
    assert_eq!(end["status"], json!({ "code": "unset", "description": null }));
    let attributes = &end["attributes"];
    assert_eq!(
        (&attributes["http.response.status_code"], &attributes["http.request.resend_count"]),
        (&json!(200), &json!(1))
    );
    assert_eq!(attributes["runtype.request_id"].as_str(), response.request_id.as_deref());
    let [first, second] = &end["events"].as_array().unwrap()[..] else { panic!("not two events: {end}") };
    assert_eq!(
        (&first["attributes"]["error.type"], &second["attributes"]["error.type"]),
        (&json!("429"), &Value::Null)
    );
    assert_eq!(second["attributes"]["runtype.attempt.wait"], json!(1.0));
    let nanos = |event: &Value| {
        let [seconds, nanos] = [0, 1].map(|place| event["time"][place].as_u64().unwrap());
        SystemTime::UNIX_EPOCH + Duration::new(seconds, u32::try_from(nanos).unwrap())
    };
    let ended = nanos(&json!({ "time": end["end"] }));
    assert!(nanos(second) <= ended && ended <= SystemTime::now());
    assert!(before <= nanos(first) && nanos(first) < nanos(second) && nanos(second) <= SystemTime::now());
    assert!(!report.contains("words of the body") && !report.contains(&mock.api_key()), "{report}");
}

#[tokio::test]
async fn an_error_ends_the_span_as_an_error() {
    let (mock, client, _clock) = surface().await;
    mock.fault(Fault::status(500).json(json!({ "error": "words of the server" }))).unwrap();
    let error = client.call::<Value>("echo", &json!({})).await.unwrap_err();
    let report = span_end::<Bytes>(&SpanEnd::Error(&error));
    let end = parsed(&report);
    assert_eq!(end["status"], json!({ "code": "error", "description": null }));
    assert_eq!(end["attributes"]["error.type"], "500");
    assert!(!report.contains("words of the server"), "{report}");
    assert!(end["end"].is_array(), "{report}");
    let cancelled = parsed(&span_end::<Bytes>(&SpanEnd::Cancelled));
    assert_eq!(cancelled["end"], Value::Null);
    assert_eq!(cancelled["attributes"], json!({ "runtype.cancelled": true }));
}

fn counted(events: Vec<StreamEvent>) -> usize {
    events.len()
}

#[tokio::test]
async fn a_stream_ends_its_span_as_it_ended_itself() {
    let (mock, client, _clock) = surface().await;
    let open = || async { ReadAhead::new(client.capability("support-agent").stream().await.unwrap(), counted) };
    let end = |stream: &ReadAhead<usize>| parsed(&span_end::<Bytes>(&SpanEnd::Stream(stream.progress())));
    let mut read = open().await;
    while let Some(batch) = read.next_batch().await {
        batch.unwrap();
    }
    let ended = end(&read);
    assert_eq!(ended["attributes"]["runtype.stream.outcome"], "completed");
    assert!(ended["attributes"]["runtype.stream.events"].as_u64().unwrap() > 1, "{ended}");
    assert!(ended["attributes"]["runtype.execution_id"].is_string(), "{ended}");
    assert_eq!((&ended["status"]["code"], ended["events"].as_array().unwrap().len()), (&json!("unset"), 1));

    let mut closed = open().await;
    closed.close();
    let ended = end(&closed);
    assert_eq!(ended["attributes"]["runtype.stream.outcome"], "closed");
    assert_eq!(ended["status"]["code"], "unset");

    mock.fault(Fault::new(FaultKind::Close).after_bytes(200)).unwrap();
    let mut broken = open().await;
    while let Some(batch) = broken.next_batch().await {
        if batch.is_err() {
            break;
        }
    }
    let ended = end(&broken);
    assert_eq!(ended["attributes"]["runtype.stream.outcome"], "failed");
    assert_eq!(
        (&ended["attributes"]["error.type"], &ended["status"]["code"]),
        (&json!("StreamError"), &json!("error"))
    );
}

#[tokio::test]
async fn each_of_many_calls_sends_the_context_of_its_own_input() {
    let (mock, client, _clock) = surface().await;
    let (giver, given) = inputs(|| {});
    let own = PARENT.replace("00f067aa0b1902b7", "00f067aa0b1902b8");
    giver.give_traced(Bytes::from_static(b"{}"), context());
    giver.give_traced(Bytes::from_static(b"{}"), TraceContext::new(&own, None).unwrap());
    giver.give(Some(Ok(Bytes::from_static(b"{}"))));
    giver.give(None);
    let call: Call = client.capability("echo");
    let mut results = many_stream(call, given).concurrency(1);
    while let Some(result) = results.next().await {
        result.result.unwrap();
    }
    assert_eq!(sent(&mock), [(Some(PARENT.to_owned()), Some(STATE.to_owned())), (Some(own), None), (None, None)]);
}
