use core::time::Duration;

use super::{HOUR, MINUTE};
use crate::throttle::Cooldown;

/// How a forgotten password is replaced once the mailbox is proved.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ResetMode {
    /// Confirming the link mails a temporary password, which opens the choice of a new one.
    #[default]
    TemporaryPassword,
    /// The link itself opens the choice of a new password: one mail fewer, and no password is ever mailed. The link is
    /// then as good as a password for an hour, so let it carry its token in the fragment
    /// ([`TokenPlacement::Fragment`](crate::config::TokenPlacement::Fragment)) if your pages can read it.
    ChooseNewPassword,
}

/// Resetting passwords.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ResetConfig {
    /// Which of the two ways.
    pub mode: ResetMode,
    /// How long a link works, at most 24 hours (NIST SP 800-63B-4, 4.2.1.2); default one hour.
    pub link_lifetime: Duration,
    /// How long the temporary password works, at most 24 hours; default one hour.
    pub temporary_password_lifetime: Duration,
    /// From one mail to the next, at most the link's lifetime; default 5 minutes, and no less without
    /// [`danger_allow`](Config::danger_allow). From the fourth mail within a day it
    /// doubles, see [`Cooldown`].
    pub cooldown: Duration,
}

impl Default for ResetConfig {
    fn default() -> Self {
        Self {
            mode: ResetMode::default(),
            link_lifetime: HOUR,
            temporary_password_lifetime: HOUR,
            cooldown: 5 * MINUTE,
        }
    }
}

impl ResetConfig {
    pub(crate) fn schedule(&self) -> Cooldown {
        Cooldown::new(self.cooldown, self.link_lifetime)
    }
}
