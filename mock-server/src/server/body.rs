//! Reading of request bodies, within bounds of size and time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::{Buf as _, Bytes, BytesMut};
use http_body::Body;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

/// Memory for the request bodies of all connections.
#[derive(Debug, Clone)]
pub(super) struct BodyMemory {
    held: Arc<AtomicUsize>,
    most: usize,
}

impl BodyMemory {
    /// Memory of this many bytes.
    pub(super) fn of(most: usize) -> Self {
        Self { held: Arc::default(), most }
    }

    /// Nothing yet.
    fn nothing(&self) -> Held {
        Held { memory: self.clone(), bytes: 0 }
    }
}

/// A part of the memory, until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    memory: BodyMemory,
    bytes: usize,
}

impl Held {
    /// Takes more; `false` if there is not enough.
    fn grow(&mut self, bytes: usize) -> bool {
        let most = self.memory.most;
        let taken = self.memory.held.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| {
            held.checked_add(bytes).filter(|total| *total <= most)
        });
        if taken.is_ok() {
            self.bytes += bytes;
        }
        taken.is_ok()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.memory.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// Why a body was not read to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is larger than one body may be.
    TooLarge,
    /// The bodies of all connections together are too large.
    TooMuch,
    /// Nothing of it came for too long.
    TooSlow,
    /// The client broke it off.
    Broken,
}

/// Reads a body of at most `most` bytes, with at most `pause` between its pieces.
pub(super) async fn read_body<B: Body<Data = Bytes> + Unpin>(
    mut body: B,
    memory: &BodyMemory,
    most: usize,
    pause: Duration,
) -> Result<(Bytes, Held), Unread> {
    let mut held = memory.nothing();
    let mut read = BytesMut::new();
    loop {
        let frame = match timeout(pause, body.frame()).await {
            Err(_) => return Err(Unread::TooSlow),
            Ok(None) => return Ok((read.freeze(), held)),
            Ok(Some(Err(_))) => return Err(Unread::Broken),
            Ok(Some(Ok(frame))) => frame,
        };
        let Ok(data) = frame.into_data() else { continue };
        if data.remaining() > most.saturating_sub(read.len()) {
            return Err(Unread::TooLarge);
        }
        if !held.grow(data.remaining()) {
            return Err(Unread::TooMuch);
        }
        // Copied, so that a small piece does not keep the buffer it was read into.
        read.extend_from_slice(&data);
    }
}

#[cfg(test)]
mod tests {
    use std::{convert::Infallible, pin::Pin, task::Context, task::Poll};

    use http_body::Frame;
    use http_body_util::Full;

    use super::*;

    const PAUSE: Duration = Duration::from_secs(3600);

    /// A body of which nothing comes.
    struct Silent;

    impl Body for Silent {
        type Data = Bytes;
        type Error = Infallible;

        fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
            Poll::Pending
        }
    }

    #[tokio::test]
    async fn the_bodies_of_all_connections_share_one_memory() {
        let memory = BodyMemory::of(10);
        let (first, held) = read_body(Full::from("123456"), &memory, 8, PAUSE).await.unwrap();
        assert_eq!(first, "123456");
        let second = || read_body(Full::from("12345"), &memory, 8, PAUSE);
        assert_eq!(second().await.unwrap_err(), Unread::TooMuch);
        drop(held);
        assert_eq!(second().await.unwrap().0, "12345");
        assert_eq!(memory.held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_is_not_read() {
        let memory = BodyMemory::of(10);
        assert_eq!(read_body(Full::from("123456"), &memory, 5, PAUSE).await.unwrap_err(), Unread::TooLarge);
        assert_eq!(memory.held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn a_body_of_which_nothing_comes_is_given_up() {
        let memory = BodyMemory::of(10);
        assert_eq!(read_body(Silent, &memory, 5, Duration::from_millis(1)).await.unwrap_err(), Unread::TooSlow);
    }
}
