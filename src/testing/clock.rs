use core::time::Duration;
use std::sync::{Arc, Mutex, PoisonError};

use time::OffsetDateTime;

use doorward::Clock;

/// A clock that moves only when told to. Clones share the same time.
///
/// ```
/// use std::time::Duration;
/// use doorward::{Clock, testing::ManualClock};
///
/// let clock = ManualClock::new();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(300));
/// assert_eq!(clock.now() - before, time::Duration::minutes(5));
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<Mutex<OffsetDateTime>>);

impl ManualClock {
    /// A clock that shows 25 November 2026, 9:00 UTC.
    pub fn new() -> Self {
        Self::at(OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_795_597_200))
    }

    /// A clock that shows the given time.
    pub fn at(now: OffsetDateTime) -> Self {
        Self(Arc::new(Mutex::new(now)))
    }

    /// Moves it forward.
    pub fn advance(&self, by: Duration) {
        self.change(|now| now.saturating_add(by.try_into().unwrap_or(time::Duration::MAX)));
    }

    /// Sets it back.
    pub fn set_back(&self, by: Duration) {
        self.change(|now| now.saturating_sub(by.try_into().unwrap_or(time::Duration::MAX)));
    }

    /// Sets it.
    pub fn set(&self, now: OffsetDateTime) {
        self.change(|_| now);
    }

    fn change(&self, change: impl FnOnce(OffsetDateTime) -> OffsetDateTime) {
        let mut now = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *now = change(*now);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for ManualClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
