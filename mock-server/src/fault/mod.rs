//! Faults that are set: which requests they apply to, and what they do to the response.

pub(crate) mod active;
pub(crate) mod apply;
