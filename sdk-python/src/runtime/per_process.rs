//! What must be recreated in a forked child.
//!
//! `fork` copies memory and one thread. A runtime or a pooled connection that was made before it waits for threads that do
//! not exist in the child, and a call would hang forever. So whatever lives on those threads is kept beside the process
//! that made it, and recreated in another; what was the parent's is leaked, since taking it down would wait for the same
//! threads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pyo3::Python;

/// A value that belongs to the process that made it.
///
/// The lock is taken by threads that hold the GIL only, and a thread that forks holds the GIL: so no other thread holds the
/// lock at that moment, and the child finds it free.
pub(crate) struct PerProcess<T>(Mutex<Option<(u32, T)>>);

impl<T: Clone> PerProcess<T> {
    pub(crate) const fn empty() -> Self {
        Self(Mutex::new(None))
    }

    pub(crate) fn holding(value: T) -> Self {
        Self(Mutex::new(Some((std::process::id(), value))))
    }

    /// The value of this process, made by `make` where there is none yet.
    pub(crate) fn get<E>(&self, _py: Python<'_>, make: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        let process = std::process::id();
        let mut kept = self.lock();
        match &*kept {
            Some((maker, value)) if *maker == process => return Ok(value.clone()),
            _ => {}
        }
        let value = make()?;
        std::mem::forget(kept.replace((process, value.clone())));
        Ok(value)
    }

    /// Takes the value out, if it is of this process.
    pub(crate) fn take(&self, _py: Python<'_>) -> Option<T> {
        match self.lock().take() {
            Some((maker, value)) if maker == std::process::id() => Some(value),
            inherited => {
                std::mem::forget(inherited);
                None
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<(u32, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for PerProcess<T> {
    fn drop(&mut self) {
        let kept = self.0.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if kept.as_ref().is_some_and(|(maker, _)| *maker != std::process::id()) {
            std::mem::forget(kept);
        }
    }
}
