//! An answer that lacks its output, because somebody has to be asked for it.

use std::time::Duration;

use crate::{
    answer::{call::Call, render::render},
    config::answer::{Closure, Reply},
    plan::Plan,
    routes::finish::Finish,
};

/// What a request comes to.
pub(crate) enum Step {
    /// An answer.
    Answer(Plan),
    /// Somebody has to be asked for the output.
    Ask(Pending),
}

/// An answer that lacks its output.
#[derive(Debug)]
pub struct Pending {
    pub(super) question: Question,
    pub(super) call: Call,
    pub(super) finish: Finish,
}

/// Whom to ask for an output.
#[derive(Debug, Clone)]
pub enum Question {
    /// A closure, to be run without the lock on the state.
    Closure(Closure),
    /// An HTTP server.
    Callback {
        /// Where.
        url: String,
        /// How long to wait for it.
        timeout: Duration,
        /// What to send, JSON.
        body: String,
    },
}

impl Pending {
    /// Whom to ask.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Runs the closure. `None` when an HTTP server has to be asked.
    pub fn compute(&self) -> Option<Reply> {
        match &self.question {
            Question::Closure(closure) => Some((closure.0)(&self.call.value())),
            Question::Callback { .. } => None,
        }
    }

    /// The answer of a reply.
    pub fn resolve(self, reply: &Reply) -> Plan {
        self.finish.apply(render(reply, &self.call))
    }
}
