//! A stream of events: one crossing into JavaScript for all events that are there already.

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
    closable::Source,
    js_thread::Thread,
    panic::{self, Guarded, GuardedPromise, Place},
    response,
};

/// A stream of the core, by one reader at a time.
#[napi(custom_finalize)]
pub struct EventStream {
    report: String,
    source: Arc<Source<ReadAhead<String>>>,
}

impl ObjectFinalize for EventStream {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::dropped(self)
    }
}

impl EventStream {
    pub(crate) fn new(stream: runtype_surface::EventStream, owner: Thread) -> Self {
        let report = stream.report();
        // The text is made there, not on JavaScript's thread.
        Self { report, source: Arc::new(Source::new(ReadAhead::new(stream, json_of), owner)) }
    }
}

#[napi]
impl EventStream {
    /// What is known since the answer began, as JSON text.
    #[napi(getter, ts_return_type = "string | Failure")]
    #[must_use]
    pub fn report(&self) -> Guarded<String> {
        panic::plain(Place::Begun, || self.report.clone())
    }

    /// Waits for events. It resolves to a list of each event's name, data and id (`null`: still the same) in turn, a failure,
    /// or `undefined` after the last one.
    ///
    /// # Errors
    ///
    /// Where no promise can be made, which Node does not refuse.
    #[napi(ts_return_type = "Promise<unknown | Failure> | Failure")]
    pub fn next_batch<'env>(&self, env: &'env Env) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
        panic::entry(Place::Begun, || {
            let source = self.source.clone();
            let batch = async move { source.read(async |events| events.next_batch().await).await };
            panic::promise(env, batch, |env, batch| match batch {
                None => Ok(Either::A(().into_unknown(env)?)),
                Some(Ok(json)) => response::parse_text(env, &json).map(Either::A),
                Some(Err(error)) => Ok(Either::B(error.into())),
            })
        })
    }

    /// Closes the connection at once; a reader that waits gets nothing more.
    #[napi(ts_return_type = "undefined | Failure")]
    pub fn close(&self) -> Guarded<()> {
        panic::plain(Place::Begun, || self.source.close())
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
