use core::time::Duration;

use super::{DAY, HOUR};

/// Settings of changes of an address by its owner.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct EmailChangeConfig {
    /// How long the link to the new address is valid, from one second to 24 hours (NIST SP 800-63B-4, 4.2.1.2); default one hour.
    pub lifetime: Duration,
}

impl Default for EmailChangeConfig {
    fn default() -> Self {
        Self { lifetime: HOUR }
    }
}

impl EmailChangeConfig {
    /// How long the owner of the address before can take a change back: a week, so that someone on a journey reads the mail in time.
    pub(super) const UNDO_LIFETIME: Duration = Duration::from_secs(7 * DAY.as_secs());
}
