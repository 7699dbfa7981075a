use core::time::Duration;

use super::attempts::Spacing;

/// The minimum time between reset mails to one account.
///
/// Five minutes by default. From the fourth mail within a day it doubles, up to the lifetime of a link: nobody can flood a
/// mailbox, and yet it always holds a valid link.
///
/// ```
/// use std::time::Duration;
/// use doorward::config::Cooldown;
///
/// let cooldown = Cooldown::new(Duration::from_secs(300), Duration::from_secs(3600));
/// let minutes: Vec<_> = (1..=8).map(|mails| cooldown.after_mail(mails).as_secs() / 60).collect();
/// assert_eq!(minutes, [5, 5, 5, 10, 20, 40, 60, 60]);
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cooldown {
    base: Duration,
    ceiling: Duration,
}

impl Cooldown {
    /// How many mails in a row are spaced by the base alone.
    const STEADY_MAILS: u32 = 3;
    /// After this long without a request the count starts again.
    const REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);

    /// A cooldown that starts at `base` and doubles up to `ceiling` (never below `base`).
    pub fn new(base: Duration, ceiling: Duration) -> Self {
        Self { base, ceiling: ceiling.max(base) }
    }

    /// The wait after the given mail, counted from 1 within a day; zero for 0.
    pub fn after_mail(&self, mails: u32) -> Duration {
        if mails == 0 {
            return Duration::ZERO;
        }
        let factor = 2u32.checked_pow(mails.saturating_sub(Self::STEADY_MAILS)).unwrap_or(u32::MAX);
        self.base.saturating_mul(factor).min(self.ceiling)
    }
}

impl Spacing for Cooldown {
    fn after(&self, count: u32) -> Duration {
        self.after_mail(count)
    }

    fn saturation(&self) -> u32 {
        Self::STEADY_MAILS + 32
    }

    fn remembered(&self, count: u32) -> Duration {
        Self::REMEMBERED.max(self.after_mail(count))
    }
}
