//! A stream of events, read as they come.

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
    ApiKey, Attempt, Error, ErrorKind, Event, EventKind, Phase,
    error::{Cause, Facts, StatusFacts},
    event_parser::EventParser,
    options::StreamOptions,
    redact::Scrubber,
};

/// How long the server may keep the connection open after the closing event, until it is closed from this side. That
/// nothing comes after that event is assumed.
const ASSUMED_TAIL: Duration = Duration::from_secs(1);

/// How much data a batch gathers before it is handed on, in bytes. So a slow reader still holds back the server.
const BATCH_BYTES: usize = 64 * 1024;

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, reqwest::Error>> + Send>>;

/// A capability's answer as events (server-sent events), each handed on as it comes; made by
/// [`Call::stream`](crate::Call::stream).
///
/// It is a [`Stream`] of [`Event`]s. A slow reader holds back the server: no more than one read buffer is held. Dropping it
/// closes the connection at once.
///
/// ```no_run
/// # async fn example(client: runtype_surface::Client) -> Result<(), runtype_surface::Error> {
/// let mut events = client
///     .capability("support-agent")
///     .input(&serde_json::json!({ "input": "Where is my parcel?" }))?
///     .stream()
///     .await?;
/// while let Some(event) = events.next().await {
///     if let Some(delta) = event?.delta() {
///         print!("{delta}");
///     }
/// }
/// # Ok(())
/// # }
/// ```
pub struct EventStream {
    chunks: Option<Chunks>,
    parser: EventParser,
    ready: VecDeque<Event>,
    raw: VecDeque<crate::event_parser::RawEvent>,
    idle: Pin<Box<Sleep>>,
    options: StreamOptions,
    seen: u64,
    is_closed: bool,
    final_output: Option<Bytes>,
    /// An error that is handed on once the events before it are.
    failure: Option<Error>,
    opened: Opened,
}

/// What is known since the answer began.
#[derive(Clone)]
pub(crate) struct Opened {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) request_id: Option<String>,
    pub(crate) execution_id: Option<String>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) capability: Option<String>,
    pub(crate) key: ApiKey,
}

impl EventStream {
    pub(crate) fn new(response: reqwest::Response, options: StreamOptions, opened: Opened) -> Self {
        Self {
            chunks: Some(Box::pin(response.bytes_stream())),
            parser: EventParser::new(options.max_event_bytes),
            ready: VecDeque::new(),
            raw: VecDeque::new(),
            idle: Box::pin(sleep(options.idle_timeout)),
            options,
            seen: 0,
            is_closed: false,
            final_output: None,
            failure: None,
            opened,
        }
    }

    /// The next event; `None` after the last one.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Stream`] where the stream breaks, ends without a closing event, or reports an error (unless these are
    /// [handed on](crate::Call::hand_on_stream_errors)); [`ErrorKind::Timeout`] in the phase [`Phase::Idle`]. After an
    /// error there are no more events.
    pub async fn next(&mut self) -> Option<Result<Event, Error>> {
        std::future::poll_fn(|context| self.poll_event(context)).await
    }

