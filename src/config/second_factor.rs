use core::time::Duration;

use super::{ConfigError, DAY, HOUR, MINUTE};
use crate::second_factor::{TotpAlgorithm, TotpParams};
use crate::throttle::Backoff;

/// Two-factor sign-in by authenticator app. Secrets are sealed, so it takes a
/// [`keyring`](crate::AuthBuilder::keyring).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SecondFactorConfig {
    /// Whether accounts have to have one; default they may.
    pub policy: SecondFactorPolicy,
    /// How new authenticators make codes; stored with each, so that a change breaks nobody.
    pub totp: TotpConfig,
    /// The waits after wrong codes: three are free, then one minute, growing fourfold up to a day. Of each user they are counted
    /// in four classes, of which none slows another: on a known device, after a proof of the mailbox, after the password alone,
    /// and for those who are signed in. That is ten wrong codes in a day for each, so forty for an account, and no class is
    /// ever closed. A right code forgives five of its class.
    pub throttle: Backoff,
    /// How long a proof counts as fresh, for enrolling, turning off, new recovery codes and revoking devices: a minute to an
    /// hour, default five minutes.
    pub fresh_proof: Duration,
    /// For how long no code is asked for on a device that asks to be remembered, at most 90 days; default never.
    /// [`verify_second_factor_and_remember`](crate::Auth::verify_second_factor_and_remember) grants it.
    pub remember_device: Option<Duration>,
}

/// Whether accounts have to have a second factor.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SecondFactorPolicy {
    /// They may.
    #[default]
    Optional,
    /// They have to: a password alone leads to enrolling an authenticator, and to nothing else. Sessions of accounts without a
    /// second factor are none any more. Passwords may then be of 8 characters.
    Required,
}

/// How new authenticators make codes. Steps are of 30 seconds.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub struct TotpConfig {
    /// The hash function; default SHA-1.
    pub algorithm: TotpAlgorithm,
    /// How many digits; default six.
    pub digits: TotpDigits,
    /// Which steps are accepted; default one to either side.
    pub window: TotpWindow,
}

/// How many digits a code has.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TotpDigits {
    /// Six: what every authenticator shows.
    #[default]
    Six,
    /// Eight. Some authenticators ignore it; enrolling then fails at the first code.
    Eight,
}

/// Which steps are accepted.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum TotpWindow {
    /// The current one, the one before and the one after: for clocks that differ and people who type slowly (RFC 6238,
    /// section 5.2).
    #[default]
    OneStepEitherSide,
    /// The current one only (ASVS 5.0, 6.5.5).
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
