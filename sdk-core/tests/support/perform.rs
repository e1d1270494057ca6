//! The conformance suite's methods: performs a call as a case describes it, and returns the result as plain data.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, atomic::Ordering},
};

use bytes::Bytes;
use runtype_surface::{
    Call, CallResponse, Client, Error, EventStream, StreamEvent,
    bindings::{Refuse as _, Report as _, checked, whole_number},
    capability_slug,
};
use serde_json::{Value, json};

use super::{
    expectation::pairs_to_object,
    options::{Application, configure, duration, set_options},
};

pub(crate) type Variables = Arc<Mutex<HashMap<String, String>>>;

/// State that a case's calls share.
pub(crate) struct Subject<'a> {
    pub(crate) options: Value,
    pub(crate) variables: Variables,
    pub(crate) application: Arc<Application>,
    /// The surface's keys, which no error may show.
    pub(crate) keys: Vec<&'a str>,
    pub(crate) client: Option<Client>,
}

impl Subject<'_> {
    /// Performs a step; returns `output` and `response`, or `error`, or `cancelled` once `cancel` ends.
    pub(crate) async fn perform(
        &mut self,
        step: &Value,
        cancel: impl Future<Output = Result<(), String>>,
    ) -> Result<Value, String> {
        let mut events = Vec::new();
        // Dropping the future cancels the call.
        let result = tokio::select! {
            result = self.call(step, &mut events) => Some(result),
            cancelled = cancel => cancelled.map(|()| None)?,
        };
        let mut found = match result {
            None => json!({ "cancelled": true }),
            Some(Ok(found)) => found,
            Some(Err(error)) => json!({ "error": self.facts(&error)?, "events": events }),
        };
        let told = self.application.told.lock().unwrap().clone();
        self.show_no_key(&format!("{told:?}"), "a hook is told")?;
        found["told"] = told.into();
        found["asked"] = self.application.asked.load(Ordering::SeqCst).into();
        Ok(found)
    }

    fn client(&mut self) -> Result<Client, Error> {
        if let Some(client) = &self.client {
            return Ok(client.clone());
        }
        let lookup = self.variables.clone();
        let builder = Client::builder().variables(move |name| lookup.lock().unwrap().get(name).map(Into::into));
        let client = configure(builder, &self.options, &self.application).build()?;
        Ok(self.client.insert(client).clone())
    }

    async fn call(&mut self, step: &Value, events: &mut Vec<Value>) -> Result<Value, Error> {
        let capability = step["capability"].as_str().unwrap_or_default();
        let method = step["method"].as_str().unwrap_or("call");
        if method == "slug" {
            return Ok(json!({ "output": capability_slug(capability) }));
        }
        let client = self.client()?;
        let call = match method {
            "build" => return Ok(json!({ "output": null })),
            "endpoint_url" => return Ok(json!({ "output": client.endpoint_url(capability)?.as_str() })),
            "openapi" => client.openapi_call(),
            _ => client.capability(capability),
        };
        let input = step.get("input").map(|input| Bytes::from(input.to_string()));
        let call = set_options(input.into_iter().fold(call, Call::input_json), &step["options"]);
        match method {
            "stream" => {
                let mut stream = call.stream().await?;
                while let Some(event) = stream.next().await {
                    events.push(event_facts(&event?));
                    if step["leave_after"].as_u64().is_some_and(|count| count == stream.events_seen()) {
                        break;
                    }
                }
                Ok(json!({ "output": events, "response": stream_report(&stream) }))
            }
            "stream_text" | "stream_final_output" => {
                let mut stream = call.stream().await?;
                let mut unread = step["read_first"].as_u64().unwrap_or(0);
                while unread > 0 && stream.next().await.transpose()?.is_some() {
                    unread -= 1;
                }
                let output: Value = match method {
                    "stream_text" => stream.text().await?.into(),
                    _ => stream.final_output().await?,
                };
                Ok(json!({ "output": output, "response": stream_report(&stream) }))
            }
            "call_many" => Ok(json!({ "output": self.call_many(call, step).await? })),
            "call" | "openapi" => {
                let response: CallResponse<Value> = call.send_bytes().await?.decode()?;
                let facts = report(&response.report());
                Ok(json!({ "output": response.output, "response": facts }))
            }
            other => panic!("no such method: {other}"),
        }
    }

    async fn call_many(&self, call: Call, step: &Value) -> Result<Vec<Value>, Error> {
        let mut many = call.many(step["inputs"].as_array().unwrap().clone());
        if let Some(value) = step["options"].get("concurrency") {
            many = match whole_number("concurrency", value.as_f64().unwrap()) {
                Ok(calls) => many.concurrency(calls),
                Err(problem) => many.refuse(problem),
            };
        }
        many = many.in_order(step["options"].get("in_order").is_none_or(|value| value == true));
        if let Some(value) = step["options"].get("max_window_wait_ms") {
            many = match duration("max_window_wait", value) {
                Ok(wait) => many.max_window_wait(wait),
                Err(problem) => many.refuse(problem),
            };
        }
        let mut many = checked(many)?;
        let mut results = Vec::new();
        while let Some(result) = many.next().await {
            let index = result.index;
            let input: Value = serde_json::from_slice(&result.input).unwrap();
            results.push(match result.result.and_then(CallResponse::decode::<Value>) {
                Ok(response) => {
                    let facts = report(&response.report());
                    json!({ "index": index, "input": input, "output": response.output, "response": facts })
                }
                Err(error) => json!({ "index": index, "input": input, "error": self.facts(&error).unwrap() }),
            });
        }
        Ok(results)
    }

    fn show_no_key(&self, text: &str, what: &str) -> Result<(), String> {
        match self.keys.iter().find(|key| text.contains(**key)) {
            Some(key) => Err(format!("{what} the key {}: {}", key.replace("papi_", ""), text.replace(key, "…"))),
            None => Ok(()),
        }
    }

    /// All fields of an error, after checking that none shows a key.
    fn facts(&self, error: &Error) -> Result<Value, String> {
        let text = error.report();
        let body = error.body().map(|body| String::from_utf8_lossy(body).into_owned());
        for text in [&error.to_string(), &format!("{error:?}"), &text, &body.clone().unwrap_or_default()] {
            self.show_no_key(text, "the error shows")?;
        }
        let mut facts = report(&text);
        facts["body"] = body.into();
        facts["event"] = error.event().as_ref().map(event_facts).into();
        Ok(facts)
    }
}

