//! Sentences that several languages say.

use std::fmt;

use super::refused;
use crate::error::Error;

/// What is wrong with a text that holds half of a surrogate pair, which no UTF-8 can carry. Its name stands before this.
pub const LONE_SURROGATE: &str = "has a lone surrogate, which is not a character";

/// The refusal of such a text.
#[must_use]
pub fn lone_surrogate(option: &str) -> Error {
    refused(option, &format!("it {LONE_SURROGATE}"))
}

/// The refusal of a call of a client that is closed.
#[must_use]
pub fn closed_client() -> Error {
    refused("client", "the client is closed: create a new one")
}

/// Why the language's own JSON writer refused an input, or a part of it, whose name stands before this.
#[must_use]
pub fn not_writable(reason: impl fmt::Display) -> String {
    format!("not serializable as JSON: {reason}")
}

/// Why what the application's key function gave is no key. `found` and `wanted` are types in the words of the language.
#[must_use]
pub fn not_a_key(found: impl fmt::Display, wanted: &str) -> String {
    format!("the key function gave {found}, not {wanted}")
}
