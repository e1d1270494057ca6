//! One exchange with the server: attempts, until a response or a final error.

mod attempt;
pub(crate) mod clock;
pub(crate) mod context;
pub(crate) mod held;
pub(crate) mod hooks;

use std::time::Duration;

use http::HeaderMap;
use tokio::time::{Instant, timeout};

use crate::{
    error::{
        Error,
        attempt::Attempt,
        explain::{AskedAgain, Explanation, explain},
        facts::Facts,
        kind::Phase,
        spelling::duration,
    },
    key::{ApiKey, ring::Renewal},
    response::body::Reading,
    retry::{
        deadline::Deadline,
        failure::{Failed, Failure},
        policy,
    },
    transport::{Unprocessed, plan::Plan},
};
use attempt::Success;
use context::Context;
use held::{Held, Refused, SoFar};

/// Limit on sending one call again because an HTTP/2 server did not process it. Behind a server that closes each connection after
/// seven requests, one in thirty of 64 concurrent calls needs more than twenty resends; a server that needs more than this limit
/// is broken.
const MOST_RESENDS: u32 = 500;
/// Number of resends without a wait. Later ones wait like retries.
const RESENDS_AT_ONCE: u32 = 20;
/// The longest wait before each one after those.
const LONGEST_RESEND_WAIT: Duration = Duration::from_millis(100);

/// A success, read as far as asked for.
pub(crate) struct Received<B> {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: B,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) key: ApiKey,
    pub(crate) elapsed: Duration,
}

/// A longer wait is logged: somebody may be waiting for it.
const SILENT_WAIT: Duration = Duration::from_secs(5);

/// Whether a call stands alone or is one of many, which wait for a used-up window together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Company {
    Alone,
    OneOfMany {
        /// Longest wait for a window, for texts.
        max_window_wait: Option<Duration>,
    },
}

/// Runs a plan: retries what may be retried, renews the key once after a 401, and ends by the deadline.
pub(crate) async fn run<R: Reading>(context: &Context, plan: &Plan, reading: R) -> Result<Received<R::Body>, Error> {
    has_runtime()?;
    let mut exchange = Exchange::new(context, plan, Company::Alone);
    match exchange.until_response(reading, Duration::ZERO).await {
        Ok(received) => Ok(received),
        Err(facts) => Err(exchange.into_error(facts)),
    }
}

/// The same for one of many calls. A used-up window ends the attempt, not the call: it is sent again with what it has `held`.
pub(crate) async fn run_one_of_many<R: Reading>(
    context: &Context,
    plan: &Plan,
    reading: R,
    held: Option<Held>,
    max_window_wait: Option<Duration>,
) -> Result<Received<R::Body>, Refused> {
    has_runtime().map_err(|error| Refused::Final { error, concerns_all: false })?;
    let mut exchange = Exchange::new(context, plan, Company::OneOfMany { max_window_wait });
    let waited = held.map_or(Duration::ZERO, |held| exchange.resume(held.into_so_far()));
    match exchange.until_response(reading, waited).await {
        Ok(received) => Ok(received),
        Err(facts) => Err(exchange.into_refused(facts)),
    }
}

fn has_runtime() -> Result<(), Error> {
    if tokio::runtime::Handle::try_current().is_ok() {
        return Ok(());
    }
    let problem = "there is no tokio runtime: await the call inside one, such as under #[tokio::main]";
    Err(Error::configuration("runtime", problem))
}

struct Exchange<'a> {
    context: &'a Context,
    plan: &'a Plan,
    company: Company,
    deadline: Deadline,
    attempts: Vec<Attempt>,
    key_hint: Option<String>,
    retries: u32,
    /// Number of resends because an HTTP/2 server had not processed the request.
    resends: u32,
    /// Whether any attempt so far may have executed.
    may_have_executed: bool,
    asked_again: AskedAgain,
    renewal_failure: Option<Error>,
    /// The last failure.
    failure: Option<Failure>,
}