fn stream_report(stream: &EventStream) -> Value {
    let mut response = report(&stream.report());
    response["execution_id"] = stream.execution_id().into();
    response["outcome"] = json!(stream.outcome());
    response["usage"] = json!(stream.usage());
    response
}

/// The core's report, with headers by name.
fn report(text: &str) -> Value {
    let mut facts: Value = serde_json::from_str(text).unwrap();
    facts["headers"] = pairs_to_object(&facts["headers"]);
    facts
}

fn event_facts(event: &StreamEvent) -> Value {
    let data = event.json().unwrap_or_else(|_| Value::from(&*String::from_utf8_lossy(event.data())));
    json!({
        "name": event.name(),
        "data": data,
        "id": event.last_event_id(),
        "seq": event.seq(),
        "execution_id": event.execution_id(),
        "delta": event.delta(),
        "part_id": event.part_id(),
        "final_output": event.final_output().map(|output| serde_json::from_slice::<Value>(&output).unwrap()),
        "duration_ms": event.duration().map(|duration| duration.as_secs_f64() * 1e3),
        "code": event.code(),
        "error_message": event.error_message(),
        "text": event.text(),
        "recoverable": event.recoverable(),
        "success": event.success(),
        "stop_reason": event.stop_reason(),
        "upgrade_url": event.upgrade_url(),
        "parent_tool_call_id": event.parent_tool_call_id(),
        "tool_name": event.tool_name(),
        "await_reason": event.await_reason(),
    })
}
