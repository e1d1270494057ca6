//! Many calls to one capability, with limited concurrency.

use std::{
    collections::BTreeMap,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::{self, FuturesUnordered, StreamExt};
use serde::Serialize;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Call;
use crate::{
    config::{defaults, problems::Problems},
    error::Error,
    response::call_response::CallResponse,
};

/// The result of one of many calls.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallResult {
    /// Position of the input, counted from 0.
    pub index: usize,
    /// The input as JSON text; empty if it could not be serialized.
    pub input: Bytes,
    /// The response, or the error of this call.
    pub result: Result<CallResponse<Bytes>, Error>,
}

impl CallResult {
    /// Whether the call succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.result.is_ok()
    }
}
type Pending = Pin<Box<dyn Future<Output = CallResult> + Send>>;
type Inputs = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// No server handles more at once.
const MOST_CONCURRENCY: u64 = 10_000;

/// Calls a capability once for each input; made by [`Call::many`].
///
/// A [`Stream`] of results, each with its own output or error: a failed call does not stop the others. It takes the next input
/// only when there is room for its call, starts no call while the server reports that the key's rate limit is used up, and drops
/// in-flight calls when it is dropped. An invalid option is its only result; nothing is sent. As with every stream in Rust, calls
/// make progress only while it is polled: handle slow results in another task.
///
/// ```no_run
/// # async fn example(client: runtype_surface::Client) -> Result<(), runtype_surface::Error> {
/// let articles = vec![serde_json::json!({ "input": "One." }), serde_json::json!({ "input": "Two." })];
/// let mut results = client.capability("summarize-article").many(articles).concurrency(4);
/// while let Some(result) = results.next().await {
///     match result.result {
///         Ok(response) => println!("{}: {:?}", result.index, response.output),
///         Err(error) => eprintln!("{}: {error}", result.index),
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before the results are read"]
pub struct CallMany {
    call: Call,
    inputs: Option<Inputs>,
    concurrency: usize,
    in_order: bool,
    started: usize,
    given: usize,
    pending: FuturesUnordered<Pending>,
    /// Results that are waiting for earlier ones.
    early: BTreeMap<usize, CallResult>,
    limit: Option<Limit>,
    pause: Option<Pin<Box<Sleep>>>,
    problems: Problems,
}

/// The key's rate limit, as the server last reported it.
struct Limit {
    remaining: usize,
    until: Instant,
}

impl Call {
    /// Sends this call once for each input, several at a time, with the options set so far.
    pub fn many<I: Serialize>(self, inputs: impl IntoIterator<Item = I, IntoIter: Send + 'static>) -> CallMany {
        self.many_stream(stream::iter(inputs.into_iter().map(|input| {
            let json = serde_json::to_vec(&input);
            json.map(Bytes::from)
                .map_err(|error| Error::configuration("input", format!("not serializable as JSON: {error}")))
        })))
    }

    /// The same, with inputs as JSON text that arrive asynchronously.
    pub(crate) fn many_stream(self, inputs: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> CallMany {
        CallMany::new(self, Box::pin(inputs))
    }
}

impl CallMany {
    pub(crate) fn new(mut call: Call, inputs: Inputs) -> Self {
        let problems = call.take_problems();
        Self {
            call,
            inputs: Some(inputs),
            concurrency: defaults::CONCURRENCY,
            in_order: true,
            started: 0,
            given: 0,
            pending: FuturesUnordered::new(),
            early: BTreeMap::new(),
            limit: None,
            pause: None,
            problems,
        }
    }

    /// Maximum number of calls in flight, 1 to 10,000. Default: 8.
    pub fn concurrency(mut self, calls: u64) -> Self {
        match usize::try_from(calls).ok().filter(|_| (1..=MOST_CONCURRENCY).contains(&calls)) {
            Some(calls) => self.concurrency = calls,
            None => {
                let problem = format!("{calls} is out of range: pass 1 to {MOST_CONCURRENCY}");
                return self.refuse(Error::configuration("concurrency", problem));
            }
        }
        self
    }

    /// Makes this error the only result.
    pub(crate) fn refuse(mut self, problem: Error) -> Self {
        self.problems.push(problem);
        self
    }

    /// Returns the error that would be the only result.
    pub(crate) fn checked(mut self) -> Result<Self, Error> {
        std::mem::take(&mut self.problems).check().map(|()| self)
    }

