//! Spans of calls, as the exporter of the OpenTelemetry SDK receives them.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    sync::{Arc, LazyLock},
    time::SystemTime,
};

use opentelemetry::{
    Context, SpanId, TraceId, Value as OtelValue, global,
    trace::{
        FutureExt as _, SpanContext, SpanKind, Status, TraceContextExt as _, TraceFlags, TraceState, Tracer as _,
        TracerProvider as _,
    },
};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider, SpanData};
use runtype_mock::{Fault, FaultKind, MockSurface};
use runtype_surface::Client;
use serde_json::{Value, json};
use support::fake_builder;

/// One provider for the process, as in an application. Tests find their own spans by their trace.
static EXPORTER: LazyLock<(InMemorySpanExporter, SdkTracerProvider)> = LazyLock::new(|| {
    let exporter = InMemorySpanExporter::default();
    let provider = SdkTracerProvider::builder().with_simple_exporter(exporter.clone()).build();
    global::set_tracer_provider(provider.clone());
    (exporter, provider)
});

/// A caller's span, as the current context.
fn caller() -> Context {
    let span = EXPORTER.1.tracer("the application").start("handler");
    Context::new().with_span(span)
}

/// A caller whose own caller, in another process, decided on sampling.
fn remote_caller(flags: TraceFlags) -> Context {
    LazyLock::force(&EXPORTER);
    let trace = TraceId::from(fastrand::u128(1..));
    let state = TraceState::from_key_value([("vendor", "1")]).unwrap();
    Context::new().with_remote_span_context(SpanContext::new(trace, SpanId::from(7), flags, true, state))
}

fn trace_of(context: &Context) -> TraceId {
    context.span().span_context().trace_id()
}

/// The spans of calls that the exporter has received, of one trace.
fn exported(trace: TraceId) -> Vec<SpanData> {
    let spans = EXPORTER.0.get_finished_spans().unwrap();
    spans.into_iter().filter(|span| span.span_context.trace_id() == trace && span.name != "handler").collect()
}

fn attribute<'a>(attributes: &'a [opentelemetry::KeyValue], name: &str) -> Option<&'a OtelValue> {
    attributes.iter().find(|of| of.key.as_str() == name).map(|of| &of.value)
}

fn text(span: &SpanData, name: &str) -> Option<String> {
    attribute(&span.attributes, name).map(ToString::to_string)
}

async fn surface() -> (Arc<MockSurface>, Client) {
    let mock = Arc::new(MockSurface::start().await.unwrap());
    let (builder, _clock) = fake_builder(&mock);
    (mock, builder.build().unwrap())
}

fn busy() -> Fault {
    Fault::status(429).json(json!({ "error": "Slow down" })).header("Retry-After", "1").times(1)
}

/// The `traceparent` and `tracestate` of every request.
fn sent(mock: &MockSurface) -> Vec<(String, String)> {
    let text =
        |value: Option<&http::HeaderValue>| value.map(|value| value.to_str().unwrap()).unwrap_or_default().to_owned();
    let requests = mock.requests();
    let headers = requests.iter().map(|request| &request.headers);
    headers.map(|headers| (text(headers.get("traceparent")), text(headers.get("tracestate")))).collect()
}

fn traceparent(span: &SpanData) -> String {
    let context = &span.span_context;
    format!("00-{}-{}-{:02x}", context.trace_id(), context.span_id(), context.trace_flags())
}

