use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;

use crate::types::{Version, after, micros, until};

/// What attempts are counted under: a short text that tells nothing about whom it counts.
///
/// It is a digest of the canonical form of the address asked for (or of a user and device), keyed if the host gives an
/// index key, so that a stolen table of attempts is not a list of addresses. Unknown addresses have keys like known ones.
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

/// A stored entry of attempts cannot be understood.
#[derive(Clone, Copy, Debug, Eq, Error, PartialEq)]
#[error("malformed attempts entry")]
pub struct MalformedAttempts;

/// One entry of an [`AttemptStore`](crate::AttemptStore): how many failures are counted in a lane (or reset mails for an
/// address), and when the next try may be made.
///
/// Adapters store it as a document ([`to_snapshot`](Self::to_snapshot)) beside three columns of its own: the key, the
/// version and `expires_at`; [`failures`](Self::failures) is there for stores that must stay bounded.
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
    /// Fields of a newer release, kept as they are.
    #[serde(flatten)]
    extra: serde_json::Map<String, serde_json::Value>,
}

/// A schedule of waits over a count.
pub(crate) trait Spacing: Sync {
    /// The wait after the given count.
    fn after(&self, count: u32) -> Duration;
    /// The count at which counting stops.
    fn saturation(&self) -> u32;
    /// How long an entry with that count is kept.
    fn remembered(&self, count: u32) -> Duration;
}

/// What charging a lane comes to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Charge {
    /// The next try may not be made yet. Nothing is written, so an early try does not lengthen the wait.
    Early { retry_after: Duration },
    /// The entry lies in the future because the clock was set back: write it as counted from now, then wait.
    SetBack { rewritten: Attempts, retry_after: Duration },
    /// The try may be made once this entry is stored.
    Due(Attempts),
}

impl Attempts {
    /// Decides about one more try.
    pub(crate) fn charge(
        current: Option<&Self>,
        spacing: &dyn Spacing,
        now: OffsetDateTime,
        version: Version,
    ) -> Charge {
        let Some(entry) = current.filter(|entry| now < entry.expires_at) else {
            return Charge::Due(Self::counted(1, spacing, now, version));
        };
        let set_back = entry.since > now;
        match until(if set_back { entry.since } else { now }, entry.not_before) {
            Duration::ZERO => {
                let count = entry.failures.saturating_add(1).min(spacing.saturation());
                Charge::Due(Self { extra: entry.extra.clone(), ..Self::counted(count, spacing, now, version) })
            }
            retry_after if set_back => {
                let expires_at = after(now, spacing.remembered(entry.failures).max(retry_after));
                let not_before = after(now, retry_after);
                let rewritten = Self { version, since: now, not_before, expires_at, ..entry.clone() };
                Charge::SetBack { rewritten, retry_after }
            }
            retry_after => Charge::Early { retry_after },
        }
    }

    /// Takes charges back after a success: `by` off the count, and only `spacing_left` to wait from now.
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
        Self { version, failures, since: now, not_before, expires_at, extra: self.extra.clone() }
    }

    fn counted(failures: u32, spacing: &dyn Spacing, now: OffsetDateTime, version: Version) -> Self {
        let not_before = after(now, spacing.after(failures));
        let expires_at = after(now, spacing.remembered(failures));
        Self { version, failures, since: now, not_before, expires_at, extra: serde_json::Map::new() }
    }

    /// The version of this entry: what a swap compares.
    pub fn version(&self) -> Version {
        self.version
    }

    /// How many failures (or mails) are counted. A store that must evict evicts the entries with the fewest first.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The first instant at which the next try may be made.
    pub fn not_before(&self) -> OffsetDateTime {
        self.not_before
    }

    /// From this instant on the entry means nothing and may be dropped.
    pub fn expires_at(&self) -> OffsetDateTime {
        self.expires_at
    }

    /// The entry as one JSON document.
    pub fn to_snapshot(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads what [`to_snapshot`](Self::to_snapshot) wrote, in this release or another.
    ///
    /// # Errors
    /// [`MalformedAttempts`] if it is anything else.
    pub fn from_snapshot(document: &str) -> Result<Self, MalformedAttempts> {
        serde_json::from_str(document).map_err(|_| MalformedAttempts)
    }
}

impl fmt::Display for AttemptKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
