//! The application's key function, asked from the network's threads.
//!
//! It runs on a Python thread of its own: it may wait for a secret manager, and the network's threads must not. Where it
//! gives an awaitable, the asyncio loop of the call that asks awaits it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use pyo3::{
    exceptions::{PyRuntimeError, PyTypeError},
    intern,
    prelude::*,
    types::{PyString, PyTuple},
};
use runtype_surface::{Error, KeySource, bindings::key_function_error};
use tokio::sync::oneshot;

use crate::{circumstances::Circumstances, guard};

/// Why the key function gave no key.
#[derive(Debug)]
pub(crate) struct Failed {
    text: String,
    /// What it raised, for the `__cause__` of the exception of the call.
    raised: Option<PyErr>,
}

impl Failed {
    fn because(text: impl Into<String>) -> Self {
        Self { text: text.into(), raised: None }
    }

    /// What the function raised, where that is why a call failed.
    pub(crate) fn raised(py: Python<'_>, error: &Error) -> Option<PyErr> {
        let failed = key_function_error(error)?.downcast_ref::<Self>()?;
        failed.raised.as_ref().map(|raised| raised.clone_ref(py))
    }
}

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Kept as text: a `PyErr` would need the GIL here.
        f.write_str(&self.text)
    }
}

impl std::error::Error for Failed {}

/// A key's source that asks a Python function.
pub(crate) fn source(function: Py<PyAny>) -> KeySource {
    let function = Arc::new(function);
    KeySource::function(move || ask(function.clone()))
}

async fn ask(function: Arc<Py<PyAny>>) -> Result<String, Failed> {
    let circumstances = Circumstances::now();
    let (answer, answered) = oneshot::channel();
    let reply = Reply { function, circumstances, awaitable: Mutex::default(), answer: Mutex::new(Some(answer)) };
    // Getting the GIL may take a while, so it is not the network's threads that wait for it.
    let started = tokio::task::spawn_blocking(move || {
        Python::try_attach(|py| {
            guard::body(|| {
                let ask = Bound::new(py, reply)?.getattr(intern!(py, "ask"))?;
                py.import("_thread")?.call_method1("start_new_thread", (ask, PyTuple::empty(py))).map(drop)
            })
        })
    });
    match started.await {
        Ok(Some(Ok(()))) => {}
        Ok(Some(Err(error))) => return Err(Failed::because(Python::attach(|_| error.to_string()))),
        Ok(None) | Err(_) => return Err(Failed::because("the interpreter is about to end")),
    }
    answered.await.unwrap_or_else(|_| Err(Failed::because("its event loop was closed before it answered")))
}

/// Asks the function once, and takes its answer.
///
/// No Python frame of this package holds the function, what it gives, or the key: what prints frames would print them, and
/// the `repr` of a function that is a `functools.partial` or a method may show a key.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct Reply {
    function: Arc<Py<PyAny>>,
    circumstances: Arc<Circumstances>,
    /// What an asynchronous function gave.
    awaitable: Mutex<Option<Py<PyAny>>>,
    answer: Mutex<Option<oneshot::Sender<Result<String, Failed>>>>,
}

#[pymethods]
impl Reply {
    /// Calls the function, on this thread.
    fn ask(slf: &Bound<'_, Self>) -> PyResult<()> {
        let asked = guard::body(|| Self::take(slf, &slf.get().function.bind(slf.py()).call0()?));
        if let Err(raised) = asked {
            slf.get().refuse(raised);
        }
        Ok(())
    }

    /// What an asynchronous function gave, to be awaited on the loop of the call that asks.
    fn awaitable(&self) -> PyResult<Option<Py<PyAny>>> {
        guard::body(|| Ok(self.awaitable.lock().unwrap_or_else(PoisonError::into_inner).take()))
    }

    /// Takes what was awaited.
    fn give(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        guard::body(|| Self::take(slf, given))
    }

    /// Takes what was raised while it was awaited.
    fn fail(&self, raised: Bound<'_, PyAny>) -> PyResult<()> {
        guard::body(|| {
            self.refuse(PyErr::from_value(raised));
            Ok(())
        })
    }
}

impl Reply {
    /// Takes what the function gave: a key, or an awaitable that will give one.
    fn take(slf: &Bound<'_, Self>, given: &Bound<'_, PyAny>) -> PyResult<()> {
        let py = slf.py();
        let reply = slf.get();
        if let Ok(key) = given.cast::<PyString>() {
            match key.to_str() {
                Ok(key) => reply.send(Ok(key.to_owned())),
                // Python's own error would hold the key.
                Err(_) => reply.send(Err(Failed::because("it gave a text with a lone surrogate"))),
            }
            return Ok(());
        }
        if !given.hasattr(intern!(py, "__await__"))? {
            let problem = format!("the key function gave {}, not str", given.get_type().name()?);
            return Err(PyTypeError::new_err(problem));
        }
        let Some(mailbox) = reply.circumstances.mailbox() else {
            if let Some(close) = given.getattr_opt(intern!(py, "close"))? {
                close.call0()?;
            }
            let problem = "the key function is asynchronous, and this client is not: use AsyncClient";
            return Err(PyRuntimeError::new_err(problem));
        };
        *reply.awaitable.lock().unwrap_or_else(PoisonError::into_inner) = Some(given.clone().unbind());
        let slf = slf.clone().unbind();
        mailbox.send(move |py| {
            let begin = || py.import("runtype_surface._key_function")?.call_method1("await_on_loop", (&slf,)).map(drop);
            if let Err(failed) = guard::body(begin) {
                slf.get().refuse(failed);
            }
            Ok(())
        });
        Ok(())
    }

    fn refuse(&self, raised: PyErr) {
        self.send(Err(Failed { text: raised.to_string(), raised: Some(raised) }));
    }

    fn send(&self, answer: Result<String, Failed>) {
        if let Some(sender) = self.answer.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Where the call has been cancelled, nobody listens.
            let _ = sender.send(answer);
        }
    }
}
