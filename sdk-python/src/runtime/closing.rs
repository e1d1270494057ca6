//! How closing a client ends its calls in flight.

use tokio::sync::watch;

/// The client's end: closes it.
pub(crate) struct Closer(watch::Sender<bool>);

impl Closer {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Ends the calls in flight.
    pub(crate) fn close(&self) {
        self.0.send_replace(true);
    }

    pub(crate) fn subscribe(&self) -> Closing {
        Closing(self.0.subscribe())
    }
}

/// The end of a call or a stream: tells when the client is closed.
pub(crate) struct Closing(watch::Receiver<bool>);

impl Closing {
    /// Drives something to its end; none where the client is closed before.
    pub(crate) async fn or_end<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            output = work => Some(output),
            () = self.closed() => None,
        }
    }

    /// Waits until the client is closed; forever where it was only dropped.
    async fn closed(&mut self) {
        if self.0.wait_for(|closed| *closed).await.is_err() {
            std::future::pending().await
        }
    }
}
