use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::types::{Malformed, Version, after, micros, until};

/// The key under which attempts are counted: a short text that reveals nothing about whose they are.
///
/// It is a digest of the canonical form of the address (or of a user and device), keyed if the host sets an index key, so a
/// stolen table of attempts is not a list of addresses. Unknown addresses have the same kind of keys as known ones.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct AttemptKey(Box<str>);

impl AttemptKey {
    pub(crate) fn new(text: String) -> Self {
        Self(text.into())
    }

    /// The key as text: at most 64 ASCII letters, digits, `-`, `_` and `:`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One entry of an [`AttemptStore`](crate::AttemptStore): the failures counted in a bucket, and when the next try is allowed.
///
/// Adapters store it as a document ([`to_snapshot`](Self::to_snapshot)) beside three columns: the key, the version and
/// `expires_at`. [`failures`](Self::failures) is for stores that must stay bounded.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Attempts {
    version: Version,
    failures: u32,
    /// The instant from which the wait counts.
    #[serde(with = "micros")]
    since: OffsetDateTime,
    #[serde(with = "micros")]
    not_before: OffsetDateTime,
    #[serde(with = "micros")]
    expires_at: OffsetDateTime,
    /// The same wait as counted by a clock that is behind the one that wrote the entry.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    behind: Option<Behind>,
    /// When the latest tries were counted that did not succeed, in the order of counting and each once. Only where a journal is
    /// kept, which enters them at the next success.
    #[serde(with = "micros::several", default, skip_serializing_if = "Vec::is_empty")]
    tries: Vec<OffsetDateTime>,
    /// Fields of a newer release, kept unchanged.
    #[serde(flatten)]
    extra: serde_json::Map<String, serde_json::Value>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
struct Behind {
    #[serde(with = "micros")]
    since: OffsetDateTime,
    #[serde(with = "micros")]
    not_before: OffsetDateTime,
}

/// Between clocks that differ by at most this much, a wait may be restarted: that costs a few steps of the schedule, once.
const REWRITTEN_SKEW: Duration = Duration::from_secs(10 * 60);
/// The clocks of machines that work together differ by at most this much.
const MOST_SKEW: Duration = Duration::from_secs(24 * 60 * 60);
/// How many instants of tries are kept: twenty failures, and the try under way.
const MOST_TRIES: usize = 20 + 1;

/// A schedule of waits over a count. `Send + Sync`, so that futures using it can move between threads.
pub(crate) trait Spacing: Send + Sync {
    /// The wait after the given count.
    fn after(&self, count: u32) -> Duration;
    /// The count at which counting stops.
    fn saturation(&self) -> u32;
    /// How long an entry with this count is kept.
    fn remembered(&self, count: u32) -> Duration;
}

/// The result of charging a bucket.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Charge {
    /// The next try is not allowed yet. Nothing is written, so an early try does not lengthen the wait.
    Early { retry_after: Duration },
    /// The entry lies in the future: the clock was set back, or another machine's is ahead. Store that the wait counts from now
    /// on this clock, then wait.
    SetBack { rewritten: Attempts, retry_after: Duration },
    /// The try is allowed once this entry is stored.
    Due(Attempts),
}

impl Attempts {
    /// Decides on one more try.
    pub(crate) fn charge(
        current: Option<&Self>,
        spacing: &dyn Spacing,
        now: OffsetDateTime,
        version: Version,
    ) -> Charge {
        let Some(entry) = current.filter(|entry| entry.counts(now)) else {
            return Charge::Due(Self::counted(1, spacing, now, version));
        };
        if entry.since > now {
            return entry.charge_behind(spacing, now, version);
        }
        match until(now, entry.not_before) {
            Duration::ZERO => Charge::Due(entry.counted_once_more(spacing, now, version)),
            retry_after => Charge::Early { retry_after },
        }
    }

