//! A stream of events: one crossing of the language border for all events that are there already.

pub(crate) mod event;
pub(crate) mod misuse;
pub(crate) mod opening;

use std::sync::Arc;

use pyo3::{
    exceptions::{PyRuntimeError, PyValueError},
    prelude::*,
    types::{PyList, PyString},
};
use runtype_surface::{
    Error,
    bindings::{self, ReadAhead, Report as _, StreamProgress},
};
use tokio::sync::watch;

use crate::{
    asyncio::completion_queue::{CancelHandle, CompletionQueue},
    error,
    json::decode::decode,
    log,
    runtime::{closing::Closing, gil, guard, per_process::PerProcess, runtime},
};
use event::StreamEvent;

/// A stream whose response has begun.
pub(crate) struct Opened {
    pub(crate) stream: runtype_surface::EventStream,
    pub(crate) capability: String,
    pub(crate) closing: Closing,
}

/// A stream of the core, read synchronously or from asyncio, by one reader at a time.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct EventStream {
    source: PerProcess<Arc<Source>>,
    report: String,
    capability: String,
}

type Events = ReadAhead<Vec<runtype_surface::StreamEvent>>;

/// What is read.
struct Source {
    reading: tokio::sync::Mutex<Reading>,
    /// Tells a reader that waits that the stream is closed.
    is_closed: watch::Sender<bool>,
    progress: StreamProgress,
}

struct Reading {
    events: Events,
    closing: Closing,
}

/// How a read ended: with what was read, or with nothing more to read.
type Read<T> = Option<Result<T, Stopped>>;

/// Why a read failed.
enum Stopped {
    Failed(Error),
    /// The client was closed meanwhile.
    ClientClosed,
}

impl Source {
    /// Reads something, unless the stream or its client is closed meanwhile.
    async fn read<T>(self: Arc<Self>, what: impl AsyncFnOnce(&mut Events) -> Option<Result<T, Error>>) -> Read<T> {
        let mut is_closed = self.is_closed.subscribe();
        let mut reading = self.reading.lock().await;
        let Reading { events, closing } = &mut *reading;
        let read = tokio::select! {
            biased;
            // The sender is this object's own, so this ends when the stream is closed and never otherwise.
            _ = is_closed.wait_for(|closed| *closed) => {
                events.close();
                return None;
            }
            read = closing.or_end(what(events)) => read,
        };
        let Some(read) = read else {
            events.close();
            return Some(Err(Stopped::ClientClosed));
        };
        read.map(|read| read.map_err(Stopped::Failed))
    }

    async fn next_batch(self: Arc<Self>) -> Read<Vec<runtype_surface::StreamEvent>> {
        self.read(async |events: &mut Events| events.next_batch().await).await
    }

    /// The text of the whole stream.
    async fn text(self: Arc<Self>) -> Read<String> {
        self.to_end(async |events| Some(events.text().await)).await
    }

    async fn final_output(self: Arc<Self>) -> Read<bytes::Bytes> {
        self.to_end(async |events| Some(events.final_output_bytes().await)).await
    }

    /// Reads to the end. Of a stream that was closed after its end, what was read is known.
    async fn to_end<T>(self: &Arc<Self>, what: impl AsyncFnOnce(&mut Events) -> Option<Result<T, Error>>) -> Read<T> {
        if *self.is_closed.borrow() {
            let mut reading = self.reading.lock().await;
            reading.events.close();
            return what(&mut reading.events).await.map(|output| output.map_err(Stopped::Failed));
        }
        // Nothing is read where it is closed meanwhile.
        Some(self.clone().read(what).await.unwrap_or_else(|| Err(Stopped::Failed(bindings::closed_stream()))))
    }
}

#[pymethods]
impl EventStream {
    /// Waits for events, and returns all that are there; none after the last one.
    fn next_batch(&self, py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
        guard::entry(|| {
            let read = gil::wait(py, self.source(py)?.next_batch())?;
            to_events(py, read, &self.capability)
        })
    }

