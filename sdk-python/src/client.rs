//! The client: what both Python clients stand on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use pyo3::{
    exceptions::PyValueError,
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyString},
};
use runtype_surface::{
    Answer, Call, ClientBuilder, Error,
    bindings::{self, Refuse as _, Report as _, many_stream, undecodable},
};
use tokio::sync::watch;

use crate::{
    call_many::{CallMany, Who},
    circumstances::Circumstances,
    decode::decode,
    encode::encode,
    endpoint::Endpoint,
    failure, guard,
    hook::{self, Hooks},
    log,
    mailbox::{Mailbox, Ticket},
    opaque_options::{KeptOptions, OpaqueOptions},
    options,
    runtime::PerProcess,
    stream::{EventStream, Opened},
};

/// A client of the core, for synchronous calls and for asyncio.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct Client {
    /// Kept to make the client anew in a forked child.
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
    closing: watch::Sender<bool>,
}

impl Instance {
    fn make(builder: &ClientBuilder) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self { client: builder.clone().build()?, closing: watch::Sender::new(false) }))
    }
}

/// Tells a call or a stream when its client is closed.
pub(crate) struct Closing(watch::Receiver<bool>);

impl Closing {
    /// Drives something to its end; none where the client is closed before.
    pub(crate) async fn or_end<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            output = work => Some(output),
            () = self.closed() => None,
        }
    }

    /// Waits until the client is closed; for ever where it was only let go of.
    async fn closed(&mut self) {
        if self.0.wait_for(|closed| *closed).await.is_err() {
            std::future::pending().await
        }
    }
}

/// A call that is ready to be sent.
struct Prepared {
    call: Call,
    /// The capability's slug, for logs and texts: what the caller gave may be a whole URL.
    capability: String,
    closing: Closing,
}

impl Prepared {
    async fn send(mut self) -> Option<Result<Answer<Bytes>, Error>> {
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
        guard::body(|| {
            let builder = bindings::user_agent(runtype_surface::Client::builder(), user_agent(py));
            let (builder, hooks) = options::client(builder, given.bind(py))?;
            let instance = Instance::make(&builder).map_err(|error| failure::raise(py, &error))?;
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
        guard::body(|| self.options.for_pickle(py, kind))
    }

    /// The surface's address.
    #[getter]
    fn endpoint(&self) -> PyResult<Endpoint> {
        guard::body(|| Ok(Endpoint(self.endpoint.clone())))
    }

    /// Calls, waits, and gives the output, or, where `whole` is true, the answer.
    #[pyo3(signature = (target, capability, input, whole, given))]
    fn call(
        &self,
        py: Python<'_>,
        target: &str,
        capability: &Bound<'_, PyString>,
        input: Option<&Bound<'_, PyAny>>,
        whole: bool,
        given: &OpaqueOptions,
    ) -> PyResult<Py<PyAny>> {
        guard::body(|| {
            let prepared = self.prepare(py, target, capability, input, given)?;
            let name = prepared.capability.clone();
            let ended = hook::wait(py, self.hooks.as_ref(), prepared.send())?;
            finish(py, ended, &name, whole)
        })
    }

    /// Begins a call on the running asyncio loop. Gives the future, and what cancels it.
    #[pyo3(signature = (target, capability, input, whole, given))]
    fn begin<'py>(
        &self,
        py: Python<'py>,
        target: &str,
        capability: &Bound<'py, PyString>,
        input: Option<&Bound<'py, PyAny>>,
        whole: bool,
        given: &OpaqueOptions,
    ) -> PyResult<(Bound<'py, PyAny>, Ticket)> {
        guard::body(|| {
            let prepared = self.prepare(py, target, capability, input, given)?;
            let name = prepared.capability.clone();
            let (mailbox, running) = Mailbox::of_running_loop(py)?;
            let work = Circumstances::of_loop(mailbox.clone(), self.hooks.clone()).around(prepared.send());
            mailbox.begin(&running, work, move |py, ended| finish(py, ended, &name, whole))
        })
    }

    /// Opens a stream, and waits until its answer begins.
    fn stream(
        &self,
        py: Python<'_>,
        capability: &Bound<'_, PyString>,
        input: Option<&Bound<'_, PyAny>>,
        given: &OpaqueOptions,
    ) -> PyResult<EventStream> {
        guard::body(|| {
            let prepared = self.prepare(py, "capability", capability, input, given)?;
            let name = prepared.capability.clone();
            let ended = hook::wait(py, self.hooks.as_ref(), prepared.open())?;
            opened(py, ended, &name)
        })
    }

    /// Begins to open a stream on the running asyncio loop. Gives the future, and what cancels it.
    fn begin_stream<'py>(
        &self,
        py: Python<'py>,
        capability: &Bound<'py, PyString>,
        input: Option<&Bound<'py, PyAny>>,
        given: &OpaqueOptions,
    ) -> PyResult<(Bound<'py, PyAny>, Ticket)> {
        guard::body(|| {
            let prepared = self.prepare(py, "capability", capability, input, given)?;
            let name = prepared.capability.clone();
            let (mailbox, running) = Mailbox::of_running_loop(py)?;
            let work = Circumstances::of_loop(mailbox.clone(), self.hooks.clone()).around(prepared.open());
            mailbox.begin(&running, work, move |py, ended| Ok(Py::new(py, opened(py, ended, &name)?)?.into_any()))
        })
    }

