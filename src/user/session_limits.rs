//! Bounds on sessions, and what is wished for one to come.

use core::time::Duration;

use time::OffsetDateTime;

use crate::session::SessionLifetimes;
use crate::sharing::ShortId;

/// A time further ahead than this was written by a clock that was wrong.
pub(super) const AHEAD_BELIEVED: Duration = Duration::from_secs(24 * 60 * 60);

/// Bounds on sessions.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SessionLimits {
    pub(crate) plain: SessionLifetimes,
    /// For those who asked to be kept signed in.
    pub(crate) kept: SessionLifetimes,
    pub(crate) at_most: usize,
    /// Whether a sign-in is refused when all places are taken, instead of ending the oldest session.
    pub(crate) refuses_when_full: bool,
    /// Sessions opened before it are over.
    pub(crate) not_before: Option<OffsetDateTime>,
    /// A session on a device that was granted longer ago is not ended by one on a newer device.
    pub(crate) established_after: Duration,
    /// Whether uses are noted, for signs that the account is shared.
    pub(crate) sights: bool,
    /// Whether the owner of such an account is mailed.
    pub(crate) reminds_of_sharing: bool,
}

/// What the user and the host wish for the session to come.
#[derive(Clone, Debug, Default)]
pub(crate) struct SessionWish {
    pub(crate) kept: bool,
    pub(crate) label: Option<Box<str>>,
    /// The client address of this step, digested; not kept between the steps of a sign-in.
    pub(crate) address: Option<ShortId>,
}

impl SessionLimits {
    pub(super) fn lifetimes(&self, kept: bool) -> &SessionLifetimes {
        if kept { &self.kept } else { &self.plain }
    }
}
