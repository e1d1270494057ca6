//! Many calls to one capability: the core asks for inputs one by one, and Python's iterator yields them.
//!
//! A task on the network's threads drives the calls, so that they go on while the application looks at a result. Python's
//! iterator never runs there: whoever waits for a result takes the inputs from it, or the asyncio loop does.

pub(crate) mod inputs;

use std::sync::Arc;

use pyo3::{exceptions::PyRuntimeError, intern, prelude::*, sync::PyOnceLock};
use runtype_surface::{
    CallResult, Error,
    bindings::{Inputs, drive, inputs},
};
use tokio::{sync::mpsc, task::AbortHandle};

use crate::{
    asyncio::completion_queue::{CancelHandle, CompletionQueue},
    call_context::{CallContext, Notify},
    error,
    hooks::{self, Hooks},
    log,
    response::{Wanted, finish},
    runtime::{
        closing::Closing,
        gil,
        guard::{self, Panicked},
        per_process::PerProcess,
        runtime,
    },
};
use inputs::InputSource;

/// Why the calls ended before the last one.
enum Ended {
    ClientClosed,
    Panicked,
}

/// What the application is told by the thread that waits for a result.
enum Told {
    /// The report of an attempt, for the hooks.
    Attempt(String),
    /// A warning, for the logger.
    Warning(String),
}

/// What both sides share.
struct Shared {
    inputs: Arc<InputSource>,
    /// Inputs that were asked for, to be given by the thread that waits for a result.
    asked: tokio::sync::Mutex<mpsc::UnboundedReceiver<()>>,
    /// What the hooks and the logger are to be told, by the thread that waits for a result.
    told: tokio::sync::Mutex<mpsc::UnboundedReceiver<Told>>,
    hooks: Option<Arc<Hooks>>,
    /// Results that are there, and why there are no more.
    results: tokio::sync::Mutex<mpsc::Receiver<Result<CallResult, Ended>>>,
}

impl Shared {
    fn tell(&self, py: Python<'_>, told: &Told) -> PyResult<()> {
        match told {
            Told::Attempt(report) => self.hooks.as_ref().map_or(Ok(()), |hooks| hooks.tell(py, report)),
            Told::Warning(text) => log::warning(py, text),
        }
    }

    /// Tells what came before a result that is there.
    fn tell_rest(&self, py: Python<'_>) -> PyResult<()> {
        // Another thread that waits here tells the rest itself.
        while let Some(told) = self.told.try_lock().ok().and_then(|mut told| told.try_recv().ok()) {
            self.tell(py, &told)?;
        }
        Ok(())
    }
}

/// What the thread that waits for a result is woken by.
#[expect(clippy::large_enum_variant, reason = "it is taken apart as soon as it is made")]
enum Step {
    Result(Option<Result<CallResult, Ended>>),
    Asked,
    Told(Told),
}

/// Who makes many calls of what.
pub(crate) struct Caller {
    /// The asyncio loop's; none where whoever waits for a result takes the inputs.
    pub(crate) queue: Option<Arc<CompletionQueue>>,
    pub(crate) hooks: Option<Arc<Hooks>>,
    pub(crate) capability: String,
}

/// Many in-flight calls, read synchronously or from asyncio.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct CallMany {
    shared: PerProcess<Arc<Shared>>,
    driver: AbortHandle,
    process: u32,
    capability: String,
}

impl CallMany {
    /// Begins to drive many calls.
    pub(crate) fn begin(
        py: Python<'_>,
        iterator: Py<PyAny>,
        Caller { queue, hooks, capability }: Caller,
        mut closing: Closing,
        many: impl FnOnce(Inputs) -> Result<runtype_surface::CallMany, Error>,
    ) -> PyResult<Self> {
        let (ask, asked) = mpsc::unbounded_channel();
        // The core keeps the other results that wait for their reader.
        let (hand_over, results) = mpsc::channel(1);
        let (tell, told) = mpsc::unbounded_channel();
        let source = Arc::new(InputSource::new(iterator));
        let ask: Box<dyn Fn() + Send> = match queue.clone() {
            None => Box::new(move || {
                let _ = ask.send(());
            }),
            Some(queue) => {
                let source = Arc::downgrade(&source);
                Box::new(move || {
                    let Some(source) = source.upgrade() else { return };
                    queue.call_soon(move |py| {
                        source.pull_on_loop(py);
                        Ok(())
                    });
                })
            }
        };
        let (giver, inputs) = inputs(ask);
        source.connect(giver);
        let mut many = many(inputs).map_err(|problem| error::raise(py, &problem))?;
        let context = match &queue {
            Some(queue) => hooks::context_of_loop(queue, hooks.as_ref()),
            None => {
                let warn = tell.clone();
                let warn: Notify = Box::new(move |text| drop(warn.send(Told::Warning(text))));
                let notify = |_| -> Notify { Box::new(move |report| drop(tell.send(Told::Attempt(report)))) };
                CallContext::of_task(hooks.as_ref().map(notify), warn)
            }
        };
        let shared = Arc::new(Shared {
            inputs: source,
            asked: tokio::sync::Mutex::new(asked),
            told: tokio::sync::Mutex::new(told),
            hooks,
            results: tokio::sync::Mutex::new(results),
        });
        let driver = runtime(py)?.spawn(context.scope(async move {
            let ended = match closing.or_end(guard::future(drive(&mut many, &hand_over, Ok))).await {
                Some(Ok(())) => return,
                Some(Err(Panicked)) => Ended::Panicked,
                None => Ended::ClientClosed,
            };
            // Drops the calls in flight before their reader goes on.
            drop(many);
            let _ = hand_over.send(Err(ended)).await;
        }));
        let driver = driver.abort_handle();
        Ok(Self { shared: PerProcess::holding(shared), driver, process: std::process::id(), capability })
    }

