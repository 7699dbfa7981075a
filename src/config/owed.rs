use core::time::Duration;

use super::{ConfigError, DAY, HOUR};

/// Settings of mails that are owed ([`AuthBuilder::owed_mails`](crate::AuthBuilder::owed_mails)).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct OwedMailConfig {
    /// How often the worker looks for mails that are due, a second to an hour; default a minute. There is one per process, if the
    /// builder has a [`sleep`](crate::AuthBuilder::sleep).
    pub every: Duration,
    /// How long a welcome or a notice is tried, an hour to 30 days; default 3 days. Then it is given up, with the event
    /// [`MailGivenUp`](crate::event::EventKind::MailGivenUp). A mail of a reset is given up when its link or its temporary password
    /// would have expired: by then its owner has asked again.
    pub give_up_after: Duration,
}

impl Default for OwedMailConfig {
    fn default() -> Self {
        Self { every: Duration::from_secs(60), give_up_after: 3 * DAY }
    }
}

impl OwedMailConfig {
    pub(super) fn validate(&self) -> Result<(), ConfigError> {
        if !(Duration::from_secs(1)..=HOUR).contains(&self.every) {
            return Err(ConfigError::new("owed_mails.every", "is not between a second and an hour"));
        }
        if !(HOUR..=30 * DAY).contains(&self.give_up_after) {
            return Err(ConfigError::new("owed_mails.give_up_after", "is not between an hour and 30 days"));
        }
        Ok(())
    }
}
