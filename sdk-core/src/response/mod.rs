//! Responses: a success with its output, or an error.

pub(crate) mod body;
pub(crate) mod call_response;
pub(crate) mod error_body;
pub(crate) mod limits;
pub(crate) mod retry_after;
pub(crate) mod values;
