//! Arithmetic on instants that saturates and copes with clocks that are set back.

use core::time::Duration;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// How far in the future an issue time may lie and still be accepted: the clocks of several servers differ slightly.
pub(crate) const CLOCK_GRACE: Duration = Duration::from_secs(60);

/// `at` plus `by`, or the latest representable instant.
pub(crate) fn after(at: OffsetDateTime, by: Duration) -> OffsetDateTime {
    let by = time::Duration::try_from(by).unwrap_or(time::Duration::MAX);
    at.saturating_add(by)
}

/// The time from `now` until `then`; zero if `then` has passed.
pub(crate) fn until(now: OffsetDateTime, then: OffsetDateTime) -> Duration {
    Duration::try_from(then - now).unwrap_or(Duration::ZERO)
}

/// An instant in the precision of stores: UTC, whole microseconds. Decisions are then the same before and after storing.
pub(crate) fn at_store_precision(at: OffsetDateTime) -> OffsetDateTime {
    let at = at.checked_to_offset(time::UtcOffset::UTC).unwrap_or(at);
    at.replace_microsecond(at.microsecond()).unwrap_or(at)
}

/// An instant for people and other programs: RFC 3339 in UTC, whole seconds.
pub(crate) fn rfc3339(at: OffsetDateTime) -> String {
    let at = at.checked_to_offset(time::UtcOffset::UTC).unwrap_or(at);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    )
}

/// A lifetime: when something was issued and when it expires.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(crate) struct Span {
    #[serde(with = "micros")]
    pub(crate) issued_at: OffsetDateTime,
    #[serde(with = "micros")]
    pub(crate) expires_at: OffsetDateTime,
}

impl Span {
    pub(crate) fn starting(now: OffsetDateTime, lifetime: Duration) -> Self {
        Self { issued_at: now, expires_at: after(now, lifetime) }
    }

    /// Whether `now` lies within it. The last nanosecond before `expires_at` does, `expires_at` itself does not.
    ///
    /// Something issued in the future (the clock was set back by more than the grace) is not alive; otherwise setting the clock
    /// back would extend every lifetime.
    pub(crate) fn is_alive(&self, now: OffsetDateTime) -> bool {
        self.issued_at <= after(now, CLOCK_GRACE) && now < self.expires_at
    }
}

/// Instants in snapshots: whole microseconds since 1970, in UTC.
pub(crate) mod micros {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use time::OffsetDateTime;

    pub(crate) fn to_i64(at: OffsetDateTime) -> i64 {
        let micros = at.unix_timestamp_nanos().div_euclid(1_000);
        i64::try_from(micros).unwrap_or(if micros < 0 { i64::MIN } else { i64::MAX })
    }

    pub(crate) fn from_i64(micros: i64) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(micros) * 1_000).ok()
    }

    pub(crate) fn serialize<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(to_i64(*at))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OffsetDateTime, D::Error> {
        from_i64(i64::deserialize(deserializer)?).ok_or_else(|| de::Error::custom("instant out of range"))
    }

    /// The same for several instants.
    pub(crate) mod several {
        use serde::{Deserialize, Deserializer, Serializer, de};
        use time::OffsetDateTime;

        pub(crate) fn serialize<S: Serializer>(at: &[OffsetDateTime], serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_seq(at.iter().copied().map(super::to_i64))
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<OffsetDateTime>, D::Error> {
            let micros = Vec::<i64>::deserialize(deserializer)?.into_iter();
            let instants = micros.map(super::from_i64);
            instants.collect::<Option<_>>().ok_or_else(|| de::Error::custom("instant out of range"))
        }
    }

    /// The same for an optional instant.
    pub(crate) mod option {
        use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
        use time::OffsetDateTime;

        pub(crate) fn serialize<S: Serializer>(at: &Option<OffsetDateTime>, serializer: S) -> Result<S::Ok, S::Error> {
            at.map(super::to_i64).serialize(serializer)
        }

        pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<OffsetDateTime>, D::Error> {
            Option::<i64>::deserialize(deserializer)?
                .map(|micros| super::from_i64(micros).ok_or_else(|| de::Error::custom("instant out of range")))
                .transpose()
        }
    }
}
