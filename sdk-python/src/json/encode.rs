//! Python objects to JSON bytes.

use pyo3::{
    intern,
    prelude::*,
    types::{PyBool, PyDict, PyFloat, PyInt, PyList, PyMapping, PyString, PyTuple, PyType},
};
use runtype_surface::{
    Error,
    bindings::{LONE_SURROGATE, not_writable, refused},
};

/// Deeper than any input that a capability takes, and within every thread's stack. A cycle ends here too.
const DEEPEST: usize = 1_000;

/// Serializes an input as JSON.
///
/// # Errors
///
/// The core's, which says where in the input a value is that has no JSON form, and what to pass instead.
pub(crate) fn encode(input: &Bound<'_, PyAny>) -> Result<Vec<u8>, Error> {
    let mut json = Vec::with_capacity(256);
    match write(input, &mut json, 0) {
        Ok(()) => Ok(json),
        Err(Refusal { path, problem }) => {
            let path: String = path.into_iter().rev().collect();
            let place = if path.is_empty() { String::new() } else { format!("at {path}: ") };
            Err(refused("input", &format!("{place}{problem}")))
        }
    }
}

/// Why an object has no JSON form, and where it stands: the last step first.
struct Refusal {
    path: Vec<String>,
    problem: String,
}

impl Refusal {
    fn new(problem: impl Into<String>) -> Self {
        Self { path: Vec::new(), problem: problem.into() }
    }

    fn below(mut self, step: String) -> Self {
        // A cycle has a thousand steps, and the first few tell.
        if self.path.len() >= 8 {
            self.path.remove(0);
        }
        self.path.push(step);
        self
    }
}

impl From<PyErr> for Refusal {
    fn from(error: PyErr) -> Self {
        Self::new(not_writable(error))
    }
}

type Written = Result<(), Refusal>;

fn write(value: &Bound<'_, PyAny>, json: &mut Vec<u8>, depth: usize) -> Written {
    if let Ok(text) = value.cast::<PyString>() {
        write_text(text, json)
    } else if value.is_none() {
        json.extend_from_slice(b"null");
        Ok(())
    } else if let Ok(truth) = value.cast::<PyBool>() {
        json.extend_from_slice(if truth.is_true() { b"true" } else { b"false" });
        Ok(())
    } else if let Ok(number) = value.cast::<PyInt>() {
        write_integer(number, json)
    } else if let Ok(number) = value.cast::<PyFloat>() {
        write_float(number.value(), json)
    } else if depth >= DEEPEST {
        Err(Refusal::new(format!("nested more than {DEEPEST} levels deep, or contains itself")))
    } else if let Ok(object) = value.cast::<PyDict>() {
        write_object(object, json, depth)
    } else if let Ok(list) = value.cast::<PyList>() {
        write_array(list.iter(), json, depth)
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        write_array(tuple.iter(), json, depth)
    } else {
        write_other(value, json, depth)
    }
}

fn write_object(object: &Bound<'_, PyDict>, json: &mut Vec<u8>, depth: usize) -> Written {
    json.push(b'{');
    let changed = || Refusal::new("changed while it was serialized: pass a copy");
    let (length, mut items) = (object.len(), object.iter());
    for position in 0..length {
        // A mapping inside of it runs Python code, and PyO3's iterator panics where that changes the dict.
        if object.len() != length {
            return Err(changed());
        }
        let (key, value) = items.next().ok_or_else(changed)?;
        if position > 0 {
            json.push(b',');
        }
        let Ok(key) = key.cast::<PyString>() else {
            return Err(Refusal::new(format!(
                "a key is {}, where JSON has strings only: pass str(key)",
                type_name(&key)
            )));
        };
        write_text(key, json)?;
        json.push(b':');
        write(&value, json, depth + 1).map_err(|refusal| refusal.below(format!("[{:?}]", key.to_string_lossy())))?;
    }
    json.push(b'}');
    Ok(())
}

fn write_array<'py>(items: impl Iterator<Item = Bound<'py, PyAny>>, json: &mut Vec<u8>, depth: usize) -> Written {
    json.push(b'[');
    for (position, item) in items.enumerate() {
        if position > 0 {
            json.push(b',');
        }
        write(&item, json, depth + 1).map_err(|refusal| refusal.below(format!("[{position}]")))?;
    }
    json.push(b']');
    Ok(())
}

