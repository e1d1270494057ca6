//! Options and environment variables of clients and calls.

pub(crate) mod defaults;
pub(crate) mod environment;
pub(crate) mod headers;
pub(crate) mod options;
pub(crate) mod problems;
pub(crate) mod values;
