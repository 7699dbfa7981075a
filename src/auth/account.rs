//! Sessions and devices of a signed-in user.

use super::Auth;
use super::outcome::SignedIn;
use crate::account::{Device, Session};
use crate::engine::{Committed, Decision, Engine};
use crate::error::{DeviceError, ResumeError};
use crate::event::EventKind;
use crate::second_factor::StepUp;
use crate::types::DeviceId;
use crate::user::{Recovery, User};

/// # Sessions and devices
impl Auth {
    /// Validates a session. Call it on every request after the sign-in. It costs one look-up.
    ///
    /// # Errors
    /// [`ResumeError::SessionEnded`] once the user has changed a credential, was signed out everywhere, deactivated or deleted,
    /// or the session's device was revoked or evicted: drop the session and show the sign-in page. Any other limit on a
    /// session's age is up to the host, see [`Session::signed_in_at`].
    ///
    /// ```
    /// use doorward::error::{ResumeError, Unavailable};
    /// use doorward::{Auth, Session, SignedIn};
    ///
    /// async fn who(auth: &Auth, session: &Session) -> Result<Option<SignedIn>, Unavailable> {
    ///     match auth.resume(session).await {
    ///         Ok(signed_in) => Ok(Some(signed_in)),
    ///         Err(ResumeError::Unavailable(error)) => Err(error), // keep the session, answer 503
    ///         Err(_) => Ok(None), // drop the session
    ///     }
    /// }
    /// ```
    pub async fn resume(&self, session: &Session) -> Result<SignedIn, ResumeError> {
        let user = find(&self.engine, session).await?;
        Ok(SignedIn::new(&user, session.clone(), None))
    }

    /// Ends every other session of the user. The current one continues as the returned [`SignedIn`].
    ///
    /// # Errors
    /// [`ResumeError`].
    pub async fn sign_out_others(&self, signed_in: &SignedIn) -> Result<SignedIn, ResumeError> {
        let (engine, session) = (&self.engine, signed_in.session());
        let user = find(engine, session).await?;
        let outcome = engine
            .users
            .commit(user, |user, fresh| {
                if !engine.users.is_session_valid(user, session) {
                    return Decision::Answer(None);
                }
                let (session, user) = user.sign_out_others(session, fresh);
                Decision::Store(user, Some(session))
            })
            .await?;
        let Committed::Done(Some(session), user) = outcome else {
            engine.users.report_rejected(session);
            return Err(ResumeError::SessionEnded);
        };
        engine.events.report(EventKind::SignedOutEverywhere).user(&user).send();
        Ok(SignedIn::new(&user, session, None))
    }

    /// Returns the user's devices, most recently used first: browsers with a valid token, and browsers whose token has expired
    /// but which may still have a session.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn devices(&self, signed_in: &SignedIn) -> Result<Vec<Device>, DeviceError> {
        let user = find(&self.engine, signed_in.session()).await?;
        Ok(user.devices(self.engine.now()))
    }

    /// Revokes one of the user's own devices: its token becomes invalid, and every session on it ends, even the current one.
    ///
    /// # Errors
    /// [`DeviceError`]: after [`StepUpRequired`](DeviceError::StepUpRequired) ask for the proof it names.
    pub async fn revoke_device(&self, signed_in: &SignedIn, device: DeviceId) -> Result<(), DeviceError> {
        let (engine, session) = (&self.engine, signed_in.session());
        let user = find(engine, session).await?;
        let fresh_proof = engine.config.second_factor.fresh_proof;
        let outcome = engine
            .users
            .commit(user, |user, fresh| {
                let now = engine.now();
                if !engine.users.is_session_valid(user, session) {
                    Decision::Answer(Err(DeviceError::SessionEnded))
                } else if user.recovery(now) != Recovery::None {
                    Decision::Answer(Err(DeviceError::RecoveryPending))
                } else if !user.is_freshly_proved(session, fresh_proof, now) {
                    Decision::Answer(Err(DeviceError::StepUpRequired { needs: StepUp::needed_of(user) }))
                } else {
                    match user.revoke_device(device, fresh) {
                        Some(next) => Decision::Store(next, Ok(())),
                        None => Decision::Answer(Err(DeviceError::UnknownDevice)),
                    }
                }
            })
            .await?;
        let Committed::Done(revoked, _) = outcome else { return Err(DeviceError::SessionEnded) };
        revoked?;
        engine.events.report(EventKind::DeviceRevoked).user_id(session.user_id()).send();
        Ok(())
    }
}

async fn find(engine: &Engine, session: &Session) -> Result<User, ResumeError> {
    engine.open()?;
    engine.users.find_by_session(session).await?.ok_or(ResumeError::SessionEnded)
}