fn write_text(text: &Bound<'_, PyString>, json: &mut Vec<u8>) -> Written {
    let Ok(text) = text.to_str() else {
        return Err(Refusal::new(format!("the text {LONE_SURROGATE}: decode it with errors=\"replace\"")));
    };
    json.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte < 0x20 || matches!(byte, b'"' | b'\\')) {
        let (plain, special) = rest.split_at(at);
        json.extend_from_slice(plain);
        let Some((byte, after)) = special.split_first() else { break };
        match byte {
            b'"' => json.extend_from_slice(b"\\\""),
            b'\\' => json.extend_from_slice(b"\\\\"),
            b'\n' => json.extend_from_slice(b"\\n"),
            b'\r' => json.extend_from_slice(b"\\r"),
            b'\t' => json.extend_from_slice(b"\\t"),
            control => json.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
        }
        rest = after;
    }
    json.extend_from_slice(rest);
    json.push(b'"');
    Ok(())
}

fn write_integer(number: &Bound<'_, PyInt>, json: &mut Vec<u8>) -> Written {
    if let Ok(number) = number.extract::<i64>() {
        json.extend_from_slice(number.to_string().as_bytes());
        return Ok(());
    }
    // `int`'s own digits: a subclass such as an enumeration may print otherwise.
    let digits = number.py().get_type::<PyInt>().call_method1(intern!(number.py(), "__repr__"), (number,))?;
    json.extend_from_slice(digits.cast::<PyString>().map_err(PyErr::from)?.to_str()?.as_bytes());
    Ok(())
}

fn write_float(number: f64, json: &mut Vec<u8>) -> Written {
    if !number.is_finite() {
        return Err(Refusal::new(format!("{} has no JSON form: pass None or a string", name_of(number))));
    }
    // The shortest digits that read back as the same float, with an exponent where that is shorter.
    json.extend_from_slice(format!("{number:?}").as_bytes());
    Ok(())
}

fn name_of(number: f64) -> &'static str {
    match number {
        number if number.is_nan() => "NaN",
        number if number > 0.0 => "infinity",
        _ => "-infinity",
    }
}

/// A mapping that is no dict; everything else is refused, with what to pass instead.
fn write_other(value: &Bound<'_, PyAny>, json: &mut Vec<u8>, depth: usize) -> Written {
    if let Ok(mapping) = value.cast::<PyMapping>() {
        let object = PyDict::from_sequence(mapping.items()?.as_any())?;
        return write_object(&object, json, depth);
    }
    Err(Refusal::new(format!("{} has no JSON form: pass {}", type_name(value), remedy(&value.get_type()))))
}

/// What to pass instead of a value of a type that JSON does not have.
fn remedy(class: &Bound<'_, PyType>) -> &'static str {
    /// An attribute that such a type has, and what to pass. The first one counts.
    const BY_ATTRIBUTE: [(&str, &str); 11] = [
        ("__members__", "its value"),
        ("__dataclass_fields__", "dataclasses.asdict(it)"),
        ("__attrs_attrs__", "attrs.asdict(it)"),
        ("model_dump", "its model_dump(mode=\"json\")"),
        ("isoformat", "its isoformat()"),
        ("total_seconds", "its total_seconds()"),
        ("tolist", "its tolist()"),
        ("isdisjoint", "a list of it"),
        ("decode", "its text, or base64 of it"),
        ("__fspath__", "str(it)"),
        ("as_integer_ratio", "str(it), or float(it) where digits may be lost"),
    ];
    let found = BY_ATTRIBUTE.into_iter().find(|(name, _)| class.hasattr(*name).unwrap_or_default());
    let is_uuid = || class.name().is_ok_and(|name| name == "UUID");
    match found {
        Some((_, remedy)) => remedy,
        None if is_uuid() => "str(it)",
        None => "a dict, list, tuple, str, int, float, bool or None",
    }
}

fn type_name(value: &Bound<'_, PyAny>) -> String {
    value.get_type().name().map_or_else(|_| "unknown".to_owned(), |name| name.to_string_lossy().into_owned())
}
