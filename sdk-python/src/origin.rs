//! Where calls are made that are sent later: streams, and many calls of asyncio.

use std::sync::Arc;

use pyo3::prelude::*;

use crate::variables::Variables;

/// What such a call needs of the place where it was made.
#[pyclass(frozen, module = "runtype_surface._native")]
pub(crate) struct Origin {
    pub(crate) variables: Option<Arc<Variables>>,
}