impl<'a> Exchange<'a> {
    fn new(context: &'a Context, plan: &'a Plan, company: Company) -> Self {
        Self {
            context,
            plan,
            company,
            deadline: Deadline::begin(plan.options.timeout, context.clock.now()),
            attempts: Vec::with_capacity(1),
            key_hint: None,
            retries: 0,
            resends: 0,
            may_have_executed: false,
            asked_again: AskedAgain::No,
            renewal_failure: None,
            failure: None,
        }
    }

    /// Continues a held call; returns the time since its last attempt, which does not count against its timeout.
    fn resume(&mut self, so_far: SoFar) -> Duration {
        SoFar {
            deadline: self.deadline,
            attempts: self.attempts,
            retries: self.retries,
            resends: self.resends,
            may_have_executed: self.may_have_executed,
            asked_again: self.asked_again,
        } = so_far;
        let ended = self.attempts.last().map_or(Duration::ZERO, |last| last.started + last.elapsed);
        let waited = self.deadline.elapsed(self.now()).saturating_sub(ended);
        self.deadline.pause(waited);
        waited
    }

    fn now(&self) -> Instant {
        self.context.clock.now()
    }

    async fn until_response<R: Reading>(
        &mut self,
        reading: R,
        mut waited: Duration,
    ) -> Result<Received<R::Body>, Box<Facts>> {
        let mut key = self.key().await?;
        loop {
            self.key_hint = Some(key.hint());
            let sent = self.now();
            let Failed { failure, mut facts } = match self.attempt(reading, &key, waited).await {
                Ok(Success { status, headers, body }) => {
                    self.context.budget.refund(self.retries > 0);
                    self.context.keys.accepted(&key);
                    self.context.note_quota(&headers);
                    return Ok(Received {
                        status,
                        headers,
                        body,
                        attempts: std::mem::take(&mut self.attempts),
                        elapsed: self.deadline.elapsed(self.now()),
                        key,
                    });
                }
                Err(failed) => failed,
            };
            self.may_have_executed |= facts.may_have_executed;
            self.failure = Some(failure);
            if let Some(response) = &facts.response {
                self.context.note_quota(&response.headers);
            }
            if self.company != Company::Alone && policy::is_used_up_window(failure) {
                // An attempt that a used-up window ends costs the call nothing.
                self.deadline.pause(self.now().saturating_duration_since(sent));
            } else if matches!(failure, Failure::Responded { status: 401, may_have_executed: false, .. }) {
                if let Some(another) = self.renew(&key, sent).await {
                    (key, waited) = (another, Duration::ZERO);
                    continue;
                }
            } else if let Some(wait) = self.wait_before_retry(failure) {
                self.note_wait(wait, failure);
                self.context.clock.sleep_until(self.now() + wait).await;
                // The next attempt uses a key that was rotated meanwhile.
                (key, waited) = (self.key().await?, wait);
                continue;
            }
            if let Failure::Responded { .. } = failure {
                self.explain(&mut facts);
            }
            return Err(facts);
        }
    }

    async fn key(&self) -> Result<ApiKey, Box<Facts>> {
        match timeout(self.deadline.remaining(self.now()), self.context.keys.current()).await {
            Ok(key) => key.map_err(Error::into_facts),
            Err(_) => Err(self.timed_out(Phase::Key, "timeout", self.deadline.timeout(), false)),
        }
    }

    /// Another key, if the source has one. The source is asked once per call.
    async fn renew(&mut self, refused: &ApiKey, sent: Instant) -> Option<ApiKey> {
        if self.asked_again != AskedAgain::No {
            return None;
        }
        let now = || self.context.clock.now();
        let renewal = timeout(self.deadline.remaining(now()), self.context.keys.renew(refused, sent, now)).await;
        let (asked, key) = match renewal {
            Ok(Renewal::Another(key)) => (AskedAgain::AnotherKey, Some(key)),
            Ok(Renewal::Same { was_asked: true }) => (AskedAgain::SameKey, None),
            Ok(Renewal::Same { was_asked: false }) => (AskedAgain::No, None),
            Ok(Renewal::TooSoon) => (AskedAgain::JustBefore, None),
            Ok(Renewal::Failed(error)) => {
                // One line: it is a part of a text.
                let reason = error.to_string().replace('\n', " ");
                self.renewal_failure = Some(error);
                (AskedAgain::Failed(reason), None)
            }
            Err(_) => (AskedAgain::Failed("the call timed out".into()), None),
        };
        self.asked_again = asked;
        key
    }

