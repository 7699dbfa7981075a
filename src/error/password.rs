use core::time::Duration;

use thiserror::Error;
use time::OffsetDateTime;

use super::{Unavailable, failure, not_accepted, one_at_a_time, please_wait};
use crate::password::Violation;

const RECOVERY: &str =
    "A password reset is in progress for this account. Please finish it with the temporary password from your mail.";

/// Why no password was chosen with a challenge.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChoosePasswordError {
    /// The challenge is invalid, used, expired (10 minutes) or exhausted (10 tries). The user starts again at the sign-in.
    ///
    /// Status 401, code `challenge_invalid`.
    #[error("challenge invalid, used or expired")]
    ChallengeInvalid,
    /// The new password breaks the policy. Nothing changed and the challenge remains valid. Show every violation.
    ///
    /// Status 422, code `password_rejected`.
    #[error("the new password breaks {} rules", .violations.len())]
    Rejected {
        /// All violations, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// The challenge was issued for the current password, but a confirmed reset is pending. The user continues with the
    /// temporary password from the mail.
    ///
    /// Status 409, code `recovery_pending`.
    #[error("a confirmed reset is pending")]
    RecoveryPending {
        /// When the reset expires and the current password works again.
        until: OffsetDateTime,
    },
    /// Another request is using this challenge right now.
    ///
    /// Status 409, code `in_progress`.
    #[error("the challenge is in use")]
    InProgress {
        /// A short wait.
        retry_after: Duration,
    },
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ChoosePasswordError {
    Self::ChallengeInvalid => "challenge_invalid", 401, "This step has expired or was already completed. Please sign in again.";
    Self::Rejected { violations } => "password_rejected", 422, not_accepted(violations);
    Self::RecoveryPending { until } => "recovery_pending", 409, RECOVERY;
    Self::InProgress { retry_after } => "in_progress", 409, please_wait(*retry_after), retry retry_after;
} unavailable Unavailable rejected Rejected);

/// Why a signed-in user's password was not changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ChangePasswordError {
    /// The session has ended. The user signs in again.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// The current password is wrong. The failure counts in a bucket that only signed-in users can reach.
    ///
    /// Status 422, code `current_password_wrong`.
    #[error("the current password is wrong")]
    CurrentPasswordWrong,
    /// The wait after the previous attempt has not passed: a moment after a success (such as a form sent twice), longer after
    /// failures. This attempt was not evaluated.
    ///
    /// Status 429, code `throttled`.
    #[error("throttled")]
    Throttled {
        /// The remaining wait.
        retry_after: Duration,
    },
    /// The new password breaks the policy. Nothing changed. Show every violation.
    ///
    /// Status 422, code `password_rejected`.
    #[error("the new password breaks {} rules", .violations.len())]
    Rejected {
        /// All violations, in the order of the rules.
        violations: Vec<Violation>,
    },
    /// A confirmed reset is pending; it is completed with the temporary password from the mail.
    ///
    /// Status 409, code `recovery_pending`.
    #[error("a confirmed reset is pending")]
    RecoveryPending {
        /// When the reset expires and the current password works again.
        until: OffsetDateTime,
    },
    /// No decision was reached; retrying is safe.
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
