//! A notice that is sent at most once in a while.

use core::time::Duration;

use time::OffsetDateTime;

use super::fresh::Fresh;
use super::owed_mail::Notice;
use super::state::User;
use crate::types::after;

/// When a right password after failures is worth a notice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FailureNotice {
    /// From how many failures on.
    pub(crate) from: u32,
    /// No more than one in this time.
    pub(crate) every: Duration,
}

impl User {
    /// The same state, from which a notice is mailed now, if this many failures before a right password are worth one.
    pub(crate) fn noticed_of_failures(
        &self,
        failures: u32,
        notice: &FailureNotice,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Option<User> {
        // One sent in the future was sent before the clock was set back, and silences nothing.
        let last = self.document.failures_noticed_at.filter(|at| *at <= now && now < after(*at, notice.every));
        let due = failures >= notice.from && last.is_none();
        due.then(|| {
            self.next(fresh, |document| {
                document.failures_noticed_at = Some(now);
                document.mail(Notice::SignInAfterFailures { failures });
            })
        })
    }
}
