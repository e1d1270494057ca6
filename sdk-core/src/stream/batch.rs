//! Events that arrived together, for readers that pay for each wait.

use std::task::Poll;

use super::{EventStream, event::StreamEvent};
use crate::error::Error;

/// Size of a full batch in bytes. With the batch that is [read ahead](crate::bindings::ReadAhead) it makes one read buffer of
/// 64 KiB, so a slow reader still applies backpressure to the server.
const BATCH_BYTES: usize = 32 * 1024;

/// Events that arrived together.
pub(crate) struct Batch {
    pub(crate) events: Vec<StreamEvent>,
    /// Whether more events were available.
    pub(crate) is_full: bool,
}

impl EventStream {
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
}
