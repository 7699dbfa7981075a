use crate::account::Session;
use crate::types::{Challenge, DeviceToken, Email, UserId};
use crate::user::User;

/// Where a sign-in stands. Every step returns it again, until it is complete.
///
/// It is exhaustive on purpose: a step that is added later must not be passed over by a `_`. Nor does it compile, under
/// `#![deny(unused_must_use)]`, to drop one: the password would be chosen, and nobody signed in.
///
/// ```compile_fail
/// #![deny(unused_must_use)]
/// # use doorward::{Auth, Challenge};
/// # use doorward::error::ChoosePasswordError;
/// async fn choose(auth: &Auth, challenge: &Challenge) -> Result<(), ChoosePasswordError> {
///     auth.choose_password(challenge, "a quiet morning in May").await?; // the session is lost
///     Ok(())
/// }
/// ```
///
/// ```
/// #![deny(unused_must_use)]
/// # use doorward::{Auth, Challenge, SignIn};
/// # use doorward::error::ChoosePasswordError;
/// async fn choose(auth: &Auth, challenge: &Challenge) -> Result<SignIn, ChoosePasswordError> {
///     auth.choose_password(challenge, "a quiet morning in May").await
/// }
/// ```
#[derive(Debug)]
#[must_use = "nobody is signed in until the host acts on this step: it holds the session, or the challenge for the next one"]
pub enum SignIn {
    /// Signed in: keep the session, and the [`device_token`](SignedIn::device_token), if there is one, in a cookie that lasts as
    /// long as [`DeviceConfig::lifetime`](crate::config::DeviceConfig::lifetime), 90 days by default.
    Complete(SignedIn),
    /// The password was right, and this account has a second factor: ask for a code of the authenticator, or for a recovery
    /// code, and call [`verify_second_factor`](crate::Auth::verify_second_factor). There is no session until then.
    SecondFactorRequired(Challenge),
    /// The policy demands a second factor and this account has none: show the way to one by
    /// [`begin_required_enrollment`](crate::Auth::begin_required_enrollment) and
    /// [`confirm_required_enrollment`](crate::Auth::confirm_required_enrollment). There is no session until then.
    EnrollmentRequired(Challenge),
    /// The password was a temporary one, or a change is due: show the policy, ask for a new password and call
    /// [`choose_password`](crate::Auth::choose_password). There is no session until then.
    PasswordChangeRequired(Challenge),
}

/// Somebody who is signed in. Only this crate makes one, after the write that records it was accepted.
#[derive(Clone, Debug)]
#[must_use = "its session takes the place of the one before, which may have ended: keep it, or the user is signed out"]
pub struct SignedIn {
    session: Session,
    email: Email,
    device: Option<DeviceToken>,
}

impl SignedIn {
    pub(super) fn new(user: &User, session: Session, device: Option<DeviceToken>) -> Self {
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

    /// `Some`: set the device cookie to this, or renew it. `None`: leave it as it is.
    ///
    /// - A sign-in from a browser that is not known, and a password chosen or changed (other devices end with it): `Some`, a new
    ///   token.
    /// - A sign-in in one step with a token of this account: `Some`, the same token. Setting it again renews the cookie, as the
    ///   crate has renewed the device.
    /// - A sign-in in two steps with a token of this account: `None`, for the token is not kept between the steps. The device is
    ///   renewed; set the cookie again to what the browser sent, so that it does not expire before the device.
    /// - All places are taken, by devices that have signed in within the last week, or while a recovery is open by any: `None`.
    ///   Nothing else is lacking.
    /// - Everything that is no sign-in and changes no password ([`resume`](crate::Auth::resume),
    ///   [`reauthenticate`](crate::Auth::reauthenticate), [`sign_out_others`](crate::Auth::sign_out_others), the second factor of
    ///   somebody signed in): `None`.
    ///
    /// The cookie is `HttpOnly`, `Secure`, `SameSite=Lax` and named with `__Host-`; its `Max-Age` is
    /// [`DeviceConfig::lifetime`](crate::config::DeviceConfig::lifetime), 90 days by default (browsers cap it at 400 days). It outlasts
    /// sign-outs: it opens nothing, and keeps the owner a lane. A browser that several people share keeps the last few tokens
    /// ([`SignInRequest::device`](crate::SignInRequest::device)).
    pub fn device_token(&self) -> Option<&DeviceToken> {
        self.device.as_ref()
    }
}