    /// Wait before the next attempt; `None` if there is none.
    fn wait_before_retry(&mut self, failure: Failure) -> Option<Duration> {
        if let Failure::Unprocessed(reason) = failure {
            return self.wait_before_resend(reason);
        }
        let options = &self.plan.options;
        if self.retries >= options.max_retries || !policy::may_retry(options.retry_mode, failure) {
            return None;
        }
        let wait = failure.retry_after().unwrap_or_else(|| self.context.backoff.wait(self.retries + 1));
        if options.max_retry_wait.is_some_and(|most| wait > most) {
            return None;
        }
        if !self.deadline.has_room_for(wait, self.now()) || !self.context.budget.take() {
            return None;
        }
        self.retries += 1;
        Some(wait)
    }

    /// The same after an HTTP/2 server did not process the request. That is not a failure, so it counts neither as a retry nor
    /// against the budget: a server that closes each connection after a thousand requests would use up both.
    fn wait_before_resend(&mut self, reason: Unprocessed) -> Option<Duration> {
        let options = &self.plan.options;
        if options.max_retries == 0 || self.resends >= MOST_RESENDS {
            return None;
        }
        self.resends += 1;
        let wait = match reason {
            Unprocessed::GoAway | Unprocessed::NotTaken if self.resends <= RESENDS_AT_ONCE => Duration::ZERO,
            Unprocessed::Busy => self.context.backoff.wait(self.resends),
            // Many calls compete for the few that each new connection takes. Short waits: a call that waits longer has fewer
            // chances before its deadline.
            _ => self.context.backoff.part_of(LONGEST_RESEND_WAIT),
        };
        self.deadline.has_room_for(wait, self.now()).then_some(wait)
    }

    fn note_wait(&self, wait: Duration, failure: Failure) {
        let (attempt, wait_ms) = (self.attempts.len(), wait.as_millis());
        tracing::debug!(attempt, wait_ms, "retrying the call");
        if wait > SILENT_WAIT {
            let capability = self.plan.capability.as_deref().unwrap_or("openapi.json");
            let reason = if failure.retry_after().is_some() { ", as the server asks" } else { "" };
            tracing::warn!(
                capability,
                wait_ms,
                "{capability}: waiting {} before retry {}{reason}",
                duration(wait),
                self.retries,
            );
        }
    }

    /// Writes the text of an error response, once the key source has been asked.
    fn explain(&self, facts: &mut Facts) {
        if let Some(response) = &facts.response {
            let explanation = Explanation {
                capability: self.plan.capability.as_deref(),
                key_hint: self.key_hint.as_deref().unwrap_or_default(),
                header: self.context.auth_header.header_name(),
                longest_wait: match self.company {
                    Company::Alone => self.plan.options.max_retry_wait.map(|wait| ("max_retry_wait", wait)),
                    Company::OneOfMany { max_window_wait } => max_window_wait.map(|wait| ("max_window_wait", wait)),
                },
                may_have_executed: facts.may_have_executed || self.may_have_executed,
                asked_again: self.asked_again.clone(),
                address: &self.context.address_names,
            };
            facts.text = explain(response, &explanation);
        }
    }

    fn into_refused(mut self, facts: Box<Facts>) -> Refused {
        let failure = self.failure;
        if !failure.is_some_and(policy::is_used_up_window) {
            let error = self.into_error(facts);
            return Refused::Final { error, concerns_all: failure.is_some_and(policy::concerns_all) };
        }
        let so_far = SoFar {
            deadline: self.deadline,
            attempts: Vec::new(),
            retries: self.retries,
            resends: self.resends,
            may_have_executed: self.may_have_executed,
            asked_again: std::mem::replace(&mut self.asked_again, AskedAgain::No),
        };
        Refused::Window(Held { error: self.into_error(facts), so_far })
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
