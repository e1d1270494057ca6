//! How the network's threads wake an asyncio loop.

#[cfg(unix)]
use std::{
    io::{Read as _, Write as _},
    os::unix::net::UnixStream,
};

#[cfg(unix)]
use pyo3::exceptions::PyNotImplementedError;
use pyo3::{
    intern,
    prelude::*,
    types::{PyWeakrefMethods, PyWeakrefReference},
};

/// Wakes a loop from any thread, after which the loop calls a reader on its own thread.
pub(super) enum Waker {
    /// A socket that the loop watches: waking it needs no GIL.
    #[cfg(unix)]
    Socket { ours: UnixStream, theirs: UnixStream },
    /// For loops that watch no sockets for others, as the default one of Windows.
    Threadsafe(Py<PyWeakrefReference>),
}

impl Waker {
    /// Has the loop call `reader` whenever it is woken. Where it watches a socket it owns the reader from now on, and drops
    /// it when it is closed.
    pub(super) fn register(
        running: &Bound<'_, PyAny>,
        reference: &Bound<'_, PyWeakrefReference>,
        reader: &Bound<'_, PyAny>,
    ) -> PyResult<Self> {
        #[cfg(unix)]
        if let Some(waker) = Self::register_socket(running, reader)? {
            return Ok(waker);
        }
        #[cfg(not(unix))]
        let _ = (running, reader);
        Ok(Self::Threadsafe(reference.clone().unbind()))
    }

    #[cfg(unix)]
    fn register_socket(running: &Bound<'_, PyAny>, reader: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = running.py();
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        theirs.set_nonblocking(true)?;
        let file = std::os::fd::AsRawFd::as_raw_fd(&theirs);
        match running.call_method1(intern!(py, "add_reader"), (file, reader)) {
            Ok(_) => Ok(Some(Self::Socket { ours, theirs })),
            Err(error) if error.is_instance_of::<PyNotImplementedError>(py) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Wakes the loop; `make_reader` makes what it then calls, where it does not own it.
    pub(super) fn wake(&self, make_reader: impl FnOnce(Python<'_>) -> PyResult<Py<PyAny>>) {
        match self {
            // A socket that is full wakes it already; one whose loop is gone wakes nobody, and nobody waits.
            #[cfg(unix)]
            Self::Socket { ours, .. } => drop((&*ours).write(&[1])),
            Self::Threadsafe(reference) => {
                // Where the loop is closed or the interpreter is about to end, nobody waits either.
                Python::try_attach(|py| {
                    let running = reference.bind(py).upgrade()?;
                    let reader = make_reader(py).ok()?;
                    running.call_method1(intern!(py, "call_soon_threadsafe"), (reader,)).ok().map(drop)
                });
            }
        }
    }

    /// Whether the loop owns the reader.
    pub(super) fn is_owned_by_loop(&self) -> bool {
        !matches!(self, Self::Threadsafe(_))
    }

    /// Takes in what has woken the loop, so that the next wake wakes it again.
    pub(super) fn drain(&self) {
        #[cfg(unix)]
        if let Self::Socket { theirs, .. } = self {
            let mut wakes = [0; 64];
            while matches!((&*theirs).read(&mut wakes), Ok(count) if count == wakes.len()) {}
        }
    }
}
