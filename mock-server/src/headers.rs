//! Headers as they are written in a configuration.

use std::collections::BTreeMap;

use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

/// One value of a header or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HeaderValues {
    /// One.
    One(String),
    /// Several headers of one name.
    Many(Vec<String>),
}

/// Puts written headers into a map: the first of a name replaces what was there, further ones are added.
pub(crate) fn append_headers(
    map: &mut HeaderMap,
    written: &BTreeMap<String, HeaderValues>,
) -> Result<(), String> {
    for (name, values) in written {
        let parsed = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| format!("{name:?} is not a header name"))?;
        let values = match values {
            HeaderValues::One(value) => std::slice::from_ref(value),
            HeaderValues::Many(values) => values.as_slice(),
        };
        for (number, value) in values.iter().enumerate() {
            let value = HeaderValue::from_bytes(value.as_bytes()).map_err(|_| {
                format!("the value of header {name:?} has a character that no header may have")
            })?;
            if number == 0 {
                map.insert(parsed.clone(), value);
            } else {
                map.append(parsed.clone(), value);
            }
        }
    }
    Ok(())
}