    /// Begins to wait for events on the running asyncio loop.
    fn begin_batch<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, CancelHandle)> {
        guard::entry(|| {
            let capability = self.capability.clone();
            self.begin(py, self.source(py)?.next_batch(), move |py, read| {
                Ok(to_events(py, read, &capability)?.unwrap_or_else(|| py.None()))
            })
        })
    }

    /// Reads to the end, and returns the text of the whole stream.
    fn text(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        guard::entry(|| {
            let read = gil::wait(py, self.source(py)?.text())?;
            to_text(py, read, &self.capability)
        })
    }

    fn begin_text<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, CancelHandle)> {
        guard::entry(|| {
            let capability = self.capability.clone();
            self.begin(py, self.source(py)?.text(), move |py, read| to_text(py, read, &capability))
        })
    }

    /// Reads to the end, and returns the capability's output.
    fn final_output(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        guard::entry(|| {
            let source = self.source(py)?;
            let read = gil::wait(py, source.clone().final_output())?;
            to_output(py, read, &self.capability, &source.progress)
        })
    }

    fn begin_final_output<'py>(&self, py: Python<'py>) -> PyResult<(Bound<'py, PyAny>, CancelHandle)> {
        guard::entry(|| {
            let capability = self.capability.clone();
            let source = self.source(py)?;
            let progress = source.progress.clone();
            self.begin(py, source.final_output(), move |py, read| to_output(py, read, &capability, &progress))
        })
    }

    /// Closes the connection at once.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        guard::entry(|| {
            // A stream of another process is not this one's to close.
            let Ok(source) = self.source(py) else { return Ok(()) };
            source.is_closed.send_replace(true);
            if let Ok(mut reading) = source.reading.try_lock() {
                reading.events.close();
                return Ok(());
            }
            // A reader that waits closes the stream itself, unless its wait is cancelled just now.
            runtime(py)?.spawn(async move { source.reading.lock().await.events.close() });
            Ok(())
        })
    }

    /// What is known since the response began.
    #[getter]
    fn report<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guard::entry(|| decode(py, self.report.as_bytes()).map_err(PyValueError::new_err))
    }

    /// The execution's id, once an event has said it.
    #[getter]
    fn execution_id(&self, py: Python<'_>) -> PyResult<Option<String>> {
        guard::entry(|| {
            let Ok(source) = self.source.get(py, || Err(())) else { return Ok(None) };
            Ok(source.progress.execution_id().map(str::to_owned))
        })
    }

    /// How the stream ended, and what its execution used, as far as events have said it.
    #[getter]
    fn progress<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        guard::entry(|| decode(py, self.source(py)?.progress.report().as_bytes()).map_err(PyValueError::new_err))
    }
}

impl EventStream {
    fn new(opened: Opened) -> Self {
        let report = opened.stream.report();
        let events = ReadAhead::new(opened.stream, |events| events);
        Self {
            report,
            capability: opened.capability.clone(),
            source: PerProcess::holding(Arc::new(Source {
                progress: events.progress().clone(),
                reading: tokio::sync::Mutex::new(Reading { events, closing: opened.closing }),
                is_closed: watch::Sender::new(false),
            })),
        }
    }

    fn source(&self, py: Python<'_>) -> PyResult<Arc<Source>> {
        self.source.get(py, || Err(PyRuntimeError::new_err("the stream was opened before this process was forked")))
    }

    fn begin<'py, T: Send + 'static>(
        &self,
        py: Python<'py>,
        read: impl Future<Output = T> + Send + 'static,
        finish: impl FnOnce(Python<'_>, T) -> PyResult<Py<PyAny>> + Send + 'static,
    ) -> PyResult<(Bound<'py, PyAny>, CancelHandle)> {
        let (queue, running) = CompletionQueue::of_running_loop(py)?;
        queue.spawn(&running, read, finish)
    }
}

/// The stream that was opened; `ended` is none where its client was closed meanwhile.
pub(crate) fn opened(py: Python<'_>, ended: Option<Result<Opened, Error>>, capability: &str) -> PyResult<EventStream> {
    match ended {
        Some(Ok(opened)) => {
            log::opened(py, &opened.stream, &opened.capability)?;
            Ok(EventStream::new(opened))
        }
        Some(Err(problem)) => {
            log::failed(py, &problem)?;
            Err(error::raise(py, &problem))
        }
        None => Err(error::cancelled(py, capability)),
    }
}

fn unless_stopped<T>(py: Python<'_>, read: Read<T>, capability: &str) -> PyResult<Option<T>> {
    match read.transpose() {
        Ok(read) => Ok(read),
        Err(Stopped::Failed(problem)) => {
            log::failed(py, &problem)?;
            Err(error::raise(py, &problem))
        }
        Err(Stopped::ClientClosed) => Err(error::cancelled(py, capability)),
    }
}

fn to_text(py: Python<'_>, read: Read<String>, capability: &str) -> PyResult<Py<PyAny>> {
    let text = unless_stopped(py, read, capability)?.unwrap_or_default();
    Ok(PyString::new(py, &text).into_any().unbind())
}

fn to_output(
    py: Python<'_>,
    read: Read<bytes::Bytes>,
    capability: &str,
    progress: &StreamProgress,
) -> PyResult<Py<PyAny>> {
    match unless_stopped(py, read, capability)? {
        Some(output) => {
            decode(py, &output).map(Bound::unbind).map_err(|reason| error::raise(py, &progress.undecodable(&reason)))
        }
        None => Ok(py.None()),
    }
}

/// A list of events, as Python's class.
fn to_events(
    py: Python<'_>,
    read: Read<Vec<runtype_surface::StreamEvent>>,
    capability: &str,
) -> PyResult<Option<Py<PyAny>>> {
    let Some(batch) = unless_stopped(py, read, capability)? else { return Ok(None) };
    let events = batch.into_iter().map(|event| Py::new(py, StreamEvent::from(event))).collect::<PyResult<Vec<_>>>()?;
    Ok(Some(PyList::new(py, events)?.into_any().unbind()))
}
