use core::time::Duration;

use super::SignInFailureReason;
use crate::account::AuthMethod;
use crate::crypto::SecretFault;
use crate::hashing::HashScheme;
use crate::types::{BackendCode, BackendError, BackendErrorKind};

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// An account was opened.
    Provisioned,
    /// A fresh temporary password was issued to somebody who has not signed in yet.
    WelcomeReissued,
    /// A mistyped address was corrected before the first sign-in.
    EmailCorrected,
    /// Somebody signed in.
    SignedIn {
        /// Failures that had been counted in the lane before.
        after_failures: u32,
    },
    /// A live temporary password was given, or a change is due: a challenge was issued.
    PasswordChangeDemanded,
    /// A password was right, and a code is asked for: a challenge was issued.
    SecondFactorDemanded,
    /// A password was right, and an authenticator has to be enrolled first: a challenge was issued.
    EnrollmentDemanded,
    /// A code of the second factor was right.
    SecondFactorPassed {
        /// Which kind.
        method: AuthMethod,
    },
    /// A code of the second factor was wrong, used before, or of an earlier step.
    SecondFactorFailed,
    /// Ten codes were wrong in one class: after the password alone, after a proof of the mailbox, on a known device or in a
    /// session. Somebody else has that much of this account.
    ManyWrongCodes,
    /// The stored secret of an authenticator could not be read. Its codes fail like wrong ones; recovery codes work.
    TotpSecretUnusable {
        /// Why.
        fault: SecretFault,
    },
    /// Enrolling an authenticator was begun.
    EnrollmentBegun,
    /// An authenticator was enrolled: the second factor is on, or another one than before.
    SecondFactorEnabled,
    /// The owner turned the second factor off.
    SecondFactorDisabled,
    /// New recovery codes took the place of those before.
    RecoveryCodesRegenerated,
    /// An operator took the second factor off an account.
    SecondFactorReset {
        /// Why, in the operator's words.
        reason: Box<str>,
    },
    /// Somebody who is signed in proved once more who it is.
    Reauthenticated {
        /// By what.
        method: AuthMethod,
    },
    /// The password given for that was wrong.
    ReauthenticationFailed,
    /// A sign-in was evaluated and failed.
    SignInFailed {
        /// Why.
        reason: SignInFailureReason,
    },
    /// A try was not evaluated because the wait before it is not over.
    Throttled {
        /// The rest of it.
        retry_after: Duration,
    },
    /// A try was not evaluated because the hash queue was full.
    Busy,
    /// A challenge was shown that is not one (any more).
    ChallengeRejected,
    /// A session was refused: it ended, or its user is gone or deactivated.
    SessionRejected,
    /// A password was changed by its owner.
    PasswordChanged,
    /// A password change was refused because the current password was wrong.
    PasswordChangeFailed,
    /// A new password broke the policy.
    PasswordRejected {
        /// How many rules it broke.
        violations: usize,
    },
    /// A reset was asked for. Whether there is such an account is not decided yet.
    ResetRequested,
    /// A reset was asked for again within the cooldown of this account: nothing is mailed.
    ResetCoolingDown,
    /// A reset link was stored and handed to the mailer.
    ResetLinkIssued,
    /// No link was issued: the address is unknown, the account deactivated, or it has as many links as it may.
    ResetLinkWithheld,
    /// A link was confirmed: a temporary password was installed and handed to the mailer.
    ResetConfirmed,
    /// A link was shown that does not work (any more).
    ResetLinkRejected,
    /// A password was chosen by way of a reset.
    ResetCompleted,
    /// Somebody who is signed in, and has just given a code, ended a recovery: what was mailed for it works no longer.
    RecoveryCancelled,
    /// A device token was granted.
    DeviceGranted,
    /// A device was revoked.
    DeviceRevoked,
    /// Every session of a user was ended.
    SignedOutEverywhere,
    /// An account was deactivated.
    Deactivated,
    /// An account was reactivated.
    Reactivated,
    /// A change of the password was made due.
    PasswordChangeRequired,
    /// A password was voided as compromised.
    MarkedCompromised,
    /// An account was deleted.
    Deleted,
    /// An account of another system was taken over with its password hash.
    Imported {
        /// The scheme of the hash.
        scheme: HashScheme,
    },
    /// A password hash of other parameters, or of another system, was replaced when its owner signed in. One less to be counted
    /// in [`CostProfile`](crate::config::CostProfile)s.
    Rehashed {
        /// The scheme of the hash before.
        from: HashScheme,
    },
    /// What is sealed of a user was sealed anew, under the current key.
    Resealed,
    /// A stored password hash could not be read. The password fails like a wrong one; a reset sets a new one.
    HashUnusable {
        /// Why.
        fault: SecretFault,
    },
    /// A mail was not accepted by the mailer, or was accepted and given up. In the latter case the mailer tells it, which
    /// does not know whom the mail is about.
    MailFailed {
        /// Which mail: [`MailKind::name`](crate::mail::MailKind::name).
        mail: &'static str,
        /// The mailer's trouble.
        error: BackendErrorKind,
        /// The mailer's own code for it, such as an SMTP reply code.
        code: Option<BackendCode>,
    },
    /// The mail server cannot be reached, or breaks off: mails wait in the mailer's queue. Told once until it works again.
    MailDelayed {
        /// The mailer's trouble.
        error: BackendErrorKind,
        /// The mailer's own code for it, such as an SMTP reply code.
        code: Option<BackendCode>,
    },
    /// A call of a store failed. Whoever called the flow got an error, if nothing was decided yet.
    StoreFailed {
        /// The method that failed, of [`UserRepository`](crate::UserRepository) or [`AttemptStore`](crate::AttemptStore), such
        /// as `find_by_email`.
        call: &'static str,
        /// The store's trouble.
        error: BackendErrorKind,
        /// The store's own code for it, such as an SQLSTATE.
        code: Option<BackendCode>,
    },
    /// The breach look-up failed.
    BreachLookupFailed {
        /// Its trouble.
        error: BackendErrorKind,
        /// Its own code for that.
        code: Option<BackendCode>,
    },
    /// Work for after the answer was dropped by the host's spawner before it was done, as at the end of a runtime: reset mails
    /// that were asked for do not go out. Call [`Auth::close`](crate::Auth::close) before the runtime ends.
    BackgroundWorkLost {
        /// How many pieces.
        pieces: u64,
    },
    /// A stored time lies in the future: the clocks of two machines disagree, or one was set back.
    ClockSkew {
        /// By how much.
        ahead: Duration,
    },
    /// A repository returned a user whose address is not the one asked for: its collation folds more than it may.
    RepositoryMismatch,
    /// Spent attempts were dropped.
    AttemptsPurged {
        /// How many.
        entries: u64,
    },
}

