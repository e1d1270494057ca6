//! Backoff before a retry.

use std::{sync::Mutex, time::Duration};

/// Limit of the first wait; it doubles with each retry.
const FIRST: Duration = Duration::from_millis(500);
/// Limit of every wait.
const LONGEST: Duration = Duration::from_secs(8);

/// Exponential backoff with full jitter: a random part of a limit that doubles, so that clients that failed together do not retry
/// together.
#[derive(Debug)]
pub(crate) struct Backoff {
    random: Mutex<fastrand::Rng>,
}

impl Backoff {
    /// The same seed gives the same waits.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        // A forked process inherits its parent's generator: without the process id all children would wait equally long.
        let seed = seed.unwrap_or_else(|| fastrand::u64(..) ^ u64::from(std::process::id()).rotate_left(32));
        Self { random: Mutex::new(fastrand::Rng::with_seed(seed)) }
    }

    /// The wait before a retry. `number` counts from 1.
    pub(crate) fn wait(&self, retry: u32) -> Duration {
        self.part_of(limit(retry))
    }

    /// A random part of a wait.
    pub(crate) fn part_of(&self, longest: Duration) -> Duration {
        let part = self.random.lock().unwrap_or_else(std::sync::PoisonError::into_inner).f64();
        longest.mul_f64(part)
    }
}

fn limit(retry: u32) -> Duration {
    FIRST.saturating_mul(2_u32.saturating_pow(retry.saturating_sub(1))).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_doubles_up_to_eight_seconds() {
        let limits: Vec<_> = (1..=7).map(|retry| limit(retry).as_secs_f64()).collect();
        assert_eq!(limits, [0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0]);
        assert_eq!(limit(u32::MAX), LONGEST);
    }

    #[test]
    fn jitter_fills_the_whole_span() {
        let backoff = Backoff::new(Some(7));
        let waits: Vec<_> = (0..1_000).map(|_| backoff.wait(2)).collect();
        assert!(waits.iter().all(|wait| *wait < Duration::from_secs(1)));
        assert!(waits.iter().any(|wait| *wait < Duration::from_millis(50)));
        assert!(waits.iter().any(|wait| *wait > Duration::from_millis(950)));
    }

    #[test]
    fn the_same_seed_gives_the_same_waits() {
        let waits = |seed| {
            let backoff = Backoff::new(Some(seed));
            (1..10).map(|retry| backoff.wait(retry)).collect::<Vec<_>>()
        };
        assert_eq!(waits(1), waits(1));
        assert_ne!(waits(1), waits(2));
    }
}
