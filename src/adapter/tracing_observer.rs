use doorward::{Event, EventKind, Observer};

/// Emits every event through the `tracing` crate, under the target `doorward`: outcomes that are as they should be at
/// level INFO, what was refused at WARN, what broke at ERROR.
#[derive(Clone, Copy, Debug, Default)]
pub struct TracingObserver;

impl Observer for TracingObserver {
    fn observe(&self, event: &Event) {
        /// `tracing` fixes the level of an event where it is written.
        macro_rules! emit {
            ($level:ident) => {
                tracing::event!(
                    target: "doorward",
                    tracing::Level::$level,
                    event = event.kind.name(),
                    kind = ?event.kind,
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
