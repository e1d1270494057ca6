//! The client: what both Python clients stand on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use pyo3::{exceptions::PyValueError, prelude::*, types::PyDict};
use runtype_surface::{
    Call, CallResponse, ClientBuilder, Error,
    bindings::{self, Refuse as _},
};

use crate::{
    asyncio::completion_queue::{CancelHandle, CompletionQueue},
    call_many::{CallMany, Caller},
    endpoint::Endpoint,
    error,
    hooks::{self, Hooks},
    json::encode::encode,
    options::{
        self, Many,
        opaque::{KeptOptions, OpaqueOptions},
        value::characters,
    },
    response::{Wanted, finish},
    runtime::{
        closing::{Closer, Closing},
        guard,
        per_process::PerProcess,
    },
    stream::{EventStream, Opened, opened, opening::Opening},
};

/// A client of the core, for synchronous calls and for asyncio.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct Client {
    /// Kept to make the client again in a forked child.
    builder: ClientBuilder,
    endpoint: runtype_surface::Endpoint,
    instance: PerProcess<Arc<Instance>>,
    hooks: Option<Arc<Hooks>>,
    options: KeptOptions,
    closed: AtomicBool,
}

/// A client of the core in this process.
struct Instance {
    client: runtype_surface::Client,
    /// Tells the calls in flight that the client is closed.
    closer: Closer,
}

impl Instance {
    fn make(builder: &ClientBuilder) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self { client: builder.clone().build()?, closer: Closer::new() }))
    }
}

/// A call that is ready to be sent.
struct Prepared {
    call: Call,
    /// The capability's slug, for logs and texts: the caller may have passed a whole URL.
    capability: String,
    closing: Closing,
}

impl Prepared {
    async fn send(mut self) -> Option<Result<CallResponse<Bytes>, Error>> {
        self.closing.or_end(self.call.send_bytes()).await
    }

    async fn open(mut self) -> Option<Result<Opened, Error>> {
        let stream = self.closing.or_end(self.call.stream()).await?;
        Some(stream.map(|stream| Opened { stream, capability: self.capability, closing: self.closing }))
    }
}

#[pymethods]
impl Client {
    #[new]
    fn new(py: Python<'_>, given: &OpaqueOptions) -> PyResult<Self> {
        guard::entry(|| {
            let builder = bindings::called_from(runtype_surface::Client::builder(), &language(py));
            let (builder, hooks) = options::client(builder, given.bind(py))?;
            let instance = Instance::make(&builder).map_err(|problem| error::raise(py, &problem))?;
            Ok(Self {
                builder,
                endpoint: instance.client.endpoint().clone(),
                instance: PerProcess::holding(instance),
                hooks,
                options: KeptOptions::of(given.bind(py))?,
                closed: AtomicBool::new(false),
            })
        })
    }

