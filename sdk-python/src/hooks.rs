//! The application's hooks: what watches each attempt.
//!
//! They run where the application waits for the call, on its thread or its asyncio loop, and never on the network's threads,
//! which do not wait for the GIL.

use std::{pin::pin, sync::Arc};

use pyo3::{exceptions::PyException, intern, prelude::*, sync::PyOnceLock, types::PyTuple};
use runtype_surface::{Attempt, AttemptStart, ClientBuilder, bindings::attempt_report};
use tokio::sync::mpsc;

use crate::{
    asyncio::completion_queue::CompletionQueue,
    call_context::{CallContext, Notify},
    json::decode::decode,
    log,
    runtime::{gil, guard},
};

/// What is called before an attempt is sent, and when it has ended.
#[derive(Default)]
pub(crate) struct Hooks {
    before: Option<Py<PyAny>>,
    after: Option<Py<PyAny>>,
}

impl Hooks {
    pub(crate) fn before(&mut self, hook: Py<PyAny>, builder: ClientBuilder) -> ClientBuilder {
        self.before = Some(hook);
        builder.before_attempt(|start: &AttemptStart<'_>| CallContext::current().notify(attempt_report(start, None)))
    }

    pub(crate) fn after(&mut self, hook: Py<PyAny>, builder: ClientBuilder) -> ClientBuilder {
        self.after = Some(hook);
        builder.after_attempt(|start: &AttemptStart<'_>, end: &Attempt| {
            CallContext::current().notify(attempt_report(start, Some(end)));
        })
    }

    /// Passes reports on to `tell`, from which the thread that waits for the call takes them.
    pub(crate) fn on_thread(tell: mpsc::UnboundedSender<String>) -> Notify {
        Box::new(move |report| {
            // Where the wait was interrupted, nobody listens.
            let _ = tell.send(report);
        })
    }

    /// Runs the hooks on the call's asyncio loop.
    pub(crate) fn on_loop(self: Arc<Self>, queue: Arc<CompletionQueue>) -> Notify {
        Box::new(move |report| {
            let hooks = self.clone();
            queue.call_soon(move |py| guard::entry(|| hooks.tell(py, &report)));
        })
    }

    /// These hooks, if there are any.
    pub(crate) fn shared(self) -> Option<Arc<Self>> {
        (self.before.is_some() || self.after.is_some()).then(|| Arc::new(self))
    }

    /// Runs the hook that the report is for. An exception that it raises changes nothing for the call, and is one line at
    /// ERROR of the logger `runtype_surface`.
    ///
    /// # Errors
    ///
    /// What is no `Exception`, such as `KeyboardInterrupt`.
    pub(crate) fn tell(&self, py: Python<'_>, report: &str) -> PyResult<()> {
        match self.call(py, report) {
            Err((hook, raised)) if raised.is_instance_of::<PyException>(py) => {
                if let Err(broken) = log::hook_failed(py, hook, &raised) {
                    broken.write_unraisable(py, None);
                }
                Ok(())
            }
            Err((_, raised)) => Err(raised),
            Ok(()) => Ok(()),
        }
    }

    /// No Python frame of this package holds a hook, whose `repr` may show what it knows.
    ///
    /// # Errors
    ///
    /// The hook's name, and what it raised.
    fn call(&self, py: Python<'_>, report: &str) -> Result<(), (&'static str, PyErr)> {
        let told = Self::told(py, report).map_err(|raised| ("before_attempt", raised))?;
        // The start of an attempt, or its start and its end.
        let (name, hook) =
            if told.len() == 1 { ("before_attempt", &self.before) } else { ("after_attempt", &self.after) };
        hook.as_ref().map_or(Ok(()), |hook| hook.bind(py).call1(told).map(drop).map_err(|raised| (name, raised)))
    }

    /// What a hook is told.
    fn told<'py>(py: Python<'py>, report: &str) -> PyResult<Bound<'py, PyTuple>> {
        static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let read = READ.get_or_try_init(py, || {
            py.import("runtype_surface._hooks")?.getattr(intern!(py, "of_report")).map(Bound::unbind)
        })?;
        let report = decode(py, report.as_bytes()).map_err(PyException::new_err)?;
        Ok(read.bind(py).call1((report,))?.cast_into::<PyTuple>()?)
    }
}

/// The context of a call on an asyncio loop.
pub(crate) fn context_of_loop(queue: &Arc<CompletionQueue>, hooks: Option<&Arc<Hooks>>) -> CallContext {
    CallContext::of_loop(queue.clone(), hooks.map(|hooks| hooks.clone().on_loop(queue.clone())))
}

/// Drives a call on this thread, and runs the hooks here while it waits.
pub(crate) fn wait<T: Send>(
    py: Python<'_>,
    hooks: Option<&Arc<Hooks>>,
    call: impl Future<Output = T> + Send,
) -> PyResult<T> {
    let Some(hooks) = hooks else { return gil::wait(py, CallContext::default().scope(call)) };
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut call = pin!(CallContext::of_thread(Some(Hooks::on_thread(tell))).scope(call));
    loop {
        let step = gil::wait(py, async {
            tokio::select! {
                biased;
                Some(report) = told.recv() => Err(report),
                output = &mut call => Ok(output),
            }
        })?;
        match step {
            Err(report) => hooks.tell(py, &report)?,
            Ok(output) => {
                while let Ok(report) = told.try_recv() {
                    hooks.tell(py, &report)?;
                }
                return Ok(output);
            }
        }
    }
}