#[tokio::test]
async fn a_call_with_two_attempts_is_one_client_span_of_its_caller() {
    let (mock, client) = surface().await;
    mock.fault(busy()).unwrap();
    let (caller, before) = (caller(), SystemTime::now());
    let call = async { client.capability("echo").input(&json!({})).send::<Value>().await };
    let response = call.with_context(caller.clone()).await.unwrap();
    let spans = exported(trace_of(&caller));
    let [span] = &spans[..] else { panic!("not one span: {spans:?}") };
    assert_eq!((&*span.name, &span.span_kind, &span.status), ("POST echo", &SpanKind::Client, &Status::Unset));
    assert_eq!(span.parent_span_id, caller.span().span_context().span_id());
    let scope = &span.instrumentation_scope;
    assert_eq!((scope.name(), scope.version()), ("runtype_surface", Some(env!("CARGO_PKG_VERSION"))));
    for (name, expected) in [
        ("http.request.method", Some("POST")),
        ("url.full", Some(client.endpoint_url("echo").unwrap().as_str())),
        ("http.response.status_code", Some("200")),
        ("http.request.resend_count", Some("1")),
        ("error.type", None),
        ("runtype.capability", Some("echo")),
        ("runtype.request_id", response.request_id.as_deref()),
        ("runtype.key_hint", Some(response.attempts[0].key_hint.as_str())),
    ] {
        assert_eq!(text(span, name).as_deref(), expected, "{name}");
    }
    let events = &span.events.events;
    let [first, second] = &events[..] else { panic!("not two events: {events:?}") };
    let of = |name| [first, second].map(|event| attribute(&event.attributes, name).map(ToString::to_string));
    assert_eq!(of("http.request.resend_count"), [Some("0".to_owned()), Some("1".to_owned())]);
    assert_eq!(of("http.response.status_code"), [Some("429".to_owned()), Some("200".to_owned())]);
    assert_eq!(of("runtype.attempt.wait"), [Some("0".to_owned()), Some("1".to_owned())]);
    assert!(before <= first.timestamp && first.timestamp < second.timestamp && second.timestamp <= span.end_time);
    assert_eq!(sent(&mock), [(traceparent(span), String::new()), (traceparent(span), String::new())]);
    println!("{}", printed(span));
}

#[tokio::test]
async fn the_caller_is_the_one_that_made_the_call_wherever_it_is_awaited() {
    let (_mock, client) = surface().await;
    let caller = caller();
    let trace = trace_of(&caller);
    let input = json!({});
    let (short, long) = {
        let _current = caller.attach();
        (client.call::<Value>("echo", &input), client.capability("echo"))
    };
    short.await.unwrap();
    tokio::spawn(long.send::<Value>()).await.unwrap().unwrap();
    assert_eq!(exported(trace).len(), 2);
}

#[tokio::test]
async fn a_caller_that_is_not_sampled_propagates_that_and_records_nothing() {
    let (mock, client) = surface().await;
    mock.fault(busy()).unwrap();
    let caller = remote_caller(TraceFlags::NOT_SAMPLED);
    let trace = trace_of(&caller);
    async { client.call::<Value>("echo", &json!({})).await }.with_context(caller).await.unwrap();
    assert_eq!(exported(trace).len(), 0);
    let sent = sent(&mock);
    assert_eq!(sent.len(), 2);
    for (parent, state) in sent {
        assert!(parent.starts_with(&format!("00-{trace}-")) && parent.ends_with("-00"), "{parent}");
        assert_ne!(parent, format!("00-{trace}-{}-00", SpanId::from(7)), "it is our own span");
        assert_eq!(state, "vendor=1");
    }
}