    /// Begins many calls, whose inputs Python's iterator gives: on the running asyncio loop where there shall be one.
    #[pyo3(signature = (capability, inputs, concurrency, in_order, on_loop, given))]
    #[expect(clippy::too_many_arguments, reason = "they are those of the Python method")]
    fn call_many(
        &self,
        py: Python<'_>,
        capability: &Bound<'_, PyString>,
        inputs: Py<PyAny>,
        concurrency: &Bound<'_, PyAny>,
        in_order: bool,
        on_loop: bool,
        given: &OpaqueOptions,
    ) -> PyResult<CallMany> {
        guard::body(|| {
            let concurrency = options::concurrency(concurrency)?;
            let Prepared { call, capability, closing } = self.prepare(py, "capability", capability, None, given)?;
            let mailbox = if on_loop { Some(Mailbox::of_running_loop(py)?.0) } else { None };
            let who = Who { mailbox, hooks: self.hooks.clone(), capability };
            CallMany::begin(py, inputs, who, closing, |inputs| {
                many_stream(call, inputs).in_order(in_order).concurrency(concurrency).checked()
            })
        })
    }

    /// Closes the connections and ends the calls in flight. Every later call is refused.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        guard::body(|| {
            self.closed.store(true, Ordering::Release);
            if let Some(instance) = self.instance.take(py) {
                instance.closing.send_replace(true);
            }
            Ok(())
        })
    }

    #[getter]
    fn is_closed(&self) -> PyResult<bool> {
        guard::body(|| Ok(self.closed.load(Ordering::Acquire)))
    }
}

impl Client {
    fn prepare(
        &self,
        py: Python<'_>,
        target: &str,
        capability: &Bound<'_, PyString>,
        input: Option<&Bound<'_, PyAny>>,
        given: &OpaqueOptions,
    ) -> PyResult<Prepared> {
        if self.closed.load(Ordering::Acquire) {
            return Err(failure::refused(py, "client", "it is closed: make another one"));
        }
        let instance =
            self.instance.get(py, || Instance::make(&self.builder)).map_err(|error| failure::raise(py, &error))?;
        let capability = options::characters("capability", capability)?;
        let slug = || self.endpoint.slug(capability).map_err(|error| failure::raise(py, &error));
        let (mut call, name) = match target {
            "capability" => (instance.client.capability(capability), slug()?),
            "dispatch" => (instance.client.capability(capability).via_dispatch(), slug()?),
            "openapi" => (instance.client.openapi_call(), "openapi.json".to_owned()),
            _ => return Err(PyValueError::new_err("a target is capability, dispatch or openapi")),
        };
        if let Some(input) = input {
            call = match encode(input) {
                Ok(json) => call.input_json(json),
                Err(problem) => call.refuse(problem),
            };
        }
        let closing = Closing(instance.closing.subscribe());
        Ok(Prepared { call: options::call(call, given.bind(py))?, capability: name, closing })
    }
}

/// The output or the answer of a call; `ended` is none where its client was closed meanwhile.
pub(crate) fn finish(
    py: Python<'_>,
    ended: Option<Result<Answer<Bytes>, Error>>,
    capability: &str,
    whole: bool,
) -> PyResult<Py<PyAny>> {
    let answer = match ended {
        Some(Ok(answer)) => answer,
        Some(Err(error)) => {
            log::failed(py, &error)?;
            return Err(failure::raise(py, &error));
        }
        None => return Err(failure::cancelled(py, capability)),
    };
    log::answered(py, &answer)?;
    let output = match decode(py, &answer.output) {
        Ok(output) => output,
        Err(reason) => return Err(failure::raise(py, &undecodable(answer, &reason))),
    };
    if !whole {
        return Ok(output.unbind());
    }
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("runtype_surface._answer").map(Bound::unbind))?.bind(py);
    let report = decode(py, answer.report().as_bytes()).map_err(PyValueError::new_err)?;
    Ok(module.call_method1(intern!(py, "of_report"), (output, report))?.unbind())
}

/// The stream that was opened; `ended` is none where its client was closed meanwhile.
fn opened(py: Python<'_>, ended: Option<Result<Opened, Error>>, capability: &str) -> PyResult<EventStream> {
    match ended {
        Some(Ok(opened)) => {
            log::opened(py, &opened.stream, &opened.capability)?;
            Ok(EventStream::new(opened))
        }
        Some(Err(error)) => {
            log::failed(py, &error)?;
            Err(failure::raise(py, &error))
        }
        None => Err(failure::cancelled(py, capability)),
    }
}

fn user_agent(py: Python<'_>) -> String {
    let python = py.version_info();
    format!(concat!("runtype-surface/", env!("CARGO_PKG_VERSION"), " (python {}.{})"), python.major, python.minor)
}
