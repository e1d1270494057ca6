//! JSON bytes to Python objects.

use jiter::{FloatMode, PartialMode, PythonParse, StringCacheMode};
use pyo3::{
    exceptions::PyValueError,
    intern,
    prelude::*,
    types::{PyDict, PyString},
};

/// Reads a JSON document. Integers of any size are exact, floats are the nearest ones, strings that come often are one
/// object.
///
/// # Errors
///
/// Why it is not JSON, in words.
pub(crate) fn decode<'py>(py: Python<'py>, json: &[u8]) -> Result<Bound<'py, PyAny>, String> {
    let parse = PythonParse {
        allow_inf_nan: false,
        cache_mode: StringCacheMode::All,
        partial_mode: PartialMode::Off,
        catch_duplicate_keys: false,
        float_mode: FloatMode::Float,
    };
    parse.python_parse(py, json).or_else(|error| {
        // What the quick reader refuses and other languages take: a lone surrogate, more than 200 levels.
        decode_by_the_standard_library(py, json).map_err(|_| error.description(json))
    })
}

fn decode_by_the_standard_library<'py>(py: Python<'py>, json: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let text = PyString::from_bytes(py, json)?;
    let options = PyDict::new(py);
    options.set_item(intern!(py, "parse_constant"), wrap_pyfunction!(refuse_constant, py)?)?;
    py.import(intern!(py, "json"))?.call_method(intern!(py, "loads"), (text,), Some(&options))
}

/// The standard library takes NaN and the infinities, which are not JSON (RFC 8259, section 6).
#[pyfunction]
fn refuse_constant(name: &str) -> PyResult<()> {
    Err(PyValueError::new_err(format!("{name} is not JSON")))
}
