use doorward::{Event, EventKind, Observer};

/// Emits every event through the `tracing` crate, under the target `doorward`: outcomes that are as they should be at
/// level INFO, what was refused at WARN, what broke at ERROR. Of what broke it tells the fields `error` (such as `unavailable`),
/// `code` (an SQLSTATE, an SMTP reply code) and `call` (the store's method, such as `find_by_email`); an `error` of
/// `tables_missing` is a forgotten `migrate()`.
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
        /// `tracing` fixes the level of an event where it is written.
        macro_rules! emit {
            ($level:ident) => {
                tracing::event!(
                    target: "doorward",
                    tracing::Level::$level,
                    event = event.kind.name(),
                    kind = ?event.kind,
                    error = error.map(|error| error.as_str()),
                    code = code.as_ref().map(|code| code.as_str()),
                    call,
                    subject = event.subject.as_ref().map(|subject| subject.as_str()),
                    user_id = event.user_id.as_ref().map(|id| id.as_str()),
                    request_id = event.request_id.as_deref(),
                )
            };
        }
        match event.kind {
            EventKind::MailFailed { .. }
            | EventKind::StoreFailed { .. }
            | EventKind::BreachLookupFailed { .. }
            | EventKind::RepositoryMismatch => emit!(ERROR),
            EventKind::SignInFailed { .. }
            | EventKind::Throttled { .. }
            | EventKind::Busy
            | EventKind::ChallengeRefused
            | EventKind::SessionRefused
            | EventKind::PasswordChangeFailed
            | EventKind::ResetCoolingDown
            | EventKind::ResetLinkRefused
            | EventKind::MailDelayed { .. } => emit!(WARN),
            _ => emit!(INFO),
        }
    }
}
