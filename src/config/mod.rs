//! Settings: public fields with defaults, changed through [`AuthBuilder::configure`](crate::AuthBuilder::configure) and
//! validated as a whole when the `Auth` is built.

mod floors;
mod hashing;
mod second_factor;

use core::time::Duration;

use thiserror::Error;

pub use hashing::{CostProfile, HashSealing, HashingConfig};
pub use second_factor::{SecondFactorConfig, SecondFactorPolicy, TotpConfig, TotpDigits, TotpWindow};

use crate::policy::{Backoff, Cooldown, PasswordPolicy};
use crate::user::{
    ChallengeLimits, CodeLimits, DeviceLimits, LinkLimits, MOST_CHALLENGES_PER_CLASS, MOST_DEVICES, MOST_LINKS,
    SignInRules,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A setting is out of bounds.
#[derive(Clone, Debug, Eq, Error, PartialEq)]
#[error("config.{field} {problem}")]
pub struct ConfigError {
    field: String,
    problem: String,
}

impl ConfigError {
    pub(crate) fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }

    /// The field at fault, such as `throttle.cap`.
    pub fn field(&self) -> &str {
        &self.field
    }
}

/// All settings. Every default is safe as it is; where each number comes from is told in
/// [`manual::defaults`](crate::manual::defaults).
///
/// ```
/// use std::time::Duration;
/// # use doorward::{Auth, MemoryAttempts, MemoryUsers, PrintingMailer, Site};
/// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// # let (users, attempts, mailer) = (MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
///
/// let auth = Auth::builder(site, users, attempts, mailer)
///     .configure(|config| {
///         config.throttle.cap = Duration::from_secs(20 * 60);
///         config.password.context_words = vec!["Acme".into(), "Roadrunner".into()];
///     })
///     .build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What makes no sense is refused, and the error names the field:
///
/// ```
/// use std::time::Duration;
/// # use doorward::{Auth, MemoryAttempts, MemoryUsers, PrintingMailer, Site};
/// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// # let (users, attempts, mailer) = (MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
///
/// let refused = Auth::builder(site, users, attempts, mailer)
///     .configure(|config| config.reset.link_lifetime = Duration::ZERO)
///     .build();
/// assert_eq!(refused.unwrap_err().field(), Some("reset.link_lifetime"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Config {
    /// What a password must be.
    pub password: PasswordPolicy,
    /// What a hash costs, and how many are computed at once.
    pub hashing: HashingConfig,
    /// The waits after failures, of an address, a device or a signed-in user: 250 ms doubling to one hour.
    pub throttle: Backoff,
    /// The waits after failures from one [`Source`](crate::Source), where the host gives it: twenty free, then 250 ms
    /// doubling to one minute.
    pub source_throttle: SourceBackoff,
    /// Opening accounts.
    pub provision: ProvisionConfig,
    /// Resetting passwords.
    pub reset: ResetConfig,
    /// What stands between two steps of a sign-in.
    pub challenge: ChallengeConfig,
    /// Browsers from which somebody has signed in before.
    pub device: DeviceConfig,
    /// Two-factor sign-in.
    pub second_factor: SecondFactorConfig,
    /// Housekeeping.
    pub purge: PurgeConfig,
    /// What may be weaker than promised.
    allowed: Vec<&'static str>,
}

/// The schedule of source lanes. A type of its own, because its default differs from that of [`Backoff`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct SourceBackoff {
    /// The schedule.
    pub backoff: Backoff,
}

impl Default for SourceBackoff {
    fn default() -> Self {
        Self { backoff: Backoff::SOURCE }
    }
}

/// Opening accounts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProvisionConfig {
    /// How long a mailed first password works, at most 7 days; default 24 hours.
    pub temporary_password_lifetime: Duration,
}

impl Default for ProvisionConfig {
    fn default() -> Self {
        Self { temporary_password_lifetime: DAY }
    }
}

/// How a forgotten password is replaced once the mailbox is proved.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum ResetMode {
    /// Confirming the link mails a temporary password, which opens the choice of a new one.
    #[default]
    TemporaryPassword,
    /// The link itself opens the choice of a new password: one mail fewer, and no password is ever mailed. The link is
    /// then as good as a password for an hour, so let it carry its token in the fragment
    /// ([`LinkToken::Fragment`](crate::LinkToken::Fragment)) if your pages can read it.
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

/// What stands between two steps of a sign-in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChallengeConfig {
    /// How long the next step may be taken, at most an hour; default ten minutes.
    pub lifetime: Duration,
}

impl Default for ChallengeConfig {
    fn default() -> Self {
        Self { lifetime: 10 * MINUTE }
    }
}