#[tokio::test]
async fn the_state_of_the_trace_is_sent_on_and_propagation_can_be_switched_off() {
    let (mock, _) = surface().await;
    for (propagate, own) in
        [(true, None), (false, None), (true, Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0b1902b7-00"))]
    {
        let (builder, _clock) = fake_builder(&mock);
        let client = builder.trace_propagation(propagate).build().unwrap();
        let caller = remote_caller(TraceFlags::SAMPLED);
        let trace = trace_of(&caller);
        let call = async {
            let call = client.capability("echo");
            let call = if let Some(own) = own { call.header("traceparent", own) } else { call };
            call.send::<Value>().await
        };
        call.with_context(caller).await.unwrap();
        let spans = exported(trace);
        let expected = match own {
            Some(own) => (own.to_owned(), String::new()),
            None if propagate => (traceparent(&spans[0]), "vendor=1".to_owned()),
            None => Default::default(),
        };
        assert_eq!((spans.len(), sent(&mock).pop().unwrap()), (1, expected));
    }
}

#[tokio::test]
async fn a_failure_is_an_error_and_a_dropped_call_is_not() {
    let (mock, client) = surface().await;
    mock.fault(Fault::status(500).json(json!({ "error": "no" })).times(1)).unwrap();
    let caller = caller();
    let trace = trace_of(&caller);
    async { client.call::<Value>("echo", &json!({})).await }.with_context(caller.clone()).await.unwrap_err();
    async { client.call::<Vec<u8>>("echo", &json!({})).await }.with_context(caller.clone()).await.unwrap_err();
    mock.fault(Fault::new(FaultKind::Stall)).unwrap();
    let pending = async { client.call::<Value>("echo", &json!({})).await }.with_context(caller);
    tokio::select! {
        _ = pending => panic!("it stalls"),
        () = async { while mock.requests().len() < 3 { tokio::task::yield_now().await } } => {}
    }
    let spans = exported(trace);
    let of = |name| spans.iter().map(|span| text(span, name)).collect::<Vec<_>>();
    assert_eq!(of("error.type"), [Some("500".to_owned()), Some("ResponseDecodeError".to_owned()), None]);
    assert_eq!(of("runtype.cancelled"), [None, None, Some("true".to_owned())]);
    let statuses: Vec<_> = spans.iter().map(|span| span.status.clone()).collect();
    assert_eq!(statuses, [Status::error(""), Status::error(""), Status::Unset]);
}

#[tokio::test]
async fn the_span_of_a_stream_ends_with_the_stream() {
    let (_mock, client) = surface().await;
    let caller = caller();
    let trace = trace_of(&caller);
    let open = || async { client.capability("support-agent").stream().await.unwrap() }.with_context(caller.clone());
    let mut stream = open().await;
    while let Some(event) = stream.next().await {
        event.unwrap();
        assert_eq!(exported(trace).len(), 0, "it is being read");
    }
    let [span] = &exported(trace)[..] else { panic!("not one span") };
    assert_eq!(text(span, "runtype.stream.outcome").as_deref(), Some("completed"));
    assert_eq!(text(span, "runtype.stream.events"), Some(stream.events_seen().to_string()));
    assert_eq!(text(span, "runtype.execution_id").as_deref(), stream.execution_id());
    assert_eq!((span.events.events.len(), &span.status), (1, &Status::Unset));
    println!("{}", printed(span));
    drop(open().await);
    let spans = exported(trace);
    assert_eq!(text(&spans[1], "runtype.stream.outcome").as_deref(), Some("closed"));
}

#[tokio::test]
async fn each_of_many_calls_is_a_span_of_the_caller() {
    let (mock, client) = surface().await;
    mock.fault(busy()).unwrap();
    let caller = caller();
    let trace = trace_of(&caller);
    let mut results = {
        let _current = caller.attach();
        client.capability("echo").many((0..3).map(|number| json!({ "number": number }))).concurrency(1)
    };
    while let Some(result) = results.next().await {
        result.result.unwrap();
    }
    let spans = exported(trace);
    let attempts: Vec<_> = spans.iter().map(|span| span.events.events.len()).collect();
    assert_eq!(attempts, [2, 1, 1]);
    let expected: Vec<_> = [&spans[0], &spans[0], &spans[1], &spans[2]].map(traceparent).to_vec();
    assert_eq!(sent(&mock).into_iter().map(|(parent, _)| parent).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn no_span_has_the_key_or_a_body() {
    const INPUT: &str = "words of the input";
    const OUTPUT: &str = "words of the server";
    let (mock, client) = surface().await;
    mock.fault(Fault::status(500).json(json!({ "error": OUTPUT, "key": mock.api_key() })).times(1)).unwrap();
    let caller = caller();
    let trace = trace_of(&caller);
    let input = json!({ "input": INPUT });
    let calls = async {
        client.call::<Value>("echo", &input).await.unwrap_err();
        client.call::<Vec<u8>>("echo", &input).await.unwrap_err();
        client.call::<Value>("echo", &input).await.unwrap();
    };
    calls.with_context(caller).await;
    let spans = exported(trace);
    let shown = format!("{spans:?}");
    assert_eq!(spans.len(), 3);
    for secret in [&mock.api_key(), INPUT, OUTPUT] {
        assert!(!shown.contains(secret), "{secret} is exported");
    }
}

/// A span for people to read, with `--nocapture`.
fn printed(span: &SpanData) -> String {
    let mut lines =
        vec![format!("{} ({:?}, {:?}), parent {}", span.name, span.span_kind, span.status, span.parent_span_id)];
    lines.extend(span.attributes.iter().map(|of| format!("  {} = {}", of.key, of.value)));
    for event in &span.events.events {
        lines.push(format!(
            "  event {} after {:?}",
            event.name,
            event.timestamp.duration_since(span.start_time).unwrap()
        ));
        lines.extend(event.attributes.iter().map(|of| format!("    {} = {}", of.key, of.value)));
    }
    lines.join("\n")
}
