use core::time::Duration;

use super::in_flight::{InFlight, Turn};
use crate::config::Hold;
use crate::throttle::AttemptKey;

/// The tries that are held at the moment, in place of an answer that they are too early.
pub(crate) struct Holding {
    hold: Hold,
    held: InFlight,
}

impl Holding {
    pub(crate) fn new(hold: Hold) -> Self {
        Self { hold, held: InFlight::default() }
    }

    /// Takes the one place of that bucket, if the wait is short enough.
    pub(crate) fn take(&self, bucket: &AttemptKey, wait: Duration) -> Option<Turn> {
        if wait > self.hold.longest { None } else { self.held.enter(bucket.as_str(), self.hold.at_most) }
    }

    pub(crate) async fn wait(&self, wait: Duration) {
        self.hold.wait(wait).await;
    }
}
