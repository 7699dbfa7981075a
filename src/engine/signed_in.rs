//! Floor 5: what a sign-in ends in.

use crate::types::{Challenge, DeviceToken, Email, UserId};
use crate::user::{Session, User};

/// Where a sign-in stands. Every step returns it again, until it is complete.
///
/// It is exhaustive on purpose: a step that is added later must not be passed over by a `_`.
#[derive(Debug)]
pub enum SignIn {
    /// Signed in: keep the session, and the device token in a long-lived cookie.
    Complete(SignedIn),
    /// The password was right, and this account has a second factor: ask for a code of the authenticator, or for a recovery
    /// code, and call [`verify_second_factor`](crate::Auth::verify_second_factor). There is no session until then.
    SecondFactorRequired(Challenge),
    /// The policy demands a second factor and this account has none: show the way to one by
    /// [`begin_required_totp`](crate::Auth::begin_required_totp) and
    /// [`confirm_required_totp`](crate::Auth::confirm_required_totp). There is no session until then.
    EnrollmentRequired(Challenge),
    /// The password was a temporary one, or a change is due: show the policy, ask for a new password and call
    /// [`choose_password`](crate::Auth::choose_password). There is no session until then.
    PasswordChangeRequired(Challenge),
}

/// Somebody who is signed in. Only this crate makes one, after the write that records it was accepted.
#[derive(Clone, Debug)]
pub struct SignedIn {
    session: Session,
    email: Email,
    device: Option<DeviceToken>,
}

impl SignedIn {
    pub(crate) fn new(user: &User, session: Session, device: Option<DeviceToken>) -> Self {
        Self { session, email: user.email().clone(), device }
    }

    /// Who.
    pub fn user_id(&self) -> &UserId {
        self.session.user_id()
    }

    /// The user's address.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// What the host keeps, and hands to [`resume`](crate::Auth::resume) with every later request.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The token to keep in a long-lived cookie of this browser. `None` where it has the right one already or a sign-in took
    /// two steps from a known browser, from [`resume`](crate::Auth::resume), and when all places are taken by devices used
    /// within the last week: then leave the cookie as it is.
    pub fn device_token(&self) -> Option<&DeviceToken> {
        self.device.as_ref()
    }
}
