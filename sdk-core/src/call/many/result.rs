//! The result of one of many calls.

use bytes::Bytes;

use crate::{error::Error, response::call_response::CallResponse};

/// The result of one of many calls.
#[derive(Debug)]
#[non_exhaustive]
pub struct CallResult {
    /// Position of the input, counted from 0.
    pub index: usize,
    /// The input as JSON text; empty if it could not be serialized.
    pub input: Bytes,
    /// The response, or the error of this call.
    pub result: Result<CallResponse<Bytes>, Error>,
}

impl CallResult {
    /// Whether the call succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.result.is_ok()
    }
}
