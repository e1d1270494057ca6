//! Many calls to one capability: the core asks for inputs one by one, and Python's iterator gives them.
//!
//! A task on the network's threads drives the calls, so that they go on while the application looks at a result. Python's
//! iterator never runs there: whoever waits for a result gives the inputs that are asked for, or the asyncio loop does.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bytes::Bytes;
use pyo3::{
    exceptions::{PyException, PyRuntimeError},
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::PyIterator,
};
use runtype_surface::{
    Answer, Error,
    bindings::{InputGiver, Inputs, inputs},
};
use tokio::{sync::mpsc, task::AbortHandle};

use crate::{
    circumstances::Circumstances,
    client::{Closing, finish},
    encode::encode,
    failure,
    guard::{self, Panicked},
    hook::Hooks,
    mailbox::{Mailbox, Ticket},
    runtime::{PerProcess, runtime},
    signals,
};

/// One result with the number of its input.
type Numbered = (usize, Result<Answer<Bytes>, Error>);

/// Why the calls ended before the last one.
enum Ended {
    ClientClosed,
    Panicked,
}

/// What both sides share.
struct Shared {
    iterator: Py<PyAny>,
    giver: OnceLock<InputGiver>,
    /// Inputs that were asked for, to be given by the thread that waits for a result.
    asked: tokio::sync::Mutex<mpsc::UnboundedReceiver<()>>,
    /// What the hooks are to be told, by the thread that waits for a result.
    told: tokio::sync::Mutex<mpsc::UnboundedReceiver<String>>,
    hooks: Option<Arc<Hooks>>,
    /// Results that are there, and why there are no more.
    results: tokio::sync::Mutex<mpsc::Receiver<Result<Numbered, Ended>>>,
    /// What Python's iterator raised.
    raised: Mutex<Option<PyErr>>,
}

impl Shared {
    fn give(&self, input: Option<Result<Bytes, Error>>) {
        if let Some(giver) = self.giver.get() {
            giver.give(input);
        }
    }

    /// Gives an input as Python's iterator gave it.
    fn give_object(&self, input: &Bound<'_, PyAny>) {
        match guard::body(|| Ok(encode(input).map(Bytes::from))) {
            Ok(input) => self.give(Some(input)),
            // The calls wait for this input, and there is none.
            Err(panicked) => self.fail(panicked),
        }
    }

    /// Begins no more calls. It is raised once the results of those that were begun are handed on.
    fn fail(&self, raised: PyErr) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(raised);
        self.give(None);
    }

    fn tell(&self, py: Python<'_>, report: &str) -> PyResult<()> {
        self.hooks.as_ref().map_or(Ok(()), |hooks| hooks.tell(py, report))
    }

    /// Tells the hooks what came before a result that is there.
    fn tell_rest(&self, py: Python<'_>) -> PyResult<()> {
        // Another thread that waits here tells the rest itself.
        while let Some(report) = self.told.try_lock().ok().and_then(|mut told| told.try_recv().ok()) {
            self.tell(py, &report)?;
        }
        Ok(())
    }

    fn take_raised(&self) -> Option<PyErr> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// What the thread that waits for a result is woken by.
#[expect(clippy::large_enum_variant, reason = "it is taken apart as soon as it is made")]
enum Step {
    Result(Option<Result<Numbered, Ended>>),
    Asked,
    Told(String),
}

/// Who makes many calls of what.
pub(crate) struct Who {
    /// The asyncio loop's; none where whoever waits for a result gives the inputs.
    pub(crate) mailbox: Option<Arc<Mailbox>>,
    pub(crate) hooks: Option<Arc<Hooks>>,
    pub(crate) capability: String,
}