    /// Yield results in the order of the inputs; otherwise as they complete. Default: `true`.
    pub fn in_order(mut self, in_order: bool) -> Self {
        self.in_order = in_order;
        self
    }

    /// The next result; `None` after the last one.
    pub async fn next(&mut self) -> Option<CallResult> {
        std::future::poll_fn(|context| self.poll_result(context)).await
    }

    fn poll_result(&mut self, context: &mut Context<'_>) -> Poll<Option<CallResult>> {
        if let Err(problem) = std::mem::take(&mut self.problems).check() {
            self.inputs = None;
            return Poll::Ready(Some(CallResult { index: 0, input: Bytes::new(), result: Err(problem) }));
        }
        loop {
            self.begin(context);
            if let Some(result) = self.early.remove(&self.given) {
                return Poll::Ready(Some(self.give(result)));
            }
            match self.pending.poll_next_unpin(context) {
                Poll::Ready(Some(result)) => {
                    self.learn(&result.result);
                    if !self.in_order || result.index == self.given {
                        return Poll::Ready(Some(self.give(result)));
                    }
                    self.early.insert(result.index, result);
                }
                Poll::Ready(None) if self.inputs.is_none() => return Poll::Ready(None),
                // With nothing in flight, the end of the pause or the next input wakes this task.
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn give(&mut self, result: CallResult) -> CallResult {
        self.given += 1;
        result
    }

    /// Starts calls while there is room for them.
    fn begin(&mut self, context: &mut Context<'_>) {
        // Results that wait for earlier ones count too, so that a slow first call does not make all the others pile up.
        while self.pending.len() + self.early.len() < self.concurrency {
            if self.is_paused(context) {
                return;
            }
            let Some(inputs) = &mut self.inputs else { return };
            let input = match inputs.as_mut().poll_next(context) {
                Poll::Ready(Some(input)) => input,
                Poll::Ready(None) => {
                    self.inputs = None;
                    return;
                }
                Poll::Pending => return,
            };
            let index = self.started;
            self.started += 1;
            if let Some(limit) = &mut self.limit {
                limit.remaining = limit.remaining.saturating_sub(1);
            }
            match input {
                Ok(input) => {
                    let call = self.call.again().input_json(input.clone());
                    self.pending
                        .push(Box::pin(async move { CallResult { index, input, result: call.send_bytes().await } }));
                }
                Err(error) => {
                    let result = CallResult { index, input: Bytes::new(), result: Err(error) };
                    self.pending.push(Box::pin(std::future::ready(result)));
                }
            }
        }
    }

    /// Whether the key's rate limit is used up, as last reported.
    fn is_paused(&mut self, context: &mut Context<'_>) -> bool {
        let Some(limit) = self.limit.as_ref().filter(|limit| limit.remaining == 0 && limit.until > Instant::now())
        else {
            self.pause = None;
            return false;
        };
        let until = limit.until;
        let pause = self.pause.get_or_insert_with(|| Box::pin(sleep_until(until)));
        pause.as_mut().reset(until);
        let is_over = pause.as_mut().poll(context).is_ready();
        if is_over {
            self.limit = None;
            self.pause = None;
        }
        !is_over
    }

    /// Records the rate limit that a response reports. A wait that no call's deadline allows is not started: the server then
    /// rejects the calls with its own error.
    fn learn(&mut self, result: &Result<CallResponse<Bytes>, Error>) {
        let (remaining, wait) = match result {
            Ok(response) => {
                let Some(limit) = response.rate_limit else { return };
                let (Some(remaining), Some(wait)) = (limit.remaining, limit.reset_after) else { return };
                (remaining, wait)
            }
            Err(error) => match (error.status(), error.retry_after()) {
                (Some(429), Some(wait)) => (0, wait),
                _ => return,
            },
        };
        self.limit = self.call.timeout_now().is_none_or(|timeout| wait < timeout).then(|| Limit {
            // The server's count may not include the calls in flight; the safe assumption is that it includes none.
            remaining: usize::try_from(remaining).unwrap_or(usize::MAX).saturating_sub(self.pending.len()),
            until: Instant::now() + wait,
        });
    }
}

impl Stream for CallMany {
    type Item = CallResult;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_result(context)
    }
}

impl fmt::Debug for CallMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallMany")
            .field("call", &self.call)
            .field("started", &self.started)
            .field("in_flight", &self.pending.len())
            .finish_non_exhaustive()
    }
}
