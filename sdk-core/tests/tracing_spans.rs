//! Spans and events of `tracing`.

#![allow(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex},
};

use runtype_mock::{Fault, FaultKind, MockSurface};
use runtype_surface::Client;
use serde_json::{Value, json};
use support::fake_builder;
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
    subscriber::DefaultGuard,
};
use tracing_subscriber::{Layer, layer::Context, prelude::*, registry::LookupSpan};

/// Fields as text.
#[derive(Debug, Clone, Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

/// A span or an event.
#[derive(Debug, Clone)]
struct Seen {
    target: String,
    name: String,
    fields: Fields,
    /// Names of the spans around it, from the innermost.
    within: Vec<String>,
    is_closed: bool,
}

/// Keeps every span and event of this thread.
#[derive(Clone, Default)]
struct Recorder {
    spans: Arc<Mutex<BTreeMap<u64, Seen>>>,
    events: Arc<Mutex<Vec<Seen>>>,
}

impl Recorder {
    fn install() -> (Self, DefaultGuard) {
        let recorder = Self::default();
        let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(recorder.clone()));
        (recorder, guard)
    }

    /// Our own, in the order of their beginning.
    fn spans(&self, name: &str) -> Vec<Seen> {
        let spans = self.spans.lock().unwrap();
        spans.values().filter(|seen| seen.name == name && seen.target.starts_with("runtype_surface")).cloned().collect()
    }

    fn events(&self) -> Vec<Seen> {
        let events = self.events.lock().unwrap();
        events.iter().filter(|seen| seen.target.starts_with("runtype_surface")).cloned().collect()
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let within = context.span_scope(id).unwrap().skip(1).map(|span| span.name().to_owned()).collect();
        let (target, name) = (attributes.metadata().target().to_owned(), attributes.metadata().name().to_owned());
        // Ids are used again: each span has a number of its own here.
        let number = u64::try_from(self.spans.lock().unwrap().len()).unwrap();
        context.span(id).unwrap().extensions_mut().insert(number);
        self.spans.lock().unwrap().insert(number, Seen { target, name, fields, within, is_closed: false });
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let number = *context.span(id).unwrap().extensions().get::<u64>().unwrap();
        values.record(&mut self.spans.lock().unwrap().get_mut(&number).unwrap().fields);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let within = context.event_scope(event).into_iter().flatten().map(|span| span.name().to_owned()).collect();
        let (target, name) = (event.metadata().target().to_owned(), event.metadata().level().to_string());
        self.events.lock().unwrap().push(Seen { target, name, fields, within, is_closed: false });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let number = *context.span(&id).unwrap().extensions().get::<u64>().unwrap();
        self.spans.lock().unwrap().get_mut(&number).unwrap().is_closed = true;
    }
}

async fn surface() -> (Arc<MockSurface>, Client) {
    let mock = Arc::new(MockSurface::start().await.unwrap());
    let (builder, _clock) = fake_builder(&mock);
    (mock, builder.build().unwrap())
}

fn busy(seconds: &str) -> Fault {
    Fault::status(429).json(json!({ "error": "Slow down" })).header("Retry-After", seconds).times(1)
}

fn value<'a>(seen: &'a Seen, name: &str) -> Option<&'a str> {
    seen.fields.0.get(name).map(String::as_str)
}

#[tokio::test]
async fn a_call_is_one_span_and_its_attempts_are_its_children() {
    let (mock, client) = surface().await;
    let (recorder, _guard) = Recorder::install();
    mock.fault(busy("1")).unwrap();
    let response = client.capability("echo").input(&json!({})).send::<Value>().await.unwrap();
    let [call] = &recorder.spans("call")[..] else { panic!("not one call") };
    let url = client.endpoint_url("echo").unwrap();
    for (name, expected) in [
        ("otel.name", "POST echo"),
        ("otel.kind", "client"),
        ("http.request.method", "POST"),
        ("server.address", url.host_str().unwrap()),
        ("server.port", &url.port().unwrap().to_string()),
        ("url.full", url.as_str()),
        ("http.response.status_code", "200"),
        ("http.request.resend_count", "1"),
        ("runtype.capability", "echo"),
        ("runtype.streaming", "false"),
        ("runtype.attempts", "2"),
        ("runtype.request_id", response.request_id.as_deref().unwrap()),
        ("runtype.key_hint", response.attempts[0].key_hint.as_str()),
    ] {
        assert_eq!(value(call, name), Some(expected), "{name}");
    }
    assert!(call.is_closed && value(call, "error.type").is_none() && value(call, "otel.status_code").is_none());
    let attempts = recorder.spans("attempt");
    assert!(attempts.iter().all(|attempt| attempt.is_closed && attempt.within == ["call"]), "{attempts:?}");
    let of = |name| attempts.iter().map(|attempt| value(attempt, name)).collect::<Vec<_>>();
    assert_eq!(of("http.request.resend_count"), [Some("0"), Some("1")]);
    assert_eq!(of("http.response.status_code"), [Some("429"), Some("200")]);
    assert_eq!(of("error.type"), [Some("429"), None]);
    assert_eq!(of("runtype.attempt.wait"), [Some("0.0"), Some("1.0")]);
}

