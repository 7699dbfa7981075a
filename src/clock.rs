use core::fmt::Debug;
use std::sync::Arc;

use time::OffsetDateTime;

/// The source of time. This crate reads no other clock. For tests there is `testing::ManualClock` (feature `testing`), which stands
/// still until it is moved.
pub trait Clock: Debug + Send + Sync + 'static {
    /// The current instant.
    fn now(&self) -> OffsetDateTime;
}

/// The system's clock, in UTC.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }
}

/// Forwards to the inner clock.
impl<T: Clock + ?Sized> Clock for Arc<T> {
    fn now(&self) -> OffsetDateTime {
        (**self).now()
    }
}
