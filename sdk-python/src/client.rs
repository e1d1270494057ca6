//! The client: what both Python clients stand on.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use pyo3::{exceptions::PyValueError, intern, prelude::*, types::PyDict};
use runtype_surface::{
    ClientBuilder, DefaultOptions, Error,
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
    origin::Origin,
    output_type::OutputType,
    prepared::{Prepared, given_up},
    response::{Wanted, finish},
    runtime::{
        closing::{Closer, Closing},
        guard,
        per_process::PerProcess,
    },
    span,
    stream::{EventStream, opened, opening::Opening},
    variables::Variables,
};

/// A client of the core, for synchronous calls and for asyncio.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct Client {
    shared: Arc<Shared>,
    derived: Option<Derived>,
    options: KeptOptions,
}

/// What a client shares with those that are derived from it.
struct Shared {
    /// Kept to make the client again in a forked child.
    builder: ClientBuilder,
    endpoint: runtype_surface::Endpoint,
    instance: PerProcess<Arc<Instance>>,
    hooks: Option<Arc<Hooks>>,
    asks_for_key: bool,
    closed: AtomicBool,
}

/// What a derived client has of its own.
struct Derived {
    defaults: DefaultOptions,
    /// Tells its calls in flight that it is closed.
    closer: PerProcess<Arc<Closer>>,
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

#[pymethods]
impl Client {
    #[new]
    fn new(py: Python<'_>, given: &OpaqueOptions) -> PyResult<Self> {
        guard::entry(|| {
            let builder = bindings::called_from(runtype_surface::Client::builder(), &language(py));
            let (builder, hooks) = options::client(builder, given.bind(py))?;
            let key = given.bind(py).get_item(intern!(py, "api_key"))?;
            let instance = Instance::make(&builder).map_err(|problem| error::raise(py, &problem))?;
            let shared = Shared {
                builder,
                endpoint: instance.client.endpoint().clone(),
                instance: PerProcess::holding(instance),
                hooks,
                asks_for_key: key.is_some_and(|key| key.is_callable()),
                closed: AtomicBool::new(false),
            };
            Ok(Self { shared: Arc::new(shared), derived: None, options: KeptOptions::of(given.bind(py))? })
        })
    }

    /// A client whose calls have other options by default, with the same connections and key.
    fn with_options(&self, py: Python<'_>, given: &OpaqueOptions) -> PyResult<Self> {
        guard::entry(|| {
            let (client, _) = self.open(py)?;
            let defaults = options::defaults(bindings::default_options(&client), given.bind(py))?;
            client.with_options(|_| defaults.clone()).map_err(|problem| error::raise(py, &problem))?;
            Ok(Self {
                shared: self.shared.clone(),
                derived: Some(Derived { defaults, closer: PerProcess::empty(), closed: AtomicBool::new(false) }),
                options: KeptOptions::of(given.bind(py))?,
            })
        })
    }

    /// What makes this client again from a pickle; a derived one from its origin.
    fn options_for_pickle<'py>(&self, py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyDict>> {
        guard::entry(|| self.options.for_pickle(py, kind))
    }

