//! Waiting on the calling thread with the GIL released, such that Ctrl-C ends the wait.

use pyo3::prelude::*;

use super::{guard, runtime, signals};

/// Drives a future to its end. The GIL is released once for the whole wait.
///
/// # Errors
///
/// What a signal handler raised, such as `KeyboardInterrupt`. The future is dropped then.
pub(crate) fn wait<T: Send>(py: Python<'_>, future: impl Future<Output = T> + Send) -> PyResult<T> {
    let runtime = runtime(py)?;
    let handles_signals = signals::is_main_thread(py)?;
    py.detach(|| {
        runtime.block_on(async {
            let future = guard::future(future);
            if handles_signals {
                return Ok(signals::unless_interrupted(future).await??);
            }
            Ok(future.await?)
        })
    })
}
