//! Many calls to one capability, with limited concurrency.

mod gate;
pub(crate) mod result;

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::{self, FuturesUnordered, StreamExt};
use serde::Serialize;
use tokio::sync::mpsc;

use super::Call;
use crate::{
    config::{
        defaults,
        problems::Problems,
        values::{self, MOST_CONCURRENCY},
    },
    error::Error,
    response::call_response::CallResponse,
    send::held::{Held, Refused},
    transport::plan::Plan,
};
use gate::{Gate, Verdict};
use result::CallResult;

type Inputs = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;
type InFlight = Pin<Box<dyn Future<Output = Ended> + Send>>;

/// Calls a capability once for each input; made by [`Call::many`].
///
/// A [`Stream`] of results, each with its own output or error: a failed call does not stop the others. It takes the next input
/// when there is room for its call, and drops in-flight calls when it is dropped. An invalid option is its only result; nothing
/// is sent.
///
/// - No call is started while [`concurrency`](Self::concurrency) finished results wait for the reader. As with every stream in
///   Rust, calls make progress only while it is polled: handle slow results in another task.
/// - A used-up rate limit holds all calls until its next window, outside of their timeouts and retries; see
///   [`max_window_wait`](Self::max_window_wait).
/// - After an error that concerns all (a refused key, a missing permission, an exhausted day or plan) the rest is not sent: each
///   remaining result is that error, with [`not_sent`](Error::not_sent).
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
    /// `None` after the last one.
    inputs: Option<Inputs>,
    /// Inputs that were taken before there was room for their calls.
    ahead: VecDeque<Result<Bytes, Error>>,
    takes_ahead: bool,
    concurrency: usize,
    in_order: bool,
    /// Number of inputs that have left `ahead`.
    begun: usize,
    /// Calls that a used-up window holds. They come before new ones.
    held: BTreeMap<usize, Row>,
    in_flight: FuturesUnordered<InFlight>,
    /// Results in the order in which they are given, which counts from 0.
    finished: BTreeMap<usize, CallResult>,
    ended: usize,
    given: usize,
    gate: Gate,
    /// Why the rest is not sent.
    stop: Option<Stop>,
    problems: Problems,
}

/// One input, ready to be sent.
struct Row {
    index: usize,
    input: Bytes,
    plan: Plan,
    held: Option<Held>,
}

/// A row whose call has ended, or is held.
struct Ended {
    row: Row,
    /// The window that it was sent in.
    window: u64,
    result: Result<CallResponse<Bytes>, Refused>,
}

/// The error that concerns all.
struct Stop {
    cause: Error,
    reason: &'static str,
}

impl Call {
    /// Sends this call once for each input, several at a time, with the options set so far.
    pub fn many<I: Serialize>(self, inputs: impl IntoIterator<Item = I, IntoIter: Send + 'static>) -> CallMany {
        let inputs = stream::iter(inputs.into_iter().map(|input| {
            let json = serde_json::to_vec(&input);
            json.map(Bytes::from)
                .map_err(|error| Error::configuration("input", format!("not serializable as JSON: {error}")))
        }));
        CallMany::new(self, Box::pin(inputs), false)
    }

