//! A stream of events.

pub(crate) mod batch;
pub(crate) mod event;
pub(crate) mod event_kind;
pub(crate) mod failure;
pub(crate) mod fields;
pub(crate) mod head;
pub(crate) mod misuse;
mod nested;
pub(crate) mod outcome;
pub(crate) mod parser;
pub(crate) mod record;
mod surrogates;
mod text;

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use tokio::time::{Instant, Sleep, sleep};

use crate::{
    config::options::StreamOptions,
    error::{Error, attempt::Attempt},
};
use event::StreamEvent;
use event_kind::EventKind;
use failure::Problem;
use outcome::{StreamOutcome, Usage};
use parser::{EventParser, RawEvent, TooLarge};
use record::Record;

/// How long the server may keep the connection open after the closing event. Assumed: nothing follows that event.
const ASSUMED_TAIL: Duration = Duration::from_secs(1);

/// Longest wait of a timer.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Number of chunks without an event after which the task yields to others.
const CHUNKS_AT_ONCE: usize = 32;

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, reqwest::Error>> + Send>>;

/// Stream of a call's events (server-sent events), created by [`Call::stream`](crate::Call::stream).
///
/// A [`Stream`] of [`StreamEvent`]s, yielded as they arrive, with backpressure: at most one read buffer is held for a slow
/// reader. Dropping it closes the connection at once.
///
/// ```no_run
/// # async fn example(client: runtype_surface::Client) -> Result<(), runtype_surface::Error> {
/// let mut events = client
///     .capability("support-agent")
///     .input(&serde_json::json!({ "input": "Where is my order?" }))
///     .stream()
///     .await?;
/// while let Some(event) = events.next().await {
///     let event = event?;
///     if event.kind() == runtype_surface::EventKind::TextDelta {
///         print!("{}", event.delta().unwrap_or_default());
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct EventStream {
    chunks: Option<Chunks>,
    parser: EventParser,
    ready: VecDeque<RawEvent>,
    /// The batch under construction, kept here so that cancelling a read loses nothing.
    gathered: VecDeque<StreamEvent>,
    idle: Pin<Box<Sleep>>,
    /// Deadline of a stream with a `stream_timeout`.
    end: Option<Pin<Box<Sleep>>>,
    options: StreamOptions,
    /// Whether the closing event has arrived, or the application closed the stream.
    is_closed: bool,
    /// Error to yield after the events before it.
    failure: Option<Error>,
    record: Arc<Record>,
}

impl EventStream {
    pub(crate) fn new(response: reqwest::Response, options: StreamOptions, record: Record) -> Self {
        Self {
            chunks: Some(Box::pin(response.bytes_stream())),
            parser: EventParser::new(options.max_event_bytes),
            ready: VecDeque::new(),
            gathered: VecDeque::new(),
            idle: Box::pin(sleep(options.idle_timeout.unwrap_or(FOREVER))),
            end: options.timeout.map(|timeout| Box::pin(sleep(timeout))),
            options,
            is_closed: false,
            failure: None,
            record: Arc::new(record),
        }
    }

    /// The next event; `None` after the last one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stream`](crate::ErrorKind::Stream) if the stream breaks, ends without a closing event, or reports a failure. [`ErrorKind::Timeout`](crate::ErrorKind::Timeout)
    /// in the phases [`Phase::Idle`](crate::Phase::Idle) and [`Phase::Stream`](crate::Phase::Stream). After an error there are
    /// no more events.
    pub async fn next(&mut self) -> Option<Result<StreamEvent, Error>> {
        std::future::poll_fn(|context| self.poll_event(context)).await
    }

    /// Reads the stream to its end and returns the text of the answer: its `text_delta` events joined, and the `text_complete`
    /// events without deltas. Text of nested flows and agents ([`StreamEvent::parent_tool_call_id`]) is left out.
    ///
    /// May be called at any time, and gives the same whether or not the events were read one by one before. After cancellation
    /// it can be called again and continues.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next); after an error it returns the same error again. [`ErrorKind::Stream`](crate::ErrorKind::Stream) if the execution
    /// [waits](StreamOutcome::Awaiting) at the end, and if the text is larger than
    /// [`max_response_bytes`](crate::Call::max_response_bytes); the events can still be read then.
    pub async fn text(&mut self) -> Result<String, Error> {
        while !self.record.is_text_too_large() {
            match self.next().await {
                Some(event) => drop(event?),
                None => break,
            }
        }
        self.record.text()
    }

    /// Reads the stream to its end and returns the `finalOutput` of its `execution_complete` event as JSON text; `null` if
    /// there was none. May be called at any time, also after all events were read.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next); after an error it returns the same error again. [`ErrorKind::Stream`](crate::ErrorKind::Stream) if the execution
    /// [waits](StreamOutcome::Awaiting) at the end.
    pub async fn final_output_bytes(&mut self) -> Result<Bytes, Error> {
        while let Some(event) = self.next().await {
            event?;
        }
        self.record.final_output()
    }

    /// The same, decoded.
    ///
    /// # Errors
    ///
    /// As [`final_output_bytes`](Self::final_output_bytes), and [`ErrorKind::ResponseDecode`](crate::ErrorKind::ResponseDecode) if it has another shape;
    /// [`Error::path`] says where.
    pub async fn final_output<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Error> {
        let output = self.final_output_bytes().await?;
        self.record.decode(&output)
    }

