//! A stream of events: all events that have arrived cross into JavaScript at once.

use std::sync::Arc;

use bytes::Bytes;
use napi::{
    Env, JsValue as _,
    bindgen_prelude::{Either, ObjectFinalize, ToNapiValue as _, Unknown},
};
use napi_derive::napi;
use runtype_surface::{
    Error, StreamEvent,
    bindings::{self, ReadAhead, Report as _, StreamProgress},
};

use crate::{
    closable::{Closable, Close},
    guard::{self, Guarded, GuardedPromise},
    js_thread::JsThread,
    panic::{self, place::Place},
    response,
};

/// A stream of events, read by one reader at a time.
#[napi(custom_finalize)]
pub struct EventStream {
    report: String,
    events: Arc<Closable<ReadAhead<String>>>,
    progress: StreamProgress,
}

/// What is made of a whole stream.
#[derive(Clone, Copy)]
enum Wanted {
    Text,
    FinalOutput,
}

impl ObjectFinalize for EventStream {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::drop_collected(self)
    }
}

impl Close for ReadAhead<String> {
    fn close(&mut self) {
        Self::close(self);
    }
}

impl EventStream {
    pub(crate) fn new(stream: runtype_surface::EventStream, owner: JsThread) -> Self {
        let report = stream.report();
        // The text is made there, not on JavaScript's thread.
        let events = ReadAhead::new(stream, |events| json_of(&events));
        Self { report, progress: events.progress().clone(), events: Arc::new(Closable::new(events, owner)) }
    }

    /// Reads the stream to its end. Where it is closed meanwhile, the second time tells what is known of it.
    fn whole(&self, wanted: Wanted) -> impl Future<Output = Option<Result<Bytes, Error>>> + Send + 'static {
        let events = self.events.clone();
        async move {
            let mut whole = None;
            for _ in 0..2 {
                let read = async |events: &mut ReadAhead<String>| {
                    Some(match wanted {
                        Wanted::Text => events.text().await.map(Bytes::from),
                        Wanted::FinalOutput => events.final_output_bytes().await,
                    })
                };
                whole = events.read(read).await;
                if whole.is_some() {
                    break;
                }
            }
            whole
        }
    }
}

#[napi]
impl EventStream {
    /// What is known since the response began, as JSON text.
    #[napi(getter, ts_return_type = "string | NativeError")]
    #[must_use]
    pub fn report(&self) -> Guarded<String> {
        guard::plain(Place::Begun, || self.report.clone())
    }

    /// The execution's id, once an event has it.
    #[napi(getter, ts_return_type = "string | undefined | NativeError")]
    #[must_use]
    pub fn execution_id(&self) -> Guarded<Option<String>> {
        guard::plain(Place::Begun, || self.progress.execution_id().map(str::to_owned))
    }

    /// How the stream ended, and what its execution used, as JSON text.
    #[napi(getter, ts_return_type = "string | NativeError")]
    #[must_use]
    pub fn progress(&self) -> Guarded<String> {
        guard::plain(Place::Begun, || self.progress.report())
    }

    /// Waits for events. It resolves to a list of each event's name, data and id (`null`: still the same) in turn, an error,
    /// or `undefined` after the last one.
    ///
    /// # Errors
    ///
    /// Where no promise can be made, which Node does not refuse.
    #[napi(ts_return_type = "Promise<unknown | NativeError> | NativeError")]
    pub fn next_batch<'env>(&self, env: &'env Env) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        guard::entry(Place::Begun, || {
            let events = self.events.clone();
            let batch =
                async move { events.read(async |events: &mut ReadAhead<String>| events.next_batch().await).await };
            guard::promise(env, batch, |env, batch| match batch {
                None => Ok(Either::A(().into_unknown(env)?)),
                Some(Ok(batch)) => response::json_value(env, &batch).map(Either::A),
                Some(Err(error)) => Ok(Either::B(error.into())),
            })
        })
    }

    /// Reads the stream to its end. It resolves to the text of the answer, or an error.
    ///
    /// # Errors
    ///
    /// As `next_batch`.
    #[napi(ts_return_type = "Promise<string | NativeError | undefined> | NativeError")]
    pub fn text<'env>(&self, env: &'env Env) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        guard::entry(Place::Begun, || {
            let text = self.whole(Wanted::Text);
            guard::promise(env, text, |env, text| match text {
                None => Ok(Either::A(().into_unknown(env)?)),
                Some(Ok(text)) => Ok(Either::A(env.create_string(String::from_utf8_lossy(&text))?.to_unknown())),
                Some(Err(error)) => Ok(Either::B(error.into())),
            })
        })
    }

    /// Reads the stream to its end. It resolves to the output of the closing event, or an error.
    ///
    /// # Errors
    ///
    /// As `next_batch`.
    #[napi(ts_return_type = "Promise<unknown | NativeError> | NativeError")]
    pub fn final_output<'env>(&self, env: &'env Env) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        guard::entry(Place::Begun, || {
            let output = self.whole(Wanted::FinalOutput);
            guard::promise(env, output, |env, output| match output {
                None => Ok(Either::A(().into_unknown(env)?)),
                Some(Ok(output)) => response::json_value(env, &String::from_utf8_lossy(&output)).map(Either::A),
                Some(Err(error)) => Ok(Either::B(error.into())),
            })
        })
    }

    /// Closes the connection at once; a waiting reader gets no more events.
    #[napi(ts_return_type = "undefined | NativeError")]
    pub fn close(&self) -> Guarded<()> {
        guard::plain(Place::Begun, || self.events.close())
    }
}

/// What an error event says.
#[napi(object, object_from_js = false)]
pub struct EventError {
    /// Its code.
    pub code: Option<String>,
    /// Its message.
    pub message: Option<String>,
    /// Where the plan can be upgraded.
    pub upgrade_url: Option<String>,
}

/// Reads the data of an error event, which is JSON text.
#[napi(ts_return_type = "EventError | NativeError")]
#[must_use]
pub fn event_error(data: String) -> Guarded<EventError> {
    guard::plain(Place::Begun, || {
        let bindings::EventError { code, message, upgrade_url } = bindings::event_error(data);
        EventError { code, message, upgrade_url }
    })
}

/// Each event's name, data and id (`null`: still the same) in turn, as one list in JSON text, which is parsed in one go. An
/// object for each event would cost as much again as its data.
fn json_of(events: &[StreamEvent]) -> String {
    let mut json = Vec::with_capacity(events.iter().map(|event| event.data().len() + 64).sum());
    json.push(b'[');
    let mut before = None;
    for event in events {
        if before.is_some() {
            json.push(b',');
        }
        event.write_json(&mut json, before);
        before = Some(event);
    }
    json.push(b']');
    // The core writes nothing but UTF-8; were it otherwise, the damage is shown.
    String::from_utf8(json).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
