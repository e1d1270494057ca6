//! The context variables of whoever makes a call, in which the application's functions run for it.

use pyo3::{intern, prelude::*, sync::PyOnceLock, types::PyTuple};

/// A copy of a `contextvars.Context`: what a function sets there is not seen by the caller.
pub(crate) struct Variables {
    context: Py<PyAny>,
    /// Whether calls share it that are in flight together. Then each function has a copy of its own: two threads cannot run in
    /// one context at the same time.
    is_shared: bool,
}

impl Variables {
    /// Those of one call, which the running code makes.
    pub(crate) fn of_call(py: Python<'_>) -> PyResult<Self> {
        Ok(Self { context: copy_context(py)?, is_shared: false })
    }

    /// Those of many calls.
    pub(crate) fn of_many(py: Python<'_>) -> PyResult<Self> {
        Ok(Self { context: copy_context(py)?, is_shared: true })
    }

    /// A copy for a function that may run beside others.
    pub(crate) fn copied(&self, py: Python<'_>) -> PyResult<Self> {
        Ok(Self { context: self.context.call_method0(py, intern!(py, "copy"))?, is_shared: false })
    }

    /// Calls a function with these variables.
    pub(crate) fn run<'py>(
        &self,
        function: &Bound<'py, PyAny>,
        arguments: &Bound<'py, PyTuple>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = function.py();
        if self.is_shared {
            return self.copied(py)?.run(function, arguments);
        }
        let arguments =
            PyTuple::new(py, std::iter::once(function.clone()).chain(arguments.iter()).collect::<Vec<_>>())?;
        self.context.bind(py).call_method1(intern!(py, "run"), arguments)
    }
}

/// Calls a function with a call's variables, if they were kept.
pub(crate) fn run<'py>(
    variables: Option<&Variables>,
    function: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    match variables {
        Some(variables) => variables.run(function, arguments),
        None => function.call1(arguments),
    }
}

/// Calls a function with no variables set: what an event loop keeps does not belong to the call that comes first.
pub(crate) fn run_in_none<'py>(
    function: &Bound<'py, PyAny>,
    arguments: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = function.py();
    let context = module(py)?.call_method0(intern!(py, "Context"))?.unbind();
    Variables { context, is_shared: false }.run(function, arguments)
}

fn copy_context(py: Python<'_>) -> PyResult<Py<PyAny>> {
    Ok(module(py)?.call_method0(intern!(py, "copy_context"))?.unbind())
}

fn module(py: Python<'_>) -> PyResult<&Bound<'_, PyModule>> {
    static MODULE: PyOnceLock<Py<PyModule>> = PyOnceLock::new();
    Ok(MODULE.get_or_try_init(py, || py.import("contextvars").map(Bound::unbind))?.bind(py))
}
