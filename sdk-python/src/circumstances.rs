//! What a call brings along for the application's functions that its client asks and tells: who runs them, and where.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::{guard, hook::Hooks, mailbox::Mailbox};

tokio::task_local! {
    static CIRCUMSTANCES: Arc<Circumstances>;
}

/// Where the hooks of a call are told something.
#[derive(Default)]
enum Hearing {
    /// There are no hooks.
    #[default]
    None,
    /// On the thread that waits for the call.
    Waiting(mpsc::UnboundedSender<String>),
    /// On the asyncio loop of the call.
    Loop(Arc<Hooks>),
}

#[derive(Default)]
pub(crate) struct Circumstances {
    /// The mailbox of the call's asyncio loop; none for a call of the synchronous client.
    mailbox: Option<Arc<Mailbox>>,
    hearing: Hearing,
}

impl Circumstances {
    /// A call of the synchronous client. What the hooks are to be told goes to `tell`.
    pub(crate) fn of_thread(tell: Option<mpsc::UnboundedSender<String>>) -> Self {
        Self { mailbox: None, hearing: tell.map_or(Hearing::None, Hearing::Waiting) }
    }

    /// A call of an asyncio loop.
    pub(crate) fn of_loop(mailbox: Arc<Mailbox>, hooks: Option<Arc<Hooks>>) -> Self {
        Self { mailbox: Some(mailbox), hearing: hooks.map_or(Hearing::None, Hearing::Loop) }
    }

    /// Drives a call within these circumstances.
    pub(crate) async fn around<T>(self, call: impl Future<Output = T>) -> T {
        CIRCUMSTANCES.scope(Arc::new(self), call).await
    }

    /// Those of the call that is driven.
    pub(crate) fn now() -> Arc<Self> {
        CIRCUMSTANCES.try_with(Arc::clone).unwrap_or_default()
    }

    pub(crate) fn mailbox(&self) -> Option<&Arc<Mailbox>> {
        self.mailbox.as_ref()
    }

    /// Has the hooks told something. It waits for nothing.
    pub(crate) fn tell(&self, report: String) {
        match (&self.hearing, &self.mailbox) {
            (Hearing::Waiting(tell), _) => {
                // Where the wait was interrupted, nobody listens.
                let _ = tell.send(report);
            }
            (Hearing::Loop(hooks), Some(mailbox)) => {
                let hooks = hooks.clone();
                mailbox.send(move |py| guard::body(|| hooks.tell(py, &report)));
            }
            _ => {}
        }
    }
}
