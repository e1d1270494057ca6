//! Options and the environment: what a client and a call are told, before anything is sent.

pub(crate) mod environment;
pub(crate) mod headers;
pub(crate) mod options;
pub(crate) mod values;
