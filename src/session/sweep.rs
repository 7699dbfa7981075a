use time::OffsetDateTime;

use crate::types::UserId;

/// The progress of [`Operator::sign_out_everybody`](crate::Operator::sign_out_everybody), so that it can continue after
/// an error.
#[derive(Clone, Debug, Default)]
pub struct SignOutSweep {
    pub(crate) before: Option<OffsetDateTime>,
    pub(crate) after: Option<UserId>,
    pub(crate) unreadable: Vec<UserId>,
    pub(crate) accounts: u64,
    pub(crate) signed_out: u64,
    /// The directory came to its end.
    pub(crate) listed: bool,
    pub(crate) complete: bool,
}

impl SignOutSweep {
    /// Ends sessions and sign-ins that began before the first call, or up to a minute after it: the clocks of several machines
    /// differ.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends sessions and sign-ins that began before that instant, such as the time of a leak, by the clock of the machine that opened
    /// them.
    pub fn before(instant: OffsetDateTime) -> Self {
        Self { before: Some(instant), ..Self::default() }
    }

    /// The number of accounts processed so far.
    pub fn accounts(&self) -> u64 {
        self.accounts
    }

    /// How many of them had sessions or sign-ins to end.
    pub fn signed_out(&self) -> u64 {
        self.signed_out
    }

    /// The last account processed.
    pub fn last(&self) -> Option<&UserId> {
        self.after.as_ref()
    }

    /// The accounts that could not be read, because they are damaged or were written by a newer release. In this release nobody can
    /// use them. Repair or delete them, or use the newer release, and call again with the same sweep.
    pub fn unreadable(&self) -> &[UserId] {
        &self.unreadable
    }

    /// Whether every account was processed: nothing that began before the instant is left. A sweep that is complete does nothing any
    /// more.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}
