//! A response whose output has to be computed outside of the lock.

use std::time::Duration;

use crate::{
    answer::{call::Call, render::render},
    config::answer::{Closure, Reply},
    plan::Plan,
    routes::finish::Finish,
};

/// Intermediate result of a request.
pub(crate) enum Step {
    /// A response.
    Answer(Plan),
    /// A response without its output.
    Ask(Pending),
}

/// A response without its output.
#[derive(Debug)]
pub struct Pending {
    pub(super) question: Question,
    pub(super) call: Call,
    pub(super) finish: Finish,
}

/// What computes an output.
#[derive(Debug, Clone)]
pub enum Question {
    /// A closure, run without the lock on the state.
    Closure(Closure),
    /// An HTTP server.
    Callback {
        /// Its URL.
        url: String,
        /// Its timeout.
        timeout: Duration,
        /// Its request body, JSON.
        body: String,
    },
}

impl Pending {
    /// What computes the output.
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Runs the closure. `None` if an HTTP server has to be called.
    pub fn compute(&self) -> Option<Reply> {
        match &self.question {
            Question::Closure(closure) => Some((closure.0)(&self.call.value())),
            Question::Callback { .. } => None,
        }
    }

    /// The response of a reply.
    pub fn resolve(self, reply: &Reply) -> Plan {
        self.finish.apply(render(reply, &self.call))
    }
}
