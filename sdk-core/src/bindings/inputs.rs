//! Inputs of many calls from an iterator of another language, which does not run on the runtime's threads.

use std::{
    fmt,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use tokio::sync::mpsc;

use crate::{call::many::row::Input, error::Error, ledger::id::RowId, telemetry::trace_context::TraceContext};

/// Inputs that are requested one at a time, when there is room for the call. `ask` runs on the runtime's threads; the other half
/// supplies the input.
pub fn inputs(ask: impl Fn() + Send + 'static) -> (InputGiver, Inputs) {
    let (give, given) = mpsc::unbounded_channel();
    (InputGiver(give), Inputs { ask: Box::new(ask), given, is_asked: false })
}

/// Supplies the inputs that [`Inputs`] requests.
#[derive(Debug, Clone)]
pub struct InputGiver(mpsc::UnboundedSender<Option<Result<Input, Error>>>);

impl InputGiver {
    /// Supplies an input as JSON text, or the error of converting it; `None` ends the inputs.
    pub fn give(&self, input: Option<Result<Bytes, Error>>) {
        self.send(input.map(|input| input.map(Input::from)));
    }

    /// Supplies an input whose request carries this context of a trace.
    pub fn give_traced(&self, json: Bytes, trace: TraceContext) {
        self.send(Some(Ok(Input { json, trace: Some(trace), id: None })));
    }

    /// Supplies an input with its id in the ledger.
    pub fn give_with_id(&self, json: Bytes, trace: Option<TraceContext>, id: RowId) {
        self.send(Some(Ok(Input { json, trace, id: Some(id) })));
    }

    fn send(&self, input: Option<Result<Input, Error>>) {
        // The receiver is gone if the calls were dropped.
        let _ = self.0.send(input);
    }
}

/// The inputs as [`many_stream`](super::many_stream) takes them.
pub struct Inputs {
    ask: Box<dyn Fn() + Send>,
    given: mpsc::UnboundedReceiver<Option<Result<Input, Error>>>,
    is_asked: bool,
}

impl Inputs {
    pub(super) fn poll_input(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Input, Error>>> {
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
