//! The application's key function, asked from the network's threads.
//!
//! It runs on a Python thread of its own: it may wait for a secret manager, and the network's threads must not. An
//! awaitable that it returns is awaited on the asyncio loop of the call that asks.

use std::sync::{Arc, Mutex, PoisonError};

use pyo3::{
    exceptions::{PyRuntimeError, PyTypeError},
    intern,
    prelude::*,
    types::{PyString, PyTuple},
};
use runtype_surface::{KeySource, bindings::not_a_key};
use tokio::sync::oneshot;

use crate::{call_context::CallContext, error::KeyFunctionError, runtime::guard};

/// A key's source that asks a Python function.
pub(crate) fn source(function: Py<PyAny>) -> KeySource {
    let function = Arc::new(function);
    KeySource::function(move || ask(function.clone()))
}

async fn ask(function: Arc<Py<PyAny>>) -> Result<String, KeyFunctionError> {
    let context = CallContext::current();
    let (key, given) = oneshot::channel();
    let request = KeyRequest { function, context, awaitable: Mutex::default(), key: Mutex::new(Some(key)) };
    // Getting the GIL may take a while, so it is not the network's threads that wait for it.
    let started = tokio::task::spawn_blocking(move || {
        Python::try_attach(|py| {
            guard::entry(|| {
                let ask = Bound::new(py, request)?.getattr(intern!(py, "ask"))?;
                py.import("_thread")?.call_method1("start_new_thread", (ask, PyTuple::empty(py))).map(drop)
            })
        })
    });
    match started.await {
        Ok(Some(Ok(()))) => {}
        Ok(Some(Err(error))) => return Err(KeyFunctionError::new(Python::attach(|_| error.to_string()))),
        Ok(None) | Err(_) => return Err(KeyFunctionError::new("the interpreter is about to end")),
    }
    given.await.unwrap_or_else(|_| Err(KeyFunctionError::new("its event loop was closed before it returned")))
}

/// Calls the function once, and takes what it returns.
///
/// No Python frame of this package holds the function, what it returns, or the key: what prints frames would print them, and
/// the `repr` of a function that is a `functools.partial` or a method may show a key.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct KeyRequest {
    function: Arc<Py<PyAny>>,
    context: Arc<CallContext>,
    /// The awaitable that an asynchronous function returned.
    awaitable: Mutex<Option<Py<PyAny>>>,
    key: Mutex<Option<oneshot::Sender<Result<String, KeyFunctionError>>>>,
}

#[pymethods]
impl KeyRequest {
    /// Calls the function, on this thread.
    fn ask(slf: &Bound<'_, Self>) -> PyResult<()> {
        let asked = guard::entry(|| Self::take(slf, &slf.get().function.bind(slf.py()).call0()?));
        if let Err(raised) = asked {
            slf.get().refuse(&raised);
        }
        Ok(())
    }

    /// The awaitable that an asynchronous function returned, for the loop of the call that asks.
    fn awaitable(&self) -> PyResult<Option<Py<PyAny>>> {
        guard::entry(|| Ok(self.awaitable.lock().unwrap_or_else(PoisonError::into_inner).take()))
    }

    /// Takes what was awaited.
    fn give(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        guard::entry(|| Self::take(slf, given))
    }

    /// Takes what was raised while it was awaited.
    fn fail(&self, raised: Bound<'_, PyAny>) -> PyResult<()> {
        guard::entry(|| {
            self.refuse(&PyErr::from_value(raised));
            Ok(())
        })
    }
}

impl KeyRequest {
    /// Takes what the function returned: a key, or an awaitable of one.
    fn take(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let request = slf.get();
        if let Ok(key) = given.cast::<PyString>() {
            match key.to_str() {
                Ok(key) => request.send(Ok(key.to_owned())),
                // Python's own error would hold the key.
                Err(_) => request.send(Err(KeyFunctionError::new("it returned a text with a lone surrogate"))),
            }
            return Ok(());
        }
        if !given.hasattr(intern!(py, "__await__"))? {
            return Err(PyTypeError::new_err(not_a_key(given.get_type().name()?, "str")));
        }
        let Some(queue) = request.context.queue() else {
            if let Some(close) = given.getattr_opt(intern!(py, "close"))? {
                close.call0()?;
            }
            let problem = "the key function is asynchronous, and this client is not: use AsyncClient";
            return Err(PyRuntimeError::new_err(problem));
        };
        *request.awaitable.lock().unwrap_or_else(PoisonError::into_inner) = Some(given.clone().unbind());
        let slf = slf.clone().unbind();
        queue.call_soon(move |py| {
            let begin = || py.import("runtype_surface._key_function")?.call_method1("await_on_loop", (&slf,)).map(drop);
            if let Err(failed) = guard::entry(begin) {
                slf.get().refuse(&failed);
            }
            Ok(())
        });
        Ok(())
    }

    fn refuse(&self, raised: &PyErr) {
        self.send(Err(KeyFunctionError::of(raised)));
    }

    fn send(&self, given: Result<String, KeyFunctionError>) {
        if let Some(key) = self.key.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Where the call has been cancelled, nobody listens.
            let _ = key.send(given);
        }
    }
}
