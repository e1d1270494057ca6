//! A stream read one batch ahead of its reader.

use bytes::Bytes;
use tokio::task::JoinSet;

use crate::{
    error::Error,
    stream::{EventStream, event::StreamEvent, misuse, text::Text},
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
    /// Text collected by a call of `text` that was cancelled.
    text: Text,
}

/// The batch, unless the stream has ended.
type Read<T> = Option<Result<Batch<T>, Error>>;

struct Batch<T> {
    ready: T,
    /// The events, for `text`; they share the bytes of the stream's buffer.
    events: Vec<StreamEvent>,
    is_full: bool,
}

impl<T: Send> ReadAhead<T> {
    /// `make_ready`: prepares a batch before it is yielded.
    #[must_use]
    pub fn new(stream: EventStream, make_ready: fn(Vec<StreamEvent>) -> T) -> Self {
        Self { stream: Some(Box::new(stream)), ahead: JoinSet::new(), make_ready, text: Text::default() }
    }

    /// See [`EventStream::next_batch`]. Must be called inside a tokio runtime.
    ///
    /// # Errors
    ///
    /// As [`EventStream::next`].
    pub async fn next_batch(&mut self) -> Option<Result<T, Error>> {
        Some(self.next().await?.map(|batch| batch.ready))
    }

    async fn next(&mut self) -> Read<T> {
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
        let batch = match batch? {
            Ok(batch) => batch,
            Err(error) => return Some(Err(error)),
        };
        // After the closing event there is nothing to gain, and a stream that is closed then keeps its final output.
        if batch.is_full
            && let Some(mut stream) = self.stream.take_if(|stream| !stream.has_closing_event())
        {
            let make_ready = self.make_ready;
            self.ahead.spawn(async move {
                let batch = read(&mut stream, make_ready).await;
                (stream, batch)
            });
        }
        Some(Ok(batch))
    }

    /// See [`EventStream::final_output_bytes`].
    ///
    /// # Errors
    ///
    /// As [`EventStream::next`].
    pub async fn final_output_bytes(&mut self) -> Result<Bytes, Error> {
        while let Some(batch) = self.next().await {
            // The text may be asked for afterwards.
            self.put_back(&batch?.events);
        }
        // It is missing where it was closed while it was read ahead.
        self.stream.as_mut().ok_or_else(misuse::closed_stream)?.final_output_bytes().await
    }

    /// Returns events that were yielded but not read by the application: [`text`](Self::text) begins with them.
    pub fn put_back(&mut self, unread: &[StreamEvent]) {
        unread.iter().for_each(|event| event.add_text(&mut self.text));
    }

    /// See [`EventStream::text`]. Begins with the events that were [put back](Self::put_back).
    ///
    /// # Errors
    ///
    /// As [`EventStream::next`].
    pub async fn text(&mut self) -> Result<String, Error> {
        while let Some(batch) = self.next().await {
            batch?.events.iter().for_each(|event| event.add_text(&mut self.text));
        }
        self.stream.as_ref().map_or_else(|| Err(misuse::closed_stream()), |stream| stream.unless_failed())?;
        Ok(self.text.take())
    }

    /// See [`EventStream::execution_id`]. `None` while a batch is read ahead.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.stream.as_ref()?.execution_id()
    }

    /// See [`EventStream::close`]. Drops what was read ahead.
    pub fn close(&mut self) {
        self.ahead = JoinSet::new();
        if let Some(stream) = &mut self.stream {
            stream.close();
        }
    }
}

async fn read<T>(stream: &mut EventStream, make_ready: fn(Vec<StreamEvent>) -> T) -> Read<T> {
    Some(stream.gather().await?.map(|batch| Batch {
        ready: make_ready(batch.events.clone()),
        events: batch.events,
        is_full: batch.is_full,
    }))
}
