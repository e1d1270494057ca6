//! The call that is driven, where functions of the application may run for it.

tokio::task_local! {
    static WATCHED: u32;
}

/// The number of the call that is driven, where something in JavaScript may run for it.
pub(crate) fn watched() -> Option<u32> {
    WATCHED.try_with(|number| *number).ok()
}

/// Drives a call, or many, under a number by which JavaScript knows it; without one, nothing is reported.
pub(crate) async fn watch<T>(number: Option<u32>, call: impl Future<Output = T>) -> T {
    match number {
        Some(number) => WATCHED.scope(number, call).await,
        None => call.await,
    }
}