    /// Decides on one more try by a clock that is behind the one that wrote the entry.
    ///
    /// - Up to ten minutes: the entry is rewritten, and the wait counts from now.
    /// - Up to a day: the wait stays as written. If it were rewritten, the machine that is ahead would find it elapsed every
    ///   time, and two machines whose clocks differ by an hour would allow tries without any wait.
    /// - More than a day: one clock was wrong, and what it wrote must not lock anyone out for years. The wait counts from the
    ///   first time that this clock sees the entry, beside the wait by the other clock.
    fn charge_behind(&self, spacing: &dyn Spacing, now: OffsetDateTime, version: Version) -> Charge {
        let wait = until(self.since, self.not_before);
        let not_before = after(now, wait);
        match (self.ahead_of(now), self.behind) {
            _ if wait.is_zero() => Charge::Due(self.counted_once_more(spacing, now, version)),
            (ahead, _) if ahead <= REWRITTEN_SKEW => {
                let rewritten = Self { version, since: now, not_before, ..self.clone() };
                Charge::SetBack { rewritten, retry_after: wait }
            }
            (ahead, _) if ahead <= MOST_SKEW => Charge::Early { retry_after: until(now, self.not_before) },
            (_, Some(behind)) if behind.since <= now => match until(now, behind.not_before) {
                Duration::ZERO => Charge::Due(self.counted_once_more(spacing, now, version)),
                retry_after => Charge::Early { retry_after },
            },
            _ => {
                let behind = Some(Behind { since: now, not_before });
                Charge::SetBack { rewritten: Self { version, behind, ..self.clone() }, retry_after: wait }
            }
        }
    }

    /// How far in the future the entry was written, by this clock.
    pub(crate) fn ahead_of(&self, now: OffsetDateTime) -> Duration {
        until(now, self.since)
    }

    fn counted_once_more(&self, spacing: &dyn Spacing, now: OffsetDateTime, version: Version) -> Self {
        let count = self.failures.saturating_add(1).min(spacing.saturation());
        let counted = Self::counted(count, spacing, now, version);
        // A failure counted by a clock that is behind must not make the entry expire sooner.
        let expires_at = if self.since > now { counted.expires_at.max(self.expires_at) } else { counted.expires_at };
        Self { expires_at, extra: self.extra.clone(), ..counted }.with_tries(self.tries.clone())
    }

    /// The rest of the wait.
    pub(crate) fn wait_left(&self, now: OffsetDateTime) -> Duration {
        until(if self.since > now { self.since } else { now }, self.not_before)
    }

    /// Takes charges back after a success: reduces the count by `by` and leaves a wait of `spacing_left` from now.
    pub(crate) fn refund(
        &self,
        by: u32,
        spacing_left: Duration,
        spacing: &dyn Spacing,
        now: OffsetDateTime,
        version: Version,
    ) -> Self {
        let failures = self.failures.saturating_sub(by);
        let not_before = after(now, spacing_left);
        let expires_at = after(now, spacing.remembered(failures).max(spacing_left));
        let refunded = Self::new(version, failures, [now, not_before, expires_at]);
        Self { extra: self.extra.clone(), ..refunded }.with_tries(self.tries.clone())
    }

    fn counted(failures: u32, spacing: &dyn Spacing, now: OffsetDateTime, version: Version) -> Self {
        let not_before = after(now, spacing.after(failures));
        let expires_at = after(now, spacing.remembered(failures));
        Self::new(version, failures, [now, not_before, expires_at])
    }

    fn new(version: Version, failures: u32, [since, not_before, expires_at]: [OffsetDateTime; 3]) -> Self {
        let (behind, tries, extra) = (None, Vec::new(), serde_json::Map::new());
        Self { version, failures, since, not_before, expires_at, behind, tries, extra }
    }

    /// Whether its failures still count.
    pub(crate) fn counts(&self, now: OffsetDateTime) -> bool {
        now < self.expires_at
    }

    /// The same entry with a try of now noted, behind those of the entry before.
    pub(crate) fn noting_try(self, before: Option<&Self>, now: OffsetDateTime) -> Self {
        let mut tries = before.map_or_else(Vec::new, |entry| entry.tries.clone());
        // An instant names a try, so no two share one.
        let mut at = now;
        while tries.contains(&at) {
            at = after(at, Duration::from_micros(1));
        }
        tries.push(at);
        let superfluous = tries.len().saturating_sub(MOST_TRIES);
        tries.drain(..superfluous);
        self.with_tries(tries)
    }

