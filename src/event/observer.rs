use core::fmt;
use std::sync::Arc;

use super::Event;

/// Receives every outcome: for audit logs, metrics and alarms.
///
/// Called on the caller's task right after the outcome is decided (and stored, if it is stored). Must return at once.
pub trait Observer: fmt::Debug + Send + Sync + 'static {
    /// Receives an event.
    fn observe(&self, event: &Event);
}

/// Ignores every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilentObserver;

impl Observer for SilentObserver {
    fn observe(&self, _event: &Event) {}
}

/// Forwards to the inner observer.
impl<T: Observer + ?Sized> Observer for Arc<T> {
    fn observe(&self, event: &Event) {
        (**self).observe(event);
    }
}
