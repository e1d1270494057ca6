//! A stream read one batch ahead of its reader.

use std::{fmt, sync::Arc};

use bytes::Bytes;
use serde::Serialize;
use tokio::task::JoinSet;

use crate::{
    error::Error,
    stream::{
        EventStream,
        batch::Batch,
        event::StreamEvent,
        outcome::{StreamOutcome, Usage},
        record::Record,
    },
};

/// Reads a stream for another language, where handling events is the slow part. While the reader handles a full batch, the
/// runtime's threads read and prepare the next one. After a batch that is not full nothing more has arrived, so nothing is read
/// ahead, and a reader that stops leaves no work behind.
///
/// Dropping it closes the connection at once. Cancelling a wait loses no event.
#[derive(Debug)]
pub struct ReadAhead<T: 'static> {
    /// `None` while the next batch is read ahead.
    stream: Option<Box<EventStream>>,
    ahead: JoinSet<(Box<EventStream>, Read<T>)>,
    make_ready: fn(Vec<StreamEvent>) -> T,
    progress: StreamProgress,
}

/// The batch, made ready, and whether more events were available; `None` if the stream has ended.
type Read<T> = Option<Result<(T, bool), Error>>;

/// What a stream has said so far, also while it is being read elsewhere.
#[derive(Clone)]
pub struct StreamProgress(Arc<Record>);

impl<T: Send> ReadAhead<T> {
    /// `make_ready`: prepares a batch before it is yielded.
    #[must_use]
    pub fn new(stream: EventStream, make_ready: fn(Vec<StreamEvent>) -> T) -> Self {
        let progress = StreamProgress(stream.record().clone());
        Self { stream: Some(Box::new(stream)), ahead: JoinSet::new(), make_ready, progress }
    }

    /// See [`EventStream::next_batch`]. Must be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// As [`EventStream::next`].
    pub async fn next_batch(&mut self) -> Option<Result<T, Error>> {
        let batch = match self.ahead.join_next().await {
            Some(ended) => {
                let (stream, batch) = match ended {
                    Ok(read) => read,
                    // The binding's guard turns it into an error; here it would look like the end of the stream.
                    Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
                    // The runtime has shut down.
                    Err(_) => return None,
                };
                self.stream = Some(stream);
                batch
            }
            None => read(self.stream.as_mut()?, self.make_ready).await,
        };
        let (ready, is_full) = match batch? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(error)),
        };
        // After the closing event there is nothing to gain, and a stream that is closed then keeps its final output.
        if is_full && let Some(mut stream) = self.stream.take_if(|stream| !stream.has_closing_event()) {
            let make_ready = self.make_ready;
            self.ahead.spawn(async move {
                let batch = read(&mut stream, make_ready).await;
                (stream, batch)
            });
        }
        Some(Ok(ready))
    }

    /// See [`EventStream::final_output_bytes`].
    ///
    /// # Errors
    ///
    /// As [`EventStream::final_output_bytes`].
    pub async fn final_output_bytes(&mut self) -> Result<Bytes, Error> {
        while let Some(batch) = self.next_batch().await {
            batch?;
        }
        self.progress.0.final_output()
    }

    /// See [`EventStream::text`].
    ///
    /// # Errors
    ///
    /// As [`EventStream::text`].
    pub async fn text(&mut self) -> Result<String, Error> {
        while !self.progress.0.is_text_too_large() {
            match self.next_batch().await {
                Some(batch) => drop(batch?),
                None => break,
            }
        }
        self.progress.0.text()
    }

    /// What the stream has said so far.
    #[must_use]
    pub fn progress(&self) -> &StreamProgress {
        &self.progress
    }

    /// See [`EventStream::close`]. Drops what was read ahead.
    pub fn close(&mut self) {
        self.ahead = JoinSet::new();
        match &mut self.stream {
            Some(stream) => stream.close(),
            // The batch that is read ahead is lost.
            None => self.progress.0.close(),
        }
    }
}

impl StreamProgress {
    /// See [`EventStream::execution_id`].
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.0.execution_id()
    }

    /// The error of a final output that the language's JSON parser rejected.
    #[must_use]
    pub fn undecodable(&self, reason: &str) -> Error {
        self.0.undecodable(reason)
    }

    /// See [`EventStream::outcome`] and [`EventStream::usage`]; as JSON text, the same in every language.
    #[must_use]
    pub fn report(&self) -> String {
        #[derive(Serialize)]
        struct ProgressReport {
            outcome: Option<StreamOutcome>,
            usage: Option<Usage>,
        }
        let report = ProgressReport { outcome: self.0.outcome(), usage: self.0.usage() };
        serde_json::to_string(&report).unwrap_or_default()
    }
}

impl fmt::Debug for StreamProgress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StreamProgress").field(&self.report()).finish()
    }
}

async fn read<T>(stream: &mut EventStream, make_ready: fn(Vec<StreamEvent>) -> T) -> Read<T> {
    Some(stream.gather().await?.map(|Batch { events, is_full }| (make_ready(events), is_full)))
}