    fn shared(&self, py: Python<'_>) -> PyResult<Arc<Shared>> {
        self.shared.get(py, || {
            Err(PyRuntimeError::new_err("the calls are closed, or were begun before this process was forked"))
        })
    }
}

#[pymethods]
impl CallMany {
    /// Waits for the next result; none after the last one.
    fn next(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        guard::entry(|| {
            let shared = self.shared(py)?;
            // An input comes before a result that is there, once: places are refilled even if the reader is always late.
            let mut has_pulled = false;
            loop {
                let waited = shared.clone();
                let step = gil::wait(py, async move {
                    let (mut results, mut asked) = (waited.results.lock().await, waited.asked.lock().await);
                    let mut told = waited.told.lock().await;
                    if !has_pulled && asked.try_recv().is_ok() {
                        return Step::Asked;
                    }
                    tokio::select! {
                        biased;
                        Some(told) = told.recv() => Step::Told(told),
                        result = results.recv() => Step::Result(result),
                        Some(()) = asked.recv() => Step::Asked,
                    }
                })?;
                match step {
                    Step::Asked => {
                        has_pulled = true;
                        shared.inputs.pull(py)?;
                    }
                    Step::Told(told) => shared.tell(py, &told)?,
                    Step::Result(result) => {
                        shared.tell_rest(py)?;
                        return to_result(py, &shared, result, &self.capability);
                    }
                }
            }
        })
    }

    /// Begins to wait for the next result on the running asyncio loop.
    fn begin_next<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, CancelHandle)> {
        guard::entry(|| {
            let shared = self.shared(py)?;
            let waited = shared.clone();
            let capability = self.capability.clone();
            let (queue, running) = CompletionQueue::of_running_loop(py)?;
            let task = async move { waited.results.lock().await.recv().await };
            queue.spawn(&running, task, move |py, result| {
                Ok(to_result(py, &shared, result, &capability)?.unwrap_or_else(|| py.None()))
            })
        })
    }

    /// Drops the calls in flight.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        guard::entry(|| {
            if self.shared.take(py).is_some() {
                self.driver.abort();
            }
            Ok(())
        })
    }
}

impl Drop for CallMany {
    fn drop(&mut self) {
        // In a forked child the calls are the parent's.
        if self.process == std::process::id() {
            self.driver.abort();
        }
    }
}

fn to_result(
    py: Python<'_>,
    shared: &Shared,
    result: Option<Result<CallResult, Ended>>,
    capability: &str,
) -> PyResult<Option<Py<PyAny>>> {
    let CallResult { index, result, .. } = match result {
        None => return shared.inputs.take_raised().map_or(Ok(None), Err),
        Some(Err(Ended::ClientClosed)) => return Err(error::cancelled(py, capability)),
        Some(Err(Ended::Panicked)) => return Err(Panicked.into()),
        Some(Ok(result)) => result,
    };
    let input = shared.inputs.take_input(index).unwrap_or_else(|| py.None());
    let (response, error) = match finish(py, Some(result), capability, Wanted::Response) {
        Ok(response) => (response, py.None()),
        Err(error) => (py.None(), error.into_value(py).into_any()),
    };
    static RESULT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = RESULT.get_or_try_init(py, || {
        py.import("runtype_surface._call_result")?.getattr(intern!(py, "CallResult")).map(Bound::unbind)
    })?;
    class.call1(py, (index, input, response, error)).map(Some)
}