    /// The same entry after a success: without that try and all that were counted before it. They are told by their order and
    /// not by their time, since clocks are set back. Where it is not there, others came later than it and stay.
    pub(crate) fn without_tries_through(self, own: OffsetDateTime) -> Self {
        match self.tries.iter().position(|at| *at == own) {
            Some(position) => {
                let later = self.tries[position + 1..].to_vec();
                self.with_tries(later)
            }
            None => self,
        }
    }

    /// The same entry without that try.
    pub(crate) fn without_try(self, own: OffsetDateTime) -> Self {
        let others = self.tries.iter().copied().filter(|at| *at != own).collect();
        self.with_tries(others)
    }

    /// The instants of the latest tries that were counted and did not succeed, in the order of counting.
    pub(crate) fn tries(&self) -> &[OffsetDateTime] {
        &self.tries
    }

    fn with_tries(self, tries: Vec<OffsetDateTime>) -> Self {
        Self { tries, ..self }
    }

    /// The version of this entry, which a swap compares.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The number of failures counted. A store that must evict should evict entries with the fewest failures first.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The first instant at which the next try is allowed.
    pub fn not_before(&self) -> OffsetDateTime {
        self.not_before
    }

    /// From this instant on no failure of the entry counts, and it may be dropped. Its tries are not entered in the journal then.
    pub fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }

    /// The entry as one JSON document.
    pub fn to_snapshot(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Parses what [`to_snapshot`](Self::to_snapshot) wrote, in this release or another.
    ///
    /// # Errors
    /// [`Malformed`] if it is anything else.
    pub fn from_snapshot(document: &str) -> Result<Self, Malformed> {
        serde_json::from_str(document).map_err(|_| Malformed::ATTEMPTS)
    }
}

impl fmt::Display for AttemptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::throttle::Backoff;

    const HOUR: Duration = Duration::from_secs(60 * 60);

    fn version(n: u8) -> Version {
        Version::from_random([n; 16])
    }

    fn noted(before: Option<&Attempts>, now: OffsetDateTime) -> Attempts {
        match Attempts::charge(before, &Backoff::default(), now, version(1)) {
            Charge::Due(entry) => entry.noting_try(before, now),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tries_are_kept_as_long_as_the_failures_count() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let first = noted(None, start);
        let second = noted(Some(&first), start + HOUR / 2);
        assert_eq!((second.failures(), second.tries()), (2, [start, start + HOUR / 2].as_slice()));
        assert_eq!(second.expires_at(), start + HOUR / 2 + 2 * HOUR, "a try noted costs the store no time");
        assert_eq!(Attempts::from_snapshot(&second.to_snapshot()).unwrap(), second);
        let settled = second.without_tries_through(start + HOUR / 2);
        assert!(!settled.to_snapshot().contains("tries"));
    }

    #[test]
    fn a_try_is_named_by_its_instant_and_settled_by_its_place() {
        let start = OffsetDateTime::UNIX_EPOCH + 100 * HOUR;
        let mut entry = noted(None, start);
        // The clock is set back in between, and two tries share an instant.
        for now in [start - HOUR, start - HOUR, start + HOUR] {
            let before = entry.clone();
            entry = entry.noting_try(Some(&before), now);
        }
        let [_, two, three, four] = entry.tries() else { panic!("{entry:?}") };
        let (two, three, four) = (*two, *three, *four);
        assert_ne!(two, three);
        assert_eq!(entry.clone().without_try(three).tries(), [start, two, four]);
        assert_eq!(entry.clone().without_tries_through(two).tries(), [three, four]);
        assert_eq!(entry.clone().without_tries_through(start + 9 * HOUR).tries().len(), 4, "it is not there");
        for n in 1..=50 {
            let before = entry.clone();
            entry = entry.noting_try(Some(&before), start + n * HOUR);
        }
        assert_eq!((entry.tries().len(), entry.tries().last()), (MOST_TRIES, Some(&(start + 50 * HOUR))));
    }
}
