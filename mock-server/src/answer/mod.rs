//! From an input to an output, and from an output to the response.

pub(crate) mod builtin;
pub(crate) mod call;
pub(crate) mod execution;
pub(crate) mod failure;
pub(crate) mod output;
pub(crate) mod render;
pub(crate) mod script_stream;
pub(crate) mod sse;
mod usage;
mod vocabulary;
