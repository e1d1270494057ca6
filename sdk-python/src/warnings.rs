//! The core's warnings, as lines for the logger `runtype_surface`.
//!
//! The core writes them with `tracing`, which Python does not see. A warning is logged where the application waits for the call,
//! as hooks are called, and never on the network's threads, which do not wait for the GIL.

use std::fmt;

use pyo3::prelude::*;
use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::set_global_default,
};

use crate::{call_context::CallContext, log, runtime::guard};

/// Listens to the core. This library has a copy of `tracing` of its own, so the application's subscribers are not affected.
pub(crate) fn listen() {
    // It is set once in a process. In another subinterpreter the first one keeps listening.
    let _ = set_global_default(Warnings);
}

/// Takes warnings, and nothing else.
struct Warnings;

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN && metadata.is_event() && metadata.target().starts_with("runtype_surface")
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::WARN)
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message::default();
        event.record(&mut message);
        let text = message.0;
        let context = CallContext::current();
        if let Some(queue) = context.queue() {
            queue.call_soon(move |py| guard::entry(|| log::warning(py, &text)));
        } else if let Err(text) = context.warn(text) {
            // The call is driven by the thread that waits for it.
            Python::attach(|py| {
                if let Err(raised) = guard::entry(|| log::warning(py, &text)) {
                    raised.write_unraisable(py, None);
                }
            });
        }
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// The text of an event.
#[derive(Default)]
struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}