/// Browsers from which somebody has signed in before.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DeviceConfig {
    /// How long a device is known after its last use, and the `Max-Age` of its cookie; at most 400 days, where browsers cap it;
    /// default 90 days.
    pub lifetime: Duration,
    /// How many a user may have, 1 to 20; default 20. A new one takes the place of one that has expired or, if there
    /// is none, of the one that has not signed in for longest, but of none that has within the last week. The sessions on it end
    /// with it; so may those of somebody who works in one browser for weeks and signs in from twenty others.
    pub at_most: usize,
    /// Whose owners are mailed about a sign-in from a browser that was not known; default those with a second factor.
    pub new_device_notice: NewDeviceNotice,
}

/// Whose owners are mailed about a sign-in from a browser that was not known.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum NewDeviceNotice {
    /// Nobody's.
    Never,
    /// Those of accounts with a second factor: a new browser there is rare, and means that password and code are both in
    /// somebody's hands.
    #[default]
    WithSecondFactor,
    /// Everybody's. Browsers forget cookies, so owners get used to it.
    Always,
}

impl Default for DeviceConfig {
    fn default() -> Self {
        Self { lifetime: 90 * DAY, at_most: MOST_DEVICES, new_device_notice: NewDeviceNotice::default() }
    }
}

/// Housekeeping.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PurgeConfig {
    /// How often spent attempts are dropped from the store, in background work after some request, by each `Auth` that has a
    /// [`background`](crate::AuthBuilder::background): at least a minute; default one hour. `None` leaves it to the host, see [`Auth::purge`](crate::Auth::purge).
    pub every: Option<Duration>,
}

impl Default for PurgeConfig {
    fn default() -> Self {
        Self { every: Some(HOUR) }
    }
}

impl Config {
    /// Checks everything, also whether keys are there that settings ask for.
    pub(crate) fn validate(&self, has_keyring: bool, has_index_key: bool) -> Result<(), ConfigError> {
        self.password
            .validate(self.second_factor.is_required())
            .map_err(|fault| ConfigError::new(fault.field, fault.problem))?;
        let schedules = [
            ("throttle", &self.throttle),
            ("source_throttle.backoff", &self.source_throttle.backoff),
            ("second_factor.throttle", &self.second_factor.throttle),
        ];
        for (name, backoff) in schedules {
            if let Some((field, problem)) = backoff.fault() {
                return Err(ConfigError::new(format!("{name}.{field}"), problem));
            }
        }
        self.check_floors()?;
        self.hashing.validate(has_keyring, has_index_key)?;
        self.second_factor.validate(has_keyring)?;
        if !(1..=MOST_DEVICES).contains(&self.device.at_most) {
            return Err(ConfigError::new("device.at_most", "is not between 1 and 20"));
        }
        let durations = [
            ("provision.temporary_password_lifetime", self.provision.temporary_password_lifetime, 7 * DAY, "7 days"),
            ("reset.link_lifetime", self.reset.link_lifetime, DAY, "24 hours"),
            ("reset.temporary_password_lifetime", self.reset.temporary_password_lifetime, DAY, "24 hours"),
            ("reset.cooldown", self.reset.cooldown, self.reset.link_lifetime, "the link's lifetime"),
            ("challenge.lifetime", self.challenge.lifetime, HOUR, "an hour"),
            ("device.lifetime", self.device.lifetime, 400 * DAY, "400 days"),
        ];
        for (field, value, most, named) in durations {
            if value < Duration::from_secs(1) {
                return Err(ConfigError::new(field, "is below a second"));
            }
            if value > most {
                return Err(ConfigError::new(field, format!("is above {named}")));
            }
        }
        if self.purge.every.is_some_and(|every| every < MINUTE) {
            return Err(ConfigError::new("purge.every", "is below a minute"));
        }
        Ok(())
    }

    pub(crate) fn challenge_limits(&self) -> ChallengeLimits {
        ChallengeLimits { lifetime: self.challenge.lifetime, per_class: MOST_CHALLENGES_PER_CLASS, tries: 10 }
    }

    pub(crate) fn device_limits(&self) -> DeviceLimits {
        DeviceLimits { lifetime: self.device.lifetime, at_most: self.device.at_most, protected: 7 * DAY }
    }

    pub(crate) fn sign_in_rules(&self) -> SignInRules {
        SignInRules {
            challenges: self.challenge_limits(),
            devices: self.device_limits(),
            second_factor_required: self.second_factor.is_required(),
        }
    }

    pub(crate) fn code_limits(&self) -> CodeLimits {
        CodeLimits { backoff: self.second_factor.throttle, alarm_at: 10, notice_every: DAY }
    }

    /// Whether a reset link by itself authorises setting a password.
    pub(crate) fn links_set_passwords(&self) -> bool {
        self.reset.mode == ResetMode::ChooseNewPassword
    }

    pub(crate) fn link_limits(&self) -> LinkLimits {
        LinkLimits {
            lifetime: self.reset.link_lifetime,
            at_most: MOST_LINKS,
            tries: 10,
            temporary_lifetime: self.reset.temporary_password_lifetime,
            cooldown: self.reset.cooldown,
        }
    }
}
