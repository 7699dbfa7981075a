use core::time::Duration;

use super::{ConfigError, DAY, HOUR, MINUTE};
use crate::second_factor::{TotpAlgorithm, TotpParams};
use crate::throttle::Backoff;

/// Settings of the second factor, by authenticator app. Its secrets are sealed, so it needs a
/// [`keyring`](crate::AuthBuilder::keyring).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SecondFactorConfig {
    /// Whether accounts must have one; default optional.
    pub policy: SecondFactorPolicy,
    /// The parameters of new authenticators; stored with each, so a change affects no existing one.
    pub totp: TotpConfig,
    /// The waits after wrong codes: three are free, then one minute, growing fourfold up to a day. Each user's wrong codes are
    /// counted in four classes, none of which delays another: on a known device, after a proof of the mailbox, after the
    /// password alone, and in a session. Each class allows ten wrong codes in a day, so forty per account, and no class is ever
    /// locked. Failures that a right code
    /// came after are forgiven once they are a day old, five a day in each class.
    pub throttle: Backoff,
    /// How long a proof counts as fresh for enrolling, turning off, new recovery codes and revoking devices: a minute to an
    /// hour, default five minutes.
    pub fresh_proof: Duration,
    /// For how long a remembered device is not asked for codes, at most 90 days; default never.
    /// [`verify_second_factor_and_remember`](crate::Auth::verify_second_factor_and_remember) remembers a device.
    pub remember_device: Option<Duration>,
}

/// Whether accounts must have a second factor.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SecondFactorPolicy {
    /// Users may enroll one.
    #[default]
    Optional,
    /// Users must enroll one: a password alone leads to enrolling an authenticator, and to nothing else. Sessions of accounts
    /// without a second factor become invalid. Passwords may then have as few as 8 characters.
    Required,
}

/// The parameters of new authenticators. Steps are 30 seconds long.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TotpConfig {
    /// The hash function; default SHA-1.
    pub algorithm: TotpAlgorithm,
    /// The number of digits; default six.
    pub digits: TotpDigits,
    /// The accepted steps; default the current one and one to either side.
    pub window: TotpWindow,
}

/// The number of digits of a code.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TotpDigits {
    /// Six, which every authenticator supports.
    #[default]
    Six,
    /// Eight. Some authenticators ignore this setting; enrolling then fails at the first code.
    Eight,
}

/// The accepted steps.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TotpWindow {
    /// The current one, the one before and the one after: allows for clocks that differ and people who type slowly (RFC 6238,
    /// section 5.2).
    #[default]
    OneStepEitherSide,
    /// Only the current one (ASVS 5.0, 6.5.5).
    CurrentStep,
}

impl Default for SecondFactorConfig {
    fn default() -> Self {
        Self {
            policy: SecondFactorPolicy::default(),
            totp: TotpConfig::default(),
            throttle: Backoff { free: 3, first_step: MINUTE, growth: 4, cap: DAY },
            fresh_proof: 5 * MINUTE,
            remember_device: None,
        }
    }
}

impl TotpConfig {
    pub(crate) fn params(self) -> TotpParams {
        let digits = match self.digits {
            TotpDigits::Six => 6,
            TotpDigits::Eight => 8,
        };
        let window = match self.window {
            TotpWindow::OneStepEitherSide => 1,
            TotpWindow::CurrentStep => 0,
        };
        TotpParams { algorithm: self.algorithm, digits, window }
    }
}

impl SecondFactorConfig {
    pub(crate) fn is_required(&self) -> bool {
        self.policy == SecondFactorPolicy::Required
    }

    pub(super) fn validate(&self, has_keyring: bool) -> Result<(), ConfigError> {
        if self.is_required() && !has_keyring {
            return Err(ConfigError::new("second_factor.policy", "needs a keyring"));
        }
        if !(MINUTE..=HOUR).contains(&self.fresh_proof) {
            return Err(ConfigError::new("second_factor.fresh_proof", "is not between a minute and an hour"));
        }
        if self.remember_device.is_some_and(|lifetime| !(MINUTE..=90 * DAY).contains(&lifetime)) {
            return Err(ConfigError::new("second_factor.remember_device", "is not between a minute and 90 days"));
        }
        Ok(())
    }
}
