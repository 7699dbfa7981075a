use core::time::Duration;

use super::attempts::Spacing;

/// The schedule of waits after failures: a number of free failures, then a first wait that grows up to a cap.
///
/// The default is 250 ms doubling up to one hour. Each wait is longer than the last until the cap, and nothing is ever locked:
/// the tenth try comes after about two minutes of waiting. An attacker who uses every opportunity gets 37 tries on the first
/// day, 733 in thirty and some 8,800 in a year, far below the 10⁶ that guessing a password online takes.
///
/// It is a pure value that you can use on its own:
///
/// ```
/// use std::time::Duration;
/// use doorward::config::Backoff;
///
/// let backoff = Backoff::default();
/// assert_eq!(backoff.delay_after(0), Duration::ZERO);
/// assert_eq!(backoff.delay_after(1), Duration::from_millis(250));
/// assert_eq!(backoff.delay_after(10), Duration::from_secs(128));
/// assert_eq!(backoff.delay_after(u32::MAX), Duration::from_secs(3600));
///
/// // The tries of an attacker who uses every opportunity:
/// assert_eq!(backoff.tries_within(Duration::from_secs(24 * 60 * 60)), 37);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Backoff {
    /// Failures without any wait.
    pub free: u32,
    /// The wait after the first failure that is not free. At least a millisecond.
    pub first_step: Duration,
    /// The factor from each wait to the next, 2 to 10.
    pub growth: u32,
    /// The longest wait, at least [`first_step`](Self::first_step) and at most a day. It is also the longest wait that an
    /// attacker's failures can impose on an owner at an unknown browser.
    pub cap: Duration,
}

impl Backoff {
    /// The schedule of a client address's bucket: many people share an address, so twenty failures are free and the cap is a
    /// minute.
    pub(crate) const CLIENT_ADDRESS: Self =
        Self { free: 20, first_step: Duration::from_millis(250), growth: 2, cap: Duration::from_secs(60) };

    /// The wait after this many failures.
    pub fn delay_after(&self, failures: u32) -> Duration {
        let Some(steps) = failures.checked_sub(self.free).and_then(|counted| counted.checked_sub(1)) else {
            return Duration::ZERO;
        };
        let factor = self.growth.checked_pow(steps).unwrap_or(u32::MAX);
        self.first_step.saturating_mul(factor).min(self.cap)
    }

    /// How many tries fit into this span from the first one, for an attacker who uses every opportunity and always fails.
    pub fn tries_within(&self, span: Duration) -> u64 {
        let saturation = self.saturation();
        let (mut tries, mut failures, mut at) = (0, 0, Duration::ZERO);
        while at < span {
            tries += 1;
            failures += 1;
            at = at.saturating_add(self.delay_after(failures));
            if failures >= saturation {
                // From here on, one per cap.
                let rest = span.saturating_sub(at).as_nanos().div_ceil(self.cap.as_nanos().max(1));
                return tries + u64::try_from(rest).unwrap_or(u64::MAX);
            }
        }
        tries
    }

    /// The number of failures after which the wait no longer grows. Counting stops there.
    pub(crate) fn saturation(&self) -> u32 {
        (self.free + 1..).find(|n| self.delay_after(*n) >= self.cap || n - self.free > 32).unwrap_or(u32::MAX)
    }

    /// The field that is out of bounds, if there is one, and what is wrong with it.
    pub(crate) fn fault(&self) -> Option<(&'static str, &'static str)> {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        if self.first_step < Duration::from_millis(1) {
            Some(("first_step", "is below a millisecond"))
        } else if !(2..=10).contains(&self.growth) {
            Some(("growth", "is not between 2 and 10"))
        } else if self.cap < self.first_step {
            Some(("cap", "is below the first step"))
        } else if self.cap > DAY {
            Some(("cap", "is above a day"))
        } else if self.free > 1_000 {
            Some(("free", "is above 1,000"))
        } else {
            None
        }
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self { free: 0, first_step: Duration::from_millis(250), growth: 2, cap: Duration::from_secs(60 * 60) }
    }
}

impl Spacing for Backoff {
    fn after(&self, count: u32) -> Duration {
        self.delay_after(count)
    }

    fn saturation(&self) -> u32 {
        self.saturation()
    }

    /// More failures are remembered for longer: n hours for n failures, at most a day, and never less than the wait itself.
    fn remembered(&self, count: u32) -> Duration {
        Duration::from_secs(60 * 60 * u64::from(count.clamp(1, 24))).max(self.delay_after(count))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s16_every_wait_is_longer_than_the_one_before_until_the_cap() {
        let backoff = Backoff::default();
        let waits: Vec<_> = (0..40).map(|n| backoff.delay_after(n)).collect();
        for pair in waits.windows(2) {
            assert!(pair[0] < pair[1] || (pair[0] == backoff.cap && pair[1] == backoff.cap), "{pair:?}");
        }
        assert_eq!(backoff.delay_after(backoff.saturation()), backoff.cap);
        assert!(backoff.delay_after(backoff.saturation() - 1) < backoff.cap);
    }

    #[test]
    fn tries_are_counted_as_they_come() {
        let day = Duration::from_secs(24 * 60 * 60);
        for backoff in [
            Backoff::default(),
            Backoff::CLIENT_ADDRESS,
            Backoff { free: 3, first_step: Duration::from_secs(60), growth: 4, cap: day },
        ] {
            for span in [Duration::ZERO, Duration::from_millis(1), Duration::from_secs(60), day, 30 * day] {
                let (mut tries, mut at) = (0, Duration::ZERO);
                while at < span {
                    tries += 1;
                    at += backoff.delay_after(u32::try_from(tries).unwrap_or(u32::MAX));
                }
                assert_eq!(backoff.tries_within(span), tries, "{backoff:?} within {span:?}");
            }
        }
        assert_eq!(Backoff::default().tries_within(30 * day), 733);
    }

    #[test]
    fn free_failures_cost_nothing_and_the_doubling_starts_after_them() {
        let backoff = Backoff { free: 5, ..Backoff::default() };
        assert_eq!(backoff.delay_after(5), Duration::ZERO);
        assert_eq!(backoff.delay_after(6), backoff.first_step);
        assert_eq!(backoff.delay_after(7), backoff.first_step * 2);
    }

    #[test]
    fn scenario_06_an_entry_outlives_its_own_wait() {
        let backoff = Backoff { cap: Duration::from_secs(24 * 60 * 60), ..Backoff::default() };
        for n in 1..40 {
            assert!(backoff.remembered(n) >= backoff.delay_after(n));
        }
    }
}
