use core::time::Duration;

use super::SignInFailureReason;
use crate::account::UndeliverableReason;
use crate::crypto::SecretFault;
use crate::hashing::HashScheme;
use crate::session::AuthMethod;
use crate::sharing::SharingSigns;
use crate::types::{BackendCode, BackendError, BackendErrorKind};

/// What happened.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum EventKind {
    /// An account was provisioned.
    /// Logged as `user_created`.
    Provisioned,
    /// A fresh temporary password was issued to a user who has not signed in yet.
    /// Logged as `authn_token_created:welcome`.
    WelcomeReissued,
    /// A mistyped address was corrected before the first sign-in.
    /// Logged as `user_updated:email`.
    EmailCorrected,
    /// A user signed in.
    /// Logged as `authn_login_success`, after failures as `authn_login_successafterfail`.
    SignedIn {
        /// Failures that the bucket held before.
        after_failures: u32,
    },
    /// A valid temporary password was given, or a password change is due: a challenge was issued.
    /// Logged as `authn_token_created:password_change`.
    PasswordChangeRequired,
    /// The password was right and a code is required: a challenge was issued.
    /// Logged as `authn_token_created:second_factor`.
    SecondFactorRequired,
    /// The password was right and an authenticator must be enrolled first: a challenge was issued.
    /// Logged as `authn_token_created:enrollment`.
    EnrollmentRequired,
    /// A code of the second factor was accepted.
    /// Logged as `authn_second_factor_success`.
    SecondFactorPassed {
        /// The kind of code.
        method: AuthMethod,
    },
    /// A code of the second factor was rejected: wrong, used before, or of an earlier time step.
    /// Logged as `authn_second_factor_fail`.
    SecondFactorFailed {
        /// How many steps of 30 seconds the clock of the user's phone is ahead (negative: behind), if this is the code that such a
        /// phone shows: up to 20 steps (10 minutes), and of no step that was used. `None` for any other code, recovery codes
        /// included. The code was rejected all the same.
        ///
        /// The same number again and again for one user is a phone whose clock is wrong; for many users it is the clock of the
        /// host. With six digits, a random code hits one of these 38 steps once in 26,000 times.
        steps_off: Option<i32>,
    },
    /// Ten wrong codes in one class: after the password alone, after proof of the mailbox, on a known device, or in a session.
    /// Someone other than the owner probably has that password, mailbox, device or session.
    /// Logged as `authn_second_factor_fail_max`.
    ManyWrongCodes,
    /// The stored secret of an authenticator is unreadable. Its codes fail like wrong ones; recovery codes still work.
    /// Logged as `sys_totp_secret_unusable`.
    TotpSecretUnusable {
        /// The fault.
        fault: SecretFault,
    },
    /// Enrolling an authenticator was started.
    /// Logged as `authn_token_created:totp`.
    EnrollmentBegun,
    /// An authenticator was enrolled: the second factor is on, or was replaced.
    /// Logged as `user_updated:second_factor_enabled`.
    SecondFactorEnabled,
    /// The user turned the second factor off.
    /// Logged as `user_updated:second_factor_disabled`.
    SecondFactorDisabled,
    /// The recovery codes were replaced with new ones.
    /// Logged as `authn_token_created:recovery_codes`.
    RecoveryCodesRegenerated,
    /// An operator removed the second factor from an account.
    /// Logged as `user_updated:second_factor_reset`.
    SecondFactorReset {
        /// The operator's reason.
        reason: Box<str>,
    },
    /// A signed-in user reauthenticated.
    /// Logged as `authn_reauthenticated`.
    Reauthenticated {
        /// The method used.
        method: AuthMethod,
    },
    /// A reauthentication failed because the password was wrong.
    /// Logged as `authn_reauthenticated_fail`.
    ReauthenticationFailed,
    /// A sign-in was evaluated and failed.
    /// Logged as `authn_login_fail`.
    SignInFailed {
        /// The reason.
        reason: SignInFailureReason,
    },
    /// An attempt was not evaluated because the previous wait has not passed.
    /// Logged as `excess_rate_limit_exceeded`.
    Throttled {
        /// The remaining wait.
        retry_after: Duration,
    },
    /// An attempt was not evaluated because the hash queue was full.
    /// Logged as `excess_hash_queue_full`.
    Busy,
    /// A challenge was rejected: invalid, used or expired.
    /// Logged as `authn_token_reuse:challenge`.
    ChallengeRejected,
    /// A session was rejected: it has ended, or its user was deleted or deactivated.
    /// Logged as `session_use_after_expire`.
    SessionRejected,
    /// A user changed their password.
    /// Logged as `authn_password_change`.
    PasswordChanged,
    /// A password change was rejected because the current password was wrong.
    /// Logged as `authn_password_change_fail`.
    PasswordChangeFailed,
    /// A new password was rejected by the policy.
    /// Logged as `authn_password_change_fail:policy`.
    PasswordRejected {
        /// The number of rules it breaks.
        violations: usize,
    },
    /// Somebody wants to register. Whether the address is taken has not been looked up yet.
    /// Logged as `user_registration_requested`.
    RegistrationRequested,
    /// Somebody asked for a mail to that address again within the cooldown; nothing is mailed.
    /// Logged as `excess_rate_limit_exceeded:registration`.
    RegistrationCoolingDown,
    /// A link that opens an account was handed to the mailer.
    /// Logged as `authn_token_created:registration`.
    RegistrationLinkIssued,
    /// No link was issued: the address has an account, whose owner is told so unless it is deactivated.
    /// Logged as `user_registration_withheld`.
    RegistrationWithheld,
    /// A registration link was rejected: invalid, used or expired.
    /// Logged as `authn_token_reuse:registration`.
    RegistrationLinkRejected,
    /// A registration link was rejected because its token has not the form of one: cut off or changed on the way.
    /// Logged as `input_validation_fail:registration`.
    RegistrationLinkDamaged,
    /// Somebody was invited by an operator or a member: an invitation was handed to the mailer.
    /// Logged as `authn_token_created:invitation`.
    Invited,
    /// An account was opened by its owner.
    /// Logged as `user_created:registered`.
    Registered,
    /// The owner of an account asked for its deletion: it is closed, and deleted once the grace is over. A link that undoes this was
    /// handed to the mailer. Logged as `user_deletion_requested`.
    DeletionRequested,
    /// The owner of an account undid its deletion by the mailed link.
    /// Logged as `user_updated:deletion_undone`.
    DeletionUndone,
    /// A link that undoes a deletion was rejected: invalid, used or expired.
    /// Logged as `authn_token_reuse:deletion`.
    DeletionLinkRejected,
    /// A link that undoes a deletion was rejected because its token has not the form of one: cut off or changed on the way.
    /// Logged as `input_validation_fail:deletion`.
    DeletionLinkDamaged,
    /// What is stored of a person was exported, by its owner or by an operator.
    /// Logged as `sensitive_read:export`.
    Exported,
    /// A reset was requested. Whether the account exists has not been looked up yet.
    /// Logged as `authn_reset_requested`.
    ResetRequested,
    /// A reset was requested again within this account's cooldown; nothing is mailed.
    /// Logged as `excess_rate_limit_exceeded:reset`.
    ResetCoolingDown,
    /// A reset link was stored and handed to the mailer.
    /// Logged as `authn_token_created:reset`.
    ResetLinkIssued,
    /// No reset link was issued: the address is unknown, the account is deactivated, or it has reached its limit of links.
    /// Logged as `authn_reset_withheld`.
    ResetLinkWithheld,
    /// A reset link was confirmed: a temporary password was set and handed to the mailer.
    /// Logged as `authn_token_created:temporary_password`.
    ResetConfirmed,
    /// A reset link was rejected: invalid, used or expired.
    /// Logged as `authn_token_reuse:reset`.
    ResetLinkRejected,
    /// A reset link was rejected because its token has not the form of one: cut off or changed on the way. Many of these point to
    /// a mail template or a gateway that breaks links.
    /// Logged as `input_validation_fail:reset`.
    ResetLinkDamaged,
    /// A password was chosen in a reset.
    /// Logged as `authn_password_change:reset`.
    ResetCompleted,
    /// A signed-in user who has just given a code cancelled a recovery: the link and temporary password mailed for it are no
    /// longer valid.
    /// Logged as `authn_token_revoked:reset`.
    RecoveryCancelled,
    /// A device token was granted.
    /// Logged as `authn_token_created:device`.
    DeviceGranted,
    /// A device was revoked.
    /// Logged as `authn_token_revoked:device`.
    DeviceRevoked,
    /// A user signed out.
    /// Logged as `session_expired:logout`.
    SignedOut,
    /// A user ended one of their sessions.
    /// Logged as `session_expired:revoked`.
    SessionRevoked,
    /// All sessions of a user were revoked, or all but the acting one.
    /// Logged as `session_logout:everywhere`.
    SignedOutEverywhere,
    /// Several people seem to share an account. Reported at most once in seven days for an account. It is a reason to talk to
    /// someone, not proof. Logged as `sharing_suspected`.
    SharingSuspected {
        /// How the account was used in the last seven days.
        signs: SharingSigns,
    },
    /// Another site made a browser send a request (CSRF), which the pages (feature `pages`) refused. If all are refused, the public URL given
    /// to [`Site`](crate::Site) is not the one that browsers show. Logged as `authz_fail:cross_site`.
    CrossSiteRefused {
        /// The origin that the browser named, if it named one: up to 128 characters, which anyone can choose.
        origin: Option<Box<str>>,
    },
    /// An address was [reported](crate::Operator::report_undeliverable) as one that mail does not reach. Reported once until it is
    /// cleared. Logged as `user_updated:undeliverable`.
    Undeliverable {
        /// The reason given.
        reason: UndeliverableReason,
    },
    /// An operator [cleared](crate::Operator::clear_undeliverable) such a report.
    /// Logged as `user_updated:deliverable`.
    Deliverable,
    /// An account was deactivated.
    /// Logged as `user_archived`.
    Deactivated,
    /// An account was reactivated.
    /// Logged as `user_updated:reactivated`.
    Reactivated,
    /// An operator made a password change due at the next sign-in.
    /// Logged as `user_updated:password_change_forced`.
    PasswordChangeForced,
    /// A password was invalidated as compromised.
    /// Logged as `authn_token_revoked:password`.
    MarkedCompromised,
    /// An account was deleted.
    /// Logged as `user_deleted`.
    Deleted,
    /// An account of another system was imported with its password hash.
    /// Logged as `user_created:imported`.
    Imported {
        /// The scheme of the hash.
        scheme: HashScheme,
    },
    /// A password hash with other parameters, or of another system, was replaced when its owner signed in. Count one fewer in
    /// [`CostProfile`](crate::config::CostProfile)s.
    /// Logged as `sys_rehashed`.
    Rehashed {
        /// The scheme of the previous hash.
        from: HashScheme,
    },
    /// A user's sealed secrets were sealed again with the current key.
    /// Logged as `sys_resealed`.
    Resealed,
    /// A stored password hash is unreadable. The password fails like a wrong one; a reset sets a new one.
    /// Logged as `sys_hash_unusable`.
    HashUnusable {
        /// The fault.
        fault: SecretFault,
    },
    /// The mailer rejected a mail, or accepted it and later gave up. In the latter case the mailer emits the event and does not
    /// know which user the mail is about.
    /// Logged as `sys_mail_failed`.
    MailFailed {
        /// Which mail: [`MailKind::name`](crate::mail::MailKind::name).
        mail: &'static str,
        /// The kind of failure.
        error: BackendErrorKind,
        /// The mailer's own code for it, such as an SMTP reply code.
        code: Option<BackendCode>,
    },
    /// An owed mail is not tried again: it was owed for too long, the server refused it for good or did not answer, its address was
    /// reported as undeliverable, or two newer mails of the same kind are owed. The user may not know what happened; earlier events say what it was. Logged as
    /// `sys_mail_given_up`.
    MailGivenUp {
        /// Which mail: [`MailKind::name`](crate::mail::MailKind::name).
        mail: &'static str,
    },
    /// The mail server is unreachable or drops connections; mails wait in the mailer's queue. Emitted once per outage.
    /// Logged as `sys_mail_delayed`.
    MailDelayed {
        /// The kind of failure.
        error: BackendErrorKind,
        /// The mailer's own code for it, such as an SMTP reply code.
        code: Option<BackendCode>,
    },
    /// A store call failed. If no decision was reached, the caller got an error.
    /// Logged as `sys_store_failed`.
    StoreFailed {
        /// The method of [`UserRepository`](crate::UserRepository), [`AttemptStore`](crate::AttemptStore),
        /// [`UserDirectory`](crate::store::UserDirectory) or [`Journal`](crate::journal::Journal) that failed, such as `find_by_email`
        /// or `list_owing`; or the hook of the pages, such as `is_operator`.
        call: &'static str,
        /// The kind of failure.
        error: BackendErrorKind,
        /// The store's own code for it, such as an SQLSTATE.
        code: Option<BackendCode>,
    },
    /// The breach lookup failed.
    /// Logged as `sys_breach_lookup_failed`.
    BreachLookupFailed {
        /// The kind of failure.
        error: BackendErrorKind,
        /// The lookup's own code for it.
        code: Option<BackendCode>,
    },
    /// The host's spawner dropped background work before it was done, as at the end of a runtime: requested reset mails are not
    /// sent. Call [`Auth::close`](crate::Auth::close) before the runtime ends.
    /// Logged as `sys_background_work_lost`.
    BackgroundWorkLost {
        /// The number of dropped tasks.
        pieces: u64,
    },
    /// A stored time lies in the future: the clocks of two machines disagree, or one was set back.
    /// Logged as `sys_clock_skew`.
    ClockSkew {
        /// How far ahead it is.
        ahead: Duration,
    },
    /// A repository returned a user with another address than requested: its collation folds more than it may.
    /// Logged as `sys_repository_mismatch`.
    RepositoryMismatch,
    /// Expired attempts were purged.
    /// Logged as `sys_attempts_purged`.
    AttemptsPurged {
        /// The number of entries.
        entries: u64,
    },
    /// A signed-in user asked for another address; the address of the account was told.
    /// Logged as `user_updated:email_requested`.
    EmailChangeRequested,
    /// The new address is free: the link that confirms it was handed to the mailer.
    /// Logged as `authn_token_created:email_change`.
    EmailChangeLinkMailed,
    /// No link was mailed to the new address: it has an account already, or was mailed within the cooldown. Many of these for one
    /// user may be someone who wants to find out which addresses have accounts.
    /// Logged as `authn_email_change_withheld`.
    EmailChangeLinkWithheld,
    /// A signed-in user confirmed another address, which the account has now.
    /// Logged as `user_updated:email_changed`.
    EmailChanged,
    /// The owner of an earlier address took a change back: the account has that address again, and everything else was voided.
    /// Someone else probably had the password and the session.
    /// Logged as `user_updated:email_undone`.
    EmailChangeUndone {
        /// Whether an authenticator was removed that was enrolled after the change.
        second_factor_removed: bool,
    },
    /// An operator gave an account another address.
    /// Logged as `user_updated:email_by_operator`.
    EmailChangedByOperator,
    /// A link that confirms a change of an address or takes one back was rejected: invalid, used, expired, or of another account than
    /// that of the session.
    /// Logged as `authn_token_reuse:email_change`.
    EmailLinkRejected,
    /// Such a link was rejected because its token has not the form of one: cut off or changed on the way.
    /// Logged as `input_validation_fail:email_change`.
    EmailLinkDamaged,
}

