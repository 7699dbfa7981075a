use core::time::Duration;

use time::OffsetDateTime;

use super::{ConfigError, DAY, HOUR, MINUTE};
use crate::types::Email;

/// Who may open an account without an operator.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum RegistrationMode {
    /// Nobody: operators provision accounts.
    #[default]
    Off,
    /// Whoever was invited by an operator or, if the host lets them, by a member.
    ByInvitation,
    /// Anyone with an address in [`domains`](RegistrationConfig::domains), and whoever was invited.
    Open,
}

/// Settings of registration. Unless it is off, it needs a [`keyring`](crate::AuthBuilder::keyring), which seals its links: nothing is
/// stored of somebody who has not proved the address yet.
///
/// ```
/// # use doorward::mail::PrintingMailer;
/// # use doorward::store::{MemoryAttempts, MemoryUsers};
/// # use doorward::{Auth, Keyring, Site};
/// use doorward::config::RegistrationMode;
///
/// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
/// # let builder = || Auth::builder(site.clone(), MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
/// let auth = builder()
///     .keyring(Keyring::new("2026-11", [7; 32])?) // 32 random bytes from outside the store
///     .configure(|config| {
///         config.registration.mode = RegistrationMode::Open;
///         config.registration.domains = vec!["acme.example".into()];
///     })
///     .build()?;
///
/// let without_keys = builder().configure(|config| config.registration.mode = RegistrationMode::Open).build();
/// assert_eq!(without_keys.unwrap_err().field(), Some("registration.mode"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RegistrationConfig {
    /// Who may register; default nobody.
    pub mode: RegistrationMode,
    /// The domains whose addresses may register, such as `acme.example`, without their subdomains; at most 1,000. Default empty: all.
    /// An operator may invite any address.
    pub domains: Vec<String>,
    /// The lifetime of the link that confirms an address, at most 24 hours (NIST SP 800-63B-4, 4.2.1.2); default one hour.
    pub link_lifetime: Duration,
    /// The lifetime of an invitation, at most 30 days; default 7 days. Whoever is invited did not ask for it and may be away.
    pub invitation_lifetime: Duration,
    /// The minimum time between two mails to one address, from this process, at most a day; default 5 minutes.
    pub cooldown: Duration,
    /// Links and invitations from before this instant are void; default none. Nothing is stored of them, so this is how one is
    /// revoked: with all the others that are alive.
    pub not_before: Option<OffsetDateTime>,
    /// How many mails strangers can cause in a minute, in all, from this process: 1 to 6,000, default 60. A flood beyond that is told
    /// to try again in a moment, and so is everybody else.
    pub mails_per_minute: u32,
}

impl Default for RegistrationConfig {
    fn default() -> Self {
        Self {
            mode: RegistrationMode::default(),
            domains: Vec::new(),
            link_lifetime: HOUR,
            invitation_lifetime: 7 * DAY,
            cooldown: 5 * MINUTE,
            not_before: None,
            mails_per_minute: 60,
        }
    }
}

/// How many domains may be listed.
const MOST_DOMAINS: usize = 1_000;

impl RegistrationConfig {
    pub(crate) fn is_on(&self) -> bool {
        self.mode != RegistrationMode::Off
    }

    /// Whether addresses of that domain may register.
    pub(crate) fn allows(&self, email: &Email) -> bool {
        let is_of = |domain: &String| in_domain(domain).is_some_and(|any| any.domain() == email.domain());
        self.domains.is_empty() || self.domains.iter().any(is_of)
    }

    pub(super) fn validate(&self, has_keyring: bool) -> Result<(), ConfigError> {
        if self.is_on() && !has_keyring {
            return Err(ConfigError::new("registration.mode", "needs a keyring, which seals the links"));
        }
        if self.domains.len() > MOST_DOMAINS {
            return Err(ConfigError::new("registration.domains", "are more than 1,000"));
        }
        if self.domains.iter().any(|domain| in_domain(domain).is_none()) {
            return Err(ConfigError::new("registration.domains", "holds what is no domain"));
        }
        if !(1..=6_000).contains(&self.mails_per_minute) {
            return Err(ConfigError::new("registration.mails_per_minute", "is not between 1 and 6,000"));
        }
        Ok(())
    }
}

/// An address in that domain, so that it is read as the domains of addresses are.
fn in_domain(domain: &str) -> Option<Email> {
    Email::parse(&format!("a@{domain}")).ok().filter(|_| !domain.contains('@'))
}
