//! A client-wide allowance of retries, so that a server which fails is not stormed.

use std::sync::Mutex;

/// How many tokens a client begins with, and holds at most.
const CAPACITY: u32 = 500;
/// What a retry takes out.
const RETRY_COST: u32 = 5;
/// What a call that succeeds at once puts back.
const SUCCESS_REFUND: u32 = 1;

/// A token bucket, as AWS's SDKs have it: retries take tokens out, successes put them back. When a server fails for
/// long, about one call in five is still repeated; when it recovers, so does the bucket.
#[derive(Debug)]
pub(crate) struct Budget {
    tokens: Mutex<u32>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { tokens: Mutex::new(CAPACITY) }
    }

    /// Takes out the price of one retry; `false` where it is not there, and nothing is taken.
    pub(crate) fn take(&self) -> bool {
        let mut tokens = self.lock();
        tokens.checked_sub(RETRY_COST).map(|left| *tokens = left).is_some()
    }

    /// Puts back what a successful call earned: the price of its last retry, or a little where it had none.
    pub(crate) fn refund(&self, was_retried: bool) {
        let mut tokens = self.lock();
        let earned = if was_retried { RETRY_COST } else { SUCCESS_REFUND };
        *tokens = tokens.saturating_add(earned).min(CAPACITY);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, u32> {
        self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_fails_for_long_is_not_stormed() {
        let budget = Budget::new();
        let retries = (0..10_000).filter(|_| budget.take()).count();
        assert_eq!(retries, 100);
    }

    #[test]
    fn successes_earn_retries_back() {
        let budget = Budget::new();
        while budget.take() {}
        (0..5).for_each(|_| budget.refund(false));
        assert!(budget.take() && !budget.take());
        budget.refund(true);
        assert!(budget.take() && !budget.take());
        (0..10_000).for_each(|_| budget.refund(true));
        assert_eq!((0..10_000).filter(|_| budget.take()).count(), 100);
    }
}