impl EventKind {
    /// The event for an error from the engine, which records the failed call.
    pub(crate) fn store_failed(error: &BackendError) -> Self {
        let call = error.call().unwrap_or("unknown");
        Self::StoreFailed { call, error: error.kind(), code: error.code_for_events() }
    }
}

/// The name of each event.
macro_rules! names {
    ($($pattern:pat => $name:literal,)+) => {
        impl EventKind {
            /// A stable name for logs: from the OWASP Logging Vocabulary if it has one, otherwise in its style.
            pub fn name(&self) -> &'static str {
                match self {
                    $($pattern => $name,)+
                }
            }
        }
    };
}

names! {
    Self::Provisioned => "user_created",
    Self::WelcomeReissued => "authn_token_created:welcome",
    Self::EmailCorrected => "user_updated:email",
    Self::SignedIn { after_failures: 0 } => "authn_login_success",
    Self::SignedIn { .. } => "authn_login_successafterfail",
    Self::PasswordChangeRequired => "authn_token_created:password_change",
    Self::SecondFactorRequired => "authn_token_created:second_factor",
    Self::EnrollmentRequired => "authn_token_created:enrollment",
    Self::SecondFactorPassed { .. } => "authn_second_factor_success",
    Self::SecondFactorFailed { .. } => "authn_second_factor_fail",
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
    Self::RegistrationRequested => "user_registration_requested",
    Self::RegistrationCoolingDown => "excess_rate_limit_exceeded:registration",
    Self::RegistrationLinkIssued => "authn_token_created:registration",
    Self::RegistrationWithheld => "user_registration_withheld",
    Self::RegistrationLinkRejected => "authn_token_reuse:registration",
    Self::RegistrationLinkDamaged => "input_validation_fail:registration",
    Self::Invited => "authn_token_created:invitation",
    Self::Registered => "user_created:registered",
    Self::DeletionRequested => "user_deletion_requested",
    Self::DeletionUndone => "user_updated:deletion_undone",
    Self::DeletionLinkRejected => "authn_token_reuse:deletion",
    Self::DeletionLinkDamaged => "input_validation_fail:deletion",
    Self::Exported => "sensitive_read:export",
    Self::ResetRequested => "authn_reset_requested",
    Self::ResetCoolingDown => "excess_rate_limit_exceeded:reset",
    Self::ResetLinkIssued => "authn_token_created:reset",
    Self::ResetLinkWithheld => "authn_reset_withheld",
    Self::ResetConfirmed => "authn_token_created:temporary_password",
    Self::ResetLinkRejected => "authn_token_reuse:reset",
    Self::ResetLinkDamaged => "input_validation_fail:reset",
    Self::ResetCompleted => "authn_password_change:reset",
    Self::RecoveryCancelled => "authn_token_revoked:reset",
    Self::DeviceGranted => "authn_token_created:device",
    Self::DeviceRevoked => "authn_token_revoked:device",
    Self::SignedOut => "session_expired:logout",
    Self::SessionRevoked => "session_expired:revoked",
    Self::SignedOutEverywhere => "session_logout:everywhere",
    Self::SharingSuspected { .. } => "sharing_suspected",
    Self::CrossSiteRefused { .. } => "authz_fail:cross_site",
    Self::Undeliverable { .. } => "user_updated:undeliverable",
    Self::Deliverable => "user_updated:deliverable",
    Self::Deactivated => "user_archived",
    Self::Reactivated => "user_updated:reactivated",
    Self::PasswordChangeForced => "user_updated:password_change_forced",
    Self::MarkedCompromised => "authn_token_revoked:password",
    Self::Deleted => "user_deleted",
    Self::Imported { .. } => "user_created:imported",
    Self::Rehashed { .. } => "sys_rehashed",
    Self::Resealed => "sys_resealed",
    Self::HashUnusable { .. } => "sys_hash_unusable",
    Self::MailFailed { .. } => "sys_mail_failed",
    Self::MailGivenUp { .. } => "sys_mail_given_up",
    Self::MailDelayed { .. } => "sys_mail_delayed",
    Self::StoreFailed { .. } => "sys_store_failed",
    Self::BreachLookupFailed { .. } => "sys_breach_lookup_failed",
    Self::BackgroundWorkLost { .. } => "sys_background_work_lost",
    Self::ClockSkew { .. } => "sys_clock_skew",
    Self::RepositoryMismatch => "sys_repository_mismatch",
    Self::AttemptsPurged { .. } => "sys_attempts_purged",
    Self::EmailChangeRequested => "user_updated:email_requested",
    Self::EmailChangeLinkMailed => "authn_token_created:email_change",
    Self::EmailChangeLinkWithheld => "authn_email_change_withheld",
    Self::EmailChanged => "user_updated:email_changed",
    Self::EmailChangeUndone { .. } => "user_updated:email_undone",
    Self::EmailChangedByOperator => "user_updated:email_by_operator",
    Self::EmailLinkRejected => "authn_token_reuse:email_change",
    Self::EmailLinkDamaged => "input_validation_fail:email_change",
}
