//! What a call has received, as its response.

use std::time::Duration;

use bytes::Bytes;
use tracing::Instrument as _;

use crate::{
    response::{
        body::Whole,
        call_response::CallResponse,
        error_body,
        limits::{Quota, RateLimit},
    },
    send::{
        self, Received,
        context::Context,
        held::{Held, Refused},
    },
    telemetry::span::CallSpan,
    transport::plan::Plan,
};

/// The response of a call, still wrapped.
pub(super) fn response_of(received: Received<Bytes>, capability: Option<String>) -> CallResponse<Bytes> {
    CallResponse {
        status: received.status,
        request_id: error_body::request_id(&received.headers),
        execution_id: None,
        metadata: None,
        rate_limit: RateLimit::read(&received.headers),
        quota: Quota::read(&received.headers),
        headers: received.headers,
        attempts: received.attempts,
        elapsed: received.elapsed,
        output: received.body,
        capability,
        key: Some(received.key),
    }
}

/// Sends one of many calls, which a used-up window may have held before.
pub(super) async fn send_one_of_many(
    context: &Context,
    plan: &Plan,
    span: &mut CallSpan,
    held: Option<Held>,
    max_window_wait: Option<Duration>,
) -> Result<CallResponse<Bytes>, Refused> {
    let entered = span.entered();
    let sent = send::run_one_of_many(context, plan, Whole, span, held, max_window_wait);
    let received = sent.instrument(entered).await?;
    Ok(response_of(received, plan.capability.clone()).unwrapped(plan.options.response_format))
}
