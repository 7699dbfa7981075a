//! How far each setting may be weakened without `danger_allow`.

use core::time::Duration;

use super::{Config, ConfigError, DAY, MINUTE};

/// A bound on which a promise of this crate depends.
struct Floor {
    field: &'static str,
    holds: bool,
    /// How the setting breaks the promise.
    problem: &'static str,
}

/// NIST SP 800-63B-4, 3.2.2: no more than 100 failed tries in a row.
const GUESSES_A_DAY: u64 = 100;
/// Per account, for all four classes together: with three of a million codes valid at a time, a success rate of one in 8,000 a
/// day.
const CODES_A_DAY: u64 = 40;
const CLASSES_OF_CODES: u64 = 4;
/// A client address may be an office of hundreds.
const GUESSES_OF_A_SOURCE_A_DAY: u64 = 5_000;
/// Promise S12.
const COOLDOWN: Duration = Duration::from_secs(5 * 60);

impl Config {
    /// The settings that can be weakened below the documented guarantees, by the names that
    /// [`danger_allow`](Self::danger_allow) takes.
    ///
    /// Bounds that cannot be lifted are documented on the settings themselves. `hashing.params` and `password` have `danger_*`
    /// switches of their own: [`HashParams::danger_weak`](crate::hashing::HashParams::danger_weak),
    /// [`PasswordPolicy::danger_allow_short`](crate::password::PasswordPolicy::danger_allow_short) and
    /// [`danger_allow_common`](crate::password::PasswordPolicy::danger_allow_common).
    pub const FLOORS: [&'static str; 5] =
        ["throttle", "client_address_throttle", "second_factor.throttle", "reset.cooldown", "registration.cooldown"];

    /// Lets a setting of [`FLOORS`](Self::FLOORS) be weaker than guaranteed: for tests, and for hosts that know better.
    ///
    /// ```
    /// use std::time::Duration;
    /// # use doorward::{Auth, Site};
    /// # use doorward::mail::PrintingMailer;
    /// # use doorward::store::{MemoryAttempts, MemoryUsers};
    /// # let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    /// # let builder = || Auth::builder(site.clone(), MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer);
    ///
    /// let weak = builder().configure(|config| config.reset.cooldown = Duration::from_secs(1)).build();
    /// assert_eq!(weak.unwrap_err().field(), Some("reset.cooldown"));
    ///
    /// let auth = builder()
    ///     .configure(|config| {
    ///         config.reset.cooldown = Duration::from_secs(1);
    ///         config.danger_allow("reset.cooldown");
    ///     })
    ///     .build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn danger_allow(&mut self, field: &'static str) {
        self.allowed.push(field);
    }

    pub(super) fn check_floors(&self) -> Result<(), ConfigError> {
        // Destructured in full, so that a new group of settings does not compile until it is considered here.
        let Self {
            password: _,
            hashing: _,
            owed_mails: _,
            registration,
            throttle,
            client_address_throttle,
            second_factor,
            reset,
            provision: _,
            challenge: _,
            device: _,
            session: _,
            notice: _,
            email_change: _,
            deletion: _,
            purge: _,
            allowed,
        } = self;
        let floors = [
            Floor {
                field: "throttle",
                holds: throttle.tries_within(DAY) <= GUESSES_A_DAY && throttle.tries_within(MINUTE) <= 20,
                problem: "allows more than 100 guesses in a day or 20 in a minute",
            },
            Floor {
                field: "client_address_throttle",
                holds: client_address_throttle.tries_within(DAY) <= GUESSES_OF_A_SOURCE_A_DAY,
                problem: "allows more than 5,000 guesses in a day from one client address",
            },
            Floor {
                field: "second_factor.throttle",
                holds: second_factor.throttle.tries_within(DAY) * CLASSES_OF_CODES <= CODES_A_DAY,
                problem: "allows more than 40 codes in a day",
            },
            Floor { field: "reset.cooldown", holds: reset.cooldown >= COOLDOWN, problem: "is below five minutes" },
            Floor {
                field: "registration.cooldown",
                holds: registration.cooldown >= COOLDOWN,
                problem: "is below five minutes",
            },
        ];
        debug_assert!(floors.iter().map(|floor| floor.field).eq(Self::FLOORS));
        if let Some(unknown) = allowed.iter().find(|field| !Self::FLOORS.contains(field)) {
            return Err(ConfigError::new(*unknown, "has no limit that `danger_allow` could lift"));
        }
        match floors.iter().find(|floor| !floor.holds && !allowed.contains(&floor.field)) {
            Some(Floor { field, problem, .. }) => {
                Err(ConfigError::new(*field, format!("{problem} (see Config::danger_allow)")))
            }
            None => Ok(()),
        }
    }
}
