//! Configured headers.

use std::collections::BTreeMap;

use http::{
    HeaderMap,
    header::{CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING},
};
use serde::{Deserialize, Serialize};

/// One value of a header or several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum HeaderValues {
    /// One value.
    One(String),
    /// Several headers of the same name.
    Many(Vec<String>),
}

/// Adds configured headers to a map: the first of a name replaces existing ones, the others are added. Invalid ones are skipped;
/// the first of them is the error.
pub(crate) fn append_headers(map: &mut HeaderMap, written: &BTreeMap<String, HeaderValues>) -> Result<(), String> {
    let mut outcome = Ok(());
    for (name, values) in written {
        if let Err(problem) = append(map, name, values) {
            outcome = outcome.and(Err(problem));
        }
    }
    outcome
}

fn append(map: &mut HeaderMap, name: &str, values: &HeaderValues) -> Result<(), String> {
    let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is not a header name"))?;
    if parsed == CONTENT_LENGTH || parsed == TRANSFER_ENCODING {
        return Err(format!("{name:?} is computed from the body; for a wrong one use the fault `bad_length`"));
    }
    let values = match values {
        HeaderValues::One(value) => std::slice::from_ref(value),
        HeaderValues::Many(values) => values.as_slice(),
    };
    for (number, value) in values.iter().enumerate() {
        let value = HeaderValue::from_bytes(value.as_bytes())
            .map_err(|_| format!("the value of header {name:?} contains a character that a header must not contain"))?;
        if number == 0 {
            map.insert(parsed.clone(), value);
        } else {
            map.append(parsed.clone(), value);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_sent_is_left_out_and_told_about() {
        let one = |value: &str| HeaderValues::One(value.to_owned());
        let many = HeaderValues::Many(vec!["a".to_owned(), "b".to_owned()]);
        let written = [("Bad Name", one("x")), ("Content-Length", one("7")), ("X-Line", one("a\nb")), ("X-Many", many)];
        let mut map = HeaderMap::new();
        let written = written.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let problem = append_headers(&mut map, &written).unwrap_err();
        assert!(problem.contains("Bad Name"), "{problem}");
        assert_eq!(map.len(), 2);
        assert_eq!(map.get_all("x-many").iter().count(), 2);
    }
}
