use core::time::Duration;

use super::second_factor::SecondFactorConfig;
use super::{
    ConfigError, DAY, DeletionConfig, DeviceConfig, EmailChangeConfig, HOUR, HashingConfig, MINUTE, NoticeConfig,
    OwedMailConfig, RegistrationConfig, ResetConfig, ResetMode, SessionConfig,
};
use crate::password::PasswordPolicy;
use crate::throttle::Backoff;
use crate::user::{
    ChallengeLimits, CodeLimits, DeviceLimits, EmailChangeLimits, FailureNotice, LinkLimits, MOST_CHALLENGES_PER_CLASS,
    MOST_DEVICES, MOST_EMAIL_UNDOS, MOST_LINKS, MOST_PENDING_EMAILS, OwedLimits, SessionLimits, SignInRules,
};

/// How long one try of an owed mail may take: the ten minutes of patience that a mailer has, and five for the try that is under way
/// then.
const OWED_LEASE: Duration = Duration::from_secs(15 * 60);

/// All settings. The defaults are safe as they are; [`manual::defaults`](crate::manual::defaults) has the source of every
/// number.
///
/// ```
/// use std::time::Duration;
/// # use doorward::{Auth, Site};
/// # use doorward::mail::PrintingMailer;
/// # use doorward::store::{MemoryAttempts, MemoryUsers};
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
/// Invalid values are rejected, and the error names the field:
///
/// ```
/// use std::time::Duration;
/// # use doorward::{Auth, Site};
/// # use doorward::mail::PrintingMailer;
/// # use doorward::store::{MemoryAttempts, MemoryUsers};
/// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// # let (users, attempts, mailer) = (MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
///
/// let refused = Auth::builder(site, users, attempts, mailer)
///     .configure(|config| config.reset.link_lifetime = Duration::ZERO)
///     .build();
/// assert_eq!(refused.unwrap_err().field(), Some("reset.link_lifetime"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Config {
    /// The rules for new passwords.
    pub password: PasswordPolicy,
    /// The cost of hashes, and how many are computed at once.
    pub hashing: HashingConfig,
    /// The waits after failures for an address, a device or a signed-in user: 250 ms doubling to one hour.
    pub throttle: Backoff,
    /// The waits after failures from one [`ClientAddress`](crate::ClientAddress), if the host passes one: twenty free failures,
    /// then 250 ms doubling to one minute.
    pub client_address_throttle: Backoff,
    /// Provisioning of accounts.
    pub provision: ProvisionConfig,
    /// Registration by users themselves.
    pub registration: RegistrationConfig,
    /// Password resets.
    pub reset: ResetConfig,
    /// The challenge between two steps of a sign-in.
    pub challenge: ChallengeConfig,
    /// Browsers that have signed in before.
    pub device: DeviceConfig,
    /// Sessions.
    pub session: SessionConfig,
    /// Notices to users.
    pub notice: NoticeConfig,
    /// Mails that are owed.
    pub owed_mails: OwedMailConfig,
    /// The second factor.
    pub second_factor: SecondFactorConfig,
    /// Changes of an address.
    pub email_change: EmailChangeConfig,
    /// Deletion by owners themselves.
    pub deletion: DeletionConfig,
    /// Housekeeping.
    pub purge: PurgeConfig,
    /// The fields passed to `danger_allow`.
    pub(super) allowed: Vec<&'static str>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            password: PasswordPolicy::default(),
            hashing: HashingConfig::default(),
            throttle: Backoff::default(),
            client_address_throttle: Backoff::CLIENT_ADDRESS,
            provision: ProvisionConfig::default(),
            registration: RegistrationConfig::default(),
            reset: ResetConfig::default(),
            challenge: ChallengeConfig::default(),
            device: DeviceConfig::default(),
            session: SessionConfig::default(),
            notice: NoticeConfig::default(),
            owed_mails: OwedMailConfig::default(),
            second_factor: SecondFactorConfig::default(),
            email_change: EmailChangeConfig::default(),
            deletion: DeletionConfig::default(),
            purge: PurgeConfig::default(),
            allowed: Vec::new(),
        }
    }
}

/// Settings of provisioning.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProvisionConfig {
    /// The lifetime of a mailed first password, at most 7 days; default 24 hours.
    pub temporary_password_lifetime: Duration,
}

impl Default for ProvisionConfig {
    fn default() -> Self {
        Self { temporary_password_lifetime: DAY }
    }
}

/// Settings of the challenge between two steps of a sign-in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChallengeConfig {
    /// The time within which the next step must be taken, at most an hour; default ten minutes.
    pub lifetime: Duration,
}

impl Default for ChallengeConfig {
    fn default() -> Self {
        Self { lifetime: 10 * MINUTE }
    }
}

