//! A stream of events.

pub(crate) mod event;
pub(crate) mod fields;
pub(crate) mod head;
pub(crate) mod misuse;
pub(crate) mod parser;
pub(crate) mod text;

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use tokio::time::{Instant, Sleep, sleep};

use crate::{
    config::options::StreamOptions,
    error::{Error, attempt::Attempt, kind::ErrorKind},
};
use event::{EventKind, StreamEvent};
use head::{Opened, Problem};
use parser::EventParser;
use text::Text;

/// How long the server may keep the connection open after the closing event. Assumed: nothing follows that event.
const ASSUMED_TAIL: Duration = Duration::from_secs(1);

/// Longest wait of a timer.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// Size of a full batch in bytes. With the batch that is [read ahead](crate::bindings::ReadAhead) it makes one read buffer of
/// 64 KiB, so a slow reader still applies backpressure to the server.
const BATCH_BYTES: usize = 32 * 1024;

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
    ready: VecDeque<StreamEvent>,
    /// The batch under construction, kept here so that cancelling a read loses nothing.
    gathered: VecDeque<StreamEvent>,
    idle: Pin<Box<Sleep>>,
    /// Deadline of a stream with a `stream_timeout`.
    end: Option<Pin<Box<Sleep>>>,
    options: StreamOptions,
    seen: u64,
    is_closed: bool,
    final_output: Option<Bytes>,
    /// Text collected by a call of `text` that was cancelled.
    text: Text,
    /// Error to yield after the events before it.
    failure: Option<Error>,
    /// Error that was yielded, for `text` and `final_output`.
    failed: Option<Error>,
    opened: Opened,
}

/// Events that arrived together.
pub(crate) struct Batch {
    pub(crate) events: Vec<StreamEvent>,
    /// Whether more events were available.
    pub(crate) is_full: bool,
}

impl EventStream {
    pub(crate) fn new(response: reqwest::Response, options: StreamOptions, opened: Opened) -> Self {
        Self {
            chunks: Some(Box::pin(response.bytes_stream())),
            parser: EventParser::new(options.max_event_bytes),
            ready: VecDeque::new(),
            gathered: VecDeque::new(),
            idle: Box::pin(sleep(options.idle_timeout.unwrap_or(FOREVER))),
            end: options.timeout.map(|timeout| Box::pin(sleep(timeout))),
            options,
            seen: 0,
            is_closed: false,
            final_output: None,
            text: Text::default(),
            failure: None,
            failed: None,
            opened,
        }
    }

    /// The next event; `None` after the last one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stream`] if the stream breaks, ends without a closing event, or reports a failure. [`ErrorKind::Timeout`]
    /// in the phases [`Phase::Idle`](crate::Phase::Idle) and [`Phase::Stream`](crate::Phase::Stream). After an error there are
    /// no more events.
    pub async fn next(&mut self) -> Option<Result<StreamEvent, Error>> {
        std::future::poll_fn(|context| self.poll_event(context)).await
    }

