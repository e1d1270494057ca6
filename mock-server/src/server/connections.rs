//! The open connections. Those that send no complete request give way to new ones.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::task::AbortHandle;

/// The open connections by number.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections(Arc<Mutex<BTreeMap<u64, Connection>>>);

#[derive(Debug)]
struct Connection {
    /// Since when it has had no complete request; `None` while one is answered.
    waiting: Option<Instant>,
    abort: AbortHandle,
}

impl Connections {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Connection>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a connection, which waits for its first request.
    pub(super) fn add(&self, number: u64, abort: AbortHandle) {
        // Its task may have ended already.
        if !abort.is_finished() {
            self.lock().insert(number, Connection { waiting: Some(Instant::now()), abort });
        }
    }

    /// Removes a connection that has ended.
    pub(super) fn remove(&self, number: u64) {
        self.lock().remove(&number);
    }

    /// Number of open connections.
    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    /// Marks a connection as busy until the guard is dropped.
    pub(super) fn busy(&self, number: u64) -> Busy {
        self.set_waiting(number, None);
        Busy { connections: self.clone(), number }
    }

    fn set_waiting(&self, number: u64, waiting: Option<Instant>) {
        if let Some(connection) = self.lock().get_mut(&number) {
            connection.waiting = waiting;
        }
    }

    /// Closes the connection that has waited longest; `false` if all are busy.
    pub(super) fn close_longest_waiting(&self) -> bool {
        let mut open = self.lock();
        let longest = open.iter().filter_map(|(number, one)| Some((one.waiting?, *number))).min();
        let closed = longest.and_then(|(_, number)| open.remove(&number));
        drop(open);
        if let Some(closed) = &closed {
            closed.abort.abort();
        }
        closed.is_some()
    }
}

/// A connection whose request is being answered.
#[derive(Debug)]
pub(super) struct Busy {
    connections: Connections,
    number: u64,
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.connections.set_waiting(self.number, Some(Instant::now()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_connection_that_waits_longest_gives_way_and_a_busy_one_never() {
        let connections = Connections::default();
        let tasks: Vec<_> = (0..3).map(|_| tokio::spawn(std::future::pending::<()>())).collect();
        for (number, task) in tasks.iter().enumerate() {
            connections.add(number as u64, task.abort_handle());
        }
        let busy = connections.busy(0);
        assert!(connections.close_longest_waiting());
        assert_eq!(connections.lock().keys().copied().collect::<Vec<_>>(), [0, 2]);
        assert!(connections.close_longest_waiting());
        assert!(!connections.close_longest_waiting(), "the last one is busy");
        drop(busy);
        assert!(connections.close_longest_waiting());
        for task in tasks {
            assert!(task.await.unwrap_err().is_cancelled());
        }
    }
}
