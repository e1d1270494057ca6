//! The client: what both Python clients stand on.

use std::sync::Arc;

use bytes::Bytes;
use pyo3::{
    exceptions::PyValueError,
    intern,
    prelude::*,
    sync::PyOnceLock,
    types::{PyDict, PyString},
};
use runtype_surface::{Answer, Call, ClientBuilder, Error};
use tokio::sync::watch;

use crate::{
    decode::decode,
    encode::encode,
    endpoint::Endpoint,
    failure,
    key_function::Circumstances,
    log,
    mailbox::{Mailbox, Ticket},
    options,
    runtime::PerProcess,
    signals,
};

/// A client of the core, for synchronous calls and for asyncio.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct Client {
    /// Kept to make the client anew in a forked child.
    builder: ClientBuilder,
    endpoint: runtype_surface::Endpoint,
    instance: PerProcess<Arc<Instance>>,
    closed: std::sync::atomic::AtomicBool,
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

/// How a call ended; none where its client was closed meanwhile.
type Ended = Option<Result<Answer<Bytes>, Error>>;

#[pymethods]
impl Client {
    #[new]
    fn new(py: Python<'_>, given: &Bound<'_, PyDict>) -> PyResult<Self> {
        let builder = runtype_surface::Client::builder().user_agent(user_agent(py));
        let builder = options::client(builder, given)?;
        let instance = Instance::make(&builder).map_err(|error| failure::raise(py, &error, None))?;
        Ok(Self {
            builder,
            endpoint: instance.client.endpoint().clone(),
            instance: PerProcess::holding(instance),
            closed: false.into(),
        })
    }

    /// The surface's address.
    #[getter]
    fn endpoint(&self) -> Endpoint {
        Endpoint(self.endpoint.clone())
    }

    /// Calls, waits, and gives the output, or, where `whole` is true, the answer.
    #[pyo3(signature = (target, capability, input, whole, given))]
    fn call(
        &self,
        py: Python<'_>,
        target: &str,
        capability: Bound<'_, PyString>,
        input: Option<&Bound<'_, PyAny>>,
        whole: bool,
        given: &Bound<'_, PyDict>,
    ) -> PyResult<Py<PyAny>> {
        let (call, instance) = self.prepare(py, target, &capability, input, given)?;
        let circumstances = Circumstances::of(None);
        let ended = signals::wait(py, circumstances.clone().around(drive(call, instance)))?;
        finish(py, ended, &capability.to_string_lossy(), whole, &circumstances)
    }

    /// Begins a call on the running asyncio loop. Gives the future, and what cancels it.
    #[pyo3(signature = (target, capability, input, whole, given))]
    fn begin<'py>(
        &self,
        py: Python<'py>,
        target: &str,
        capability: Bound<'py, PyString>,
        input: Option<&Bound<'py, PyAny>>,
        whole: bool,
        given: &Bound<'py, PyDict>,
    ) -> PyResult<(Bound<'py, PyAny>, Ticket)> {
        let (call, instance) = self.prepare(py, target, &capability, input, given)?;
        let (mailbox, running) = Mailbox::of_running_loop(py)?;
        let circumstances = Circumstances::of(Some(mailbox.clone()));
        let work = circumstances.clone().around(drive(call, instance));
        let capability = capability.to_string_lossy().into_owned();
        mailbox.begin(&running, work, move |py, ended| finish(py, ended, &capability, whole, &circumstances))
    }

    /// Closes the connections and ends the calls in flight. Every later call is refused.
    fn close(&self, py: Python<'_>) {
        self.closed.store(true, std::sync::atomic::Ordering::Release);
        if let Some(instance) = self.instance.take(py) {
            instance.closing.send_replace(true);
        }
    }

    #[getter]
    fn is_closed(&self) -> bool {
        self.closed.load(std::sync::atomic::Ordering::Acquire)
    }
}

impl Client {
    fn prepare(
        &self,
        py: Python<'_>,
        target: &str,
        capability: &Bound<'_, PyString>,
        input: Option<&Bound<'_, PyAny>>,
        given: &Bound<'_, PyDict>,
    ) -> PyResult<(Call, Arc<Instance>)> {
        if self.is_closed() {
            return Err(failure::refused(py, "client", "it is closed: make another one"));
        }
        let instance = self
            .instance
            .get(py, || Instance::make(&self.builder))
            .map_err(|error| failure::raise(py, &error, None))?;
        let Ok(slug) = capability.to_str() else {
            return Err(failure::refused(py, "capability", "it has a lone surrogate, which is no character"));
        };
        let mut call = match target {
            "capability" => instance.client.capability(slug),
            "dispatch" => instance.client.capability(slug).via_dispatch(),
            "openapi" => instance.client.openapi_call(),
            _ => return Err(PyValueError::new_err("a target is capability, dispatch or openapi")),
        };
        if let Some(input) = input {
            call = call.input_json(encode(input)?);
        }
        Ok((options::call(call, given)?, instance))
    }
}

async fn drive(call: Call, instance: Arc<Instance>) -> Ended {
    let mut closing = instance.closing.subscribe();
    // The client itself is the call's; this one must not keep its connections open.
    drop(instance);
    tokio::select! {
        biased;
        answer = call.send_bytes() => Some(answer),
        () = closed(&mut closing) => None,
    }
}

/// Waits until the client is closed; for ever where it was only let go of.
async fn closed(closing: &mut watch::Receiver<bool>) {
    if closing.wait_for(|closed| *closed).await.is_err() {
        std::future::pending().await
    }
}

fn finish(
    py: Python<'_>,
    ended: Ended,
    capability: &str,
    whole: bool,
    circumstances: &Circumstances,
) -> PyResult<Py<PyAny>> {
    let answer = match ended {
        Some(Ok(answer)) => answer,
        Some(Err(error)) => {
            log::failed(py, &error)?;
            return Err(failure::raise(py, &error, circumstances.take_raised()));
        }
        None => return Err(failure::cancelled(py, capability)),
    };
    log::answered(py, &answer)?;
    let output = match decode(py, &answer.output) {
        Ok(output) => output,
        Err(reason) => return Err(failure::raise(py, &answer.undecodable(&reason), None)),
    };
    if !whole {
        return Ok(output.unbind());
    }
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let module = MODULE.get_or_try_init(py, || py.import("runtype_surface._answer").map(Bound::unbind))?.bind(py);
    let report = decode(py, answer.report().as_bytes()).map_err(PyValueError::new_err)?;
    Ok(module.call_method1(intern!(py, "of_report"), (output, report))?.unbind())
}

fn user_agent(py: Python<'_>) -> String {
    let python = py.version_info();
    format!(concat!("runtype-surface/", env!("CARGO_PKG_VERSION"), " (python {}.{})"), python.major, python.minor)
}
