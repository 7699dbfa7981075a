use thiserror::Error;

use super::step_up::{BY_CODE, BY_PASSWORD};
use super::{StepUp, Unavailable, failure};
use crate::types::{BackendError, UserId};

/// Why an account was not opened, or not announced. These are for an operator, not for strangers.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// Another account has this address. Nothing was stored or mailed.
    #[error("another account has this address")]
    EmailTaken,
    /// Another account has this id. Nothing was stored or mailed.
    #[error("another account has this id")]
    IdTaken,
    /// The account stands, but the mailer did not accept the mail:
    /// [`resend_welcome`](crate::Operator::resend_welcome) issues a fresh temporary password and mails it.
    #[error("the account stands, but its mail was not accepted")]
    MailFailed {
        /// The new account.
        user_id: UserId,
        /// Why, as the mailer told it.
        source: BackendError,
    },
    /// Whether the account stands is not known if a store failed; otherwise it does not. Provisioning again tells.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ProvisionError {
    Self::EmailTaken => "email_taken", 409, "There is an account with this address already.";
    Self::IdTaken => "id_taken", 409, "There is an account with this id already.";
    Self::MailFailed { .. } => "mail_failed", 503, "The account was opened, but the mail could not be sent.";
} unavailable Unavailable);

/// Why an account was not taken over. These are for an operator, not for strangers.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Another account has this address. Nothing was stored.
    #[error("another account has this address")]
    EmailTaken,
    /// Another account has this id. Nothing was stored.
    #[error("another account has this id")]
    IdTaken,
    /// Whether the account stands is not known if a store failed; otherwise it does not. Importing again tells.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ImportError {
    Self::EmailTaken => "email_taken", 409, "There is an account with this address already.";
    Self::IdTaken => "id_taken", 409, "There is an account with this id already.";
} unavailable Unavailable);

/// Why no fresh first password was mailed. These are for an operator, not for strangers.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WelcomeError {
    /// There is no such user.
    #[error("no such user")]
    UnknownUser,
    /// The account is deactivated.
    #[error("the account is deactivated")]
    Deactivated,
    /// The user has chosen a password already, so this is for "Forgot your password?" to mend.
    #[error("the user has chosen a password already")]
    PasswordChosen,
    /// Another account has the corrected address. Nothing changed.
    #[error("another account has this address")]
    EmailTaken,
    /// The mailer did not accept the mail. Calling again issues another password and mails it.
    #[error("the mail was not accepted")]
    MailFailed {
        /// Why, as the mailer told it.
        source: BackendError,
    },
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(WelcomeError {
    Self::UnknownUser => "unknown_user", 404, "There is no such user.";
    Self::Deactivated => "deactivated", 409, "The account is deactivated.";
    Self::PasswordChosen => "password_chosen", 409, "The user has signed in already.";
    Self::EmailTaken => "email_taken", 409, "There is an account with this address already.";
    Self::MailFailed { .. } => "mail_failed", 503, "The mail could not be sent.";
} unavailable Unavailable);

/// Why an operator's action was not carried out.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// There is no such user.
    #[error("no such user")]
    UnknownUser,
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(OperatorError {
    Self::UnknownUser => "unknown_user", 404, "There is no such user.";
} unavailable Unavailable);

/// Why a session was not resumed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ResumeError {
    /// It ended: signed out everywhere, changed a credential, deactivated, deleted. Drop it and show the sign-in.
    #[error("the session has ended")]
    SessionEnded,
    /// Nothing was decided. Keep the session, refuse this request.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ResumeError {
    Self::SessionEnded => "session_ended", 401, "Your session has ended. Please sign in again.";
} unavailable Unavailable);

/// Why a device was not listed or revoked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The session ended meanwhile. The user signs in again.
    #[error("the session has ended")]
    SessionEnded,
    /// The session proved nothing within five minutes, or, where a second factor is on, no code: ask for what `needs` says.
    #[error("a fresh proof is needed: {needs}")]
    StepUpRequired {
        /// Which one.
        needs: StepUp,
    },
    /// The user has no such device.
    #[error("no such device")]
    UnknownDevice,
    /// A confirmed reset waits to be completed; until then who merely knows the password revokes nothing.
    #[error("a confirmed reset waits for its completion")]
    RecoveryPending,
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(DeviceError {
    Self::SessionEnded => "session_ended", 401, "Your session has ended. Please sign in again.";
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
    Self::UnknownDevice => "unknown_device", 404, "There is no such device.";
    Self::RecoveryPending => "recovery_pending", 409, "A password reset is under way for this account. Please finish it first.";
} unavailable Unavailable);

impl From<ResumeError> for DeviceError {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::SessionEnded => Self::SessionEnded,
            ResumeError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}
