//! A stream that is being opened, which another thread may close.

use pyo3::prelude::*;

use crate::runtime::{closing::Closer, guard};

/// Closes a stream that is being opened.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct Opening(Closer);

#[pymethods]
impl Opening {
    #[new]
    fn new() -> PyResult<Self> {
        guard::entry(|| Ok(Self(Closer::new())))
    }

    /// Drops the request, or sends none.
    fn close(&self) -> PyResult<()> {
        guard::entry(|| {
            self.0.close();
            Ok(())
        })
    }
}

impl Opening {
    /// Drives the opening to its end; none where it is closed before.
    pub(crate) async fn or_close<T>(&self, open: impl Future<Output = T>) -> Option<T> {
        self.0.subscribe().or_end(open).await
    }
}