    /// All events that have arrived, at least one and at most about 32 KiB; `None` after the last one. Waits only if there is
    /// none.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_batch(&mut self) -> Option<Result<Vec<StreamEvent>, Error>> {
        Some(self.gather().await?.map(|batch| batch.events))
    }

    pub(crate) async fn gather(&mut self) -> Option<Result<Batch, Error>> {
        match self.next().await? {
            Ok(first) => self.gathered.push_front(first),
            Err(error) => return Some(Err(error)),
        }
        let mut bytes = 0;
        let mut before = None;
        for event in &self.gathered {
            bytes += event.weight(before);
            before = Some(event);
        }
        // The HTTP client yields one chunk at a time, often a single event, even if more have arrived. The next one is available
        // once its own task has run.
        let mut had_turn = false;
        while bytes < BATCH_BYTES {
            // Polls once, without waiting.
            match std::future::poll_fn(|context| Poll::Ready(self.poll_read(context))).await {
                Poll::Ready(Some(Ok(event))) => {
                    bytes += event.weight(self.gathered.back());
                    self.gathered.push_back(event);
                    had_turn = false;
                }
                Poll::Ready(Some(Err(error))) => {
                    // The error is the next and last item.
                    self.failure = Some(error);
                    break;
                }
                Poll::Pending if !had_turn => {
                    had_turn = true;
                    tokio::task::yield_now().await;
                }
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Some(Ok(Batch { events: std::mem::take(&mut self.gathered).into(), is_full: bytes >= BATCH_BYTES }))
    }

    /// Reads the stream to its end and returns the text of the `text_delta` events that were not read yet. After cancellation
    /// it can be called again and continues.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next). After an error it returns the same error again.
    pub async fn text(&mut self) -> Result<String, Error> {
        while let Some(event) = self.next().await {
            event?.add_text(&mut self.text);
        }
        self.unless_failed()?;
        Ok(self.text.take())
    }

    /// Reads the stream to its end and returns the `finalOutput` of its `execution_complete` event as JSON text; `null` if
    /// there was none. May be called after all events were read.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next). After an error it returns the same error again.
    pub async fn final_output_bytes(&mut self) -> Result<Bytes, Error> {
        while let Some(event) = self.next().await {
            // The text may be asked for afterwards.
            event?.add_text(&mut self.text);
        }
        self.unless_failed()?;
        Ok(self.final_output.clone().unwrap_or_else(|| Bytes::from_static(b"null")))
    }

    /// The same, decoded.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next), and [`ErrorKind::ResponseDecode`] if it has another shape; [`Error::path`] says where.
    pub async fn final_output<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Error> {
        let output = self.final_output_bytes().await?;
        let mut reader = serde_json::Deserializer::from_slice(&output);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = Some(error.path().to_string()).filter(|path| path != ".");
            let place = path.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
            let text = format!("the final output does not have the expected shape{place}: {}", error.into_inner());
            let mut facts = self.opened.facts(ErrorKind::ResponseDecode, &text, self.seen);
            facts.path = path;
            Error::new(facts)
        })
    }

    pub(crate) fn unless_failed(&self) -> Result<(), Error> {
        self.failed.as_ref().map_or(Ok(()), |error| Err(error.again()))
    }

    /// Closes the connection at once, as dropping the stream does. There are no more events. If the stream was not read to its
    /// end, `text` and `final_output` return an error of the kind [`ErrorKind::Configuration`] afterwards.
    pub fn close(&mut self) {
        if !self.is_read_to_end() && self.failed.is_none() {
            self.failed = Some(misuse::closed_stream());
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
        self.opened.status
    }

    /// The response's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.opened.headers
    }

    /// Request id, from the `X-Request-Id` header (assumed).
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.opened.request_id.as_deref()
    }

    /// Execution id, once an event has it.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.opened.execution_id.as_deref()
    }

    /// All attempts until the stream began.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.opened.attempts
    }

    /// Number of events yielded.
    #[must_use]
    pub fn events_seen(&self) -> u64 {
        self.seen
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
            self.failed = Some(error.again());
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
        // The closing event was received, so the break does not matter.
        Poll::Ready((!self.is_closed).then(|| Err(self.opened.failed(problem, self.seen))))
    }

    fn read(&mut self, chunk: Bytes) {
        // Data after the closing event does not prolong the stream: keep-alives could continue forever.
        if !self.is_closed {
            self.idle.as_mut().reset(Instant::now() + self.options.idle_timeout.unwrap_or(FOREVER));
        }
        let whole = self.parser.feed(chunk, &mut |event| self.ready.push_back(StreamEvent::new(event)));
        if whole.is_err() {
            self.failure = Some(self.opened.failed(Problem::TooLarge(self.options.max_event_bytes), self.seen));
        }
    }

    /// Records what an event says before it is yielded.
    fn take(&mut self, event: StreamEvent) -> Result<StreamEvent, Error> {
        if event.is_closing() && !self.is_closed {
            self.is_closed = true;
            self.idle.as_mut().reset(Instant::now() + ASSUMED_TAIL);
        }
        self.opened.note_execution(&event);
        if event.kind() == EventKind::ExecutionComplete {
            self.final_output = event.final_output();
        }
        if event.is_failure() {
            return Err(self.opened.reported(&event, self.seen));
        }
        self.seen += 1;
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
            .field("capability", &self.opened.capability)
            .field("events_seen", &self.seen)
            .field("is_open", &self.chunks.is_some())
            .finish_non_exhaustive()
    }
}