    /// How the stream ended; `None` until that is known, and for a stream that failed, broke or was closed.
    #[must_use]
    pub fn outcome(&self) -> Option<StreamOutcome> {
        self.record.outcome()
    }

    /// What the execution used; `None` until its `execution_complete` event has arrived.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.record.usage()
    }

    pub(crate) fn record(&self) -> &Arc<Record> {
        &self.record
    }

    /// Closes the connection at once, as dropping the stream does. There are no more events. If the stream was not read to its
    /// end, `text` and `final_output` return an error of the kind
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) afterwards.
    pub fn close(&mut self) {
        if !self.is_read_to_end() {
            self.record.close();
        }
        self.end();
        self.gathered.clear();
        self.is_closed = true;
    }

    fn is_read_to_end(&self) -> bool {
        let has_unread = !self.gathered.is_empty() || !self.ready.is_empty() || self.failure.is_some();
        !has_unread && (self.chunks.is_none() || self.has_closing_event())
    }

    /// Whether the closing event was read.
    pub(crate) fn has_closing_event(&self) -> bool {
        self.is_closed
    }

    /// HTTP status of the response.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.record.opened.status
    }

    /// The response's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.record.opened.headers
    }

    /// Request id, from the `X-Request-Id` header (assumed).
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.record.opened.request_id.as_deref()
    }

    /// Execution id, once an event has it.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.record.execution_id()
    }

    /// All attempts until the stream began.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.record.opened.attempts
    }

    /// Number of events yielded.
    #[must_use]
    pub fn events_seen(&self) -> u64 {
        self.record.events_seen()
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<StreamEvent, Error>>> {
        match self.gathered.pop_front() {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None => self.poll_read(context),
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<StreamEvent, Error>>> {
        let read = ready!(self.poll_source(context));
        if let Some(Err(error)) = &read {
            self.end();
            self.record.fail(error);
        }
        Poll::Ready(read)
    }

    fn poll_source(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<StreamEvent, Error>>> {
        for _ in 0..CHUNKS_AT_ONCE {
            if let Some(event) = self.ready.pop_front() {
                return Poll::Ready(Some(self.take(event)));
            }
            if let Some(failure) = self.failure.take() {
                return Poll::Ready(Some(Err(failure)));
            }
            let Some(chunks) = &mut self.chunks else { return Poll::Ready(None) };
            match chunks.as_mut().poll_next(context) {
                Poll::Ready(Some(Ok(chunk))) => self.read(chunk),
                Poll::Ready(Some(Err(error))) => return self.poll_end(Problem::Broken(error.without_url())),
                Poll::Ready(None) => return self.poll_end(Problem::Ended),
                Poll::Pending => {
                    return self.poll_timeouts(context);
                }
            }
        }
        // Input without events may never end: yield to other tasks, and let the timer after the closing event run.
        context.waker().wake_by_ref();
        self.poll_timeouts(context)
    }

    fn poll_timeouts(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<StreamEvent, Error>>> {
        if let (Some(end), Some(timeout)) = (&mut self.end, self.options.timeout)
            && end.as_mut().poll(context).is_ready()
        {
            return self.poll_end(Problem::TooLong(timeout));
        }
        ready!(self.idle.as_mut().poll(context));
        self.poll_end(Problem::Silent(self.options.idle_timeout.unwrap_or_default()))
    }

    fn poll_end(&mut self, problem: Problem) -> Poll<Option<Result<StreamEvent, Error>>> {
        self.chunks = None;
        // After the closing event a break does not matter.
        let is_over = self.is_closed || matches!(problem, Problem::Ended) && self.record.end_awaiting();
        Poll::Ready((!is_over).then(|| Err(self.record.problem(problem))))
    }

    fn read(&mut self, chunk: Bytes) {
        let ready = &mut self.ready;
        let read = self.parser.feed(chunk, &mut |event| ready.push_back(event));
        match read {
            // Keep-alives after the closing event could continue forever.
            _ if self.is_closed => {
                if read.is_err() {
                    self.chunks = None;
                }
            }
            Ok(true) => self.idle.as_mut().reset(Instant::now() + self.options.idle_timeout.unwrap_or(FOREVER)),
            // Single bytes could continue forever too.
            Ok(false) => {}
            Err(what) => {
                let limit = self.options.max_event_bytes;
                self.failure = Some(self.record.problem(match what {
                    TooLarge::Event => Problem::TooLarge(limit),
                    TooLarge::BetweenEvents => Problem::NoEvent(limit),
                }));
            }
        }
    }

    /// Records what an event says before it is yielded.
    fn take(&mut self, event: RawEvent) -> Result<StreamEvent, Error> {
        let event = self.record.take(event)?;
        // That of a nested flow or agent completes nothing else.
        if event.kind() == EventKind::ExecutionComplete && !self.is_closed && self.record.outcome().is_some() {
            self.is_closed = true;
            self.idle.as_mut().reset(Instant::now() + ASSUMED_TAIL);
        }
        Ok(event)
    }

    /// Drops the connection and the buffered data.
    fn end(&mut self) {
        self.chunks = None;
        self.ready.clear();
        self.failure = None;
    }
}

impl Stream for EventStream {
    type Item = Result<StreamEvent, Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_event(context)
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("capability", &self.record.opened.capability)
            .field("events_seen", &self.events_seen())
            .field("is_open", &self.chunks.is_some())
            .finish_non_exhaustive()
    }
}
