//! The inputs of many calls, from Python's iterator.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use bytes::Bytes;
use pyo3::{
    exceptions::PyException,
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyByteArray, PyBytes, PyIterator, PyMapping, PyString},
};
use runtype_surface::{
    Error,
    bindings::{self, InputGiver},
};

use crate::{error, json::encode::encode, runtime::guard};

/// Refuses one input where many belong.
///
/// Raises:
///     ConfigurationError: It is a mapping, a text or a pydantic model, which can be iterated too; or it cannot be iterated.
#[pyfunction]
pub(crate) fn check_inputs(inputs: &Bound<'_, PyAny>, may_be_async: bool) -> PyResult<()> {
    guard::entry(|| {
        let is_one = inputs.is_instance_of::<PyString>()
            || inputs.is_instance_of::<PyBytes>()
            || inputs.is_instance_of::<PyByteArray>()
            || inputs.cast::<PyMapping>().is_ok()
            || inputs.get_type().hasattr(intern!(inputs.py(), "model_dump"))?;
        if is_one {
            return Err(error::raise(inputs.py(), &bindings::one_input()));
        }
        let class = inputs.get_type();
        let is_iterable = class.hasattr(intern!(inputs.py(), "__iter__"))?
            || class.hasattr(intern!(inputs.py(), "__getitem__"))?
            || (may_be_async && class.hasattr(intern!(inputs.py(), "__aiter__"))?);
        if is_iterable { Ok(()) } else { Err(error::raise(inputs.py(), &bindings::not_iterable())) }
    })
}

/// Inputs as the iterator yielded them, by their index, until their results are read.
#[derive(Default)]
struct Kept {
    next_index: usize,
    by_index: HashMap<usize, Py<PyAny>>,
}

/// An iterator, and what takes its items.
pub(super) struct InputSource {
    iterator: Py<PyAny>,
    giver: OnceLock<InputGiver>,
    kept: Mutex<Kept>,
    /// What the iterator raised.
    raised: Mutex<Option<PyErr>>,
}

impl InputSource {
    pub(super) fn new(iterator: Py<PyAny>) -> Self {
        Self { iterator, giver: OnceLock::new(), kept: Mutex::default(), raised: Mutex::default() }
    }

    /// Gives the inputs to `giver` from now on.
    pub(super) fn connect(&self, giver: InputGiver) {
        self.giver.get_or_init(|| giver);
    }

    /// Gives the next input of a synchronous iterator, on this thread.
    pub(super) fn pull(&self, py: Python<'_>) -> PyResult<()> {
        let mut iterator = self.iterator.bind(py).cast::<PyIterator>()?.clone();
        match iterator.next() {
            Some(Ok(input)) => self.give_object(&input),
            None => self.give(None),
            // An interrupt waits for nothing.
            Some(Err(raised)) if !raised.is_instance_of::<PyException>(py) => return Err(raised),
            Some(Err(raised)) => self.fail(raised),
        }
        Ok(())
    }

    /// Has the next input pulled on the thread of the loop, which is this one.
    pub(super) fn pull_on_loop(self: Arc<Self>, py: Python<'_>) {
        // The calls wait for this input, so whatever goes wrong ends them.
        if let Err(failed) = guard::entry(|| self.clone().begin_pull(py)) {
            self.fail(failed);
        }
    }

    fn begin_pull(self: Arc<Self>, py: Python<'_>) -> PyResult<()> {
        static PULL: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        let pull = PULL.get_or_try_init(py, || {
            py.import("runtype_surface._call_many")?.getattr(intern!(py, "pull")).map(Bound::unbind)
        })?;
        let iterator = self.iterator.clone_ref(py);
        pull.call1(py, (iterator, InputSink(self))).map(drop)
    }

    fn give(&self, input: Option<Result<Bytes, Error>>) {
        if let Some(giver) = self.giver.get() {
            giver.give(input);
        }
    }

    /// Supplies an input as Python's iterator yielded it.
    fn give_object(&self, input: &Bound<'_, PyAny>) {
        match guard::entry(|| Ok(encode(input).map(Bytes::from))) {
            Ok(json) => {
                self.keep(input);
                self.give(Some(json));
            }
            // The calls wait for this input, and there is none.
            Err(panicked) => self.fail(panicked),
        }
    }

    fn keep(&self, input: &Bound<'_, PyAny>) {
        let mut kept = self.kept();
        let index = kept.next_index;
        kept.next_index += 1;
        kept.by_index.insert(index, input.clone().unbind());
    }

    /// The input with this index, which is not kept any longer.
    pub(super) fn take_input(&self, index: usize) -> Option<Py<PyAny>> {
        self.kept().by_index.remove(&index)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts no more calls. The exception is raised after the results of those that have started.
    fn fail(&self, raised: PyErr) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = Some(raised);
        self.give(None);
    }

    pub(super) fn take_raised(&self) -> Option<PyErr> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Where an input goes that was pulled on an asyncio loop.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct InputSink(Arc<InputSource>);

#[pymethods]
impl InputSink {
    /// Takes an input.
    fn give(&self, input: &Bound<'_, PyAny>) {
        self.0.give_object(input);
    }

    /// There are no more inputs.
    fn end(&self) -> PyResult<()> {
        guard::entry(|| {
            self.0.give(None);
            Ok(())
        })
    }

    /// Takes what the iterator raised.
    fn fail(&self, raised: Bound<'_, PyAny>) -> PyResult<()> {
        guard::entry(|| {
            self.0.fail(PyErr::from_value(raised));
            Ok(())
        })
    }
}
