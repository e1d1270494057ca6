//! The clock of waits: backoff, `Retry-After`, used-up windows and the arithmetic of deadlines.
//!
//! Timeouts of the network are not its business. They measure a real server, so they stay real.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

/// A wait; its output is the time at its end.
pub type Wait = Pin<Box<dyn Future<Output = Instant> + Send>>;

/// A clock that a client waits by.
pub trait Clock: fmt::Debug + Send + Sync {
    /// The time.
    fn now(&self) -> Instant;

    /// Waits until a time, and returns the time that it is then. An implementation may ask another process.
    fn sleep_until(&self, time: Instant) -> Wait;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct RealClock;

impl Clock for RealClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep_until(&self, time: Instant) -> Wait {
        Box::pin(async move {
            tokio::time::sleep_until(time).await;
            Instant::now().max(time)
        })
    }
}

type OnMove = Box<dyn Fn(Duration) + Send + Sync>;

/// A clock for tests: a wait moves it instead of sleeping. Between waits it runs like the machine's.
#[derive(Clone)]
pub struct FakeClock {
    moved_nanos: Arc<AtomicU64>,
    on_move: Arc<Mutex<Option<OnMove>>>,
}

impl FakeClock {
    /// A clock that has not been moved.
    #[must_use]
    pub fn new() -> Self {
        Self { moved_nanos: Arc::default(), on_move: Arc::default() }
    }

    /// Calls a function with the length of each move, for example to move a server's clock too.
    #[must_use]
    pub fn on_move(self, moved: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        *self.lock() = Some(Box::new(moved));
        self
    }

    /// How far waits have moved it.
    #[must_use]
    pub fn moved(&self) -> Duration {
        Duration::from_nanos(self.moved_nanos.load(Ordering::SeqCst))
    }

    /// Moves it.
    pub fn advance(&self, by: Duration) {
        self.move_to(self.now() + by);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<OnMove>> {
        self.on_move.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn move_to(&self, time: Instant) {
        // One move at a time: two waits that end at the same time move the clock once.
        let on_move = self.lock();
        let by = time.saturating_duration_since(self.now());
        if by.is_zero() {
            return;
        }
        self.moved_nanos.fetch_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX), Ordering::SeqCst);
        if let Some(on_move) = &*on_move {
            on_move(by);
        }
    }
}

impl Default for FakeClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Instant {
        Instant::now() + self.moved()
    }

    fn sleep_until(&self, time: Instant) -> Wait {
        let clock = self.clone();
        Box::pin(async move {
            clock.move_to(time);
            clock.now()
        })
    }
}

impl fmt::Debug for FakeClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FakeClock").field("moved", &self.moved()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    #[tokio::test]
    async fn a_wait_moves_the_fake_clock_and_takes_no_time() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let clock = FakeClock::new().on_move({
            let told = told.clone();
            move |by| told.lock().unwrap().push(by)
        });
        let (began, until) = (Instant::now(), clock.now() + HOUR);
        assert!(clock.sleep_until(until).await >= until);
        // The time has passed: the second wait moves nothing.
        clock.sleep_until(until).await;
        assert!(began.elapsed() < HOUR / 2 && clock.moved() <= HOUR);
        assert_eq!(told.lock().unwrap().iter().sum::<Duration>(), clock.moved());
        assert_eq!(told.lock().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_of_the_real_clock_ends_at_its_time() {
        let until = RealClock.now() + HOUR;
        let now = RealClock.sleep_until(until).await;
        assert_eq!((now, Instant::now()), (until, until));
    }
}
