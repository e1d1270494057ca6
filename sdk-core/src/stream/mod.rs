//! A stream of events, read as they come.

pub(crate) mod event;
pub(crate) mod fields;
pub(crate) mod head;
pub(crate) mod parser;

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
use fields::Text;
use head::{Opened, Problem};
use parser::EventParser;

/// How long the server may keep the connection open after the closing event, until it is closed from this side. That
/// nothing comes after that event is assumed.
const ASSUMED_TAIL: Duration = Duration::from_secs(1);

/// As long as a timer can wait.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// How much a batch gathers before it is handed on, in bytes. With the batch that is [read ahead](crate::bindings::ReadAhead) it
/// makes one read buffer of 64 KiB, so a slow reader still holds back the server.
const BATCH_BYTES: usize = 32 * 1024;

/// How many chunks without an event are read before others have a turn.
const CHUNKS_AT_ONCE: usize = 32;

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, reqwest::Error>> + Send>>;

/// A capability's response as events (server-sent events), each handed on as it comes; made by
/// [`Call::stream`](crate::Call::stream).
///
/// It is a [`Stream`] of [`StreamEvent`]s. A slow reader holds back the server: no more than one read buffer is held. Dropping it
/// closes the connection at once.
///
/// ```no_run
/// # async fn example(client: runtype_surface::Client) -> Result<(), runtype_surface::Error> {
/// let mut events = client
///     .capability("support-agent")
///     .input(&serde_json::json!({ "input": "Where is my parcel?" }))
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
    /// The batch that is being gathered: a reader that gives up meanwhile loses nothing of it.
    gathered: VecDeque<StreamEvent>,
    idle: Pin<Box<Sleep>>,
    /// The end of a stream that has a timeout of its own.
    end: Option<Pin<Box<Sleep>>>,
    options: StreamOptions,
    seen: u64,
    is_closed: bool,
    final_output: Option<Bytes>,
    /// The text that a reader who gave up has gathered.
    text: Text,
    /// An error that is handed on once the events before it are.
    failure: Option<Error>,
    /// The error that was handed on, for those who ask for the whole.
    failed: Option<Error>,
    opened: Opened,
}

/// Events that came together.
pub(crate) struct Batch {
    pub(crate) events: Vec<StreamEvent>,
    /// Whether there was more than it holds.
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
    /// [`ErrorKind::Stream`] where the stream breaks, ends without a closing event, or reports an error; [`ErrorKind::Timeout`] in the phase
    /// [`Phase::Idle`](crate::Phase::Idle). After an error there are no more events.
    pub async fn next(&mut self) -> Option<Result<StreamEvent, Error>> {
        std::future::poll_fn(|context| self.poll_event(context)).await
    }

    /// All events that are there, at least one and about 32 KiB at most; `None` after the last one. It waits only where there
    /// is none.
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
        // The HTTP client hands on one chunk of the encoding at a time, often a single event, although many are there. The
        // next one comes once its own task has had a turn.
        let mut had_turn = false;
        while bytes < BATCH_BYTES {
            // One look, not a wait.
            match std::future::poll_fn(|context| Poll::Ready(self.poll_read(context))).await {
                Poll::Ready(Some(Ok(event))) => {
                    bytes += event.weight(self.gathered.back());
                    self.gathered.push_back(event);
                    had_turn = false;
                }
                Poll::Ready(Some(Err(error))) => {
                    // It comes next, and nothing after it.
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

    /// Reads the stream to its end and gives the text of the `text_delta` events that were not read yet. Where it is given up
    /// and called again, it goes on.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next); after an error the same one.
    pub async fn text(&mut self) -> Result<String, Error> {
        while let Some(event) = self.next().await {
            event?.add_text(&mut self.text);
        }
        self.unless_failed()?;
        Ok(self.text.take())
    }

    /// Reads the stream to its end and gives the `finalOutput` of its `execution_complete` event, as JSON text; `null` where
    /// there was none. It may be called after all events were read.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next); after an error the same one.
    pub async fn final_output_bytes(&mut self) -> Result<Bytes, Error> {
        while let Some(event) = self.next().await {
            event?;
        }
        self.unless_failed()?;
        Ok(self.final_output.clone().unwrap_or_else(|| Bytes::from_static(b"null")))
    }

    /// The same, decoded.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next), and [`ErrorKind::ResponseDecode`] where it has another shape; [`Error::path`] says where.
    pub async fn final_output<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, Error> {
        let output = self.final_output_bytes().await?;
        let mut reader = serde_json::Deserializer::from_slice(&output);
        serde_path_to_error::deserialize(&mut reader).map_err(|error| {
            let path = Some(error.path().to_string()).filter(|path| path != ".");
            let place = path.as_ref().map(|path| format!(" at {path}")).unwrap_or_default();
            let text = format!("the final output is not what was asked for{place}: {}", error.into_inner());
            let mut facts = self.opened.facts(ErrorKind::ResponseDecode, &text, self.seen);
            facts.path = path;
            Error::new(facts)
        })
    }

    pub(crate) fn unless_failed(&self) -> Result<(), Error> {
        self.failed.as_ref().map_or(Ok(()), |error| Err(error.again()))
    }

    /// Closes the connection at once; there are no more events. Dropping the stream does the same.
    pub fn close(&mut self) {
        self.end();
        self.gathered.clear();
        self.is_closed = true;
    }

    /// The HTTP status with which the stream began.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.opened.status
    }

    /// The response's headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.opened.headers
    }

    /// The request's id, from the header `X-Request-Id` (assumed).
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.opened.request_id.as_deref()
    }

    /// The execution's id, once an event has said it.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.opened.execution_id.as_deref()
    }

    /// What happened at each attempt until the stream began.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.opened.attempts
    }

    /// How many events were handed on.
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
        // There is no end of what holds no event: others have their turn, and the time after the closing event runs.
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
        // After the closing event all is said.
        Poll::Ready((!self.is_closed).then(|| Err(self.opened.failed(problem, self.seen))))
    }

    fn read(&mut self, chunk: Bytes) {
        // What comes after the closing event does not prolong the stream: signs of life may go on for ever.
        if !self.is_closed {
            self.idle.as_mut().reset(Instant::now() + self.options.idle_timeout.unwrap_or(FOREVER));
        }
        let whole = self.parser.feed(chunk, &mut |event| self.ready.push_back(StreamEvent::new(event)));
        if whole.is_err() {
            self.failure = Some(self.opened.failed(Problem::TooLarge(self.options.max_event_bytes), self.seen));
        }
    }

    /// Looks at an event on its way out.
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

    /// Lets go of the connection, and of what has come.
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
