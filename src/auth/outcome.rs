use core::time::Duration;

use crate::engine::Engine;
use crate::session::Session;
use crate::types::{Challenge, DeviceToken, Email, SessionToken, Token, UserId, until};
use crate::user::{OpenSession, User};

/// The state of a sign-in. Every step returns one, until it is [`Complete`](Self::Complete).
///
/// Exhaustive on purpose: a step added in a later release must not be skipped by a `_`. It is also `must_use`: dropping one
/// loses the session, so that does not compile under `#![deny(unused_must_use)]`.
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
#[allow(clippy::large_enum_variant)] // one on the stack at a time
pub enum SignIn {
    /// Signed in: keep the [`token`](SignedIn::token), and the [`device_token`](SignedIn::device_token), if there is one, in a cookie that lasts as
    /// long as [`DeviceConfig::lifetime`](crate::config::DeviceConfig::lifetime), 90 days by default.
    Complete(SignedIn),
    /// The password was right, and this account has a second factor: ask for a code of the authenticator, or for a recovery
    /// code, and call [`verify_second_factor`](crate::Auth::verify_second_factor). There is no session until then.
    SecondFactorRequired(Challenge),
    /// The policy requires a second factor and this account has none: enroll an authenticator with
    /// [`begin_required_enrollment`](crate::Auth::begin_required_enrollment) and
    /// [`confirm_required_enrollment`](crate::Auth::confirm_required_enrollment). There is no session until then.
    EnrollmentRequired(Challenge),
    /// The password was a temporary one, or a change is due: show the policy, ask for a new password and call
    /// [`choose_password`](crate::Auth::choose_password). There is no session until then.
    PasswordChangeRequired(Challenge),
}

impl Engine {
    /// What a flow returns of a stored session.
    pub(super) fn signed_in(&self, user: &User, session: OpenSession, device: Option<Token>) -> SignedIn {
        let (tokens, limits, now) = (&self.users.tokens, &self.sessions.limits, self.now());
        let (shown, session) = session.shown(limits, now);
        SignedIn {
            token: SessionToken(tokens.wire(&shown)),
            shown,
            email: user.email().clone(),
            expires_in: session.expires_in(now),
            ends_in: until(now, session.ends_at),
            session,
            device: device.map(|device| DeviceToken(tokens.wire(&device))),
        }
    }
}

/// A signed-in user. Only this crate creates one: after the write that records a sign-in, or from the token of a live session.
#[derive(Clone, Debug)]
#[must_use = "its token replaces the previous one, which may be invalid: keep it, or the user is signed out"]
pub struct SignedIn {
    token: SessionToken,
    /// The same, opened.
    shown: Token,
    email: Email,
    session: Session,
    expires_in: Duration,
    ends_in: Duration,
    device: Option<DeviceToken>,
}

impl SignedIn {
    /// Who.
    pub fn user_id(&self) -> &UserId {
        &self.shown.user_id
    }

    /// The user's address.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// The token of the session: keep it in the session cookie, in place of the one before, and pass its text to
    /// [`resume`](crate::Auth::resume) on every later request.
    ///
    /// The cookie should be `HttpOnly`, `Secure`, `SameSite=Lax` and named with `__Host-`; its `Max-Age` is
    /// [`max_age`](Self::max_age). Never put the token into an address or a log.
    pub fn token(&self) -> &SessionToken {
        &self.token
    }

    /// The session as it is listed to its owner: when it began, how it was proved, which device it runs on.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// How long the session lasts if it is not used any more: warn the user before it ends. Each request that calls
    /// [`resume`](crate::Auth::resume) prolongs it, up to [`Session::ends_at`].
    pub fn expires_in(&self) -> Duration {
        self.expires_in
    }

    /// The `Max-Age` for the session cookie: the time until the session ends at the latest. Write it in whole seconds. `None` if
    /// the user did not ask to be kept signed in: a cookie without `Max-Age` ends with the browser.
    pub fn max_age(&self) -> Option<Duration> {
        self.session.kept.then_some(self.ends_in)
    }

    /// The token as flows look it up.
    pub(super) fn shown(&self) -> &Token {
        &self.shown
    }

    /// `Some`: set the device cookie to this, or renew it. `None`: leave it as it is.
    ///
    /// - A sign-in from an unknown browser, or a password chosen or changed (which revokes all other devices): `Some`, a new
    ///   token.
    /// - A one-step sign-in with a token of this account: `Some`, the same token. Set it again to renew the cookie, as the
    ///   device was renewed.
    /// - A two-step sign-in with a token of this account: `None`, since the token is not kept between the steps. The device was
    ///   renewed, so set the cookie again to what the browser sent; otherwise the cookie expires before the device.
    /// - No device can be replaced, because each was used within the last week or has a live session (while a recovery is open,
    ///   because none has expired): `None`. The sign-in is otherwise complete.
    /// - Calls that neither sign in nor change the password ([`resume`](crate::Auth::resume),
    ///   [`reauthenticate`](crate::Auth::reauthenticate), [`sign_out_others`](crate::Auth::sign_out_others),
    ///   [`confirm_email_change`](crate::Auth::confirm_email_change), the second factor of a signed-in user): `None`.
    ///
    /// The cookie should be `HttpOnly`, `Secure`, `SameSite=Lax` and named with `__Host-`; its `Max-Age` is
    /// [`DeviceConfig::lifetime`](crate::config::DeviceConfig::lifetime), 90 days by default (browsers cap it at 400 days). It
    /// outlasts sign-outs: it signs nobody in, and gives the owner a bucket of their own. A browser shared by several people
    /// keeps the last few tokens ([`SignInRequest::device`](crate::SignInRequest::device)).
    pub fn device_token(&self) -> Option<&DeviceToken> {
        self.device.as_ref()
    }
}
