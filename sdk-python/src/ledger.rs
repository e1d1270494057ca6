//! What a ledger of many calls holds, and the ids of its rows.

use std::path::PathBuf;

use pyo3::{
    prelude::*,
    types::{PyBool, PyString},
};
use runtype_surface::{RowId, bindings::refused};

use crate::{error, options::value::type_name, runtime::guard};

/// Lists the rows of a ledger of which it is not known whether they were executed, as pairs of the id and the failure.
///
/// Raises:
///     ConfigurationError: The file is absent, damaged, no ledger, or in use by a run.
#[pyfunction]
pub(crate) fn list_unknown<'py>(path: &Bound<'py, PyAny>) -> PyResult<Vec<(Bound<'py, PyAny>, Option<String>)>> {
    guard::entry(|| {
        let py = path.py();
        let Ok(found) = path.extract::<PathBuf>() else {
            let problem = format!("it must be str or os.PathLike, not {}", type_name(path));
            return Err(error::raise(py, &refused("ledger", &problem)));
        };
        let rows = py.detach(|| runtype_surface::list_unknown(found)).map_err(|problem| error::raise(py, &problem))?;
        rows.into_iter().map(|row| Ok((to_python(py, row.id)?, row.failure))).collect()
    })
}

fn to_python(py: Python<'_>, id: RowId) -> PyResult<Bound<'_, PyAny>> {
    Ok(match id {
        RowId::Number(number) => number.into_pyobject(py)?.into_any(),
        RowId::Text(text) => text.into_pyobject(py)?.into_any(),
        _ => py.None().into_bound(py),
    })
}

/// The id that the application's function gave, or what it gave that is none.
pub(crate) fn row_id(given: &Bound<'_, PyAny>) -> Result<RowId, String> {
    if let Ok(text) = given.cast::<PyString>() {
        return text.to_str().map(RowId::from).map_err(|_| "a text that is no Unicode".to_owned());
    }
    let is_number = !given.is_instance_of::<PyBool>();
    let number = given.extract::<i64>().ok().filter(|_| is_number);
    number.map(RowId::from).ok_or_else(|| type_name(given))
}
