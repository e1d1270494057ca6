//! One call: sent, and its outcome as JavaScript receives it.

use bytes::Bytes;
use napi::{
    Env, JsValue as _,
    bindgen_prelude::{Either, JsObjectValue as _, Object, ToNapiValue as _, Unknown},
};
use napi_derive::napi;
use runtype_surface::{Call, CallResponse, bindings::Report as _};

use crate::{
    cancel::{Cancel, Cancelled},
    guard::{self, Guarded, GuardedPromise},
    options::CallOptions,
    response,
    watch::{StartSpan, Watch, Watching},
};

/// A call of a capability.
#[napi(object)]
pub struct CallRequest {
    /// The capability's slug, or a full URL of the surface.
    pub capability: String,
    /// The input as JSON text.
    pub input: String,
    /// Resolves to `{output, report}`, not to the output alone.
    pub with_report: bool,
}

/// A call with its options, if it has any.
pub(crate) fn with_options(call: Call, options: Option<CallOptions>) -> Call {
    match options {
        Some(options) => options.set(call),
        None => call,
    }
}

/// Sends a call that resolves to its output.
pub(crate) fn send<'env>(
    env: &'env Env,
    call: Call,
    cancel: Option<&Cancel>,
    watch: Option<&Watch>,
    start: Option<&StartSpan<'_>>,
) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
    send_and(env, call, cancel, watch, start, |env, response| Ok(response::output_value(env, response)))
}

/// Sends a call that resolves to `{output, report}`.
pub(crate) fn send_with_report<'env>(
    env: &'env Env,
    call: Call,
    cancel: Option<&Cancel>,
    watch: Option<&Watch>,
    start: Option<&StartSpan<'_>>,
) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
    send_and(env, call, cancel, watch, start, output_and_report)
}

/// Sends a call that resolves to what `settle` makes of its response, or to `undefined` where it was cancelled.
fn send_and<'env>(
    env: &'env Env,
    call: Call,
    cancel: Option<&Cancel>,
    watch: Option<&Watch>,
    start: Option<&StartSpan<'_>>,
    settle: impl FnOnce(&'env Env, CallResponse<Bytes>) -> napi::Result<Guarded<Unknown<'env>>> + 'static,
) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
    let cancelled = Cancelled::by(cancel);
    let watching = Watching::by(watch);
    let call = watching.start(call, false, start)?;
    let settling = watching.clone();
    let sent = async move {
        let outcome = watching.drive(cancelled.or(call.send_bytes())).await;
        watching.end(outcome.as_ref().map(Result::as_ref));
        outcome
    };
    guard::promise(env, sent, move |env, outcome| match outcome {
        None => Ok(Either::A(().into_unknown(env)?)),
        Some(Ok(response)) => settle(env, response).inspect(|settled| {
            // Its output is no JSON.
            if let Either::B(error) = settled
                && let Some(error) = error.of_core()
            {
                settling.end(Some(Err(error)));
            }
        }),
        Some(Err(error)) => Ok(Either::B(error.into())),
    })
}

fn output_and_report<'env>(env: &'env Env, received: CallResponse<Bytes>) -> napi::Result<Guarded<Unknown<'env>>> {
    let report = received.report();
    Ok(match response::output_value(env, received) {
        Either::A(output) => {
            let mut response = Object::new(env)?;
            response.set_named_property("output", output)?;
            response.set_named_property("report", report)?;
            Either::A(response.to_unknown())
        }
        error @ Either::B(_) => error,
    })
}
