//! Support for the language bindings. Not part of the public interface.

mod argument;
mod event;
mod inputs;
mod internal_error;
mod misspelling;
mod nearest;
mod option;
mod option_place;
mod read_ahead;
mod report;
mod text;
mod user_agent;
mod variables;

pub use crate::config::values::{milliseconds, seconds, whole_number};
pub use crate::error::spelling::Language;
pub use crate::send::clock::{Clock, FakeClock, Wait};
pub use crate::stream::misuse::{
    closed_stream, never_opened_stream, second_reader, stream_already_entered, stream_already_read, stream_not_open,
};
pub use argument::{
    Refuse, checked, checked_call, clock, drive, jitter_seed, many_stream, not_iterable, one_input, refused,
    refused_as_well, refused_together, set_language, user_agent,
};
pub use event::{EventError, event_error};
pub use inputs::{InputGiver, Inputs, inputs};
pub use internal_error::{INTERNAL_ERROR, internal_error_report, show_places_of_panics};
pub use option::{has_none, max_retries, one_key_source, unknown_options};
pub use read_ahead::{ReadAhead, StreamProgress};
pub use report::{Report, attempt_report, key_function_error, undecodable};
pub use text::{
    LONE_SURROGATE, async_hook, closed_client, header_value, hook_failed, lone_surrogate, not_a_key, not_an_object,
    not_writable, visible,
};
pub use user_agent::called_from;
pub use variables::{Variables, variables};
