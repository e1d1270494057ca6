//! Ctrl-C while a thread waits in native code.
//!
//! Python runs signal handlers on its main thread, between bytecodes. A thread that waits in native code runs none, so
//! Ctrl-C would do nothing until the response came. So the main thread looks at signals in short intervals; other threads
//! need not.

use std::{cell::Cell, pin::pin, time::Duration};

use pyo3::{intern, prelude::*, sync::PyOnceLock};

/// A look costs about 0.1 µs, or, beside a busy Python thread, the 5 ms that it takes to get the GIL.
const INTERVAL: Duration = Duration::from_millis(50);

/// Drives a future to its end, unless a signal handler raises something.
pub(super) async fn unless_interrupted<T>(future: impl Future<Output = T>) -> PyResult<T> {
    let mut future = pin!(future);
    loop {
        match tokio::time::timeout(INTERVAL, future.as_mut()).await {
            Ok(output) => return Ok(output),
            Err(_) => Python::attach(|py| py.check_signals())?,
        }
    }
}

/// Whether this is the thread on which Python runs signal handlers. After a fork it is the one that forked.
pub(super) fn is_main_thread(py: Python<'_>) -> PyResult<bool> {
    thread_local!(static KNOWN: Cell<Option<(u32, bool)>> = const { Cell::new(None) });
    let process = std::process::id();
    if let Some((_, is_main)) = KNOWN.get().filter(|known| known.0 == process) {
        return Ok(is_main);
    }
    static THREADING: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    let threading = THREADING.get_or_try_init(py, || py.import("threading").map(Bound::unbind))?.bind(py);
    let main = threading.call_method0(intern!(py, "main_thread"))?.getattr(intern!(py, "ident"))?;
    let is_main = main.eq(threading.call_method0(intern!(py, "get_ident"))?)?;
    KNOWN.set(Some((process, is_main)));
    Ok(is_main)
}
