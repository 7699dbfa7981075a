use time::OffsetDateTime;

use super::device::ShownDevice;
use super::session_limits::SessionWish;
use super::stored::Assurance;
use crate::session::{AuthMethod, Authentication};

/// What somebody has proved so far.
#[derive(Clone, Debug)]
pub(crate) struct Progress {
    pub(crate) assurance: Assurance,
    pub(crate) methods: Vec<Authentication>,
    /// Whether the second factor is dealt with: proved, or not asked of this browser.
    pub(crate) factor_passed: bool,
    /// The known device that it came from.
    pub(crate) device: Option<ShownDevice>,
    pub(crate) wish: SessionWish,
    /// When the first proof was given.
    pub(crate) began_at: OffsetDateTime,
}

impl Progress {
    /// A reset link that by itself sets a password: the mailbox.
    pub(crate) fn by_reset_link(now: OffsetDateTime) -> Self {
        let methods = vec![Authentication::new(AuthMethod::ResetLink, now)];
        let wish = SessionWish::default();
        Self {
            assurance: Assurance::TemporaryPassword,
            methods,
            factor_passed: false,
            device: None,
            wish,
            began_at: now,
        }
    }

    /// A right password, from a device that may be known.
    pub(crate) fn by_password(shown: Option<&ShownDevice>, wish: SessionWish, now: OffsetDateTime) -> Self {
        let assurance = match shown {
            Some(device) if device.factor_proved => Assurance::KnownDevice,
            _ => Assurance::Password,
        };
        Self {
            assurance,
            methods: vec![Authentication::new(AuthMethod::Password, now)],
            factor_passed: shown.is_some_and(|device| device.factor_remembered),
            device: shown.cloned(),
            wish,
            began_at: now,
        }
    }

    pub(super) fn by_temporary_password(shown: Option<&ShownDevice>, wish: SessionWish, now: OffsetDateTime) -> Self {
        Self {
            assurance: Assurance::TemporaryPassword,
            methods: vec![Authentication::new(AuthMethod::TemporaryPassword, now)],
            // The mailbox alone never stands in for a code.
            factor_passed: false,
            device: shown.cloned(),
            wish,
            began_at: now,
        }
    }

    /// The same with one more proof.
    pub(crate) fn and(mut self, method: AuthMethod, now: OffsetDateTime) -> Self {
        self.methods.retain(|proven| proven.method != method);
        self.methods.push(Authentication::new(method, now));
        self.factor_passed |= method.is_second_factor();
        self
    }
}
