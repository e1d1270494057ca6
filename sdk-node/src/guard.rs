//! Turns a panic in a function that JavaScript calls into an error like others.
//!
//! The body of everything that JavaScript calls, and of every promise, runs in here.

use napi::{
    Env,
    bindgen_prelude::{Either, PromiseRaw, ToNapiValue},
};

use crate::{
    error::NativeError,
    panic::{caught, caught_future, place::Place},
};

/// A value, or an error instead.
pub(crate) type Guarded<T> = Either<T, NativeError>;

/// A promise of such a value, or an error instead.
pub(crate) type GuardedPromise<'env, T> = Guarded<PromiseRaw<'env, Guarded<T>>>;

/// Runs `step`.
pub(crate) fn at<T>(place: Place, step: impl FnOnce() -> Guarded<T>) -> Guarded<T> {
    caught(place, step).unwrap_or_else(|panicked| Either::B(panicked.into()))
}

/// Runs `step`, the body of a function that JavaScript calls.
pub(crate) fn entry<T>(place: Place, step: impl FnOnce() -> napi::Result<Guarded<T>>) -> napi::Result<Guarded<T>> {
    caught(place, step).unwrap_or_else(|panicked| Ok(Either::B(panicked.into())))
}

/// Runs `step`, the body of a function that JavaScript calls and that cannot fail.
pub(crate) fn plain<T>(place: Place, step: impl FnOnce() -> T) -> Guarded<T> {
    at(place, || Either::A(step()))
}

/// A promise of what `settle` makes of the future's value.
pub(crate) fn promise<'env, T: Send + 'static, V: ToNapiValue>(
    env: &'env Env,
    future: impl Future<Output = T> + Send + 'static,
    settle: impl FnOnce(&'env Env, T) -> napi::Result<Guarded<V>> + 'static,
) -> napi::Result<GuardedPromise<'env, V>> {
    let ended = async move { Ok(caught_future(Place::Future, future).await) };
    let promise = env.spawn_future_with_callback(ended, |env, ended| {
        ended
            .and_then(|value| caught(Place::Settling, || settle(env, value)))
            .unwrap_or_else(|panicked| Ok(Either::B(panicked.into())))
    })?;
    Ok(Either::A(promise))
}
