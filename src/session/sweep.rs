use time::OffsetDateTime;

use crate::types::UserId;

/// How far [`Operator::sign_out_everybody`](crate::Operator::sign_out_everybody) has come, so that it can go on after an error.
#[derive(Clone, Debug, Default)]
pub struct SignOutSweep {
    pub(crate) before: Option<OffsetDateTime>,
    pub(crate) after: Option<crate::account::UserOverview>,
    pub(crate) accounts: u64,
    pub(crate) signed_out: u64,
    pub(crate) complete: bool,
}

impl SignOutSweep {
    /// Ends what began before the first call.
    pub fn new() -> Self {
        Self::default()
    }

    /// Ends what began before that instant, such as the time of a leak.
    pub fn before(instant: OffsetDateTime) -> Self {
        Self { before: Some(instant), ..Self::default() }
    }

    /// The accounts looked at so far.
    pub fn accounts(&self) -> u64 {
        self.accounts
    }

    /// The accounts among them that had sessions or sign-ins to end.
    pub fn signed_out(&self) -> u64 {
        self.signed_out
    }

    /// The last account looked at.
    pub fn last(&self) -> Option<&UserId> {
        self.after.as_ref().map(|last| &last.id)
    }

    /// Whether every account was looked at: nothing that began before the instant is left.
    pub fn is_complete(&self) -> bool {
        self.complete
    }
}