/// Settings of housekeeping.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PurgeConfig {
    /// How often spent attempts are purged from the store, at least a minute; default one hour. Each `Auth` with a
    /// [`background`](crate::AuthBuilder::background) does this as background work after some request. `None` leaves it to the
    /// host, see [`Auth::purge`](crate::Auth::purge).
    pub every: Option<Duration>,
}

impl Default for PurgeConfig {
    fn default() -> Self {
        Self { every: Some(HOUR) }
    }
}

impl Config {
    /// Checks everything, including whether the keys that the settings need are there.
    pub(crate) fn validate(&self, has_keyring: bool, has_index_key: bool) -> Result<(), ConfigError> {
        self.password
            .validate(self.second_factor.is_required())
            .map_err(|fault| ConfigError::new(fault.field, fault.problem))?;
        let schedules = [
            ("throttle", &self.throttle),
            ("client_address_throttle", &self.client_address_throttle),
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
        self.session.validate()?;
        self.owed_mails.validate()?;
        self.registration.validate(has_keyring)?;
        self.deletion.validate()?;
        if !(1..=MOST_DEVICES).contains(&self.device.at_most) {
            return Err(ConfigError::new("device.at_most", "is not between 1 and 20"));
        }
        if self.notice.after_failures.is_some_and(|failures| !(1..=100).contains(&failures)) {
            return Err(ConfigError::new("notice.after_failures", "is not between 1 and 100"));
        }
        let durations = [
            ("provision.temporary_password_lifetime", self.provision.temporary_password_lifetime, 7 * DAY, "7 days"),
            ("registration.link_lifetime", self.registration.link_lifetime, DAY, "24 hours"),
            ("registration.invitation_lifetime", self.registration.invitation_lifetime, 30 * DAY, "30 days"),
            ("registration.cooldown", self.registration.cooldown, DAY, "24 hours"),
            ("reset.link_lifetime", self.reset.link_lifetime, DAY, "24 hours"),
            ("reset.temporary_password_lifetime", self.reset.temporary_password_lifetime, DAY, "24 hours"),
            ("reset.cooldown", self.reset.cooldown, self.reset.link_lifetime, "the link's lifetime"),
            ("email_change.lifetime", self.email_change.lifetime, DAY, "24 hours"),
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
        ChallengeLimits {
            lifetime: self.challenge.lifetime,
            per_class: MOST_CHALLENGES_PER_CLASS,
            tries: 10,
            not_before: self.session.not_before,
        }
    }

    pub(crate) fn device_limits(&self) -> DeviceLimits {
        DeviceLimits {
            lifetime: self.device.lifetime,
            at_most: self.device.at_most,
            protected: 7 * DAY,
            sessions: self.session_limits(),
        }
    }

    pub(crate) fn session_limits(&self) -> SessionLimits {
        SessionLimits {
            plain: self.session.lifetimes,
            kept: self.session.kept_lifetimes,
            at_most: self.session.at_most,
            refuses_when_full: self.session.danger_refuse_when_full,
            not_before: self.session.not_before,
            established_after: 7 * DAY,
            sights: self.session.watch_for_sharing,
            reminds_of_sharing: self.session.remind_of_sharing,
        }
    }

    pub(crate) fn sign_in_rules(&self) -> SignInRules {
        SignInRules {
            challenges: self.challenge_limits(),
            devices: self.device_limits(),
            sessions: self.session_limits(),
            second_factor_required: self.second_factor.is_required(),
            new_device_notice: self.device.new_device_notice,
        }
    }

    /// When a right password after failures is worth a notice, if it ever is.
    pub(crate) fn failure_notice(&self) -> Option<FailureNotice> {
        // The throttle counts no further.
        let most = self.throttle.saturation();
        self.notice.after_failures.map(|failures| FailureNotice { from: failures.min(most), every: DAY })
    }

    pub(crate) fn owed_limits(&self) -> OwedLimits {
        OwedLimits {
            lease: OWED_LEASE,
            give_up_after: self.owed_mails.give_up_after,
            welcome_lifetime: self.provision.temporary_password_lifetime,
            links: self.link_limits(),
        }
    }

    pub(crate) fn code_limits(&self) -> CodeLimits {
        CodeLimits { backoff: self.second_factor.throttle, alarm_at: 10, notice_every: DAY }
    }

    /// Whether a reset link by itself authorises setting a password.
    pub(crate) fn links_set_passwords(&self) -> bool {
        self.reset.mode == ResetMode::ChooseNewPassword
    }

    pub(crate) fn email_change_limits(&self) -> EmailChangeLimits {
        EmailChangeLimits {
            lifetime: self.email_change.lifetime,
            cooldown: self.reset.cooldown,
            pending: MOST_PENDING_EMAILS,
            undo_lifetime: EmailChangeConfig::UNDO_LIFETIME,
            undos: MOST_EMAIL_UNDOS,
        }
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
