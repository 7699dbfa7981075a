use core::time::Duration;

const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}

const fn days(days: u64) -> Duration {
    minutes(days * 24 * 60)
}

/// How long a session lasts: at most [`absolute`](Self::absolute) after its sign-in, and at most [`idle`](Self::idle)
/// after its last use.
///
/// The presets are the reauthentication times of NIST SP 800-63B-4 for its three assurance levels.
///
/// ```
/// use std::time::Duration;
/// use doorward::session::SessionLifetimes;
///
/// assert_eq!(SessionLifetimes::AAL2.idle, Duration::from_secs(60 * 60));
/// let a_working_day = SessionLifetimes { absolute: Duration::from_secs(10 * 60 * 60), ..SessionLifetimes::AAL2 };
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SessionLifetimes {
    /// From the sign-in to the end, however much the session is used: a minute to 400 days. No proof extends it; only
    /// another sign-in starts again.
    pub absolute: Duration,
    /// From the last use to the end: a minute to 400 days. The last use is written down at most every five minutes, so a session
    /// ends up to five minutes early (a sixth of this, if that is less), never late.
    pub idle: Duration,
}

impl SessionLifetimes {
    /// 30 days, used or not (NIST SP 800-63B-4, 2.1.3).
    pub const AAL1: Self = Self { absolute: days(30), idle: days(30) };
    /// 24 hours, and an hour without use (2.2.3).
    pub const AAL2: Self = Self { absolute: days(1), idle: minutes(60) };
    /// 12 hours, and 15 minutes without use (2.3.3).
    pub const AAL3: Self = Self { absolute: minutes(12 * 60), idle: minutes(15) };

    /// How far the stored time of the last use may lag behind the last use.
    pub(crate) fn lag(&self) -> Duration {
        (self.idle / 6).min(minutes(5))
    }
}
