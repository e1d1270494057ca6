//! One attempt of a call: sends the request once, and returns a response or a failure.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::{HeaderMap, StatusCode};
use tokio::time::timeout;
use tracing::Instrument as _;

use super::{Exchange, hooks::AttemptStart};
use crate::{
    error::{
        attempt::{Attempt, AttemptOutcome},
        explain,
        facts::Facts,
        kind::Phase,
    },
    key::{ApiKey, scrubber::Scrubber},
    response::{body::Reading, error_body},
    retry::failure::{Failed, Failure},
    transport::{Broken, request_body::Written},
};

/// Result of an attempt.
pub(super) type Ended<B> = Result<Success<B>, Failed>;

/// A successful attempt.
pub(super) struct Success<B> {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
    pub(super) body: B,
}

fn outcome<B>(ended: &Ended<B>) -> AttemptOutcome {
    match ended {
        Ok(success) => AttemptOutcome::Responded { status: success.status },
        Err(failed) => match failed.failure {
            Failure::Responded { status, .. } => AttemptOutcome::Responded { status },
            Failure::Broken { may_have_executed } => AttemptOutcome::Broken { may_have_executed },
            Failure::Unprocessed(_) => AttemptOutcome::Broken { may_have_executed: false },
            Failure::TimedOut { may_have_executed } => AttemptOutcome::TimedOut { may_have_executed },
            Failure::Unreadable => AttemptOutcome::Unreadable,
        },
    }
}

/// Progress of an attempt, read when it times out.
#[derive(Debug, Clone, Default)]
struct Progress {
    written: Written,
    responded: Arc<AtomicBool>,
}

impl Progress {
    fn phase(&self) -> Phase {
        match (self.written.has_begun(), self.responded.load(Ordering::Acquire)) {
            (_, true) => Phase::Body,
            (true, false) => Phase::Response,
            (false, false) => Phase::Connect,
        }
    }
}

impl Exchange<'_> {
    /// Sends the request once, and reads the response as far as asked for.
    pub(super) async fn attempt<R: Reading>(&mut self, reading: R, key: &ApiKey, waited: Duration) -> Ended<R::Body> {
        let started = self.deadline.elapsed(self.now());
        let remaining = self.deadline.remaining(self.now());
        let limit = self.plan.options.attempt_timeout.map_or(remaining, |limit| limit.min(remaining));
        let progress = Progress::default();
        let number = u32::try_from(self.attempts.len()).unwrap_or(u32::MAX).saturating_add(1);
        let key_hint = key.hint();
        let start = AttemptStart {
            number,
            capability: self.plan.capability.as_deref(),
            method: self.plan.outgoing.method.as_str(),
            url: self.plan.outgoing.url.as_str(),
            key_hint: &key_hint,
            waited,
        };
        if let Some(before) = &self.context.hooks.before {
            before(&start);
        }
        let span = self.span();
        let ended = match timeout(limit, self.send(reading, key, &progress)).instrument(span.clone()).await {
            Ok(ended) => ended,
            Err(_) => {
                let phase = progress.phase();
                let may_have_executed = !self.plan.is_read_only() && progress.written.has_begun();
                let (option, time) =
                    if limit < remaining { ("attempt_timeout", limit) } else { ("timeout", self.deadline.timeout()) };
                Err(Failed {
                    failure: Failure::TimedOut { may_have_executed },
                    facts: self.timed_out(phase, option, time, may_have_executed),
                })
            }
        };
        let outcome = outcome(&ended);
        if let Some(status) = outcome.status() {
            span.record("http.response.status_code", status);
        }
        if let Some(error_type) = outcome.error_type() {
            span.record("error.type", error_type);
        }
        let attempt = Attempt {
            number,
            waited,
            started,
            elapsed: self.deadline.elapsed(self.now()).saturating_sub(started),
            outcome,
            key_hint: key_hint.clone(),
        };
        if let Some(after) = &self.context.hooks.after {
            after(&start, &attempt);
        }
        self.attempts.push(attempt);
        ended
    }

    /// A span with OpenTelemetry's attribute names for HTTP clients. It has the URL, never the key or a body.
    fn span(&self) -> tracing::Span {
        let url = &self.plan.outgoing.url;
        tracing::info_span!(
            "request",
            otel.name = self.plan.outgoing.method.as_str(),
            otel.kind = "client",
            http.request.method = self.plan.outgoing.method.as_str(),
            http.request.resend_count = self.attempts.len(),
            http.response.status_code = tracing::field::Empty,
            error.r#type = tracing::field::Empty,
            server.address = url.host_str(),
            server.port = url.port_or_known_default(),
            url.full = url.as_str(),
        )
    }

    async fn send<R: Reading>(&self, reading: R, key: &ApiKey, progress: &Progress) -> Ended<R::Body> {
        let header = key.header(self.context.auth_header);
        let scrubber = Scrubber::new(key);
        // A server's words can be in the error of a connection, too: HTTP/2 has debug data.
        let scrub = |mut failed: Failed| {
            failed.facts.rewrite(&|text| scrubber.text(text));
            failed
        };
        match self.context.transport.send(&self.plan.outgoing, header, &progress.written).await {
            Ok(response) => {
                progress.responded.store(true, Ordering::Release);
                if !response.status().is_success() {
                    return Err(error_body::receive(response, &scrubber).await);
                }
                if response.status() == StatusCode::ACCEPTED && !reading.takes_accepted(response.headers()) {
                    return Err(error_body::receive_accepted(self.plan, response, &scrubber).await);
                }
                let status = response.status().as_u16();
                let headers = error_body::scrub_headers(response.headers().clone(), &scrubber);
                let body = reading.read(self.plan, response, &headers).await.map_err(scrub)?;
                Ok(Success { status, headers, body })
            }
            Err(broken) => Err(scrub(self.broken(broken))),
        }
    }

    fn broken(&self, broken: Broken) -> Failed {
        let Broken { cause, connect_timed_out, may_have_executed, unprocessed } = broken;
        if connect_timed_out {
            let facts =
                self.timed_out(Phase::Connect, "connect_timeout", self.context.transport.connect_timeout(), false);
            return Failed { failure: Failure::TimedOut { may_have_executed: false }, facts };
        }
        Failed {
            failure: unprocessed.map_or(Failure::Broken { may_have_executed }, Failure::Unprocessed),
            facts: explain::broken(
                self.plan.capability.as_deref(),
                &self.plan.host(),
                self.context.transport.proxy(),
                cause,
                may_have_executed,
            ),
        }
    }

    pub(super) fn timed_out(&self, phase: Phase, option: &str, time: Duration, may_have_executed: bool) -> Box<Facts> {
        explain::timed_out(self.plan.capability.as_deref(), phase, option, time, may_have_executed)
    }
}
