//! A response whose output has to be computed outside of the lock.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

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
            Question::Closure(closure) => {
                let input = self.call.value();
                // A panic of a closure is the response to its call, not the end of the connection.
                let reply = catch_unwind(AssertUnwindSafe(|| (closure.0)(&input)));
                Some(reply.unwrap_or_else(|panic| {
                    let text = panic.downcast_ref::<&str>().copied();
                    let text =
                        text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
                    Reply::error(500, &format!("the closure that answers `{}` panicked: {text}", self.call.slug))
                }))
            }
            Question::Callback { .. } => None,
        }
    }

    /// The response of a reply.
    pub fn resolve(self, reply: &Reply) -> Plan {
        self.finish.apply(render(reply, &self.call))
    }
}
