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
        Closing { client: self.0.subscribe(), origin: None }
    }
}

/// The end of a call or a stream: tells when the client is closed, or the one that it is derived from.
pub(crate) struct Closing {
    client: watch::Receiver<bool>,
    origin: Option<watch::Receiver<bool>>,
}

impl Closing {
    /// Adds the client that this one is derived from.
    pub(crate) fn with_origin(self, origin: Self) -> Self {
        Self { origin: Some(origin.client), ..self }
    }

    /// Drives something to its end; none where the client is closed before.
    pub(crate) async fn or_end<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            output = work => Some(output),
            () = self.closed() => None,
        }
    }

    async fn closed(&mut self) {
        match &mut self.origin {
            None => closed(&mut self.client).await,
            Some(origin) => tokio::select! {
                () = closed(&mut self.client) => (),
                () = closed(origin) => (),
            },
        }
    }
}

/// Waits until a client is closed; forever where it was only dropped.
async fn closed(client: &mut watch::Receiver<bool>) {
    if client.wait_for(|closed| *closed).await.is_err() {
        std::future::pending().await
    }
}
