use core::time::Duration;

use super::{HOUR, MINUTE};
use crate::throttle::Cooldown;

/// How a forgotten password is replaced once the user has proved access to the mailbox.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ResetMode {
    /// Confirming the link mails a temporary password, with which the user chooses a new one.
    #[default]
    TemporaryPassword,
    /// The link itself lets the user choose a new password: one mail fewer, and no password is ever mailed. The link is then as
    /// good as a password for an hour, so let it carry its token in the fragment
    /// ([`TokenPlacement::Fragment`](crate::config::TokenPlacement::Fragment)) if your pages can read it.
    ChooseNewPassword,
}

/// Settings of password resets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ResetConfig {
    /// How the password is replaced.
    pub mode: ResetMode,
    /// The lifetime of a link, at most 24 hours (NIST SP 800-63B-4, 4.2.1.2); default one hour.
    pub link_lifetime: Duration,
    /// The lifetime of the temporary password, at most 24 hours; default one hour.
    pub temporary_password_lifetime: Duration,
    /// The minimum time between two mails, at most the link's lifetime; default 5 minutes, and less only with
    /// [`danger_allow`](crate::Config::danger_allow). From the fourth mail within a day it doubles, see [`Cooldown`].
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
