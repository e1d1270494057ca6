//! Error texts that several languages share.

use std::{borrow::Cow, fmt};

use super::refused;
use crate::{
    error::{Error, spelling::spell},
    redact,
};

/// The error of a header whose value is no text. `found` and `wanted` are type names of the language.
#[must_use]
pub fn header_value(name: &str, found: impl fmt::Display, wanted: &str) -> Error {
    refused("headers", &format!("the value of {} must be {wanted}, not {found}", redact::quote(name)))
}

/// The error of an asynchronous function as a hook, in languages where nothing would await it.
#[must_use]
pub fn async_hook(hook: &str) -> Error {
    refused(
        hook,
        "it must be a plain function, which may begin a task, not an async function, which nothing would await",
    )
}

/// The problem of a string with half of a surrogate pair, which UTF-8 cannot encode. Follows the option's name.
pub const LONE_SURROGATE: &str = "has a lone surrogate, which is not a character";

/// The error of such a string.
#[must_use]
pub fn lone_surrogate(option: &str) -> Error {
    refused(option, &format!("it {LONE_SURROGATE}"))
}

/// The error of calling a closed client.
#[must_use]
pub fn closed_client() -> Error {
    Error::configuration_text("client".to_owned(), "the client is closed: create a new one".to_owned())
}

/// The problem of an input that is not a JSON object. `found` is what it is, with its article.
#[must_use]
pub fn not_an_object(found: impl fmt::Display) -> String {
    crate::call::not_an_object(found)
}

/// The line for an application's hook that failed, on one line and without credentials. `found` is what it raised.
#[must_use]
pub fn hook_failed(hook: &str, found: &str) -> String {
    const LONGEST: usize = 300;
    let hidden = redact::hide_credentials(found);
    let line: String = hidden.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(LONGEST).collect();
    format!("{} failed, and the call goes on: {}", spell(hook), redact::visible(&line))
}

/// A server's words for a log line: the characters that a terminal or a log viewer acts on are escaped.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    redact::visible(text)
}

/// The problem of an input that the language's JSON serializer rejected. Follows the input's name.
#[must_use]
pub fn not_writable(reason: impl fmt::Display) -> String {
    crate::call::not_writable(reason)
}

/// The problem of a key function that returned something other than a key. `found` and `wanted` are type names of the language.
#[must_use]
pub fn not_a_key(found: impl fmt::Display, wanted: &str) -> String {
    format!("the key function returned {found}, not {wanted}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_of_another_type_is_named_and_a_key_in_its_name_is_not_shown() {
        let error = header_value("x-retries", "int", "str");
        assert_eq!(error.to_string(), "headers: the value of \"x-retries\" must be str, not int");
        assert!(!header_value("papi_abcdefgh", "int", "str").to_string().contains("abcdefgh"));
    }

    #[test]
    fn a_hook_that_failed_is_one_line_without_a_key() {
        let line = hook_failed("before_attempt", "ValueError: papi_abcdefgh1234\n  is\u{1b}\u{202e} wrong");
        assert_eq!(line, "before_attempt failed, and the call goes on: ValueError: papi_… is\\u{1b}\\u{202e} wrong");
        assert!(hook_failed("after_attempt", &"x".repeat(10_000)).len() < 400);
    }
}
