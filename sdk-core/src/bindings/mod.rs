//! What the language bindings need and users do not. Nothing here is part of the public interface.

mod argument;
mod inputs;
mod internal_error;
mod read_ahead;
mod report;

pub use crate::config::values::{milliseconds, seconds, whole_number};
pub use crate::error::spelling::Language;
pub use argument::{Refuse, checked, jitter_seed, many_stream, refused, set_language, user_agent};
pub use inputs::{InputGiver, Inputs, inputs};
pub use internal_error::{INTERNAL_ERROR, internal_error_report, show_places_of_panics};
pub use read_ahead::ReadAhead;
pub use report::{Report, attempt_report, key_function_error, undecodable};
