//! What runs beside the flows: background work, the periodic purge, closing.

use core::time::Duration;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

use super::background::Background;
use crate::error::Unavailable;
use crate::types::after;

pub(crate) struct Housekeeping {
    pub(crate) background: Background,
    purge_every: Option<Duration>,
    purged_at: Mutex<OffsetDateTime>,
    closed: AtomicBool,
}

impl Housekeeping {
    pub(crate) fn new(background: Background, purge_every: Option<Duration>, now: OffsetDateTime) -> Self {
        Self { background, purge_every, purged_at: Mutex::new(now), closed: AtomicBool::new(false) }
    }

    /// Refuses once the `Auth` was closed. Every flow begins with it.
    pub(crate) fn open(&self) -> Result<(), Unavailable> {
        if self.closed.load(Ordering::Acquire) { Err(Unavailable::Closed) } else { Ok(()) }
    }

    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether spent attempts should be purged now; it is due once per period. Never without a spawner: no sign-in waits for it.
    pub(crate) fn purge_is_due(&self, now: OffsetDateTime) -> bool {
        let Some(every) = self.purge_every.filter(|_| self.background.is_spawned()) else { return false };
        let mut purged_at = self.purged_at.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not put the next one off for longer than the period.
        *purged_at = (*purged_at).min(now);
        let due = now >= after(*purged_at, every);
        if due {
            *purged_at = now;
        }
        due
    }
}
