//! When an attempt that failed is followed by another one, and how long the client waits before it.

pub(crate) mod backoff;
pub(crate) mod budget;
pub(crate) mod deadline;
pub(crate) mod failure;
pub(crate) mod policy;