#[tokio::test]
async fn a_retry_is_told_within_the_span_of_its_call_and_with_its_capability() {
    let (mock, client) = surface().await;
    let (recorder, _guard) = Recorder::install();
    mock.fault(busy("50")).unwrap();
    client.call::<Value>("echo", &json!({})).await.unwrap();
    let events = recorder.events();
    let [retry, wait] = &events[..] else { panic!("not two events: {events:?}") };
    assert_eq!((retry.name.as_str(), value(retry, "message")), ("DEBUG", Some("retrying the call")));
    assert_eq!((wait.name.as_str(), value(wait, "wait_ms")), ("WARN", Some("50000")));
    assert_eq!(value(wait, "message"), Some("echo: waiting 50 s before retry 1, as the server asks"));
    for event in [retry, wait] {
        assert_eq!((&event.within[..], value(event, "capability")), (&["call".to_owned()][..], Some("echo")));
    }
}

#[tokio::test]
async fn a_failed_call_has_its_kind_and_a_dropped_one_was_cancelled() {
    let (mock, client) = surface().await;
    let (recorder, _guard) = Recorder::install();
    mock.fault(Fault::status(500).json(json!({ "error": "no" })).times(1)).unwrap();
    client.call::<Value>("echo", &json!({})).await.unwrap_err();
    mock.fault(Fault::new(FaultKind::Stall)).unwrap();
    let pending = client.capability("echo").send::<Value>();
    tokio::select! {
        _ = pending => panic!("it stalls"),
        () = async { while mock.requests().len() < 2 { tokio::task::yield_now().await } } => {}
    }
    let calls = recorder.spans("call");
    assert_eq!((value(&calls[0], "error.type"), value(&calls[0], "otel.status_code")), (Some("500"), Some("ERROR")));
    assert_eq!((value(&calls[1], "runtype.cancelled"), value(&calls[1], "error.type")), (Some("true"), None));
    assert!(calls.len() == 2 && calls.iter().all(|call| call.is_closed), "{calls:?}");
}

#[tokio::test]
async fn the_span_of_a_stream_ends_with_the_stream() {
    let (_mock, client) = surface().await;
    let (recorder, _guard) = Recorder::install();
    let call = || recorder.spans("call").pop().unwrap();
    let mut stream = client.capability("support-agent").stream().await.unwrap();
    while let Some(event) = stream.next().await {
        event.unwrap();
        assert!(!call().is_closed, "it is being read");
        // Between two reads the application's own events are outside of it.
        tracing::info!(target: "runtype_surface_test", "between");
    }
    assert!(call().is_closed);
    assert_eq!(value(&call(), "runtype.stream.outcome"), Some("completed"));
    assert_eq!(value(&call(), "runtype.stream.events"), Some(stream.events_seen().to_string().as_str()));
    assert_eq!(value(&call(), "runtype.execution_id"), stream.execution_id());
    assert!(recorder.events().iter().all(|event| event.within.is_empty()), "{:?}", recorder.events());

    let mut closed = client.capability("support-agent").stream().await.unwrap();
    closed.next().await.unwrap().unwrap();
    assert!(!call().is_closed);
    closed.close();
    assert_eq!((call().is_closed, value(&call(), "runtype.stream.outcome")), (true, Some("closed")));
    drop(client.capability("support-agent").stream().await.unwrap());
    assert_eq!((call().is_closed, value(&call(), "runtype.stream.outcome")), (true, Some("closed")));
    assert_eq!(recorder.spans("call").len(), 3);
}

#[tokio::test]
async fn each_of_many_calls_has_one_span_though_a_window_held_it() {
    let (mock, client) = surface().await;
    let (recorder, _guard) = Recorder::install();
    mock.fault(busy("50").times(2)).unwrap();
    let mut results = client.capability("echo").many((0..6).map(|number| json!({ "number": number }))).concurrency(2);
    while let Some(result) = results.next().await {
        result.result.unwrap();
    }
    let calls = recorder.spans("call");
    assert_eq!(calls.len(), 6);
    let of = |name| calls.iter().filter_map(|call| value(call, name)).collect::<Vec<_>>();
    assert_eq!(of("http.response.status_code"), ["200"; 6]);
    assert_eq!(of("http.request.resend_count"), ["1"; 2]);
    assert!(calls.iter().all(|call| call.is_closed), "{calls:?}");
}

#[tokio::test]
async fn no_span_and_no_event_has_the_key_or_a_body() {
    const INPUT: &str = "words of the input";
    const OUTPUT: &str = "words of the server";
    let (mock, client) = surface().await;
    let (recorder, _guard) = Recorder::install();
    mock.fault(Fault::status(500).json(json!({ "error": OUTPUT, "key": mock.api_key() })).nth(1)).unwrap();
    mock.fault(Fault::status(429).json(json!({ "error": OUTPUT })).header("Retry-After", "50").nth(2)).unwrap();
    let input = json!({ "input": INPUT });
    client.call::<Value>("echo", &input).await.unwrap_err();
    client.call::<Value>("echo", &input).await.unwrap();
    client.call::<Vec<u8>>("echo", &input).await.unwrap_err();
    let mut stream = client.capability("support-agent").input(&input).stream().await.unwrap();
    while let Some(event) = stream.next().await {
        event.unwrap();
    }
    // Those of the HTTP library too, on every level.
    let all: Vec<Seen> = {
        let spans = recorder.spans.lock().unwrap();
        let events = recorder.events.lock().unwrap();
        spans.values().chain(events.iter()).cloned().collect()
    };
    assert!(all.iter().any(|seen| !seen.target.starts_with("runtype")), "the recorder hears the HTTP library");
    let text = format!("{all:?}");
    for secret in [&mock.api_key(), INPUT, OUTPUT] {
        assert!(!text.contains(secret), "{secret} is recorded");
    }
}