    /// What makes this client again from a pickle.
    fn options_for_pickle<'py>(&self, py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyDict>> {
        guard::entry(|| self.options.for_pickle(py, kind))
    }

    /// The surface's address.
    #[getter]
    fn endpoint(&self) -> PyResult<Endpoint> {
        guard::entry(|| Ok(Endpoint(self.endpoint.clone())))
    }

    /// Calls, waits, and returns the `output` or the `response`.
    fn call(
        &self,
        py: Python<'_>,
        target: &str,
        capability: &Bound<'_, PyAny>,
        input: Option<&Bound<'_, PyAny>>,
        wanted: &str,
        given: &OpaqueOptions,
    ) -> PyResult<Py<PyAny>> {
        guard::entry(|| {
            let wanted = Wanted::parse(wanted)?;
            let prepared = self.prepare(py, target, capability, input, given)?;
            let name = prepared.capability.clone();
            let ended = hooks::wait(py, self.hooks.as_ref(), prepared.send())?;
            finish(py, ended, &name, wanted)
        })
    }

    /// Starts a call on the running asyncio loop. Returns the future, and what cancels it.
    fn begin<'py>(
        &self,
        py: Python<'py>,
        target: &str,
        capability: &Bound<'py, PyAny>,
        input: Option<&Bound<'py, PyAny>>,
        wanted: &str,
        given: &OpaqueOptions,
    ) -> PyResult<(Bound<'py, PyAny>, CancelHandle)> {
        guard::entry(|| {
            let wanted = Wanted::parse(wanted)?;
            let prepared = self.prepare(py, target, capability, input, given)?;
            let name = prepared.capability.clone();
            let (queue, running) = CompletionQueue::of_running_loop(py)?;
            let task = hooks::context_of_loop(&queue, self.hooks.as_ref()).scope(prepared.send());
            queue.spawn(&running, task, move |py, ended| finish(py, ended, &name, wanted))
        })
    }

    /// Refuses wrong options of a call that is sent later. A closed client refuses that call itself.
    fn check(&self, py: Python<'_>, given: &OpaqueOptions) -> PyResult<()> {
        guard::entry(|| {
            let options = given.bind(py);
            if options.is_empty() || self.closed.load(Ordering::Acquire) {
                return Ok(());
            }
            let instance = self.instance(py)?;
            let call = options::call(instance.client.openapi_call(), options)?;
            bindings::checked_call(call).map(drop).map_err(|problem| error::raise(py, &problem))
        })
    }

    /// Opens a stream, and waits until its response begins; none where it is closed before.
    fn stream(
        &self,
        py: Python<'_>,
        capability: &Bound<'_, PyAny>,
        input: Option<&Bound<'_, PyAny>>,
        given: &OpaqueOptions,
        opening: &Opening,
    ) -> PyResult<Option<EventStream>> {
        guard::entry(|| {
            let prepared = self.prepare(py, "capability", capability, input, given)?;
            let name = prepared.capability.clone();
            let ended = hooks::wait(py, self.hooks.as_ref(), opening.or_close(prepared.open()))?;
            ended.map(|ended| opened(py, ended, &name)).transpose()
        })
    }

    /// Starts to open a stream on the running asyncio loop. Returns the future, and what cancels it.
    fn begin_stream<'py>(
        &self,
        py: Python<'py>,
        capability: &Bound<'py, PyAny>,
        input: Option<&Bound<'py, PyAny>>,
        given: &OpaqueOptions,
    ) -> PyResult<(Bound<'py, PyAny>, CancelHandle)> {
        guard::entry(|| {
            let prepared = self.prepare(py, "capability", capability, input, given)?;
            let name = prepared.capability.clone();
            let (queue, running) = CompletionQueue::of_running_loop(py)?;
            let task = hooks::context_of_loop(&queue, self.hooks.as_ref()).scope(prepared.open());
            queue.spawn(&running, task, move |py, ended| Ok(Py::new(py, opened(py, ended, &name)?)?.into_any()))
        })
    }

    /// Starts many calls, whose inputs the thread that reads the results takes from Python's iterator.
    fn call_many(
        &self,
        py: Python<'_>,
        capability: &Bound<'_, PyAny>,
        inputs: Py<PyAny>,
        given: &OpaqueOptions,
    ) -> PyResult<CallMany> {
        guard::entry(|| self.many(py, capability, inputs, given, None))
    }

    /// Starts many calls, whose inputs the running asyncio loop takes from Python's iterator.
    fn begin_call_many(
        &self,
        py: Python<'_>,
        capability: &Bound<'_, PyAny>,
        inputs: Py<PyAny>,
        given: &OpaqueOptions,
    ) -> PyResult<CallMany> {
        guard::entry(|| {
            let (queue, _) = CompletionQueue::of_running_loop(py)?;
            self.many(py, capability, inputs, given, Some(queue))
        })
    }

    /// Closes the connections and ends the calls in flight. Every later call is refused.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        guard::entry(|| {
            self.closed.store(true, Ordering::Release);
            if let Some(instance) = self.instance.take(py) {
                instance.closer.close();
            }
            Ok(())
        })
    }

    #[getter]
    fn is_closed(&self) -> PyResult<bool> {
        guard::entry(|| Ok(self.closed.load(Ordering::Acquire)))
    }
}

impl Client {
    fn instance(&self, py: Python<'_>) -> PyResult<Arc<Instance>> {
        self.instance.get(py, || Instance::make(&self.builder)).map_err(|problem| error::raise(py, &problem))
    }

    fn many(
        &self,
        py: Python<'_>,
        capability: &Bound<'_, PyAny>,
        inputs: Py<PyAny>,
        given: &OpaqueOptions,
        queue: Option<Arc<CompletionQueue>>,
    ) -> PyResult<CallMany> {
        let options = Many::read(given.bind(py))?;
        let Prepared { call, capability, closing } = self.prepare(py, "capability", capability, None, given)?;
        let caller = Caller { queue, hooks: self.hooks.clone(), capability };
        CallMany::begin(py, inputs, caller, closing, |inputs| {
            bindings::checked(options.set(bindings::many_stream(call, inputs)))
        })
    }

    fn prepare(
        &self,
        py: Python<'_>,
        target: &str,
        capability: &Bound<'_, PyAny>,
        input: Option<&Bound<'_, PyAny>>,
        given: &OpaqueOptions,
    ) -> PyResult<Prepared> {
        if self.closed.load(Ordering::Acquire) {
            return Err(error::raise(py, &bindings::closed_client()));
        }
        let instance = self.instance(py)?;
        let capability = characters("capability", capability)?;
        let slug = || self.endpoint.slug(capability).map_err(|problem| error::raise(py, &problem));
        let (mut call, name) = match target {
            "capability" => (instance.client.capability(capability), slug()?),
            "openapi" => (instance.client.openapi_call(), "openapi.json".to_owned()),
            _ => return Err(PyValueError::new_err("a target is capability or openapi")),
        };
        if let Some(input) = input {
            call = match encode(input) {
                Ok(json) => call.input_json(json),
                Err(problem) => call.refuse(problem),
            };
        }
        let closing = instance.closer.subscribe();
        Ok(Prepared { call: options::call(call, given.bind(py))?, capability: name, closing })
    }
}

/// The language that the calls come from, for the user agent.
fn language(py: Python<'_>) -> String {
    let python = py.version_info();
    format!("python {}.{}", python.major, python.minor)
}