impl EventKind {
    /// Of an error that came by way of the engine, which knows the call.
    pub(crate) fn store_failed(error: &BackendError) -> Self {
        let call = error.call().unwrap_or("unknown");
        Self::StoreFailed { call, error: error.kind(), code: error.code_for_events() }
    }

    /// A stable name for logs: that of the OWASP Logging Vocabulary where it has one, else one in its manner.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Provisioned => "user_created",
            Self::WelcomeReissued => "authn_token_created:welcome",
            Self::EmailCorrected => "user_updated:email",
            Self::SignedIn { after_failures: 0 } => "authn_login_success",
            Self::SignedIn { .. } => "authn_login_successafterfail",
            Self::PasswordChangeDemanded => "authn_token_created:password_change",
            Self::SecondFactorDemanded => "authn_token_created:second_factor",
            Self::EnrollmentDemanded => "authn_token_created:enrollment",
            Self::SecondFactorPassed { .. } => "authn_second_factor_success",
            Self::SecondFactorFailed => "authn_second_factor_fail",
            Self::ManyWrongCodes => "authn_second_factor_fail_max",
            Self::TotpSecretUnusable { .. } => "sys_totp_secret_unusable",
            Self::EnrollmentBegun => "authn_token_created:totp",
            Self::SecondFactorEnabled => "user_updated:second_factor_enabled",
            Self::SecondFactorDisabled => "user_updated:second_factor_disabled",
            Self::RecoveryCodesRegenerated => "authn_token_created:recovery_codes",
            Self::SecondFactorReset { .. } => "user_updated:second_factor_reset",
            Self::Reauthenticated { .. } => "authn_reauthenticated",
            Self::ReauthenticationFailed => "authn_reauthenticated_fail",
            Self::SignInFailed { .. } => "authn_login_fail",
            Self::Throttled { .. } => "excess_rate_limit_exceeded",
            Self::Busy => "excess_hash_queue_full",
            Self::ChallengeRejected => "authn_token_reuse:challenge",
            Self::SessionRejected => "session_use_after_expire",
            Self::PasswordChanged => "authn_password_change",
            Self::PasswordChangeFailed => "authn_password_change_fail",
            Self::PasswordRejected { .. } => "authn_password_change_fail:policy",
            Self::ResetRequested => "authn_reset_requested",
            Self::ResetCoolingDown => "excess_rate_limit_exceeded:reset",
            Self::ResetLinkIssued => "authn_token_created:reset",
            Self::ResetLinkWithheld => "authn_reset_withheld",
            Self::ResetConfirmed => "authn_token_created:temporary_password",
            Self::ResetLinkRejected => "authn_token_reuse:reset",
            Self::ResetCompleted => "authn_password_change:reset",
            Self::RecoveryCancelled => "authn_token_revoked:reset",
            Self::DeviceGranted => "authn_token_created:device",
            Self::DeviceRevoked => "authn_token_revoked:device",
            Self::SignedOutEverywhere => "session_logout:everywhere",
            Self::Deactivated => "user_archived",
            Self::Reactivated => "user_updated:reactivated",
            Self::PasswordChangeRequired => "user_updated:password_change_required",
            Self::MarkedCompromised => "authn_token_revoked:password",
            Self::Deleted => "user_deleted",
            Self::Imported { .. } => "user_created:imported",
            Self::Rehashed { .. } => "sys_rehashed",
            Self::Resealed => "sys_resealed",
            Self::HashUnusable { .. } => "sys_hash_unusable",
            Self::MailFailed { .. } => "sys_mail_failed",
            Self::MailDelayed { .. } => "sys_mail_delayed",
            Self::StoreFailed { .. } => "sys_store_failed",
            Self::BreachLookupFailed { .. } => "sys_breach_lookup_failed",
            Self::BackgroundWorkLost { .. } => "sys_background_work_lost",
            Self::ClockSkew { .. } => "sys_clock_skew",
            Self::RepositoryMismatch => "sys_repository_mismatch",
            Self::AttemptsPurged { .. } => "sys_attempts_purged",
        }
    }
}
