//! Inputs of many calls that another language's iterator gives, which does not run on the runtime's threads.

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

/// Inputs that are asked for one by one, each when there is room for its call. `ask` is called on the runtime's threads, and
/// what it asks for is to be given by the other half.
pub fn inputs(ask: impl Fn() + Send + 'static) -> (InputGiver, Inputs) {
    let (give, given) = mpsc::unbounded_channel();
    (InputGiver(give), Inputs { ask: Box::new(ask), given, is_asked: false })
}

/// Gives what [`Inputs`] ask for.
#[derive(Debug, Clone)]
pub struct InputGiver(mpsc::UnboundedSender<Input>);

impl InputGiver {
    /// Gives an input as JSON text, or why it is none; nothing where there are no more.
    pub fn give(&self, input: Option<Result<Bytes, Error>>) {
        // Where the calls were dropped, nobody wants it.
        let _ = self.0.send(input);
    }
}

/// What [`many_stream`](super::many_stream) reads.
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
