use doorward::Observer;
use doorward::event::{Event, EventKind};
use tracing::Level;

/// Emits every event through the `tracing` crate, under the target `doorward`: failures of a component at level ERROR,
/// rejections at WARN, normal outcomes at INFO, and housekeeping at DEBUG. No event has a default level: each is listed.
///
/// Component failures have the fields `error` (such as `unavailable`), `code` (an SQLSTATE, an SMTP reply code, or a class such
/// as `io-refused` or `pool-timed-out`) and `call` (the store's method, such as `find_by_email`); the `error` `tables_missing`
/// means a forgotten `migrate()`. For an unreadable secret, the field `fault` says why: `unknown_key` is a wrong sealing key. For a
/// rejected code of an authenticator, `steps_off` says how many steps of 30 seconds the phone's clock is ahead, where that is why.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver;

impl Observer for TracingObserver {
    fn observe(&self, event: &Event) {
        let (error, code, call) = match &event.kind {
            EventKind::StoreFailed { call, error, code } => (Some(error), code, Some(*call)),
            EventKind::MailFailed { error, code, .. }
            | EventKind::MailDelayed { error, code }
            | EventKind::BreachLookupFailed { error, code } => (Some(error), code, None),
            _ => (None, &None, None),
        };
        let fault = match &event.kind {
            EventKind::HashUnusable { fault } | EventKind::TotpSecretUnusable { fault } => Some(fault.as_str()),
            _ => None,
        };
        let steps_off = match &event.kind {
            EventKind::SecondFactorFailed { steps_off } => *steps_off,
            _ => None,
        };
        /// `tracing` fixes the level of an event at compile time.
        macro_rules! emit {
            ($level:ident) => {
                tracing::event!(
                    target: "doorward",
                    Level::$level,
                    event = event.kind.name(),
                    kind = ?event.kind,
                    error = error.map(|error| error.as_str()),
                    code = code.as_ref().map(|code| code.as_str()),
                    call,
                    fault,
                    steps_off,
                    subject = event.email_pseudonym.as_ref().map(|subject| subject.as_str()),
                    user_id = event.user_id.as_ref().map(|id| id.as_str()),
                    request_id = event.request_id.as_deref(),
                    operator = event.operator.as_ref().map(|id| id.as_str()),
                )
            };
        }
        match level(&event.kind) {
            Level::ERROR => emit!(ERROR),
            Level::WARN => emit!(WARN),
            Level::INFO => emit!(INFO),
            _ => emit!(DEBUG),
        }
    }
}

/// The level of every event: errors are broken and someone has to fix them, one warning is nothing but many are worth a look,
/// information is a normal outcome, and the rest is housekeeping. No wildcard, so that a new event compiles only with a level of its
/// own.
macro_rules! levels {
    ($($level:ident: $($kind:ident),+;)+) => {
        fn level(kind: &EventKind) -> Level {
            match kind {
                $($(EventKind::$kind { .. })|+ => Level::$level,)+
            }
        }
    };
}

levels! {
    ERROR: StoreFailed, MailFailed, MailGivenUp, BreachLookupFailed, RepositoryMismatch, BackgroundWorkLost,
        HashUnusable, TotpSecretUnusable;
    WARN: SignInFailed, SecondFactorFailed, ManyWrongCodes, ClockSkew, ReauthenticationFailed, PasswordChangeFailed,
        PasswordRejected, Throttled, Busy, SharingSuspected, ChallengeRejected, SessionRejected, ResetCoolingDown,
        ResetLinkWithheld, ResetLinkRejected, ResetLinkDamaged, MailDelayed, Undeliverable, CrossSiteRefused,
        RegistrationCoolingDown, RegistrationWithheld, RegistrationLinkRejected, RegistrationLinkDamaged,
        EmailChangeLinkWithheld, EmailChangeUndone, EmailLinkRejected, EmailLinkDamaged,
        DeletionLinkRejected, DeletionLinkDamaged;
    INFO: SignedOut, SessionRevoked, Provisioned, WelcomeReissued, EmailCorrected, Imported, SignedIn,
        PasswordChangeRequired, SecondFactorRequired, EnrollmentRequired, SecondFactorPassed, EnrollmentBegun,
        SecondFactorEnabled, SecondFactorDisabled, RecoveryCodesRegenerated, SecondFactorReset, Reauthenticated,
        PasswordChanged, ResetRequested, ResetLinkIssued, ResetConfirmed, ResetCompleted, RecoveryCancelled,
        DeviceGranted, DeviceRevoked, SignedOutEverywhere, Deactivated, Reactivated, PasswordChangeForced,
        MarkedCompromised, Deleted, Deliverable, RegistrationRequested, RegistrationLinkIssued, Invited, Registered,
        EmailChangeRequested, EmailChangeLinkMailed, EmailChanged, EmailChangedByOperator,
        DeletionRequested, DeletionUndone, Exported;
    DEBUG: Rehashed, Resealed, AttemptsPurged;
}
