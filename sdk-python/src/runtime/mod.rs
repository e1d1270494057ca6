//! The threads that drive the network, and how Python's threads wait for them.

pub(crate) mod closing;
pub(crate) mod gil;
pub(crate) mod guard;
pub(crate) mod per_process;
mod signals;
pub(crate) mod test_panic;

use pyo3::{exceptions::PyOSError, prelude::*};
use tokio::runtime::{Builder, Runtime};

use per_process::PerProcess;

/// Enough to drive the sockets: calls themselves are driven by the threads that make them.
const WORKERS: usize = 2;

/// The runtime that all clients of this process share. It lives as long as the process: its threads take no part in the
/// interpreter, so they never hold up its end.
pub(crate) fn runtime(py: Python<'_>) -> PyResult<&'static Runtime> {
    static RUNTIME: PerProcess<&'static Runtime> = PerProcess::empty();
    RUNTIME.get(py, || {
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKERS)
            .thread_name("runtype-surface")
            .enable_all()
            .build()
            .map_err(|error| PyOSError::new_err(format!("the threads for the network cannot be started: {error}")))?;
        Ok(Box::leak(Box::new(runtime)))
    })
}
