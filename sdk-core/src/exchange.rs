//! One exchange with the server: attempts, until an answer or an error stands.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use http::HeaderMap;
use tokio::time::{Instant, sleep, timeout};
use tracing::Instrument as _;

use crate::{
    ApiKey, Attempt, AttemptOutcome, AttemptStart, Error, ErrorKind, Phase, RetryMode,
    client::Core,
    deadline::Deadline,
    error::Facts,
    explanation::{AskedAgain, Circumstances, explain},
    key_ring::Renewal,
    options::Options,
    reading::{self, Reading},
    redact::Scrubber,
    request_body::Written,
    retry::{self, Failure},
    server_error,
    transport::{Broken, Outgoing, Unprocessed},
};

/// How often one call is sent again because an HTTP/2 server did not process it. A server that goes on like this is out of
/// order.
const MOST_RESENDS: u32 = 20;

/// What the caller wants done.
pub(crate) struct Plan {
    pub(crate) outgoing: Outgoing,
    pub(crate) options: Options,
    pub(crate) capability: Option<String>,
}

/// A success, as far as it was to be read.
pub(crate) struct Received<B> {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: B,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) key: ApiKey,
    pub(crate) elapsed: Duration,
}

/// How one attempt ended.
type Ended<B> = Result<Success<B>, Failed>;

/// An attempt's success.
pub(crate) struct Success<B> {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: B,
}

/// An attempt's failure: what a retry depends on, and what the caller is told.
pub(crate) struct Failed {
    pub(crate) failure: Failure,
    pub(crate) facts: Box<Facts>,
}

fn outcome<B>(ended: &Ended<B>) -> AttemptOutcome {
    match ended {
        Ok(success) => AttemptOutcome::Answered { status: success.status },
        Err(failed) => match failed.failure {
            Failure::Answered { status, .. } => AttemptOutcome::Answered { status },
            Failure::Broken { may_have_executed } => AttemptOutcome::Broken { may_have_executed },
            Failure::Unprocessed(_) => AttemptOutcome::Broken { may_have_executed: false },
            Failure::TimedOut { may_have_executed } => AttemptOutcome::TimedOut { may_have_executed },
            Failure::Unreadable => AttemptOutcome::Unreadable,
        },
    }
}

/// How far an attempt has come, to be read when its time runs out.
#[derive(Debug, Clone, Default)]
struct Progress {
    written: Written,
    answered: Arc<AtomicBool>,
}

impl Progress {
    fn phase(&self) -> Phase {
        match (self.written.has_begun(), self.answered.load(Ordering::Acquire)) {
            (_, true) => Phase::Body,
            (true, false) => Phase::Answer,
            (false, false) => Phase::Connect,
        }
    }
}

/// Runs a plan: repeats what may be repeated, renews the key once after a 401, and never outlives the deadline.
pub(crate) async fn run<R: Reading>(core: &Core, plan: &Plan, reading: R) -> Result<Received<R::Body>, Error> {
    let deadline = Deadline::begin(plan.options.timeout);
    let mut exchange = Exchange {
        core,
        plan,
        deadline,
        attempts: Vec::with_capacity(1),
        key_hint: None,
        retries: 0,
        resends: 0,
        may_have_executed: false,
        asked_again: AskedAgain::No,
        renewal_failure: None,
    };
    match exchange.until_answered(reading).await {
        Ok(received) => Ok(received),
        Err(facts) => Err(exchange.into_error(facts)),
    }
}

pub(crate) struct Exchange<'a> {
    core: &'a Core,
    pub(crate) plan: &'a Plan,
    deadline: Deadline,
    attempts: Vec<Attempt>,
    key_hint: Option<String>,
    retries: u32,
    /// How often the request was sent again because an HTTP/2 server had not processed it.
    resends: u32,
    /// Whether any attempt so far may have executed.
    may_have_executed: bool,
    asked_again: AskedAgain,
    renewal_failure: Option<Error>,
}

