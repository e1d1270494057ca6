//! Error texts that several languages share.

use std::fmt;

use super::refused;
use crate::error::Error;

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
    refused("client", "the client is closed: create a new one")
}

/// The problem of an input that the language's JSON serializer rejected. Follows the input's name.
#[must_use]
pub fn not_writable(reason: impl fmt::Display) -> String {
    format!("not serializable as JSON: {reason}")
}

/// The problem of a key function that returned something other than a key. `found` and `wanted` are type names of the language.
#[must_use]
pub fn not_a_key(found: impl fmt::Display, wanted: &str) -> String {
    format!("the key function returned {found}, not {wanted}")
}
