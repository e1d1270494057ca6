//! Inputs of many calls from an iterator of another language, which does not run on the runtime's threads.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use tokio::sync::mpsc;

use crate::error::Error;

type Input = Option<Result<Bytes, Error>>;

/// Inputs that are requested one at a time, when there is room for the call. `ask` runs on the runtime's threads; the other half
/// supplies the input.
pub fn inputs(ask: impl Fn() + Send + 'static) -> (InputGiver, Inputs) {
    let (give, given) = mpsc::unbounded_channel();
    (InputGiver(give), Inputs { ask: Box::new(ask), given, is_asked: false })
}

/// Supplies the inputs that [`Inputs`] requests.
#[derive(Debug, Clone)]
pub struct InputGiver(mpsc::UnboundedSender<Input>);

impl InputGiver {
    /// Supplies an input as JSON text, or the error of converting it; `None` ends the inputs.
    pub fn give(&self, input: Option<Result<Bytes, Error>>) {
        // The receiver is gone if the calls were dropped.
        let _ = self.0.send(input);
    }
}

/// The inputs as [`many_stream`](super::many_stream) takes them.
pub struct Inputs {
    ask: Box<dyn Fn() + Send>,
    given: mpsc::UnboundedReceiver<Input>,
    is_asked: bool,
}

impl Stream for Inputs {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.is_asked {
            self.is_asked = true;
            (self.ask)();
        }
        let given = ready!(self.given.poll_recv(context));
        self.is_asked = false;
        Poll::Ready(given.flatten())
    }
}

impl fmt::Debug for Inputs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inputs").field("is_asked", &self.is_asked).finish_non_exhaustive()
    }
}
