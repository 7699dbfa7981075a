use time::OffsetDateTime;

use crate::types::UserId;

/// The progress of [`Operator::sign_out_everybody`](crate::Operator::sign_out_everybody), so that it can continue after
/// an error.
#[derive(Clone, Debug, Default)]
pub struct SignOutSweep {
    pub(crate) before: Option<OffsetDateTime>,
    pub(crate) after: Option<crate::account::UserOverview>,
    pub(crate) accounts: u64,
    pub(crate) signed_out: u64,
    pub(crate) complete: bool,
}

impl SignOutSweep {
    /// Ends sessions and sign-ins that began before the first call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends sessions and sign-ins that began before that instant, such as the time of a leak.
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
        self.after.as_ref().map(|last| &last.id)
    }

    /// Whether every account was processed: nothing that began before the instant is left.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}
