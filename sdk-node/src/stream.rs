//! A stream of events: all events that have arrived cross into JavaScript at once.

use std::sync::Arc;

use napi::{
    Env,
    bindgen_prelude::{Either, ObjectFinalize, ToNapiValue as _, Unknown},
};
use napi_derive::napi;
use runtype_surface::{
    Event,
    bindings::{ReadAhead, Report as _},
};

use crate::{
    closable::Closable,
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
}

impl ObjectFinalize for EventStream {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::drop_collected(self)
    }
}

impl EventStream {
    pub(crate) fn new(stream: runtype_surface::EventStream, owner: JsThread) -> Self {
        let report = stream.report();
        // The text is made there, not on JavaScript's thread.
        Self { report, events: Arc::new(Closable::new(ReadAhead::new(stream, json_of), owner)) }
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
            let batch = async move { events.read(async |events| events.next_batch().await).await };
            guard::promise(env, batch, |env, batch| match batch {
                None => Ok(Either::A(().into_unknown(env)?)),
                Some(Ok(json)) => response::json_value(env, &json).map(Either::A),
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

/// Each event's name, data and id (`null`: still the same) in turn, as one list in JSON text, which is parsed in one go. An
/// object for each event would cost as much again as its data.
fn json_of(events: Vec<Event>) -> String {
    let mut json = Vec::with_capacity(events.iter().map(|event| event.data().len() + 64).sum());
    json.push(b'[');
    let mut before = None;
    for event in &events {
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
