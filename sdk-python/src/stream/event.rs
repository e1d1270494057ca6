//! One event of a stream, as a Python object that decodes what is asked of it.

use pyo3::{
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyString, PyTuple, PyType},
};

use crate::{
    error,
    json::{decode::decode, encode::encode},
    options::value::characters,
    runtime::guard,
};

/// One event of a stream: its name, its data, and typed access to the vocabulary's fields.
///
/// What an event does not have is `None`. An event that is not in the vocabulary is kept whole.
#[pyclass(frozen, module = "runtype_surface")]
pub(crate) struct StreamEvent {
    event: runtype_surface::StreamEvent,
    data: PyOnceLock<Py<PyAny>>,
}

impl From<runtype_surface::StreamEvent> for StreamEvent {
    fn from(event: runtype_surface::StreamEvent) -> Self {
        Self { event, data: PyOnceLock::new() }
    }
}

#[pymethods]
impl StreamEvent {
    #[new]
    #[pyo3(signature = (name, data, id = None), text_signature = "(name, data, id='')")]
    fn new(name: &Bound<'_, PyString>, data: &Bound<'_, PyAny>, id: Option<&Bound<'_, PyString>>) -> PyResult<Self> {
        guard::entry(|| {
            let name = characters("name", name)?;
            let id = id.map_or(Ok(""), |id| characters("id", id))?;
            let data_json = encode(data).map_err(|problem| error::raise(data.py(), &problem))?;
            Ok(runtype_surface::StreamEvent::of_parts(name, data_json, id).into())
        })
    }

    /// An event whose data is JSON text, as a pickle holds it.
    #[classmethod]
    fn _of_json(_class: &Bound<'_, PyType>, name: &str, data: Vec<u8>, id: &str) -> PyResult<Self> {
        guard::entry(|| Ok(runtype_surface::StreamEvent::of_parts(name, data, id).into()))
    }

    /// Name of the event: `text_delta`, `execution_complete` and so on (`StreamEventName`), or one that is not listed yet.
    #[getter]
    fn name<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        guard::entry(|| Ok(PyString::intern(py, self.event.name())))
    }

    /// The data, decoded: by the vocabulary an object. Data that is not JSON is a string.
    #[getter]
    fn data<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyAny>> {
        guard::entry(|| {
            let text = || PyString::new(py, &String::from_utf8_lossy(self.event.data())).into_any();
            let decoded = || decode(py, self.event.data()).unwrap_or_else(|_| text()).unbind();
            Ok(self.data.get_or_init(py, decoded).bind(py))
        })
    }

    /// The event's `id` field, or that of the last event that had one.
    #[getter]
    fn id<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyString>> {
        guard::entry(|| Ok(PyString::new(py, &self.event.last_event_id())))
    }

    /// The number of the event in its execution.
    #[getter]
    fn seq(&self) -> PyResult<Option<u64>> {
        guard::entry(|| Ok(self.event.seq()))
    }

    /// The execution's id, under which the product's owner finds it in the logs.
    #[getter]
    fn execution_id(&self) -> PyResult<Option<String>> {
        guard::entry(|| Ok(self.event.execution_id().map(String::from)))
    }

    /// The piece of text of a `…_delta` event, in whole characters.
    #[getter]
    fn delta<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        guard::entry(|| Ok(self.event.delta().map(|delta| PyString::new(py, &delta))))
    }

    /// The whole text again, which `text_complete` has.
    #[getter]
    fn text<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyString>>> {
        guard::entry(|| Ok(self.event.text().map(|text| PyString::new(py, &text))))
    }

    /// The id of the text, tool or step that the event belongs to.
    #[getter]
    fn part_id(&self) -> PyResult<Option<String>> {
        guard::entry(|| Ok(self.event.part_id().map(String::from)))
    }

    /// The id of the tool call in which a nested flow or agent runs. The event is not part of the answer itself.
    #[getter]
    fn parent_tool_call_id(&self) -> PyResult<Option<String>> {
        guard::entry(|| Ok(self.event.parent_tool_call_id().map(String::from)))
    }

    /// The name of the tool, which `tool_…`, `await` and `approval_…` events have.
    #[getter]
    fn tool_name(&self) -> PyResult<Option<String>> {
        guard::entry(|| Ok(self.event.tool_name().map(String::from)))
    }

    /// What the execution waits for, which `await` says; `detached` if it goes on without this reader.
    #[getter]
    fn await_reason(&self) -> PyResult<Option<String>> {
        guard::entry(|| Ok(self.event.await_reason().map(String::from)))
    }

    /// The capability's output, which `execution_complete` has.
    #[getter]
    fn final_output<'py>(&self, py: Python<'py>) -> PyResult<Option<Bound<'py, PyAny>>> {
        guard::entry(|| Ok(self.event.final_output().and_then(|output| decode(py, &output).ok())))
    }

    /// How many seconds the execution took, which `execution_complete` says.
    #[getter]
    fn duration(&self) -> PyResult<Option<f64>> {
        guard::entry(|| Ok(self.event.duration().map(|duration| duration.as_secs_f64())))
    }

    /// The code of an `execution_error` or `error` event.
    #[getter]
    fn code(&self) -> PyResult<Option<String>> {
        guard::entry(|| Ok(self.event.code().map(String::from)))
    }

    /// The words of an `execution_error` or `error` event.
    #[getter]
    fn error_message(&self) -> PyResult<Option<String>> {
        guard::entry(|| Ok(self.event.error_message().map(String::from)))
    }

    /// Whether the stream goes on after an `error` event: it does unless the event says `recoverable: false`.
    #[getter]
    fn recoverable(&self) -> PyResult<Option<bool>> {
        guard::entry(|| Ok(self.event.recoverable()))
    }

    /// Whether the execution succeeded, which `execution_complete` says. Only `False` makes it a failure.
    #[getter]
    fn success(&self) -> PyResult<Option<bool>> {
        guard::entry(|| Ok(self.event.success()))
    }

    /// Why the execution stopped, which `execution_complete` and `execution_error` say.
    #[getter]
    fn stop_reason(&self) -> PyResult<Option<String>> {
        guard::entry(|| Ok(self.event.stop_reason().map(String::from)))
    }

    /// Where the plan can be upgraded, which an `execution_error` or `error` event may say.
    #[getter]
    fn upgrade_url(&self) -> PyResult<Option<String>> {
        guard::entry(|| Ok(self.event.upgrade_url().map(String::from)))
    }

    #[classattr]
    fn __match_args__() -> (&'static str, &'static str, &'static str) {
        ("name", "data", "id")
    }

    fn __eq__(&self, py: Python<'_>, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        guard::entry(|| {
            let Ok(other) = other.cast::<Self>() else { return Ok(false) };
            let other = other.get();
            Ok(self.event.name() == other.event.name()
                && self.event.last_event_id() == other.event.last_event_id()
                && self.data(py)?.eq(other.data(py)?)?)
        })
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        guard::entry(|| {
            let (name, data, id) = (self.name(py)?.repr()?, self.data(py)?.repr()?, self.id(py)?.repr()?);
            Ok(format!("StreamEvent(name={name}, data={data}, id={id})"))
        })
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        guard::entry(|| {
            let py = slf.py();
            let event = &slf.get().event;
            let data = pyo3::types::PyBytes::new(py, event.data());
            let parts = (event.name(), data, event.last_event_id()).into_pyobject(py)?;
            Ok((slf.get_type().getattr(intern!(py, "_of_json"))?, parts))
        })
    }
}
