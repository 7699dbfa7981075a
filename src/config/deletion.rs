use core::time::Duration;

use super::{ConfigError, DAY};

/// Settings of the deletion that owners request ([`Auth::request_deletion`](crate::Auth::request_deletion)).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeletionConfig {
    /// How long an owner may change their mind, at most 90 days; default 14 days. Meanwhile the account is closed. Zero deletes at
    /// once: then nothing can undo it. An account whose address was changed stays as long as that can be taken back, seven days, also with
    /// zero; so let a worker or [`Auth::purge_deleted`](crate::Auth::purge_deleted) run in any case.
    pub grace: Duration,
}

impl Default for DeletionConfig {
    fn default() -> Self {
        Self { grace: 14 * DAY }
    }
}

impl DeletionConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        match self.grace > 90 * DAY {
            true => Err(ConfigError::new("deletion.grace", "is above 90 days")),
            false => Ok(()),
        }
    }
}
