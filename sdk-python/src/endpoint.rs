//! The address of a surface, as a Python object, and what needs no client of it.

use pyo3::{prelude::*, types::PyType};

use crate::{error, options::value::characters, runtime::guard};

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
    fn new(url: &Bound<'_, PyAny>) -> PyResult<Self> {
        guard::entry(|| {
            let parsed = runtype_surface::Endpoint::parse(characters("endpoint_url", url)?);
            parsed.map(Self).map_err(|problem| error::raise(url.py(), &problem))
        })
    }

    /// Reads a full URL.
    ///
    /// Raises:
    ///     ConfigurationError: The URL is not the address of a surface.
    #[classmethod]
    fn parse(_class: &Bound<'_, PyType>, url: &Bound<'_, PyAny>) -> PyResult<Self> {
        Self::new(url)
    }

    /// Scheme, host, port and path prefix, with no slash at the end.
    #[getter]
    fn base_url(&self) -> PyResult<&str> {
        guard::entry(|| Ok(self.0.base_url()))
    }

    #[getter]
    fn product_id(&self) -> PyResult<&str> {
        guard::entry(|| Ok(self.0.product_id()))
    }

    #[getter]
    fn surface_id(&self) -> PyResult<&str> {
        guard::entry(|| Ok(self.0.surface_id()))
    }

    /// The capability's slug, where the URL had one.
    #[getter]
    fn capability(&self) -> PyResult<Option<&str>> {
        guard::entry(|| Ok(self.0.capability()))
    }

    /// The URL of a capability of this surface.
    ///
    /// Raises:
    ///     ConfigurationError: The slug cannot be one path segment.
    fn capability_url(&self, capability: &Bound<'_, PyAny>) -> PyResult<String> {
        guard::entry(|| self.url_of(capability.py(), characters("capability", capability)?))
    }

    fn __str__(&self) -> PyResult<String> {
        guard::entry(|| Ok(self.0.to_string()))
    }

    fn __repr__(&self) -> PyResult<String> {
        guard::entry(|| Ok(format!("Endpoint('{}')", self.0)))
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyType>, (String,))> {
        guard::entry(|| {
            // The URL of `dispatch` reads back as the surface itself.
            let endpoint = &slf.get().0;
            let url = slf.get().url_of(slf.py(), endpoint.capability().unwrap_or("dispatch"))?;
            Ok((slf.get_type(), (url,)))
        })
    }
}

impl Endpoint {
    fn url_of(&self, py: Python<'_>, capability: &str) -> PyResult<String> {
        self.0.capability_url(capability).map(String::from).map_err(|problem| error::raise(py, &problem))
    }
}

/// Turns a capability's name into the slug under which its endpoint stands.
#[pyfunction]
pub(crate) fn capability_slug(name: &Bound<'_, PyAny>) -> PyResult<String> {
    guard::entry(|| Ok(runtype_surface::capability_slug(characters("capability", name)?)))
}
