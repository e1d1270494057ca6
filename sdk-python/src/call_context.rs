//! Where a call was made, for the application's functions that its client calls meanwhile: the hooks and the key function.

use std::sync::Arc;

use crate::asyncio::completion_queue::CompletionQueue;

tokio::task_local! {
    static CURRENT: Arc<CallContext>;
}

/// Passes the report of an attempt on to the hooks. It waits for nothing.
pub(crate) type Notify = Box<dyn Fn(String) + Send + Sync>;

#[derive(Default)]
pub(crate) struct CallContext {
    /// The queue of the call's asyncio loop; none for a call of the synchronous client.
    queue: Option<Arc<CompletionQueue>>,
    notify: Option<Notify>,
    /// Where warnings go of calls that no thread of the application drives.
    warn: Option<Notify>,
}

impl CallContext {
    /// A call of the synchronous client.
    pub(crate) fn of_thread(notify: Option<Notify>) -> Self {
        Self { notify, ..Self::default() }
    }

    /// Calls of the synchronous client that the network's threads drive.
    pub(crate) fn of_task(notify: Option<Notify>, warn: Notify) -> Self {
        Self { queue: None, notify, warn: Some(warn) }
    }

    /// A call of an asyncio loop.
    pub(crate) fn of_loop(queue: Arc<CompletionQueue>, notify: Option<Notify>) -> Self {
        Self { queue: Some(queue), notify, warn: None }
    }

    /// Drives a call within this context.
    pub(crate) async fn scope<T>(self, call: impl Future<Output = T>) -> T {
        CURRENT.scope(Arc::new(self), call).await
    }

    /// That of the call that is driven.
    pub(crate) fn current() -> Arc<Self> {
        CURRENT.try_with(Arc::clone).unwrap_or_default()
    }

    pub(crate) fn queue(&self) -> Option<&Arc<CompletionQueue>> {
        self.queue.as_ref()
    }

    /// Passes a warning on to the thread that waits for the calls.
    ///
    /// # Errors
    ///
    /// The warning, where it is this thread.
    pub(crate) fn warn(&self, text: String) -> Result<(), String> {
        match &self.warn {
            Some(warn) => {
                warn(text);
                Ok(())
            }
            None => Err(text),
        }
    }

    /// Passes the report of an attempt on to the hooks, if there are any.
    pub(crate) fn notify(&self, report: String) {
        if let Some(notify) = &self.notify {
            notify(report);
        }
    }
}
