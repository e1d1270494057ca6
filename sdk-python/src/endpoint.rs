//! The address of a surface, as a Python object.

use pyo3::{prelude::*, types::PyType};

use crate::{failure, guard};

/// The address of an API surface: its base URL, its product, its surface.
///
/// Made from a full URL as copied from the dashboard, with or without `/api`, the capability's slug, a trailing slash or
/// a query.
#[pyclass(frozen, eq, hash, module = "runtype_surface")]
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Endpoint(pub(crate) runtype_surface::Endpoint);

#[pymethods]
impl Endpoint {
    #[new]
    fn new(py: Python<'_>, url: &str) -> PyResult<Self> {
        guard::body(|| runtype_surface::Endpoint::parse(url).map(Self).map_err(|error| failure::raise(py, &error)))
    }

    /// Reads a full URL.
    ///
    /// Raises:
    ///     ConfigurationError: The URL is not the address of a surface.
    #[classmethod]
    fn parse(class: &Bound<'_, PyType>, url: &str) -> PyResult<Self> {
        Self::new(class.py(), url)
    }

    /// Scheme, host, port and path prefix, with no slash at the end.
    #[getter]
    fn base_url(&self) -> PyResult<&str> {
        guard::body(|| Ok(self.0.base_url()))
    }

    #[getter]
    fn product_id(&self) -> PyResult<&str> {
        guard::body(|| Ok(self.0.product_id()))
    }

    #[getter]
    fn surface_id(&self) -> PyResult<&str> {
        guard::body(|| Ok(self.0.surface_id()))
    }

    /// The capability's slug, where the URL had one.
    #[getter]
    fn capability(&self) -> PyResult<Option<&str>> {
        guard::body(|| Ok(self.0.capability()))
    }

    /// The URL of a capability of this surface.
    ///
    /// Raises:
    ///     ConfigurationError: The slug cannot be one path segment.
    fn capability_url(&self, py: Python<'_>, capability: &str) -> PyResult<String> {
        guard::body(|| self.0.capability_url(capability).map(String::from).map_err(|error| failure::raise(py, &error)))
    }

    fn __str__(&self) -> PyResult<String> {
        guard::body(|| Ok(self.0.to_string()))
    }

    fn __repr__(&self) -> PyResult<String> {
        guard::body(|| Ok(format!("Endpoint('{}')", self.0)))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, (String,))> {
        guard::body(|| {
            // The URL of `dispatch` reads back as the surface itself.
            let endpoint = &slf.get().0;
            let url = slf.get().capability_url(slf.py(), endpoint.capability().unwrap_or("dispatch"))?;
            Ok((slf.get_type(), (url,)))
        })
    }
}
