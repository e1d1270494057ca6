//! Where a call was made, for the application's functions that its client calls meanwhile: the hooks and the key function.

use std::sync::Arc;

use crate::{asyncio::completion_queue::CompletionQueue, log::Warning, variables::Variables};

tokio::task_local! {
    static CURRENT: Arc<CallContext>;
}

/// Passes the report of an attempt on to the hooks. It waits for nothing.
pub(crate) type Notify = Box<dyn Fn(String) + Send + Sync>;

/// Passes a warning on to the thread that waits for the calls. It waits for nothing.
pub(crate) type Warn = Box<dyn Fn(Warning) + Send + Sync>;

#[derive(Default)]
pub(crate) struct CallContext {
    /// The queue of the call's asyncio loop; none for a call of the synchronous client.
    queue: Option<Arc<CompletionQueue>>,
    notify: Option<Notify>,
    /// Those of whoever made the call, where a function of the application may need them.
    variables: Option<Arc<Variables>>,
    /// Where warnings go of calls that no thread of the application drives.
    warn: Option<Warn>,
}

impl CallContext {
    /// A call of the synchronous client.
    pub(crate) fn of_thread(notify: Option<Notify>, variables: Option<Arc<Variables>>) -> Self {
        Self { notify, variables, ..Self::default() }
    }

    /// Calls of the synchronous client that the network's threads drive.
    pub(crate) fn of_task(notify: Option<Notify>, variables: Option<Arc<Variables>>, warn: Warn) -> Self {
        Self { queue: None, notify, variables, warn: Some(warn) }
    }

    /// A call of an asyncio loop.
    pub(crate) fn of_loop(
        queue: Arc<CompletionQueue>,
        notify: Option<Notify>,
        variables: Option<Arc<Variables>>,
    ) -> Self {
        Self { queue: Some(queue), notify, variables, warn: None }
    }

    /// Drives a call within this context.
    pub(crate) async fn scope<T>(self, call: impl Future<Output = T>) -> T {
        CURRENT.scope(Arc::new(self), call).await
    }

    /// That of the call that is driven.
    pub(crate) fn current() -> Arc<Self> {
        CURRENT.try_with(Arc::clone).unwrap_or_default()
    }

    pub(crate) fn variables(&self) -> Option<&Variables> {
        self.variables.as_deref()
    }

    pub(crate) fn queue(&self) -> Option<&Arc<CompletionQueue>> {
        self.queue.as_ref()
    }

    /// Passes a warning on to the thread that waits for the calls.
    ///
    /// # Errors
    ///
    /// The warning, where it is this thread.
    pub(crate) fn warn(&self, warning: Warning) -> Result<(), Warning> {
        match &self.warn {
            Some(warn) => {
                warn(warning);
                Ok(())
            }
            None => Err(warning),
        }
    }

    /// Passes the report of an attempt on to the hooks, if there are any.
    pub(crate) fn notify(&self, report: String) {
        if let Some(notify) = &self.notify {
            notify(report);
        }
    }
}
