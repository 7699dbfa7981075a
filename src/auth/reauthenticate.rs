//! Step-up: a signed-in user proves once more who it is, before something that matters.

use super::Auth;
use super::current_password::{Current, confirm_password};
use super::outcome::SignedIn;
use crate::engine::{Coded, Committed, Decision, Engine};
use crate::error::{ReauthenticateError, StepUpError};
use crate::event::EventKind;
use crate::second_factor::{StepUp, TypedCode};
use crate::session::AuthMethod;
use crate::types::Password;
use crate::user::{AcceptedCode, Assurance, Fresh, GivenFor, OpenSession, User};

/// # Step-up: proving once more who it is
impl Auth {
    /// Reauthenticates with the password, before an operation that requires a step-up. Keep the token of the returned
    /// [`SignedIn`]: the session records the proof, and the token before is invalid. If a second factor is on, such operations require a code; the password is not
    /// enough.
    ///
    /// # Errors
    /// [`ReauthenticateError`]. Wrong passwords are counted in a bucket of this session, so a stolen session does not slow
    /// down another one.
    ///
    /// ```
    /// use doorward::error::ReauthenticateError;
    /// use doorward::{Auth, SignedIn};
    ///
    /// async fn confirm_it_is_you(auth: &Auth, ann: &SignedIn, password: &str) -> Result<Option<SignedIn>, ReauthenticateError> {
    ///     match auth.reauthenticate(ann, password).await {
    ///         Ok(ann) => Ok(Some(ann)), // keep its token
    ///         Err(ReauthenticateError::PasswordWrong) => Ok(None), // show the form again
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub async fn reauthenticate(&self, signed_in: &SignedIn, password: &str) -> Result<SignedIn, ReauthenticateError> {
        let engine = &self.engine;
        let user = find(engine, signed_in).await?;
        let (session, password) = (signed_in.session().id, Password::new(password));
        let (judged, charged) =
            match confirm_password(engine, &user, session, &password, || |_: &mut _| ((), 0)).await? {
                Current::Right { judged, charged, then: () } => (judged, charged),
                Current::Throttled { retry_after } => return Err(ReauthenticateError::Throttled { retry_after }),
                Current::Wrong => {
                    engine.report_failure(EventKind::ReauthenticationFailed, &user).await;
                    return Err(ReauthenticateError::PasswordWrong);
                }
            };
        let outcome = engine
            .users
            .commit(user, |user, fresh| {
                let session = engine.sessions.of(user, signed_in.shown()).filter(|_| judged.holds_for(user));
                let Some(session) = session else { return Decision::Answer(None) };
                let method = AuthMethod::Password;
                let (session, next) = user.prove_again(&session, method, engine.now(), fresh);
                Decision::store(next, Some(session)).reporting(EventKind::Reauthenticated { method })
            })
            .await?;
        let Committed::Done(Some(session), user) = outcome else { return ended(engine, signed_in) };
        engine.throttle.refund(&charged).await;
        Ok(engine.signed_in(&user, session, None))
    }

    /// Reauthenticates with a code from the authenticator or a recovery code.
    ///
    /// # Errors
    /// [`ReauthenticateError`]. Wrong codes are counted separately from those of sign-ins.
    pub async fn reauthenticate_with_code(
        &self,
        signed_in: &SignedIn,
        code: &str,
    ) -> Result<SignedIn, ReauthenticateError> {
        let engine = &self.engine;
        let user = find(engine, signed_in).await?;
        let code = TypedCode::parse(code)?;
        let asked = |user: &User, _| Some((Assurance::Session, engine.sessions.of(user, signed_in.shown())?));
        let pass = |user: &User, session: OpenSession, accepted: &AcceptedCode, now, fresh: &Fresh| {
            let (session, next) = user.prove_again_by_code(&session, accepted, now, fresh);
            Decision::store(next, session).reporting(EventKind::Reauthenticated { method: accepted.method() })
        };
        let (coded, user) = engine.codes.commit(user, &code, GivenFor::Nothing, asked, pass).await?;
        match coded {
            Coded::Right(session) => Ok(engine.signed_in(&user, session, None)),
            Coded::Wrong => Err(ReauthenticateError::CodeWrong),
            Coded::Throttled { retry_after } => Err(ReauthenticateError::Throttled { retry_after }),
            Coded::NotAskedFor(_) | Coded::Refused => ended(engine, signed_in),
        }
    }

    /// Requires a step-up for an action of the host's own that is as sensitive as a credential change: paying,
    /// changing an address for deliveries, acting on other accounts. The session must have a proof no older than
    /// [`SecondFactorConfig::fresh_proof`](crate::second_factor::SecondFactorConfig::fresh_proof), which must be a code if a
    /// second factor is on. Enrolling and turning off a second factor require the same.
    ///
    /// Like [`resume`](Self::resume), it only reads: a session that ends right afterwards does not undo the host's action.
    ///
    /// # Errors
    /// [`StepUpError`]: after [`StepUpRequired`](StepUpError::StepUpRequired) ask for the proof it names, and call
    /// [`reauthenticate`](Self::reauthenticate) or [`reauthenticate_with_code`](Self::reauthenticate_with_code).
    ///
    /// ```
    /// use doorward::error::StepUpError;
    /// use doorward::second_factor::StepUp;
    /// use doorward::{Auth, SignedIn};
    ///
    /// async fn close_the_shop(auth: &Auth, signed_in: &SignedIn) -> Result<&'static str, StepUpError> {
    ///     match auth.require_step_up(signed_in).await {
    ///         Ok(()) => Ok("closed"),
    ///         Err(StepUpError::StepUpRequired { needs: StepUp::Password }) => Ok("ask for the password"),
    ///         Err(StepUpError::StepUpRequired { needs: StepUp::SecondFactor }) => Ok("ask for a code"),
    ///         Err(error) => Err(error), // the session has ended, or the store failed: nothing was done
    ///     }
    /// }
    /// ```
    pub async fn require_step_up(&self, signed_in: &SignedIn) -> Result<(), StepUpError> {
        let engine = &self.engine;
        engine.open()?;
        let (user, session) = engine.sessions.find(signed_in.shown()).await?.ok_or(StepUpError::SessionEnded)?;
        match user.is_freshly_proved(&session, engine.config.second_factor.fresh_proof, engine.now()) {
            true => Ok(()),
            false => Err(StepUpError::StepUpRequired { needs: StepUp::needed_of(&user) }),
        }
    }
}

async fn find(engine: &Engine, signed_in: &SignedIn) -> Result<User, ReauthenticateError> {
    engine.open()?;
    let (user, _) = engine.sessions.find(signed_in.shown()).await?.ok_or(ReauthenticateError::SessionEnded)?;
    Ok(user)
}

fn ended<T>(engine: &Engine, signed_in: &SignedIn) -> Result<T, ReauthenticateError> {
    engine.sessions.report_rejected(signed_in.shown());
    Err(ReauthenticateError::SessionEnded)
}