    /// All events that are there, at least one and about 64 KiB at most; `None` after the last one. It waits only where there
    /// is none.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn next_batch(&mut self) -> Option<Result<Vec<Event>, Error>> {
        let first = match self.next().await? {
            Ok(event) => event,
            Err(error) => return Some(Err(error)),
        };
        let mut bytes = first.data().len();
        let mut batch = Vec::with_capacity(self.ready.len() + 1);
        batch.push(first);
        // The HTTP client hands on one chunk of the encoding at a time, often a single event, although many are there. The
        // next one comes once its own task has had a turn.
        let mut had_turn = false;
        while bytes < BATCH_BYTES {
            // One look, not a wait.
            match std::future::poll_fn(|context| Poll::Ready(self.poll_event(context))).await {
                Poll::Ready(Some(Ok(event))) => {
                    bytes += event.data().len();
                    batch.push(event);
                    had_turn = false;
                }
                Poll::Ready(Some(Err(error))) => {
                    // It comes next, and nothing after it.
                    self.close();
                    self.fail(error);
                    break;
                }
                Poll::Pending if !had_turn => {
                    had_turn = true;
                    tokio::task::yield_now().await;
                }
                Poll::Ready(None) | Poll::Pending => break,
            }
        }
        Some(Ok(batch))
    }

    /// Reads the stream to its end and gives the text of the `text_delta` events that were not read yet.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn text(&mut self) -> Result<String, Error> {
        let mut text = String::new();
        while let Some(event) = self.next().await {
            let event = event?;
            if event.kind() == EventKind::TextDelta {
                text.push_str(&event.delta().unwrap_or_default());
            }
        }
        Ok(text)
    }

    /// Reads the stream to its end and gives the `finalOutput` of its `execution_complete` event, as JSON text; `null` where
    /// there was none. It may be called after all events were read.
    ///
    /// # Errors
    ///
    /// As [`next`](Self::next).
    pub async fn final_output_bytes(&mut self) -> Result<Bytes, Error> {
        while let Some(event) = self.next().await {
            event?;
        }
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
            let mut facts = self.facts(ErrorKind::ResponseDecode, &text);
            facts.path = path;
            Error::new(facts)
        })
    }

    /// Closes the connection at once; there are no more events. Dropping the stream does the same.
    pub fn close(&mut self) {
        self.chunks = None;
        self.ready.clear();
        self.failure = None;
        self.is_closed = true;
    }

    /// The HTTP status with which the stream began.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.opened.status
    }

    /// The answer's headers.
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

    /// What is known since the answer began, for languages that read JSON.
    #[doc(hidden)]
    #[must_use]
    pub fn report(&self) -> String {
        #[derive(serde::Serialize)]
        struct Report<'a> {
            status: u16,
            headers: Vec<(&'a str, String)>,
            request_id: Option<&'a str>,
            attempts: &'a [Attempt],
        }
        let report = Report {
            status: self.opened.status,
            headers: crate::report::header_pairs(&self.opened.headers),
            request_id: self.opened.request_id.as_deref(),
            attempts: &self.opened.attempts,
        };
        serde_json::to_string(&report).unwrap_or_default()
    }

    fn poll_event(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Event, Error>>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                let event = self.take(event);
                if event.is_err() {
                    self.close();
                }
                return Poll::Ready(Some(event));
            }
            if let Some(failure) = self.failure.take() {
                self.chunks = None;
                return Poll::Ready(Some(Err(failure)));
            }
            let Some(chunks) = &mut self.chunks else { return Poll::Ready(None) };
            let chunk = match chunks.as_mut().poll_next(context) {
                Poll::Ready(chunk) => chunk,
                Poll::Pending => {
                    ready!(self.idle.as_mut().poll(context));
                    self.chunks = None;
                    return Poll::Ready(self.silence().map(Err));
                }
            };
            match chunk {
                Some(Ok(chunk)) => self.read(chunk),
                Some(Err(error)) => {
                    self.chunks = None;
                    return Poll::Ready(self.broken(&error.without_url()).map(Err));
                }
                None => {
                    self.chunks = None;
                    return Poll::Ready(self.end().map(Err));
                }
            }
        }
    }

    fn read(&mut self, chunk: Bytes) {
        let wait = if self.is_closed { ASSUMED_TAIL } else { self.options.idle_timeout };
        self.idle.as_mut().reset(Instant::now() + wait);
        let whole = self.parser.feed(chunk, &mut self.raw);
        self.ready.extend(self.raw.drain(..).map(Event::new));
        if whole.is_err() {
            let text = format!(
                "an event is larger than {} bytes: raise the option max event bytes for the next call",
                self.options.max_event_bytes
            );
            self.fail(Error::new(self.facts(ErrorKind::Stream, &text)));
        }
    }

    /// Looks at an event on its way out.
    fn take(&mut self, event: Event) -> Result<Event, Error> {
        if event.is_closing() {
            self.is_closed = true;
            self.idle.as_mut().reset(Instant::now() + ASSUMED_TAIL);
        }
        if self.opened.execution_id.is_none() {
            self.opened.execution_id =
                event.execution_id().map(|id| Scrubber::new(&self.opened.key).text(id.into_owned()));
        }
        if event.kind() == EventKind::ExecutionComplete {
            self.final_output = event.final_output();
        }
        if event.is_error() && !self.options.hand_on_errors {
            return Err(self.reported(&event));
        }
        self.seen += 1;
        Ok(event)
    }

    fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
    }

    fn reported(&self, event: &Event) -> Error {
        let scrubber = Scrubber::new(&self.opened.key);
        let own = |text: std::borrow::Cow<'_, str>| scrubber.text(text.into_owned());
        let message = event.error_message().map(own);
        let code = event.code().map(own);
        let said = message.as_deref().unwrap_or("no reason");
        let code_text = code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        let mut facts = self.facts(ErrorKind::Stream, &format!("the stream reports an error: {said}{code_text}"));
        if let Some(answer) = &mut facts.answer {
            (answer.message, answer.code) = (message.unwrap_or_default(), code);
            answer.details = event.json().ok().map(|data| scrubber.json(data));
        }
        Error::new(facts)
    }

    fn broken(&self, error: &reqwest::Error) -> Option<Error> {
        // After the closing event all is said.
        if self.is_closed {
            return None;
        }
        let cause = Cause::of(error);
        let mut facts = self.facts(ErrorKind::Stream, &format!("the stream broke: {}", cause.line()));
        facts.source = Some(Box::new(cause));
        Some(Error::new(facts))
    }

    fn end(&self) -> Option<Error> {
        (!self.is_closed).then(|| {
            Error::new(self.facts(ErrorKind::Stream, "the stream ended without a closing event (execution_complete)"))
        })
    }

    fn silence(&self) -> Option<Error> {
        if self.is_closed {
            return None;
        }
        let text = format!("the stream was silent for {:?}", self.options.idle_timeout);
        let mut facts = self.facts(ErrorKind::Timeout, &text);
        facts.phase = Some(Phase::Idle);
        Some(Error::new(facts))
    }

    fn facts(&self, kind: ErrorKind, problem: &str) -> Box<Facts> {
        let opened = &self.opened;
        let capability = opened.capability.as_ref().map(|slug| format!("{slug}: ")).unwrap_or_default();
        let execution = opened.execution_id.as_ref().map(|id| format!(" Execution {id}.")).unwrap_or_default();
        Box::new(Facts {
            kind: Some(kind),
            text: format!(
                "{capability}{problem}, after {} events. It has run: look before you repeat it.{execution}",
                self.seen
            ),
            may_have_executed: true,
            events_seen: Some(self.seen),
            answer: Some(StatusFacts {
                status: opened.status,
                request_id: opened.request_id.clone(),
                execution_id: opened.execution_id.clone(),
                headers: opened.headers.clone(),
                ..StatusFacts::default()
            }),
            capability: opened.capability.clone(),
            key_hint: Some(opened.key.hint()),
            attempts: opened.attempts.clone(),
            ..Facts::default()
        })
    }
}

impl Stream for EventStream {
    type Item = Result<Event, Error>;

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