/// Many calls under way, read synchronously or from asyncio.
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
        Who { mailbox, hooks, capability }: Who,
        mut closing: Closing,
        many: impl FnOnce(Inputs) -> Result<runtype_surface::CallMany, Error>,
    ) -> PyResult<Self> {
        let (ask, asked) = mpsc::unbounded_channel();
        // One result waits for its reader; the next calls begin when it has been taken.
        let (hand_on, results) = mpsc::channel(1);
        let (tell, told) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            iterator,
            giver: OnceLock::new(),
            asked: tokio::sync::Mutex::new(asked),
            told: tokio::sync::Mutex::new(told),
            hooks: hooks.clone(),
            results: tokio::sync::Mutex::new(results),
            raised: Mutex::default(),
        });
        let ask: Box<dyn Fn() + Send> = match mailbox.clone() {
            None => Box::new(move || {
                let _ = ask.send(());
            }),
            Some(mailbox) => {
                let shared = Arc::downgrade(&shared);
                Box::new(move || {
                    let Some(shared) = shared.upgrade() else { return };
                    mailbox.send(move |py| {
                        pull_on_loop(py, shared);
                        Ok(())
                    });
                })
            }
        };
        let (giver, inputs) = inputs(ask);
        shared.giver.get_or_init(|| giver);
        let mut many = many(inputs).map_err(|problem| failure::raise(py, &problem))?;
        let circumstances = match mailbox {
            Some(mailbox) => Circumstances::of_loop(mailbox, hooks),
            None => Circumstances::of_thread(hooks.map(|_| tell)),
        };
        let driver = runtime(py)?.spawn(circumstances.around(async move {
            loop {
                let result = match closing.or_end(guard::work(many.next())).await {
                    Some(Ok(Some(numbered))) => Ok(numbered),
                    Some(Ok(None)) => return,
                    Some(Err(Panicked)) => Err(Ended::Panicked),
                    None => Err(Ended::ClientClosed),
                };
                let is_last = result.is_err();
                if hand_on.send(result).await.is_err() || is_last {
                    return;
                }
            }
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
        guard::body(|| {
            let shared = self.shared(py)?;
            loop {
                let waited = shared.clone();
                let step = signals::wait(py, async move {
                    let (mut results, mut asked) = (waited.results.lock().await, waited.asked.lock().await);
                    let mut told = waited.told.lock().await;
                    tokio::select! {
                        biased;
                        Some(report) = told.recv() => Step::Told(report),
                        result = results.recv() => Step::Result(result),
                        Some(()) = asked.recv() => Step::Asked,
                    }
                })?;
                match step {
                    Step::Asked => pull(py, &shared)?,
                    Step::Told(report) => shared.tell(py, &report)?,
                    Step::Result(result) => {
                        shared.tell_rest(py)?;
                        return to_result(py, &shared, result, &self.capability);
                    }
                }
            }
        })
    }

    /// Begins to wait for the next result on the running asyncio loop.
    fn begin_next<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, Ticket)> {
        guard::body(|| {
            let shared = self.shared(py)?;
            let waited = shared.clone();
            let capability = self.capability.clone();
            let (mailbox, running) = Mailbox::of_running_loop(py)?;
            let work = async move { waited.results.lock().await.recv().await };
            mailbox.begin(&running, work, move |py, result| {
                Ok(to_result(py, &shared, result, &capability)?.unwrap_or_else(|| py.None()))
            })
        })
    }

    /// Drops what is under way.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        guard::body(|| {
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

/// Where a pulled input goes.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct Feeder(Arc<Shared>);

#[pymethods]
impl Feeder {
    /// Takes an input.
    fn give(&self, input: &Bound<'_, PyAny>) {
        self.0.give_object(input);
    }

    /// There are no more inputs.
    fn end(&self) -> PyResult<()> {
        guard::body(|| {
            self.0.give(None);
            Ok(())
        })
    }

    /// Takes what the iterator raised.
    fn fail(&self, raised: Bound<'_, PyAny>) -> PyResult<()> {
        guard::body(|| {
            self.0.fail(PyErr::from_value(raised));
            Ok(())
        })
    }
}

/// Gives the next input of a synchronous iterator, on this thread.
fn pull(py: Python<'_>, shared: &Shared) -> PyResult<()> {
    let mut iterator = shared.iterator.bind(py).cast::<PyIterator>()?.clone();
    match iterator.next() {
        Some(Ok(input)) => shared.give_object(&input),
        None => shared.give(None),
        // An interrupt waits for nothing.
        Some(Err(raised)) if !raised.is_instance_of::<PyException>(py) => return Err(raised),
        Some(Err(raised)) => shared.fail(raised),
    }
    Ok(())
}

/// Has the next input pulled on the loop's thread.
fn pull_on_loop(py: Python<'_>, shared: Arc<Shared>) {
    // The calls wait for this input, so whatever goes wrong ends them.
    if let Err(failed) = guard::body(|| begin_pull(py, shared.clone())) {
        shared.fail(failed);
    }
}

fn begin_pull(py: Python<'_>, shared: Arc<Shared>) -> PyResult<()> {
    static PULL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let pull = PULL.get_or_try_init(py, || {
        py.import("runtype_surface._call_many")?.getattr(intern!(py, "pull")).map(Bound::unbind)
    })?;
    let iterator = shared.iterator.clone_ref(py);
    pull.call1(py, (iterator, Feeder(shared))).map(drop)
}

fn to_result(
    py: Python<'_>,
    shared: &Shared,
    result: Option<Result<Numbered, Ended>>,
    capability: &str,
) -> PyResult<Option<Py<PyAny>>> {
    let (number, result) = match result {
        None => return shared.take_raised().map_or(Ok(None), Err),
        Some(Err(Ended::ClientClosed)) => return Err(failure::cancelled(py, capability)),
        Some(Err(Ended::Panicked)) => return Err(Panicked.into()),
        Some(Ok(numbered)) => numbered,
    };
    let (answer, error) = match finish(py, Some(result), capability, true) {
        Ok(answer) => (answer, py.None()),
        Err(error) => (py.None(), error.into_value(py).into_any()),
    };
    static RESULT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let class = RESULT.get_or_try_init(py, || {
        py.import("runtype_surface._call_many")?.getattr(intern!(py, "ManyResult")).map(Bound::unbind)
    })?;
    class.call1(py, (number, answer, error)).map(Some)
}
