//! A call that is watched: its attempts are reported, and what OpenTelemetry and the diagnostics channels are told of it.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use napi::{
    Env,
    bindgen_prelude::{Function, ObjectFinalize},
};
use napi_derive::napi;
use runtype_surface::{
    Call, CallResponse, Error,
    bindings::{self, SpanEnd, TraceContext},
};

use crate::{
    guard::{self, Guarded},
    panic::{self, place::Place},
    watched_call::watch,
};

/// What a request sends of its span.
#[napi(object)]
pub struct TraceParent {
    /// The header of this name.
    pub traceparent: String,
    /// The header of this name.
    pub tracestate: Option<String>,
}

impl TraceParent {
    /// None for what cannot be sent.
    pub(crate) fn context(&self) -> Option<TraceContext> {
        TraceContext::new(&self.traceparent, self.tracestate.as_deref())
    }
}

/// Starts a span, from what the core reports of a call that is about to be sent. It never throws.
pub(crate) type StartSpan<'env> = Function<'env, String, Option<TraceParent>>;

/// One call that is watched, or many.
#[napi(custom_finalize)]
pub struct Watch(Arc<Watched>);

struct Watched {
    /// By which reports of its attempts name it.
    number: u32,
    /// Whether somebody starts spans, and whether one was started for a single call.
    wants_span: bool,
    has_span: AtomicBool,
    span_end: Mutex<Option<String>>,
}

impl ObjectFinalize for Watch {
    fn finalize(self, _: Env) -> napi::Result<()> {
        panic::drop_collected(self)
    }
}

/// Watches a call that is not sent yet. `wants_span`: many calls have spans.
#[napi(ts_return_type = "Watch | NativeError")]
#[must_use]
pub fn open_watch(number: u32, wants_span: bool) -> Guarded<Watch> {
    guard::plain(Place::Entry, || {
        Watch(Arc::new(Watched { number, wants_span, has_span: AtomicBool::new(false), span_end: Mutex::default() }))
    })
}

#[napi]
impl Watch {
    /// What ends the span, as JSON text, once the call has ended; a stream that was opened ends its span itself.
    #[napi(getter, ts_return_type = "string | undefined | NativeError")]
    #[must_use]
    pub fn span_end(&self) -> Guarded<Option<String>> {
        guard::plain(Place::Begun, || self.0.span_end.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// What ends the span of a call that nobody waits for any more.
#[napi]
#[must_use]
pub fn cancelled_span() -> String {
    panic::caught_or(String::new, || bindings::span_end(&SpanEnd::<Bytes>::Cancelled))
}

/// The call's end of the watch, if it is watched.
#[derive(Clone)]
pub(crate) struct Watching(Option<Arc<Watched>>);

impl Watching {
    pub(crate) fn by(watch: Option<&Watch>) -> Self {
        Self(watch.map(|watch| watch.0.clone()))
    }

    pub(crate) fn number(&self) -> Option<u32> {
        self.0.as_ref().map(|watched| watched.number)
    }

    pub(crate) fn wants_span(&self) -> bool {
        self.0.as_ref().is_some_and(|watched| watched.wants_span)
    }

    /// Drives the call under its number.
    pub(crate) async fn drive<T>(&self, call: impl Future<Output = T>) -> T {
        watch(self.number(), call).await
    }

    /// Starts the call's span, if somebody wants one, and has the call send its context.
    pub(crate) fn start(&self, call: Call, is_stream: bool, start: Option<&StartSpan<'_>>) -> napi::Result<Call> {
        let (Some(watched), Some(start)) = (&self.0, start) else { return Ok(call) };
        let Some(report) = bindings::span_start(&call, is_stream) else { return Ok(call) };
        watched.has_span.store(true, Ordering::Relaxed);
        Ok(match start.call(report)?.and_then(|parent| parent.context()) {
            Some(context) => bindings::trace(call, context),
            None => call,
        })
    }

    /// Notes how the call has ended; none where it was cancelled.
    pub(crate) fn end(&self, ended: Option<Result<&CallResponse<Bytes>, &Error>>) {
        let Some(watched) = self.0.as_ref().filter(|watched| watched.has_span.load(Ordering::Relaxed)) else { return };
        let report = bindings::span_end(&match ended {
            Some(Ok(response)) => SpanEnd::Response(response),
            Some(Err(error)) => SpanEnd::Error(error),
            None => SpanEnd::Cancelled,
        });
        *watched.span_end.lock().unwrap_or_else(PoisonError::into_inner) = Some(report);
    }
}
