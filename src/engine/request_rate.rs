//! How often each client may ask for something that costs no hash: counted in this process, in fixed space.

use core::time::Duration;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use time::OffsetDateTime;

use crate::types::{after, until};

const ROWS: usize = 4;
const COLUMNS: usize = 8_192;

/// So many requests at once, and then one each time this has passed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) at_once: u32,
    pub(crate) every: Duration,
}

impl Rate {
    /// A bucket that is fuller than one can get was filled before the clock was set back.
    fn leaking(self, until: OffsetDateTime, now: OffsetDateTime) -> OffsetDateTime {
        until.min(self.brim(now))
    }

    /// Until when a bucket leaks after one more request, or how long to wait for it.
    fn filled(self, leaks_until: OffsetDateTime, now: OffsetDateTime) -> Result<OffsetDateTime, Duration> {
        let (filled, brim) = (after(leaks_until.max(now), self.every), self.brim(now));
        if filled > brim { Err(until(brim, filled)) } else { Ok(filled) }
    }

    fn brim(self, now: OffsetDateTime) -> OffsetDateTime {
        after(now, self.every.saturating_mul(self.at_once))
    }
}

/// One leaky bucket, for all who ask.
pub(crate) struct CommonRate {
    rate: Rate,
    leaks_until: Mutex<OffsetDateTime>,
}

impl CommonRate {
    /// Whether one more would be admitted now; otherwise how long to wait.
    pub(crate) fn has_room(&self, now: OffsetDateTime) -> Result<(), Duration> {
        let leaks_until = *self.leaks_until.lock().unwrap_or_else(PoisonError::into_inner);
        self.rate.filled(self.rate.leaking(leaks_until, now), now).map(drop)
    }

    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, leaks_until: Mutex::new(OffsetDateTime::UNIX_EPOCH) }
    }

    /// Counts one request, or returns how long to wait. A request that comes too early is not counted.
    pub(crate) fn admit(&self, now: OffsetDateTime) -> Result<(), Duration> {
        let mut leaks_until = self.leaks_until.lock().unwrap_or_else(PoisonError::into_inner);
        *leaks_until = self.rate.filled(self.rate.leaking(*leaks_until, now), now)?;
        Ok(())
    }
}

/// A count-min sketch of leaky buckets. Each client has one bucket in each row, and the emptiest counts, since the others are
/// shared with clients that ask more often. The buckets are chosen by a random key of this process, so that nobody can choose
/// whose buckets to fill.
///
/// Its size is fixed, whatever the number of clients and requests. No client ever exceeds the rate; if tens of thousands ask at
/// their full rate, they may slow down others.
pub(crate) struct RequestRate {
    rate: Rate,
    hashers: [RandomState; ROWS],
    /// Until when each bucket leaks.
    buckets: Mutex<Vec<OffsetDateTime>>,
}

impl RequestRate {
    pub(crate) fn new(rate: Rate) -> Self {
        let buckets = Mutex::new(vec![OffsetDateTime::UNIX_EPOCH; ROWS * COLUMNS]);
        Self { rate, hashers: core::array::from_fn(|_| RandomState::new()), buckets }
    }

    /// Counts one request, or returns how long to wait. A request that comes too early is not counted.
    pub(crate) fn admit(&self, who: &[u8], now: OffsetDateTime) -> Result<(), Duration> {
        let places: [usize; ROWS] = core::array::from_fn(|row| {
            let column = self.hashers[row].hash_one(who) % COLUMNS as u64;
            row * COLUMNS + usize::try_from(column).unwrap_or_default()
        });
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        for place in places {
            buckets[place] = self.rate.leaking(buckets[place], now);
        }
        let emptiest = places.iter().map(|place| buckets[*place]).min().unwrap_or(now);
        let filled = self.rate.filled(emptiest, now)?;
        for place in places {
            buckets[place] = buckets[place].max(filled);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: Rate = Rate { at_once: 10, every: Duration::from_secs(1) };

    fn admitted(rate: &RequestRate, who: &str, tries: usize, now: OffsetDateTime) -> usize {
        (0..tries).filter(|_| rate.admit(who.as_bytes(), now).is_ok()).count()
    }

    #[test]
    fn so_many_at_once_and_then_one_at_a_time() {
        let (rate, now) = (RequestRate::new(RATE), OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
        assert_eq!(admitted(&rate, "one", 50, now), 10);
        assert_eq!(rate.admit(b"one", now), Err(Duration::from_secs(1)));
        assert_eq!(admitted(&rate, "other", 50, now), 10, "nobody pays for others");
        assert_eq!(admitted(&rate, "one", 50, now + Duration::from_secs(3)), 3);
        assert_eq!(admitted(&rate, "one", 50, now + Duration::from_secs(60)), 10, "what is not used is not saved up");
    }

    #[test]
    fn a_clock_that_is_set_back_shuts_nobody_out() {
        let (rate, now) = (RequestRate::new(RATE), OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
        assert_eq!(admitted(&rate, "one", 50, now), 10);
        let before = now - Duration::from_secs(500_000);
        assert_eq!(admitted(&rate, "one", 50, before), 0);
        assert_eq!(admitted(&rate, "one", 50, before + Duration::from_secs(10)), 10);
    }

    #[test]
    fn a_crowd_that_asks_a_little_slows_nobody() {
        let (rate, now) = (RequestRate::new(RATE), OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1_000_000));
        let asked = (0..2_000).filter(|n| admitted(&rate, &format!("guest {n}"), 1, now) == 1).count();
        assert_eq!(asked, 2_000);
        assert_eq!(admitted(&rate, "one", 50, now), 10);
    }
}
