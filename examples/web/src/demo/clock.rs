use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use doorward::{Clock, SystemClock};
use time::OffsetDateTime;

/// The system clock plus an offset, so that a link's hour passes at the press of a button. It only moves forward.
#[derive(Clone, Debug, Default)]
pub struct DemoClock(Arc<AtomicU64>);

impl DemoClock {
    /// Beyond this, adding lifetimes could overflow the latest representable time.
    const MOST_SECONDS: u64 = 10 * 366 * 24 * 60 * 60;

    pub fn ahead_by(seconds: u64) -> Self {
        Self(Arc::new(AtomicU64::new(seconds.min(Self::MOST_SECONDS))))
    }

    /// Moves the clock forward and returns the new offset in seconds.
    pub fn forward(&self, by: Duration) -> u64 {
        let moved = |ahead: u64| Some(ahead.saturating_add(by.as_secs()).min(Self::MOST_SECONDS));
        let before = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, moved).unwrap_or_default();
        moved(before).unwrap_or(before)
    }
}

impl Clock for DemoClock {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now().saturating_add(time::Duration::seconds(self.0.load(Ordering::Acquire) as i64))
    }
}
