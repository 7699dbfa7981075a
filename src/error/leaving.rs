use core::time::Duration;

use thiserror::Error;
use time::OffsetDateTime;

use super::step_up::{BY_CODE, BY_PASSWORD};
use super::{StepUp, Unavailable, failure};
use crate::types::BackendError;

const ENDED: &str = "Your session has ended. Please sign in again.";
const RECOVERY: &str = "A password reset is in progress for this account. Please finish it first.";

/// Why nothing was exported.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ExportError {
    /// The session has ended. The user signs in again.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// The session has no proof from the last five minutes: the password or, with a second factor on, a code. Ask for what
    /// `needs` says.
    ///
    /// Status 403, code `password_proof_needed` or `code_proof_needed`.
    #[error("step-up required: {needs}")]
    StepUpRequired {
        /// What to ask for.
        needs: StepUp,
    },
    /// A confirmed reset is pending. Until it ends, knowing the password is not enough.
    ///
    /// Status 409, code `recovery_pending`.
    #[error("a confirmed reset is pending")]
    RecoveryPending,
    /// Nothing could be read, or recorded; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ExportError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
    Self::RecoveryPending => "recovery_pending", 409, RECOVERY;
} unavailable Unavailable);

/// Why a deletion was not requested, or what is missing of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RequestDeletionError {
    /// The session has ended. The user signs in again.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// The session has no proof from the last five minutes: the password or, with a second factor on, a code. Ask for what
    /// `needs` says.
    ///
    /// Status 403, code `password_proof_needed` or `code_proof_needed`.
    #[error("step-up required: {needs}")]
    StepUpRequired {
        /// What to ask for.
        needs: StepUp,
    },
    /// A confirmed reset is pending. Until it ends, knowing the password is not enough.
    ///
    /// Status 409, code `recovery_pending`.
    #[error("a confirmed reset is pending")]
    RecoveryPending,
    /// A deletion was undone less than a day ago. Whoever knows the password may have asked for it, so none is accepted until the day is
    /// over or the password was reset.
    ///
    /// Status 409, code `deletion_undone`.
    #[error("a deletion was undone less than a day ago")]
    JustUndone {
        /// The rest of the day.
        retry_after: Duration,
    },
    /// **The deletion is scheduled and the user is signed out**, but the mailer rejected the mail with the link. Where mails are
    /// [owed](crate::AuthBuilder::owed_mails), it follows by itself; otherwise only an operator can
    /// [undo](crate::Operator::reactivate) the deletion.
    ///
    /// Status 503, code `mail_failed`.
    #[error("the deletion is scheduled, but its mail was not accepted")]
    MailFailed {
        /// From when on the account is deleted.
        gone_at: OffsetDateTime,
        /// The mailer's error. For the log, not for the page.
        source: BackendError,
    },
    /// No decision was reached; retrying is safe. If a store failed, the deletion may be scheduled: then the user is signed out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(RequestDeletionError {
    Self::SessionEnded => "session_ended", 401, ENDED;
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
    Self::JustUndone { retry_after } => "deletion_undone", 409, "The deletion of this account was undone less than a day ago. Please wait a day, or choose \"Forgot your password?\" first.", retry retry_after;
    Self::RecoveryPending => "recovery_pending", 409, RECOVERY;
    Self::MailFailed { .. } => "mail_failed", 503, "Your account will be deleted, but we could not send you the mail about it yet. To keep the account, please contact us.";
} unavailable Unavailable);

impl From<ExportError> for RequestDeletionError {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::SessionEnded => Self::SessionEnded,
            ExportError::StepUpRequired { needs } => Self::StepUpRequired { needs },
            ExportError::RecoveryPending => Self::RecoveryPending,
            ExportError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

/// Why a deletion was not undone.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UndoDeletionError {
    /// The link was used, has expired, was replaced by a later one, or was never issued; or an operator has decided otherwise.
    ///
    /// Status 400, code `link_invalid`.
    #[error("link invalid, used or expired")]
    LinkInvalid,
    /// The text has not the form of a link's token, as when a mail client cut the link off. Decided by the form alone. The user
    /// copies the whole link.
    ///
    /// Status 400, code `link_damaged`.
    #[error("link damaged")]
    LinkDamaged,
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(UndoDeletionError {
    Self::LinkInvalid => "link_invalid", 400, "This link has been used or has expired. If your account is still there, you can sign in. Otherwise please contact us.";
    Self::LinkDamaged => "link_damaged", 400, "This link is incomplete or was changed on its way to you. Please copy the whole link from the email.";
} unavailable Unavailable);
