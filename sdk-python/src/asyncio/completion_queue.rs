//! How results reach an asyncio loop.
//!
//! Each loop has a completion queue. The network's threads put what is done into it and, where it was empty, wake the loop,
//! which then takes out everything that is there. So many results cost one wake-up, and the network's threads never wait
//! for the GIL.
//!
//! The queue outlives its loop as long as calls hold it: what comes for a closed loop is dropped.

use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use pyo3::{
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyWeakrefMethods, PyWeakrefReference},
};
use tokio::task::AbortHandle;

use super::waker::Waker;
use crate::runtime::{guard, runtime};

/// What the loop does with the output of a task, on its own thread.
type Finish = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// Queues by their loop's address, with what tells whether it is still the same loop.
type ByLoop = HashMap<usize, (Py<PyWeakrefReference>, Arc<CompletionQueue>)>;

/// What waits for a loop.
enum Completion {
    /// The end of the task with this number.
    Task(u64, Finish),
    /// A function that is to be called there.
    Callback(Box<dyn FnOnce(Python<'_>) -> PyResult<()> + Send>),
}

/// What a loop waits for.
struct Pending {
    future: Py<PyAny>,
    task: AbortHandle,
}

#[derive(Default)]
struct PendingTasks {
    last_number: u64,
    by_number: HashMap<u64, Pending>,
}

/// What the network's threads have done for one loop.
pub(crate) struct CompletionQueue {
    process: u32,
    completions: Mutex<Vec<Completion>>,
    /// Locked by threads that hold the GIL only.
    pending: Mutex<PendingTasks>,
    /// Set once the loop knows what to call.
    waker: OnceLock<Waker>,
}

impl CompletionQueue {
    /// The queue of the running loop.
    ///
    /// # Errors
    ///
    /// `RuntimeError` where no loop runs on this thread.
    pub(crate) fn of_running_loop(py: Python<'_>) -> PyResult<(Arc<Self>, Bound<'_, PyAny>)> {
        thread_local!(static KNOWN: RefCell<ByLoop> = RefCell::default());
        static RUNNING: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let running = RUNNING
            .get_or_try_init(py, || py.import("asyncio")?.getattr("get_running_loop").map(Bound::unbind))?
            .bind(py)
            .call0()?;
        let address = running.as_ptr().addr();
        let known = KNOWN.with_borrow(|known| {
            let (reference, queue) = known.get(&address)?;
            // Another loop may have the address of a dead one.
            let is_same = reference.bind(py).upgrade().is_some_and(|kept| kept.is(&running));
            (is_same && queue.process == std::process::id()).then(|| queue.clone())
        });
        if let Some(queue) = known {
            return Ok((queue, running));
        }
        let reference = PyWeakrefReference::new(&running)?;
        let queue = Self::open(&running, &reference)?;
        let dead = KNOWN.with_borrow_mut(|known| {
            let dead: Vec<_> = known.extract_if(|_, (kept, _)| kept.bind(py).upgrade().is_none()).collect();
            (dead, known.insert(address, (reference.unbind(), queue.clone())))
        });
        // Outside of the borrow: dropping Python objects may run any code.
        drop(dead);
        Ok((queue, running))
    }

    fn open(running: &Bound<'_, PyAny>, reference: &Bound<'_, PyWeakrefReference>) -> PyResult<Arc<Self>> {
        let queue = Arc::new(Self {
            process: std::process::id(),
            completions: Mutex::default(),
            pending: Mutex::default(),
            waker: OnceLock::new(),
        });
        let reader = Bound::new(running.py(), Reader(queue.clone()))?;
        let waker = Waker::register(running, reference, reader.as_any())?;
        queue.waker.get_or_init(|| waker);
        Ok(queue)
    }

    /// Spawns a task on the network's threads. Gives the asyncio future that it completes, and what cancels it.
    pub(crate) fn spawn<'py, T: Send + 'static>(
        self: &Arc<Self>,
        running: &Bound<'py, PyAny>,
        task: impl Future<Output = T> + Send + 'static,
        finish: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<(Bound<'py, PyAny>, CancelHandle)> {
        let py = running.py();
        let future = running.call_method0(intern!(py, "create_future"))?;
        let runtime = runtime(py)?;
        // The lock is held until the task is noted, so that it cannot end before.
        let mut pending = self.pending();
        pending.last_number += 1;
        let number = pending.last_number;
        let queue = self.clone();
        let task = runtime.spawn(async move {
            let output = guard::future(task).await;
            queue.push(Completion::Task(number, Box::new(move |py| finish(py, output?))));
        });
        pending.by_number.insert(number, Pending { future: future.clone().unbind(), task: task.abort_handle() });
        Ok((future, CancelHandle { queue: self.clone(), number }))
    }

    /// Has a function called on the loop's thread.
    pub(crate) fn call_soon(self: &Arc<Self>, callback: impl FnOnce(Python<'_>) -> PyResult<()> + Send + 'static) {
        self.push(Completion::Callback(Box::new(callback)));
    }

    fn push(self: &Arc<Self>, completion: Completion) {
        let is_first = {
            let mut completions = self.completions.lock().unwrap_or_else(PoisonError::into_inner);
            completions.push(completion);
            completions.len() == 1
        };
        if let Some(waker) = self.waker.get().filter(|_| is_first) {
            waker.wake(|py| Ok(Py::new(py, Reader(self.clone()))?.into_any()));
        }
    }

    /// Takes out everything that is there, and does it.
    fn run(&self, py: Python<'_>) {
        if let Some(waker) = self.waker.get() {
            waker.drain();
        }
        let completions = std::mem::take(&mut *self.completions.lock().unwrap_or_else(PoisonError::into_inner));
        for completion in completions {
            let done = match completion {
                Completion::Task(number, finish) => self.complete(py, number, finish),
                // It is its own guard: only it knows who waits for it.
                Completion::Callback(callback) => callback(py),
            };
            if let Err(error) = done {
                error.write_unraisable(py, None);
            }
        }
    }

    fn complete(&self, py: Python<'_>, number: u64, finish: Finish) -> PyResult<()> {
        let Some(pending) = self.pending().by_number.remove(&number) else { return Ok(()) };
        let future = pending.future.bind(py);
        if future.call_method0(intern!(py, "done"))?.is_truthy()? {
            return Ok(());
        }
        match guard::entry(|| finish(py)) {
            Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
            Err(error) => future.call_method1(intern!(py, "set_exception"), (error.into_value(py),))?,
        };
        Ok(())
    }

    fn pending(&self) -> MutexGuard<'_, PendingTasks> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cancels one task that an asyncio loop waits for. Dropping it does the same.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct CancelHandle {
    queue: Arc<CompletionQueue>,
    number: u64,
}

impl Drop for CancelHandle {
    fn drop(&mut self) {
        self.abort();
    }
}

#[pymethods]
impl CancelHandle {
    /// Drops the task: its request is aborted and its connection closed.
    fn cancel(&self) -> PyResult<()> {
        guard::entry(|| {
            self.abort();
            Ok(())
        })
    }
}

impl CancelHandle {
    fn abort(&self) {
        // In a forked child the task is the parent's.
        if self.queue.process != std::process::id() {
            return;
        }
        let pending = self.queue.pending().by_number.remove(&self.number);
        if let Some(pending) = pending {
            pending.task.abort();
        }
    }
}

/// What the loop calls when it is woken. The loop owns it, and closing the loop drops it.
#[pyclass(frozen)]
struct Reader(Arc<CompletionQueue>);

#[pymethods]
impl Reader {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        guard::entry(|| {
            self.0.run(py);
            Ok(())
        })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // In a forked child the tasks are the parent's.
        if !self.0.waker.get().is_some_and(Waker::is_owned_by_loop) || self.0.process != std::process::id() {
            return;
        }
        let left = std::mem::take(&mut self.0.pending().by_number);
        for pending in left.values() {
            pending.task.abort();
        }
    }
}
