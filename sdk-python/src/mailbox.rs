//! How answers reach an asyncio loop.
//!
//! Each loop has a mailbox. The network's threads put what is done into it and, where it was empty, ring its bell; the loop
//! then takes out everything that has come. So many answers cost one wake-up,
//! and the network's threads never wait for the GIL.
//!
//! The mailbox outlives its loop as long as calls hold it: what comes for a closed loop is dropped.

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

use crate::{bell::Bell, guard, runtime::runtime};

/// What the loop does with an answer, on its own thread.
type Finish = Box<dyn FnOnce(Python<'_>) -> PyResult<Py<PyAny>> + Send>;

/// Mailboxes by their loop's address, with what tells whether it is still the same loop.
type ByLoop = HashMap<usize, (Py<PyWeakrefReference>, Arc<Mailbox>)>;

/// What comes to a loop.
enum Parcel {
    /// The end of the work with this number.
    Done(u64, Finish),
    /// Something else to be done there.
    Errand(Box<dyn FnOnce(Python<'_>) -> PyResult<()> + Send>),
}

/// What a loop waits for.
struct Pending {
    future: Py<PyAny>,
    work: AbortHandle,
}

#[derive(Default)]
struct Waiting {
    last_number: u64,
    by_number: HashMap<u64, Pending>,
}

pub(crate) struct Mailbox {
    process: u32,
    arrived: Mutex<Vec<Parcel>>,
    /// Locked by threads that hold the GIL only.
    waiting: Mutex<Waiting>,
    /// Hung once the loop knows what to call.
    bell: OnceLock<Bell>,
}

impl Mailbox {
    /// The mailbox of the running loop.
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
            let (reference, mailbox) = known.get(&address)?;
            // Another loop may have come to stand where a dead one stood.
            let is_same = reference.bind(py).upgrade().is_some_and(|kept| kept.is(&running));
            (is_same && mailbox.process == std::process::id()).then(|| mailbox.clone())
        });
        if let Some(mailbox) = known {
            return Ok((mailbox, running));
        }
        let reference = PyWeakrefReference::new(&running)?;
        let mailbox = Self::open(&running, &reference)?;
        let dead = KNOWN.with_borrow_mut(|known| {
            let dead: Vec<_> = known.extract_if(|_, (kept, _)| kept.bind(py).upgrade().is_none()).collect();
            (dead, known.insert(address, (reference.unbind(), mailbox.clone())))
        });
        // Outside of the borrow: dropping Python objects may run any code.
        drop(dead);
        Ok((mailbox, running))
    }

    fn open(running: &Bound<'_, PyAny>, reference: &Bound<'_, PyWeakrefReference>) -> PyResult<Arc<Self>> {
        let mailbox = Arc::new(Self {
            process: std::process::id(),
            arrived: Mutex::default(),
            waiting: Mutex::default(),
            bell: OnceLock::new(),
        });
        let reader = Bound::new(running.py(), Reader(mailbox.clone()))?;
        let bell = Bell::hang(running, reference, reader.as_any())?;
        mailbox.bell.get_or_init(|| bell);
        Ok(mailbox)
    }

    /// Begins work on the network's threads. Gives the asyncio future that it completes, and what cancels it.
    pub(crate) fn begin<'py, T: Send + 'static>(
        self: &Arc<Self>,
        running: &Bound<'py, PyAny>,
        work: impl Future<Output = T> + Send + 'static,
        finish: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<(Bound<'py, PyAny>, Ticket)> {
        let py = running.py();
        let future = running.call_method0(intern!(py, "create_future"))?;
        let runtime = runtime(py)?;
        // The lock is held until the work is noted, so that it cannot end before.
        let mut waiting = self.waiting();
        waiting.last_number += 1;
        let number = waiting.last_number;
        let mailbox = self.clone();
        let task = runtime.spawn(async move {
            let output = guard::work(work).await;
            mailbox.put(Parcel::Done(number, Box::new(move |py| finish(py, output?))));
        });
        waiting.by_number.insert(number, Pending { future: future.clone().unbind(), work: task.abort_handle() });
        Ok((future, Ticket { mailbox: self.clone(), number }))
    }

    /// Has something done on the loop's thread.
    pub(crate) fn send(self: &Arc<Self>, errand: impl FnOnce(Python<'_>) -> PyResult<()> + Send + 'static) {
        self.put(Parcel::Errand(Box::new(errand)));
    }

    fn put(self: &Arc<Self>, parcel: Parcel) {
        let is_first = {
            let mut arrived = self.arrived.lock().unwrap_or_else(PoisonError::into_inner);
            arrived.push(parcel);
            arrived.len() == 1
        };
        if let Some(bell) = self.bell.get().filter(|_| is_first) {
            bell.ring(|py| Ok(Py::new(py, Reader(self.clone()))?.into_any()));
        }
    }

    /// Takes out what has come, and does it.
    fn empty(&self, py: Python<'_>) {
        if let Some(bell) = self.bell.get() {
            bell.still();
        }
        let arrived = std::mem::take(&mut *self.arrived.lock().unwrap_or_else(PoisonError::into_inner));
        for parcel in arrived {
            let done = match parcel {
                Parcel::Done(number, finish) => self.complete(py, number, finish),
                // It is its own guard: only it knows who waits for it.
                Parcel::Errand(errand) => errand(py),
            };
            if let Err(error) = done {
                error.write_unraisable(py, None);
            }
        }
    }

    fn complete(&self, py: Python<'_>, number: u64, finish: Finish) -> PyResult<()> {
        let Some(pending) = self.waiting().by_number.remove(&number) else { return Ok(()) };
        let future = pending.future.bind(py);
        if future.call_method0(intern!(py, "done"))?.is_truthy()? {
            return Ok(());
        }
        match guard::body(|| finish(py)) {
            Ok(value) => future.call_method1(intern!(py, "set_result"), (value,))?,
            Err(error) => future.call_method1(intern!(py, "set_exception"), (error.into_value(py),))?,
        };
        Ok(())
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One call that an asyncio loop waits for. Letting go of it drops the work.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct Ticket {
    mailbox: Arc<Mailbox>,
    number: u64,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.drop_work();
    }
}

#[pymethods]
impl Ticket {
    /// Drops the work: its request is aborted and its connection closed.
    fn cancel(&self) -> PyResult<()> {
        guard::body(|| {
            self.drop_work();
            Ok(())
        })
    }
}

impl Ticket {
    fn drop_work(&self) {
        // In a forked child the work is the parent's.
        if self.mailbox.process != std::process::id() {
            return;
        }
        let pending = self.mailbox.waiting().by_number.remove(&self.number);
        if let Some(pending) = pending {
            pending.work.abort();
        }
    }
}

/// What the loop calls when the bell rings. The loop owns it, and closing the loop drops it.
#[pyclass(frozen)]
struct Reader(Arc<Mailbox>);

#[pymethods]
impl Reader {
    fn __call__(&self, py: Python<'_>) -> PyResult<()> {
        guard::body(|| {
            self.0.empty(py);
            Ok(())
        })
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        // In a forked child the work is the parent's.
        if !self.0.bell.get().is_some_and(Bell::is_owned_by_loop) || self.0.process != std::process::id() {
            return;
        }
        let left = std::mem::take(&mut self.0.waiting().by_number);
        for pending in left.values() {
            pending.work.abort();
        }
    }
}
