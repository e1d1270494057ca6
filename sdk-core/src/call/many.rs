//! Many calls to one capability, with a limit on how many are under way.

use std::{
    collections::BTreeMap,
    fmt,
    pin::Pin,
    task::{Context, Poll},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::{self, FuturesUnordered, StreamExt};
use serde::Serialize;
use tokio::time::{Instant, Sleep, sleep_until};

use super::Call;
use crate::{error::Error, response::call_response::Answer};

type Outcome = Result<Answer<Bytes>, Error>;
type Pending = Pin<Box<dyn Future<Output = (usize, Outcome)> + Send>>;
type Inputs = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// How many calls are under way unless the caller says otherwise.
const DEFAULT_CONCURRENCY: usize = 8;
/// More would wait for each other in any server.
const MOST_CONCURRENCY: u64 = 10_000;

/// Calls a capability once for each input; made by [`Call::many`].
///
/// It is a [`Stream`] of numbered results, each with its own success or error: one failure ends no other call. It takes the
/// next input only when a place is free, begins no call while the server says that the key's limit is used up, and drops
/// what is under way when it is dropped. An option that cannot be is its only result, and nothing is sent. As with every stream in Rust, the calls go on only while it is polled: hand results
/// that take long to another task.
///
/// ```no_run
/// # async fn example(client: runtype_surface::Client) -> Result<(), runtype_surface::Error> {
/// let articles = vec![serde_json::json!({ "input": "One." }), serde_json::json!({ "input": "Two." })];
/// let mut results = client.capability("summarize-article").many(articles).concurrency(4);
/// while let Some((number, result)) = results.next().await {
///     match result {
///         Ok(answer) => println!("{number}: {:?}", answer.output),
///         Err(error) => eprintln!("{number}: {error}"),
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
    begun: usize,
    handed_on: usize,
    pending: FuturesUnordered<Pending>,
    /// Results that came before their turn.
    early: BTreeMap<usize, Outcome>,
    limit: Option<Limit>,
    pause: Option<Pin<Box<Sleep>>>,
    problem: Option<Error>,
}

/// What the server said last of the key's limit.
struct Limit {
    remaining: usize,
    until: Instant,
}

impl Call {
    /// Sends this call once for each input, a few at a time, with the options set so far.
    pub fn many<I: Serialize>(self, inputs: impl IntoIterator<Item = I, IntoIter: Send + 'static>) -> CallMany {
        self.many_stream(stream::iter(inputs.into_iter().map(|input| {
            let json = serde_json::to_vec(&input);
            json.map(Bytes::from)
                .map_err(|error| Error::configuration("input", format!("it cannot be written as JSON: {error}")))
        })))
    }

    /// The same, with inputs as JSON text that come when they come.
    pub(crate) fn many_stream(self, inputs: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> CallMany {
        CallMany::new(self, Box::pin(inputs))
    }
}

impl CallMany {
    pub(crate) fn new(mut call: Call, inputs: Inputs) -> Self {
        let problem = call.take_problem();
        Self {
            call,
            inputs: Some(inputs),
            concurrency: DEFAULT_CONCURRENCY,
            in_order: true,
            begun: 0,
            handed_on: 0,
            pending: FuturesUnordered::new(),
            early: BTreeMap::new(),
            limit: None,
            pause: None,
            problem,
        }
    }

    /// How many calls may be under way at once: 8 by default, 10,000 at most.
    pub fn concurrency(mut self, calls: u64) -> Self {
        match usize::try_from(calls).ok().filter(|_| (1..=MOST_CONCURRENCY).contains(&calls)) {
            Some(calls) => self.concurrency = calls,
            None => {
                let problem = format!("{calls} calls at once is no limit: give 1 to {MOST_CONCURRENCY}");
                return self.refuse(Error::configuration("concurrency", problem));
            }
        }
        self
    }

    /// Makes this problem the only result.
    pub(crate) fn refuse(mut self, problem: Error) -> Self {
        self.problem.get_or_insert(problem);
        self
    }

    /// Gives what would be the only result as an error, for languages that raise it where the calls are made.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration): an option that cannot be.
    #[doc(hidden)]
    pub fn checked(mut self) -> Result<Self, Error> {
        self.problem.take().map_or(Ok(self), Err)
    }

    /// Whether results come in the order of the inputs (the default), or as they are there.
    pub fn in_order(mut self, in_order: bool) -> Self {
        self.in_order = in_order;
        self
    }

    /// The next result with the number of its input, which counts from 0; `None` after the last one.
    pub async fn next(&mut self) -> Option<(usize, Outcome)> {
        std::future::poll_fn(|context| self.poll_result(context)).await
    }

    fn poll_result(&mut self, context: &mut Context<'_>) -> Poll<Option<(usize, Outcome)>> {
        if let Some(problem) = self.problem.take() {
            self.inputs = None;
            return Poll::Ready(Some((0, Err(problem))));
        }
        loop {
            self.begin(context);
            if let Some(result) = self.early.remove(&self.handed_on) {
                return Poll::Ready(Some(self.hand_on(self.handed_on, result)));
            }
            match self.pending.poll_next_unpin(context) {
                Poll::Ready(Some((number, result))) => {
                    self.learn(&result);
                    if !self.in_order || number == self.handed_on {
                        return Poll::Ready(Some(self.hand_on(number, result)));
                    }
                    self.early.insert(number, result);
                }
                Poll::Ready(None) if self.inputs.is_none() => return Poll::Ready(None),
                // Where nothing is under way, the end of the pause or the next input wakes this task.
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            }
        }
    }

    fn hand_on(&mut self, number: usize, result: Outcome) -> (usize, Outcome) {
        self.handed_on += 1;
        (number, result)
    }

    /// Begins calls while there is room for them.
    fn begin(&mut self, context: &mut Context<'_>) {
        // Results that wait for their turn hold a place too, so that a slow first call does not gather all the others.
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
            let number = self.begun;
            self.begun += 1;
            if let Some(limit) = &mut self.limit {
                limit.remaining = limit.remaining.saturating_sub(1);
            }
            match input {
                Ok(json) => {
                    let call = self.call.again().input_json(json);
                    self.pending.push(Box::pin(async move { (number, call.send_bytes().await) }));
                }
                Err(error) => self.pending.push(Box::pin(std::future::ready((number, Err(error))))),
            }
        }
    }

    /// Whether the key's limit is used up, by what the server said last.
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

    /// Takes in what an answer says of the key's limit. A wait that no call's deadline allows is not begun: the server then
    /// answers the calls with its own error.
    fn learn(&mut self, result: &Outcome) {
        let (remaining, wait) = match result {
            Ok(answer) => {
                let Some(limit) = answer.rate_limit else { return };
                let (Some(remaining), Some(reset)) = (limit.remaining, limit.reset) else { return };
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
                (remaining, Duration::from_secs(reset).saturating_sub(now))
            }
            Err(error) => match (error.status(), error.retry_after()) {
                (Some(429), Some(wait)) => (0, wait),
                _ => return,
            },
        };
        self.limit = (wait < self.call.timeout_now()).then(|| Limit {
            // What is under way is not yet in the server's count, or only in part: the careful reading is that none is.
            remaining: usize::try_from(remaining).unwrap_or(usize::MAX).saturating_sub(self.pending.len()),
            until: Instant::now() + wait,
        });
    }
}

impl Stream for CallMany {
    type Item = (usize, Outcome);

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_result(context)
    }
}

impl fmt::Debug for CallMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CallMany")
            .field("call", &self.call)
            .field("begun", &self.begun)
            .field("under_way", &self.pending.len())
            .finish_non_exhaustive()
    }
}
