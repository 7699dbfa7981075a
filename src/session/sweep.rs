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
    /// Ends what began up to one minute after the first call to `sign_out_everybody`, because the clocks of several machines
    /// differ.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends what began before this instant, such as the time of a leak, by the clock of the machine that opened it. An instant
    /// more than a minute ahead counts as a minute ahead. What is itself dated more than a minute ahead ends too.
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

    /// The accounts that could not be read, because they are damaged or were written by a newer release. Nobody can sign in to
    /// them with this release. Repair or delete them, or use the newer release, and call again with the same sweep.
    pub fn unreadable(&self) -> &[UserId] {
        &self.unreadable
    }

    /// Whether every account was processed: nothing that began before the instant is left. A complete sweep does nothing when
    /// called again.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}
