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
    bindings::{self, InputGiver, TraceContext},
};

use crate::{
    error,
    json::encode::encode,
    ledger::row_id,
    runtime::guard,
    span::{self, CallSpan},
    variables::{self, Variables},
};

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
    by_index: HashMap<usize, KeptInput>,
}

/// An input, and the span of its call.
type KeptInput = (Py<PyAny>, Option<Arc<CallSpan>>);

/// What the spans of the calls begin with.
pub(super) struct SpanSource {
    /// What the core reports, the same for each.
    pub(super) start: String,
    /// Those of whoever made the calls.
    pub(super) variables: Option<Arc<Variables>>,
}

/// An iterator, and what takes its items.
pub(super) struct InputSource {
    iterator: Py<PyAny>,
    /// Those of whoever made the calls, where a loop takes the items.
    variables: Option<Variables>,
    /// None where OpenTelemetry is not loaded.
    spans: Option<SpanSource>,
    /// The function that gives the id of an input.
    id_of: Option<Py<PyAny>>,
    giver: OnceLock<InputGiver>,
    kept: Mutex<Kept>,
    /// What the iterator raised.
    raised: Mutex<Option<PyErr>>,
}

impl InputSource {
    pub(super) fn new(
        iterator: Py<PyAny>,
        variables: Option<Variables>,
        spans: Option<SpanSource>,
        id_of: Option<Py<PyAny>>,
    ) -> Self {
        let (giver, kept, raised) = (OnceLock::new(), Mutex::default(), Mutex::default());
        Self { iterator, variables, spans, id_of, giver, kept, raised }
    }

    /// Gives the inputs to `giver` from now on.
    pub(super) fn connect(&self, giver: InputGiver) {
        self.giver.get_or_init(|| giver);
    }

    /// Gives the next input of a synchronous iterator, on this thread.
    pub(super) fn pull(&self, py: Python<'_>) -> PyResult<()> {
        let mut iterator = self.iterator.bind(py).cast::<PyIterator>()?.clone();
        match iterator.next() {
            Some(Ok(input)) => self.give_object(&input)?,
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
        let arguments = (self.iterator.clone_ref(py), InputSink(self.clone())).into_pyobject(py)?;
        variables::run(self.variables.as_ref(), pull.bind(py), &arguments).map(drop)
    }

    fn give(&self, input: Option<Result<Bytes, Error>>) {
        if let Some(giver) = self.giver.get() {
            giver.give(input);
        }
    }

    /// Supplies an input as Python's iterator yielded it.
    ///
    /// # Errors
    ///
    /// An interrupt.
    fn give_object(&self, input: &Bound<'_, PyAny>) -> PyResult<()> {
        match guard::entry(|| Ok(encode(input).map(Bytes::from))) {
            Ok(Ok(json)) => {
                let (span, context) = self.start_span(input.py())?.unzip();
                let index = self.keep(input, span);
                let context = context.flatten();
                match (&self.id_of, self.giver.get(), context) {
                    (Some(id_of), _, context) => {
                        let id = id_of.bind(input.py()).call1((input,));
                        self.give_with_id(index, json, context, id);
                    }
                    (None, Some(giver), Some(context)) => giver.give_traced(json, context),
                    _ => self.give(Some(Ok(json))),
                }
            }
            Ok(refused) => {
                self.keep(input, None);
                self.give(Some(refused));
            }
            // The calls wait for this input, and there is none.
            Err(panicked) => self.fail(panicked),
        }
        Ok(())
    }

    /// Starts the span of a call when its input is taken: the call waits in it for its place and its window.
    fn start_span(&self, py: Python<'_>) -> PyResult<Option<(Arc<CallSpan>, Option<TraceContext>)>> {
        let Some(SpanSource { start, variables }) = &self.spans else { return Ok(None) };
        span::start(py, start, variables.as_deref())
    }

    /// Supplies an input with its id, which the application's function has given.
    fn give_with_id(
        &self,
        index: usize,
        json: Bytes,
        context: Option<TraceContext>,
        given: PyResult<Bound<'_, PyAny>>,
    ) {
        match given.map(|given| row_id(&given)) {
            Ok(Ok(id)) => {
                if let Some(giver) = self.giver.get() {
                    giver.give_with_id(json, context, id);
                }
            }
            Ok(Err(found)) => self.give(Some(Err(bindings::wrong_id(index, &found)))),
            Err(raised) => self.fail(raised),
        }
    }

    fn keep(&self, input: &Bound<'_, PyAny>, span: Option<Arc<CallSpan>>) -> usize {
        let mut kept = self.kept();
        let index = kept.next_index;
        kept.next_index += 1;
        kept.by_index.insert(index, (input.clone().unbind(), span));
        index
    }

    /// The input with this index, which is not kept any longer.
    pub(super) fn take_input(&self, index: usize) -> Option<KeptInput> {
        self.kept().by_index.remove(&index)
    }

    /// Ends the spans of the calls whose results nobody reads.
    pub(super) fn give_up(&self, py: Python<'_>) {
        // Outside of the lock: OpenTelemetry runs code of the application.
        let left = std::mem::take(&mut self.kept().by_index);
        for (_, span) in left.into_values() {
            span::cancelled(py, span.as_deref());
        }
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
    fn give(&self, input: &Bound<'_, PyAny>) -> PyResult<()> {
        self.0.give_object(input)
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