    /// The surface's address.
    #[getter]
    fn endpoint(&self) -> PyResult<Endpoint> {
        guard::entry(|| Ok(Endpoint(self.shared.endpoint.clone())))
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
            let (wanted, output_type) = (Wanted::parse(wanted)?, OutputType::among(given.bind(py))?);
            let prepared = self.prepare(py, target, capability, input, given)?.traced(py, false, None)?;
            let (name, span) = (prepared.capability.clone(), prepared.span.clone());
            let span = span.as_deref();
            let ended = hooks::wait(py, self.hooks(), self.variables(py)?, prepared.send());
            let ended = ended.inspect_err(|_| span::cancelled(py, span))?;
            finish(py, ended, &name, wanted, span, output_type.as_ref())
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
            let (wanted, output_type) = (Wanted::parse(wanted)?, OutputType::among(given.bind(py))?);
            let (queue, running) = CompletionQueue::of_running_loop(py)?;
            let prepared = self.prepare(py, target, capability, input, given)?.traced(py, false, None)?;
            let (name, span) = (prepared.capability.clone(), prepared.span.clone());
            let given_up = given_up(span.as_ref());
            let context = hooks::context_of_loop(&queue, self.hooks(), self.variables(py)?);
            let task = context.scope(prepared.send());
            let done =
                move |py: Python<'_>, ended| finish(py, ended, &name, wanted, span.as_deref(), output_type.as_ref());
            queue.spawn(&running, task, done, given_up)
        })
    }

    /// Where a stream is made that is opened later. Refuses its wrong options; a closed client refuses the call itself.
    fn stream_origin(&self, py: Python<'_>, given: &OpaqueOptions) -> PyResult<Origin> {
        guard::entry(|| {
            let options = given.bind(py);
            if !options.is_empty() && !self.has_closed() {
                let (client, _) = self.open(py)?;
                let call = options::call(client.openapi_call(), options)?;
                bindings::checked_call(call).map(drop).map_err(|problem| error::raise(py, &problem))?;
            }
            let is_needed = self.is_watched() || span::is_wanted(py)?;
            Ok(Origin { variables: is_needed.then(|| Variables::of_call(py).map(Arc::new)).transpose()? })
        })
    }

    /// Where many calls are made that are sent later.
    #[staticmethod]
    fn many_origin(py: Python<'_>) -> PyResult<Origin> {
        // The inputs are a function of the application.
        guard::entry(|| Ok(Origin { variables: Some(Arc::new(Variables::of_many(py)?)) }))
    }

    /// Opens a stream, and waits until its response begins; none where it is closed before.
    fn stream(
        &self,
        py: Python<'_>,
        capability: &Bound<'_, PyAny>,
        input: Option<&Bound<'_, PyAny>>,
        given: &OpaqueOptions,
        origin: &Origin,
        opening: &Opening,
    ) -> PyResult<Option<EventStream>> {
        guard::entry(|| {
            let variables = origin.variables.clone();
            let prepared = self.prepare(py, "capability", capability, input, given)?;
            let prepared = prepared.traced(py, true, variables.as_deref())?;
            let (name, span) = (prepared.capability.clone(), prepared.span.clone());
            let span = span.as_deref();
            let ended = hooks::wait(py, self.hooks(), variables, opening.or_close(prepared.open()));
            match ended.inspect_err(|_| span::cancelled(py, span))? {
                Some(ended) => opened(py, ended, &name, span).map(Some),
                None => {
                    span::cancelled(py, span);
                    Ok(None)
                }
            }
        })
    }

    /// Starts to open a stream on the running asyncio loop. Returns the future, and what cancels it.
    fn begin_stream<'py>(
        &self,
        py: Python<'py>,
        capability: &Bound<'py, PyAny>,
        input: Option<&Bound<'py, PyAny>>,
        given: &OpaqueOptions,
        origin: &Origin,
    ) -> PyResult<(Bound<'py, PyAny>, CancelHandle)> {
        guard::entry(|| {
            let (queue, running) = CompletionQueue::of_running_loop(py)?;
            let prepared = self.prepare(py, "capability", capability, input, given)?;
            let prepared = prepared.traced(py, true, origin.variables.as_deref())?;
            let (name, span) = (prepared.capability.clone(), prepared.span.clone());
            let given_up = given_up(span.as_ref());
            let context = hooks::context_of_loop(&queue, self.hooks(), origin.variables.clone());
            let task = context.scope(prepared.open());
            queue.spawn(
                &running,
                task,
                move |py, ended| Ok(Py::new(py, opened(py, ended, &name, span.as_deref())?)?.into_any()),
                given_up,
            )
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
        guard::entry(|| {
            let is_needed = self.is_watched() || span::is_wanted(py)?;
            let variables = is_needed.then(|| Variables::of_many(py)).transpose()?;
            self.many(py, capability, inputs, given, None, variables.map(Arc::new))
        })
    }

    /// Starts many calls, whose inputs the running asyncio loop takes from Python's iterator.
    fn begin_call_many(
        &self,
        py: Python<'_>,
        capability: &Bound<'_, PyAny>,
        inputs: Py<PyAny>,
        given: &OpaqueOptions,
        origin: &Origin,
    ) -> PyResult<CallMany> {
        guard::entry(|| {
            let (queue, _) = CompletionQueue::of_running_loop(py)?;
            self.many(py, capability, inputs, given, Some(queue), origin.variables.clone())
        })
    }

    /// Closes the connections and ends the calls in flight, also those of derived clients. Every later call is refused. A derived
    /// client ends its own calls only.
    fn close(&self, py: Python<'_>) -> PyResult<()> {
        guard::entry(|| {
            let Some(derived) = &self.derived else {
                self.shared.closed.store(true, Ordering::Release);
                if let Some(instance) = self.shared.instance.take(py) {
                    instance.closer.close();
                }
                return Ok(());
            };
            derived.closed.store(true, Ordering::Release);
            if let Some(closer) = derived.closer.take(py) {
                closer.close();
            }
            Ok(())
        })
    }

    #[getter]
    fn is_closed(&self) -> PyResult<bool> {
        guard::entry(|| Ok(self.has_closed()))
    }
}

impl Client {
    fn hooks(&self) -> Option<&Arc<Hooks>> {
        self.shared.hooks.as_ref()
    }

    fn has_closed(&self) -> bool {
        let is_closed = self.derived.as_ref().is_some_and(|derived| derived.closed.load(Ordering::Acquire));
        is_closed || self.shared.closed.load(Ordering::Acquire)
    }

    /// The core's client in this process, and what tells its calls that it is closed.
    fn open(&self, py: Python<'_>) -> PyResult<(runtype_surface::Client, Closing)> {
        if self.has_closed() {
            return Err(error::raise(py, &bindings::closed_client()));
        }
        let raise = |problem| error::raise(py, &problem);
        let instance = self.shared.instance.get(py, || Instance::make(&self.shared.builder)).map_err(raise)?;
        let closing = instance.closer.subscribe();
        let Some(derived) = &self.derived else { return Ok((instance.client.clone(), closing)) };
        let closer = derived.closer.get(py, || Ok::<_, PyErr>(Arc::new(Closer::new())))?;
        let client = instance.client.with_options(|_| derived.defaults.clone()).map_err(raise)?;
        Ok((client, closer.subscribe().with_origin(closing)))
    }

    /// Whether a function of the application may run for a call.
    fn is_watched(&self) -> bool {
        self.shared.hooks.is_some() || self.shared.asks_for_key
    }

    /// The variables of whoever makes a call, where a function may need them.
    fn variables(&self, py: Python<'_>) -> PyResult<Option<Arc<Variables>>> {
        self.is_watched().then(|| Variables::of_call(py).map(Arc::new)).transpose()
    }

    fn many(
        &self,
        py: Python<'_>,
        capability: &Bound<'_, PyAny>,
        inputs: Py<PyAny>,
        given: &OpaqueOptions,
        queue: Option<Arc<CompletionQueue>>,
        variables: Option<Arc<Variables>>,
    ) -> PyResult<CallMany> {
        let options = Many::read(given.bind(py))?;
        let Prepared { call, capability, closing, .. } = self.prepare(py, "capability", capability, None, given)?;
        let span_start = if span::is_wanted(py)? { bindings::span_start(&call, false) } else { None };
        let (id_of, output_type) = (options.ledger.id_function(py), OutputType::among(given.bind(py))?.map(Arc::new));
        let hooks = self.hooks().cloned();
        let caller = Caller { queue, hooks, variables, span_start, capability, id_of, output_type };
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
        let (client, closing) = self.open(py)?;
        let capability = characters("capability", capability)?;
        let slug = || self.shared.endpoint.slug(capability).map_err(|problem| error::raise(py, &problem));
        let (mut call, name) = match target {
            "capability" => (client.capability(capability), slug()?),
            "openapi" => (client.openapi_call(), "openapi.json".to_owned()),
            _ => return Err(PyValueError::new_err("a target is capability or openapi")),
        };
        if let Some(input) = input {
            call = match encode(input) {
                Ok(json) => call.input_json(json),
                Err(problem) => call.refuse(problem),
            };
        }
        Ok(Prepared { call: options::call(call, given.bind(py))?, capability: name, closing, span: None })
    }
}

/// The language that the calls come from, for the user agent.
fn language(py: Python<'_>) -> String {
    let python = py.version_info();
    format!("python {}.{}", python.major, python.minor)
}
