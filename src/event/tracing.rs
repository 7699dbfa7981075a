use doorward::Observer;
use doorward::event::{Event, EventKind};
use tracing::Level;

/// Emits every event through the `tracing` crate, under the target `doorward`: what broke at level ERROR, what was refused at
/// WARN, outcomes that are as they should be at INFO, and housekeeping at DEBUG. No event has a level by default: each is listed.
///
/// Of what broke it tells the fields `error` (such as `unavailable`), `code` (an SQLSTATE, an SMTP reply code, or a class such as
/// `io-refused` or `pool-timed-out`) and `call` (the store's method, such as `find_by_email`); an `error` of `tables_missing` is a
/// forgotten `migrate()`. Of a secret that cannot be read the field `fault` tells why: `unknown_key` is a wrong sealing key.
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
        /// `tracing` fixes the level of an event where it is written.
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
                    subject = event.email_pseudonym.as_ref().map(|subject| subject.as_str()),
                    user_id = event.user_id.as_ref().map(|id| id.as_str()),
                    request_id = event.request_id.as_deref(),
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

/// Every event with its level. Without a wildcard, so that a new one compiles only with a level of its own.
fn level(kind: &EventKind) -> Level {
    match kind {
        // Broken: somebody has to mend it.
        EventKind::StoreFailed { .. }
        | EventKind::MailFailed { .. }
        | EventKind::BreachLookupFailed { .. }
        | EventKind::RepositoryMismatch
        | EventKind::BackgroundWorkLost { .. }
        | EventKind::HashUnusable { .. }
        | EventKind::TotpSecretUnusable { .. } => Level::ERROR,
        // Refused, or not yet done: one is nothing, many are worth a look.
        EventKind::SignInFailed { .. }
        | EventKind::SecondFactorFailed
        | EventKind::ManyWrongCodes
        | EventKind::ClockSkew { .. }
        | EventKind::ReauthenticationFailed
        | EventKind::PasswordChangeFailed
        | EventKind::PasswordRejected { .. }
        | EventKind::Throttled { .. }
        | EventKind::Busy
        | EventKind::ChallengeRejected
        | EventKind::SessionRejected
        | EventKind::ResetCoolingDown
        | EventKind::ResetLinkWithheld
        | EventKind::ResetLinkRejected
        | EventKind::MailDelayed { .. } => Level::WARN,
        // As it should be.
        EventKind::Provisioned
        | EventKind::WelcomeReissued
        | EventKind::EmailCorrected
        | EventKind::Imported { .. }
        | EventKind::SignedIn { .. }
        | EventKind::PasswordChangeDemanded
        | EventKind::SecondFactorDemanded
        | EventKind::EnrollmentDemanded
        | EventKind::SecondFactorPassed { .. }
        | EventKind::EnrollmentBegun
        | EventKind::SecondFactorEnabled
        | EventKind::SecondFactorDisabled
        | EventKind::RecoveryCodesRegenerated
        | EventKind::SecondFactorReset { .. }
        | EventKind::Reauthenticated { .. }
        | EventKind::PasswordChanged
        | EventKind::ResetRequested
        | EventKind::ResetLinkIssued
        | EventKind::ResetConfirmed
        | EventKind::ResetCompleted
        | EventKind::RecoveryCancelled
        | EventKind::DeviceGranted
        | EventKind::DeviceRevoked
        | EventKind::SignedOutEverywhere
        | EventKind::Deactivated
        | EventKind::Reactivated
        | EventKind::PasswordChangeRequired
        | EventKind::MarkedCompromised
        | EventKind::Deleted => Level::INFO,
        // Housekeeping.
        EventKind::Rehashed { .. } | EventKind::Resealed | EventKind::AttemptsPurged { .. } => Level::DEBUG,
    }
}