impl Exchange<'_> {
    async fn until_answered<R: Reading>(&mut self, reading: R) -> Result<Received<R::Body>, Box<Facts>> {
        let mut key = self.key().await?;
        let mut waited = Duration::ZERO;
        loop {
            self.key_hint = Some(key.hint());
            let sent = Instant::now();
            let Failed { failure, mut facts } = match self.attempt(reading, &key, waited).await {
                Ok(Success { status, headers, body }) => {
                    self.core.budget.refund(self.retries > 0);
                    return Ok(Received {
                        status,
                        headers,
                        body,
                        attempts: std::mem::take(&mut self.attempts),
                        elapsed: self.deadline.elapsed(),
                        key,
                    });
                }
                Err(failed) => failed,
            };
            self.may_have_executed |= facts.may_have_executed;
            if matches!(failure, Failure::Answered { status: 401, may_have_executed: false, .. }) {
                if let Some(another) = self.renew(&key, sent).await {
                    (key, waited) = (another, Duration::ZERO);
                    continue;
                }
            } else if let Some(wait) = self.wait_before_retry(failure) {
                tracing::debug!(attempt = self.attempts.len(), wait_ms = wait.as_millis(), "the call is repeated");
                sleep(wait).await;
                // A key that was rotated meanwhile serves the next attempt.
                (key, waited) = (self.key().await?, wait);
                continue;
            }
            self.explain(&mut facts);
            return Err(facts);
        }
    }

    async fn key(&self) -> Result<ApiKey, Box<Facts>> {
        match timeout(self.deadline.remaining(), self.core.keys.current()).await {
            Ok(key) => key.map_err(Error::into_facts),
            Err(_) => Err(self.timed_out(Phase::Key, self.deadline.timeout(), false)),
        }
    }

    /// Another key, where the source has one. It is asked once a call.
    async fn renew(&mut self, refused: &ApiKey, sent: Instant) -> Option<ApiKey> {
        if self.asked_again != AskedAgain::No {
            return None;
        }
        let renewal = timeout(self.deadline.remaining(), self.core.keys.renew(refused, sent)).await;
        let (asked, key) = match renewal {
            Ok(Renewal::Another(key)) => (AskedAgain::AnotherKey, Some(key)),
            Ok(Renewal::Same { was_asked: true }) => (AskedAgain::SameKey, None),
            Ok(Renewal::Same { was_asked: false }) => (AskedAgain::No, None),
            Ok(Renewal::Failed(error)) => {
                let reason = error.to_string();
                self.renewal_failure = Some(error);
                (AskedAgain::Failed(reason), None)
            }
            Err(_) => (AskedAgain::Failed("the call's time ran out".into()), None),
        };
        self.asked_again = asked;
        key
    }

    /// How long to wait before the next attempt; none where there shall be no next one.
    fn wait_before_retry(&mut self, failure: Failure) -> Option<Duration> {
        if let Failure::Unprocessed(reason) = failure {
            return self.wait_before_resend(reason);
        }
        let options = &self.plan.options;
        if self.retries >= options.max_retries || !retry::may_retry(options.retry_mode, failure) {
            return None;
        }
        let wait = failure.retry_after().unwrap_or_else(|| self.core.backoff.wait(self.retries + 1));
        if !self.deadline.has_room_for(wait) || !self.core.budget.take() {
            return None;
        }
        self.retries += 1;
        Some(wait)
    }

    /// The same after an HTTP/2 server did not process the request. Nothing failed there, so neither the number of retries nor
    /// the budget counts it: a server that closes each connection after a thousand requests would use up both.
    fn wait_before_resend(&mut self, reason: Unprocessed) -> Option<Duration> {
        let options = &self.plan.options;
        if options.max_retries == 0 || options.retry_mode == RetryMode::Never || self.resends >= MOST_RESENDS {
            return None;
        }
        self.resends += 1;
        let wait = match reason {
            Unprocessed::GoAway => Duration::ZERO,
            Unprocessed::Busy => self.core.backoff.wait(self.resends),
        };
        self.deadline.has_room_for(wait).then_some(wait)
    }

    async fn attempt<R: Reading>(&mut self, reading: R, key: &ApiKey, waited: Duration) -> Ended<R::Body> {
        let started = self.deadline.elapsed();
        let remaining = self.deadline.remaining();
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
        if let Some(before) = &self.core.hooks.before {
            before(&start);
        }
        let span = self.span();
        let ended = match timeout(limit, self.send(reading, key, &progress)).instrument(span.clone()).await {
            Ok(ended) => ended,
            Err(_) => {
                let phase = progress.phase();
                let may_have_executed = self.plan.outgoing.method != http::Method::GET && progress.written.has_begun();
                let time = if limit < remaining { limit } else { self.deadline.timeout() };
                Err(Failed {
                    failure: Failure::TimedOut { may_have_executed },
                    facts: self.timed_out(phase, time, may_have_executed),
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
            elapsed: self.deadline.elapsed().saturating_sub(started),
            outcome,
            key_hint: key_hint.clone(),
        };
        if let Some(after) = &self.core.hooks.after {
            after(&start, &attempt);
        }
        self.attempts.push(attempt);
        ended
    }

    /// A span with OpenTelemetry's names for an HTTP client. It has the address, never the key or a body.
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
        let header = key.header(self.core.auth_header);
        match self.core.transport.send(&self.plan.outgoing, header, &progress.written).await {
            Ok(response) => {
                progress.answered.store(true, Ordering::Release);
                let scrubber = Scrubber::new(key);
                if !response.status().is_success() {
                    return Err(reading::error(response, &scrubber).await);
                }
                let status = response.status().as_u16();
                let headers = server_error::scrub_headers(response.headers().clone(), &scrubber);
                let body = reading.read(self, response, &headers).await?;
                Ok(Success { status, headers, body })
            }
            Err(broken) => Err(self.broken(broken)),
        }
    }

    pub(crate) fn broken(&self, broken: Broken) -> Failed {
        let Broken { cause, connect_timed_out, may_have_executed, unprocessed } = broken;
        if connect_timed_out {
            let facts = self.timed_out(Phase::Connect, self.core.transport.connect_timeout(), false);
            return Failed { failure: Failure::TimedOut { may_have_executed: false }, facts };
        }
        let consequence = if may_have_executed {
            "The request had been sent, so it may have been executed: look before you repeat it"
        } else {
            "Nothing was executed"
        };
        let text = format!("{}the connection to {} failed: {}. {consequence}.", self.who(), self.host(), cause.line());
        Failed {
            failure: unprocessed.map_or(Failure::Broken { may_have_executed }, Failure::Unprocessed),
            facts: Box::new(Facts {
                kind: Some(ErrorKind::Connection),
                text,
                may_have_executed,
                source: Some(Box::new(cause)),
                ..Facts::default()
            }),
        }
    }

    fn timed_out(&self, phase: Phase, time: Duration, may_have_executed: bool) -> Box<Facts> {
        let consequence = if may_have_executed {
            "It may have been executed: look before you repeat it"
        } else {
            "Nothing was executed"
        };
        Box::new(Facts {
            kind: Some(ErrorKind::Timeout),
            text: format!(
                "{}no answer within {time:?}: the time ran out while {}. {consequence}.",
                self.who(),
                phase.doing()
            ),
            phase: Some(phase),
            may_have_executed,
            ..Facts::default()
        })
    }

    /// Writes the text of an answer that is an error, now that it is known what came of the key's source.
    fn explain(&self, facts: &mut Facts) {
        if let Some(answer) = facts.answer.as_ref().filter(|_| facts.text.is_empty()) {
            let circumstances = Circumstances {
                capability: self.plan.capability.as_deref(),
                key_hint: self.key_hint.as_deref().unwrap_or_default(),
                auth_header: self.core.auth_header,
                asked_again: self.asked_again.clone(),
            };
            facts.text = explain(answer, &circumstances);
        }
    }

    /// The begin of a text that names the capability.
    pub(crate) fn who(&self) -> String {
        self.plan.capability.as_ref().map(|slug| format!("{slug}: ")).unwrap_or_default()
    }

    fn host(&self) -> &str {
        self.plan.outgoing.url.host_str().unwrap_or_default()
    }

    fn into_error(self, facts: Box<Facts>) -> Error {
        let error = Error::new(Facts {
            may_have_executed: facts.may_have_executed || self.may_have_executed,
            capability: self.plan.capability.clone(),
            key_hint: self.key_hint,
            attempts: self.attempts,
            ..*facts
        });
        match self.renewal_failure {
            Some(failure) => error.caused_by(failure),
            None => error,
        }
    }
}
