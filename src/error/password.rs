use core::time::Duration;

use thiserror::Error;
use time::OffsetDateTime;

use super::{Unavailable, failure, not_accepted, one_at_a_time, please_wait};
use crate::password::Violation;

const RECOVERY: &str =
    "A password reset is under way for this account. Please finish it with the password from your mail.";

/// Why a password was not chosen after a challenge.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChoosePasswordError {
    /// The challenge is not one, was used, is over ten minutes old, or was tried ten times. The user starts again at the
    /// sign-in.
    #[error("the challenge does not work (any more)")]
    ChallengeInvalid,
    /// The new password breaks the policy. Nothing changed and the challenge still works: show every violation.
    #[error("the new password breaks {} rules", .violations.len())]
    Rejected {
        /// All of them, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// The challenge was won by the own password while a confirmed reset waits to be completed. The user goes on with the
    /// temporary password from the mail.
    #[error("a confirmed reset waits for its completion")]
    RecoveryPending {
        /// When the reset expires and the own password counts again.
        until: OffsetDateTime,
    },
    /// This challenge is being used at this moment.
    #[error("the challenge is in use")]
    InProgress {
        /// A short while.
        retry_after: Duration,
    },
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ChoosePasswordError {
    Self::ChallengeInvalid => "challenge_invalid", 401, "That took too long or was done already. Please sign in again.";
    Self::Rejected { violations } => "password_rejected", 422, not_accepted(violations);
    Self::RecoveryPending { until } => "recovery_pending", 409, RECOVERY;
    Self::InProgress { retry_after } => "in_progress", 409, please_wait(*retry_after), retry retry_after;
} unavailable Unavailable rejected Rejected);

/// Why a signed-in user's password was not changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChangePasswordError {
    /// The session ended meanwhile. The user signs in again.
    #[error("the session has ended")]
    SessionEnded,
    /// The current password is wrong. It is counted, in a lane that strangers cannot reach.
    #[error("the current password is wrong")]
    CurrentPasswordWrong,
    /// The wait after the last try is not over: a moment after one that was right, such as the same form sent twice, and longer
    /// after wrong ones. This one was not looked at.
    #[error("throttled")]
    Throttled {
        /// The rest of the wait.
        retry_after: Duration,
    },
    /// The new password breaks the policy. Nothing changed: show every violation.
    #[error("the new password breaks {} rules", .violations.len())]
    Rejected {
        /// All of them, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// A confirmed reset waits to be completed with the temporary password from the mail.
    #[error("a confirmed reset waits for its completion")]
    RecoveryPending {
        /// When the reset expires and the own password counts again.
        until: OffsetDateTime,
    },
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ChangePasswordError {
    Self::SessionEnded => "session_ended", 401, "Your session has ended. Please sign in again.";
    Self::CurrentPasswordWrong => "current_password_wrong", 422, "The current password is not right.";
    Self::Throttled { retry_after } => "throttled", 429, one_at_a_time(*retry_after), retry retry_after;
    Self::Rejected { violations } => "password_rejected", 422, not_accepted(violations);
    Self::RecoveryPending { until } => "recovery_pending", 409, RECOVERY;
} unavailable Unavailable rejected Rejected);
