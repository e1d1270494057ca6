//! Faults that are set: which requests each applies to, and what becomes of the answer.

pub(crate) mod active;
pub(crate) mod apply;
