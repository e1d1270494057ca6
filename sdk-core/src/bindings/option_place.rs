//! The functions that take an option.

use crate::error::spelling::{is_camel, spell};

const CLIENT: &str = "the client";
const CALL: &str = "call()";
const STREAM: &str = "stream()";
const CALL_MANY: &str = "call_many()";

/// The options that only some functions take. The others are options of the client and of every call.
const PLACES: &[(&[&str], &[&str])] = &[
    (
        &[
            "env_prefix",
            "api_key",
            "api_key_file",
            "api_key_variable",
            "api_key_prefix",
            "product_id",
            "surface_id",
            "endpoint_url",
            "base_url",
            "auth_header",
            "connect_timeout",
            "proxy",
            "root_certificates",
            "allow_insecure_http",
            "before_attempt",
            "after_attempt",
        ],
        &[CLIENT],
    ),
    (&["max_response_bytes"], &[CALL, STREAM, CALL_MANY, CLIENT]),
    (&["response_format"], &[CALL, CALL_MANY, CLIENT]),
    (&["stream_idle_timeout", "stream_timeout", "max_event_bytes"], &[STREAM, CLIENT]),
    (&["concurrency", "in_order", "max_window_wait"], &[CALL_MANY]),
    (&["via_dispatch"], &[CALL, STREAM, CALL_MANY]),
];

/// Options that only JavaScript has.
const CAMEL_ONLY: (&[&str], &[&str]) = (&["signal"], &[CALL, STREAM, CALL_MANY]);

fn places() -> impl Iterator<Item = &'static (&'static [&'static str], &'static [&'static str])> {
    PLACES.iter().chain(is_camel().then_some(&CAMEL_ONLY))
}

/// All these options, by their names in the core.
pub(super) fn options() -> impl Iterator<Item = &'static str> {
    places().flat_map(|(options, _)| options.iter().copied())
}

/// The functions that take an option, in words: `stream() and the client`.
pub(super) fn place(option: &str) -> Option<String> {
    let (_, places) = places().find(|(options, _)| options.contains(&option))?;
    let named: Vec<String> = places.iter().map(|place| spelled(place)).collect();
    let (last, others) = named.split_last()?;
    Some(if others.is_empty() { last.clone() } else { format!("{} and {last}", others.join(", ")) })
}

fn spelled(place: &str) -> String {
    place.strip_suffix("()").map_or_else(|| place.to_owned(), |name| format!("{}()", spell(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_in_words() {
        assert_eq!(place("via_dispatch").as_deref(), Some("call(), stream() and call_many()"));
        assert_eq!(place("max_event_bytes").as_deref(), Some("stream() and the client"));
        assert_eq!(place("proxy").as_deref(), Some("the client"));
        assert_eq!(place("timeout"), None);
    }
}
