//! Retries: which failures are retried, and after which wait.

pub(crate) mod backoff;
pub(crate) mod budget;
pub(crate) mod deadline;
pub(crate) mod failure;
pub(crate) mod policy;
