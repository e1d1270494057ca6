//! A retry budget per client, which keeps clients from overloading a failing server.

use std::sync::Mutex;

/// Initial and maximum number of tokens.
const CAPACITY: u32 = 500;
/// Price of a retry.
const RETRY_COST: u32 = 5;
/// Refund of a call that succeeds without a retry.
const SUCCESS_REFUND: u32 = 1;

/// A token bucket, as in AWS's SDKs: retries take tokens, successes return them. While a server keeps failing, the bucket runs
/// empty and retries stop; when the server recovers, the bucket refills.
#[derive(Debug)]
pub(crate) struct Budget {
    tokens: Mutex<u32>,
}

impl Budget {
    pub(crate) fn new() -> Self {
        Self { tokens: Mutex::new(CAPACITY) }
    }

    /// Takes the price of one retry; `false`, taking nothing, if there are too few tokens.
    pub(crate) fn take(&self) -> bool {
        let mut tokens = self.lock();
        tokens.checked_sub(RETRY_COST).map(|left| *tokens = left).is_some()
    }

    /// Refunds a successful call: the price of its last retry, or less if it had none.
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
    fn retries_to_a_failing_server_are_limited() {
        let budget = Budget::new();
        let retries = (0..10_000).filter(|_| budget.take()).count();
        assert_eq!(retries, 100);
    }

    #[test]
    fn successful_calls_refund_retries() {
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