    /// The same, with inputs as JSON text that arrive asynchronously: as many as calls in flight are taken ahead.
    pub(crate) fn many_stream(self, inputs: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> CallMany {
        CallMany::new(self, Box::pin(inputs), true)
    }
}

impl CallMany {
    fn new(mut call: Call, inputs: Inputs, takes_ahead: bool) -> Self {
        Self {
            problems: call.take_problems(),
            gate: Gate::new(call.context.clock.clone(), call.name().to_owned()),
            call,
            inputs: Some(inputs),
            ahead: VecDeque::new(),
            takes_ahead,
            concurrency: defaults::CONCURRENCY,
            in_order: true,
            begun: 0,
            held: BTreeMap::new(),
            in_flight: FuturesUnordered::new(),
            finished: BTreeMap::new(),
            ended: 0,
            given: 0,
            stop: None,
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

    /// Yield results in the order of the inputs; otherwise as they complete. Default: `true`.
    pub fn in_order(mut self, in_order: bool) -> Self {
        self.in_order = in_order;
        self
    }

    /// Longest wait for the next window of a used-up rate limit. If the server asks for a longer one, or if three windows pass
    /// without a success, the rest is not sent. Default: 15 min. `None` disables it.
    pub fn max_window_wait(mut self, wait: impl Into<Option<Duration>>) -> Self {
        match values::optional_duration("max_window_wait", wait.into()) {
            Ok(wait) => self.gate.max_wait = wait,
            Err(problem) => return self.refuse(problem),
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

    /// The next result; `None` after the last one.
    pub async fn next(&mut self) -> Option<CallResult> {
        std::future::poll_fn(|context| self.poll_result(context)).await
    }

    /// Sends all results to a channel. Calls make progress while the channel is full.
    pub(crate) async fn drive<R>(&mut self, results: &mpsc::Sender<R>, wrap: fn(CallResult) -> R) {
        loop {
            let has_result = std::future::poll_fn(|context| {
                self.advance(context);
                if self.is_ready() { Poll::Ready(true) } else { self.poll_end() }
            });
            if !has_result.await {
                return;
            }
            let room = tokio::select! {
                biased;
                // It never ends: it only lets the calls go on.
                () = std::future::poll_fn(|context| { self.advance(context); Poll::Pending }) => continue,
                room = results.reserve() => room,
            };
            // Nobody reads the results.
            let Ok(room) = room else { return };
            if let Some(result) = self.take_result() {
                room.send(wrap(result));
            }
        }
    }

    fn poll_result(&mut self, context: &mut Context<'_>) -> Poll<Option<CallResult>> {
        self.advance(context);
        match self.take_result() {
            Some(result) => Poll::Ready(Some(result)),
            None => self.poll_end().map(|_| None),
        }
    }

    /// Ready once there are no more results.
    fn poll_end(&self) -> Poll<bool> {
        let is_end = self.inputs.is_none()
            && self.ahead.is_empty()
            && self.held.is_empty()
            && self.in_flight.is_empty()
            && self.finished.is_empty();
        if is_end { Poll::Ready(false) } else { Poll::Pending }
    }

    fn is_ready(&self) -> bool {
        self.finished.contains_key(&self.given)
    }

    fn take_result(&mut self) -> Option<CallResult> {
        let result = self.finished.remove(&self.given)?;
        self.given += 1;
        Some(result)
    }

    /// Starts and ends calls as far as possible at the moment.
    fn advance(&mut self, context: &mut Context<'_>) {
        if let Err(problem) = std::mem::take(&mut self.problems).check() {
            self.inputs = None;
            self.finish(0, Bytes::new(), Err(problem));
        }
        loop {
            self.begin(context);
            // With nothing in flight, the gate, the next input or the reader wakes this task.
            let Poll::Ready(Some(ended)) = self.in_flight.poll_next_unpin(context) else { return };
            self.end(ended);
        }
    }

    /// Starts calls while there is room for them.
    fn begin(&mut self, context: &mut Context<'_>) {
        loop {
            if self.takes_ahead {
                self.take_inputs(self.concurrency, context);
            }
            if self.in_flight.len() >= self.concurrency {
                return;
            }
            if self.held.is_empty() {
                // A reader that is slow, or waits for the first call, does not make all the others pile up.
                if self.finished.len() >= self.concurrency {
                    return;
                }
                // Taken before the gate is asked: nothing waits for a window after the last input.
                self.take_inputs(1, context);
                if self.ahead.is_empty() {
                    return;
                }
            }
            if self.stop.is_none() && !self.gate.poll_open(self.in_flight.len(), context) {
                return;
            }
            if let Some((_, row)) = self.held.pop_first() {
                self.send(row);
            } else if let Some(input) = self.ahead.pop_front() {
                let index = self.begun;
                self.begun += 1;
                self.begin_row(index, input);
            }
        }
    }

    /// Takes inputs until there are as many, if they are there.
    fn take_inputs(&mut self, count: usize, context: &mut Context<'_>) {
        while self.ahead.len() < count
            && let Some(inputs) = &mut self.inputs
        {
            match inputs.as_mut().poll_next(context) {
                Poll::Ready(Some(input)) => self.ahead.push_back(input),
                Poll::Ready(None) => self.inputs = None,
                Poll::Pending => return,
            }
        }
    }

    fn begin_row(&mut self, index: usize, input: Result<Bytes, Error>) {
        let input = match input {
            Ok(input) => input,
            Err(error) => return self.finish(index, Bytes::new(), Err(error)),
        };
        match self.call.again().input_json(input.clone()).into_plan(false) {
            Ok(plan) => self.send(Row { index, input, plan, held: None }),
            Err(error) => self.finish(index, input, Err(error)),
        }
    }

    /// Sends a row, unless the rest is not sent.
    fn send(&mut self, mut row: Row) {
        if let Some(Stop { cause, reason }) = &self.stop {
            // A row that was refused before has an error of its own.
            let error = row.held.map_or_else(|| cause.of_unsent(reason), |held| held.error);
            return self.finish(row.index, row.input, Err(error));
        }
        let window = self.gate.pass();
        let context = self.call.context.clone();
        let max_window_wait = self.gate.max_wait;
        self.in_flight.push(Box::pin(async move {
            let held = row.held.take();
            let result = super::send_one_of_many(&context, &row.plan, held, max_window_wait).await;
            Ended { row, window, result }
        }));
    }

    fn end(&mut self, Ended { row, window, result }: Ended) {
        let result = match result {
            Ok(response) => {
                self.gate.succeeded(response.rate_limit, self.in_flight.len());
                Ok(response)
            }
            Err(Refused::Final { error, concerns_all }) => {
                if concerns_all {
                    self.stop.get_or_insert_with(|| Stop { cause: error.again(), reason: "" });
                }
                Err(error)
            }
            Err(Refused::Window(held)) => {
                let reason = match self.gate.refused(window, held.reset_after()) {
                    Verdict::Wait => {
                        self.held.insert(row.index, Row { held: Some(held), ..row });
                        return;
                    }
                    Verdict::TooLong => "",
                    Verdict::NoSuccess => "no call succeeded in three windows of the rate limit: ",
                };
                self.stop.get_or_insert_with(|| Stop { cause: held.error.again(), reason });
                Err(held.error)
            }
        };
        self.finish(row.index, row.input, result);
    }

    fn finish(&mut self, index: usize, input: Bytes, result: Result<CallResponse<Bytes>, Error>) {
        let place = if self.in_order { index } else { self.ended };
        self.ended += 1;
        self.finished.insert(place, CallResult { index, input, result });
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
            .field("begun", &self.begun)
            .field("in_flight", &self.in_flight.len())
            .field("gate", &self.gate)
            .finish_non_exhaustive()
    }
}
