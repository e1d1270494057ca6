//! Keeps a panic on this side of the language border.
//!
//! A panic is a bug of this package, and Python gets an exception of this package for it. PyO3 itself would raise
//! `PanicException`, which `except Exception` misses and whose text is the panic's: it may hold a part of the input or the
//! key. On the network's threads nobody would raise anything, and a caller would wait forever.

use std::{
    future::poll_fn,
    panic::{self, AssertUnwindSafe},
    pin::pin,
    task::Poll,
};

use pyo3::prelude::*;

use super::test_panic::{Place, panic_if_asked};
use crate::error;

/// A panic that was caught. What it said is dropped.
#[derive(Debug)]
pub(crate) struct Panicked;

impl From<Panicked> for PyErr {
    fn from(_: Panicked) -> Self {
        Python::attach(error::internal)
    }
}

/// Runs the body of a function that Python or an event loop calls: of every one.
pub(crate) fn entry<T>(body: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    // Whatever it leaves half-done stands behind a lock or is dropped with its call.
    let ended = panic::catch_unwind(AssertUnwindSafe(|| {
        panic_if_asked(Place::Entry);
        body()
    }));
    ended.unwrap_or_else(|_| Err(Panicked.into()))
}

/// Drives a future of the core to its end, on whatever thread: every one.
pub(crate) async fn future<T>(future: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut future = pin!(future);
    poll_fn(|context| {
        let polled = panic::catch_unwind(AssertUnwindSafe(|| {
            panic_if_asked(Place::Future);
            future.as_mut().poll(context)
        }));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(_) => Poll::Ready(Err(Panicked)),
        }
    })
    .await
}
