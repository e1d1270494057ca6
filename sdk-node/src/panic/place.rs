//! Where code runs that may panic.

/// A kind of code that JavaScript, napi or a task runs, and in which a panic is caught.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A function that JavaScript calls, which sends nothing by itself.
    Entry,
    /// A function of a stream or of many calls, which may have sent something before.
    Begun,
    /// The future behind a promise.
    Future,
    /// The conversion of the future's value into the promise's, on JavaScript's thread.
    Settling,
    /// A background task.
    Task,
    /// The call of a key function.
    KeyFunction,
    /// A callback that a thread of the core has queued for JavaScript's.
    Callback,
    /// The finalizer of an object that JavaScript has collected.
    Finalizer,
}
