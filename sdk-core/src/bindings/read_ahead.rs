//! A stream read one batch ahead of its reader.

use bytes::Bytes;
use tokio::task::JoinSet;

use crate::{
    error::Error,
    stream::{EventStream, event::StreamEvent, fields::Text},
};

/// Reads a stream for another language, where handling events is the slow part: while the reader handles a full batch, the
/// next one is read and made ready on the runtime's threads. A batch that is not full has shown that nothing more is there,
/// so nothing is read ahead then, and a reader that stops leaves no work behind.
///
/// Dropping it closes the connection at once. Giving up a wait loses no event.
#[derive(Debug)]
pub struct ReadAhead<T: 'static> {
    /// Empty while the next batch is read ahead.
    stream: Option<Box<EventStream>>,
    ahead: JoinSet<(Box<EventStream>, Read<T>)>,
    make_ready: fn(Vec<StreamEvent>) -> T,
    /// The text that a reader who gave up has gathered.
    text: Text,
}

/// A batch, and whether it was full.
type Read<T> = Option<Result<(T, bool), Error>>;

impl<T: Send> ReadAhead<T> {
    /// `make_ready`: what the reader wants done with a batch before it is handed on.
    #[must_use]
    pub fn new(stream: EventStream, make_ready: fn(Vec<StreamEvent>) -> T) -> Self {
        Self { stream: Some(Box::new(stream)), ahead: JoinSet::new(), make_ready, text: Text::default() }
    }

    /// As [`EventStream::next_batch`]. It is to be called in a tokio runtime.
    ///
    /// # Errors
    ///
    /// As [`EventStream::next`].
    pub async fn next_batch(&mut self) -> Option<Result<T, Error>> {
        let batch = match self.ahead.join_next().await {
            Some(ended) => {
                let (stream, batch) = match ended {
                    Ok(read) => read,
                    // The binding's guard makes an error of it; here it would look like the end of the stream.
                    Err(ended) if ended.is_panic() => std::panic::resume_unwind(ended.into_panic()),
                    // The runtime ended.
                    Err(_) => return None,
                };
                self.stream = Some(stream);
                batch
            }
            None => read(self.stream.as_mut()?, self.make_ready).await,
        };
        let (batch, is_full) = match batch? {
            Ok(read) => read,
            Err(error) => return Some(Err(error)),
        };
        if is_full && let Some(mut stream) = self.stream.take() {
            let make_ready = self.make_ready;
            self.ahead.spawn(async move {
                let batch = read(&mut stream, make_ready).await;
                (stream, batch)
            });
        }
        Some(Ok(batch))
    }

    /// As [`EventStream::final_output_bytes`].
    ///
    /// # Errors
    ///
    /// As [`EventStream::next`].
    pub async fn final_output_bytes(&mut self) -> Option<Result<Bytes, Error>> {
        while let Some(batch) = self.next_batch().await {
            if let Err(error) = batch {
                return Some(Err(error));
            }
        }
        Some(self.stream.as_mut()?.final_output_bytes().await)
    }

    /// As [`EventStream::execution_id`], if nothing is being read ahead.
    #[must_use]
    pub fn execution_id(&self) -> Option<&str> {
        self.stream.as_ref()?.execution_id()
    }

    /// As [`EventStream::close`]. What was read ahead is dropped.
    pub fn close(&mut self) {
        self.ahead = JoinSet::new();
        if let Some(stream) = &mut self.stream {
            stream.close();
        }
    }
}

impl ReadAhead<Vec<StreamEvent>> {
    /// As [`EventStream::text`].
    ///
    /// # Errors
    ///
    /// As [`EventStream::next`].
    pub async fn text(&mut self) -> Result<String, Error> {
        while let Some(batch) = self.next_batch().await {
            batch?.iter().for_each(|event| event.add_text(&mut self.text));
        }
        self.stream.as_ref().map_or(Ok(()), |stream| stream.unless_failed())?;
        Ok(self.text.take())
    }
}

async fn read<T>(stream: &mut EventStream, make_ready: fn(Vec<StreamEvent>) -> T) -> Read<T> {
    Some(stream.gather().await?.map(|batch| (make_ready(batch.events), batch.is_full)))
}
