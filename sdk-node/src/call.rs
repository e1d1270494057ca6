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
) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
    send_and(env, call, cancel, |env, response| Ok(response::output_value(env, response)))
}

/// Sends a call that resolves to `{output, report}`.
pub(crate) fn send_with_report<'env>(
    env: &'env Env,
    call: Call,
    cancel: Option<&Cancel>,
) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
    send_and(env, call, cancel, output_and_report)
}

/// Sends a call that resolves to what `settle` makes of its response, or to `undefined` where it was cancelled.
fn send_and<'env>(
    env: &'env Env,
    call: Call,
    cancel: Option<&Cancel>,
    settle: impl FnOnce(&'env Env, CallResponse<Bytes>) -> napi::Result<Guarded<Unknown<'env>>> + 'static,
) -> napi::Result<GuardedPromise<'env, Unknown<'env>>> {
    let cancelled = Cancelled::by(cancel);
    guard::promise(env, async move { cancelled.or(call.send_bytes()).await }, move |env, outcome| match outcome {
        None => Ok(Either::A(().into_unknown(env)?)),
        Some(Ok(response)) => settle(env, response),
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
