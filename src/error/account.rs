use thiserror::Error;

use super::step_up::{BY_CODE, BY_PASSWORD};
use super::{StepUp, Unavailable, failure};
use crate::types::{BackendError, UserId};

/// Why provisioning failed. For operators, never for unauthenticated clients.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ProvisionError {
    /// Another account has this address. Nothing was stored or mailed.
    ///
    /// Status 409, code `email_taken`.
    #[error("another account has this address")]
    EmailTaken,
    /// Another account has this id. Nothing was stored or mailed.
    ///
    /// Status 409, code `id_taken`.
    #[error("another account has this id")]
    IdTaken,
    /// The account exists, but the mailer rejected the mail. [`resend_welcome`](crate::Operator::resend_welcome) issues and mails a
    /// fresh temporary password.
    ///
    /// Status 503, code `mail_failed`.
    #[error("the account exists, but its mail was not accepted")]
    MailFailed {
        /// The new account.
        user_id: UserId,
        /// The mailer's error.
        source: BackendError,
    },
    /// If a store failed, the account may exist; otherwise it does not. Provision again to find out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ProvisionError {
    Self::EmailTaken => "email_taken", 409, "There is an account with this address already.";
    Self::IdTaken => "id_taken", 409, "There is an account with this id already.";
    Self::MailFailed { .. } => "mail_failed", 503, "The account was created, but the mail could not be sent. Please send it again.";
} unavailable Unavailable);

/// Why an import failed. For operators, never for unauthenticated clients.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The hash is of another system's scheme, and [`HashingConfig::legacy`](crate::config::HashingConfig::legacy) is off. Nothing
    /// was stored.
    ///
    /// Status 422, code `legacy_scheme`.
    #[error("hashing.legacy is off, and the hash is not Argon2id")]
    LegacyScheme,
    /// Another account has this address. Nothing was stored.
    ///
    /// Status 409, code `email_taken`.
    #[error("another account has this address")]
    EmailTaken,
    /// Another account has this id. Nothing was stored.
    ///
    /// Status 409, code `id_taken`.
    #[error("another account has this id")]
    IdTaken,
    /// If a store failed, the account may exist; otherwise it does not. Import again to find out.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ImportError {
    Self::LegacyScheme => "legacy_scheme", 422, "Passwords of that kind are not accepted here.";
    Self::EmailTaken => "email_taken", 409, "There is an account with this address already.";
    Self::IdTaken => "id_taken", 409, "There is an account with this id already.";
} unavailable Unavailable);

/// Why no fresh first password was mailed. For operators, never for unauthenticated clients.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WelcomeError {
    /// There is no such user.
    ///
    /// Status 404, code `unknown_user`.
    #[error("no such user")]
    UnknownUser,
    /// The account is deactivated.
    ///
    /// Status 409, code `deactivated`.
    #[error("the account is deactivated")]
    Deactivated,
    /// The user has already chosen a password and should use "Forgot your password?" instead.
    ///
    /// Status 409, code `password_chosen`.
    #[error("the user has already chosen a password")]
    PasswordChosen,
    /// Another account has the corrected address. Nothing changed.
    ///
    /// Status 409, code `email_taken`.
    #[error("another account has this address")]
    EmailTaken,
    /// The mailer rejected the mail. Call again to issue and mail another password.
    ///
    /// Status 503, code `mail_failed`.
    #[error("the mail was not accepted")]
    MailFailed {
        /// The mailer's error.
        source: BackendError,
    },
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(WelcomeError {
    Self::UnknownUser => "unknown_user", 404, "There is no such user.";
    Self::Deactivated => "deactivated", 409, "The account is deactivated.";
    Self::PasswordChosen => "password_chosen", 409, "The user has already chosen a password and can use \"Forgot your password?\".";
    Self::EmailTaken => "email_taken", 409, "There is an account with this address already.";
    Self::MailFailed { .. } => "mail_failed", 503, "The mail could not be sent. Please try again.";
} unavailable Unavailable);

/// Why an operator's action failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OperatorError {
    /// There is no such user.
    ///
    /// Status 404, code `unknown_user`.
    #[error("no such user")]
    UnknownUser,
    /// No decision was reached; retrying is safe.
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
    /// The session has expired, was ended, or never was: signed out, revoked with its device, a credential changed, the account
    /// deactivated or deleted. Show the sign-in page, and leave the cookie alone.
    ///
    /// Status 401, code `session_ended`.
    #[error("the session has ended")]
    SessionEnded,
    /// No decision was reached. Keep the session and refuse this request.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(ResumeError {
    Self::SessionEnded => "session_ended", 401, "Your session has ended. Please sign in again.";
} unavailable Unavailable);

/// Why sessions were not ended.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The acting session has ended. The user signs in again.
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
    /// A confirmed reset is pending. Until it ends, knowing the password is not enough to end sessions.
    ///
    /// Status 409, code `recovery_pending`.
    #[error("a confirmed reset is pending")]
    RecoveryPending,
    /// The user has no live session with this id.
    ///
    /// Status 404, code `unknown_session`.
    #[error("no such session")]
    UnknownSession,
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(SessionError {
    Self::SessionEnded => "session_ended", 401, "Your session has ended. Please sign in again.";
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
    Self::RecoveryPending => "recovery_pending", 409, "A password reset is in progress for this account. Please finish it first.";
    Self::UnknownSession => "unknown_session", 404, "There is no such session.";
} unavailable Unavailable);

impl From<ResumeError> for SessionError {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::SessionEnded => Self::SessionEnded,
            ResumeError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

/// Why a device was not listed or revoked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DeviceError {
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
    /// The user has no device with this id.
    ///
    /// Status 404, code `unknown_device`.
    #[error("no such device")]
    UnknownDevice,
    /// A confirmed reset is pending. Until it ends, knowing the password is not enough to revoke a device.
    ///
    /// Status 409, code `recovery_pending`.
    #[error("a confirmed reset is pending")]
    RecoveryPending,
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(DeviceError {
    Self::SessionEnded => "session_ended", 401, "Your session has ended. Please sign in again.";
    Self::StepUpRequired { needs: StepUp::Password } => "password_proof_needed", 403, BY_PASSWORD;
    Self::StepUpRequired { needs: StepUp::SecondFactor } => "code_proof_needed", 403, BY_CODE;
    Self::UnknownDevice => "unknown_device", 404, "There is no such device.";
    Self::RecoveryPending => "recovery_pending", 409, "A password reset is in progress for this account. Please finish it first.";
} unavailable Unavailable);

impl From<ResumeError> for DeviceError {
    fn from(error: ResumeError) -> Self {
        match error {
            ResumeError::SessionEnded => Self::SessionEnded,
            ResumeError::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}
