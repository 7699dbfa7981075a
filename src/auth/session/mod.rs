//! The sessions of a signed-in user: resuming, listing and ending them.

mod everybody;

use super::Auth;
use super::outcome::SignedIn;
use crate::engine::{Committed, Decision, Engine};
use crate::error::{ResumeError, SessionError, Unavailable};
use crate::event::EventKind;
use crate::second_factor::StepUp;
use crate::session::{Session, SessionId};
use crate::types::{ClientAddress, SessionToken, UserId};
use crate::user::{OpenSession, Recovery, User};

/// # Sessions
impl Auth {
    /// Resumes a session by the text of its [`SessionToken`](crate::SessionToken). Call it on every request after the sign-in:
    /// nothing else turns a text into a [`SignedIn`]. It costs one look-up.
    ///
    /// The use is recorded at most every five minutes, or every sixth of the idle lifetime if that is less; after the response if
    /// there is a [`background`](crate::AuthBuilder::background).
    ///
    /// # Errors
    /// [`ResumeError::SessionEnded`] if the session has expired or was ended, if the user changed a credential or was
    /// deactivated or deleted, if the session's device was revoked, or if the text is not a token. Show the sign-in
    /// page, and leave the cookie alone: a request that was under way while the token changed would otherwise delete
    /// the new one.
    ///
    /// ```
    /// use doorward::error::{ResumeError, Unavailable};
    /// use doorward::{Auth, SignedIn};
    ///
    /// async fn who(auth: &Auth, cookie: &str) -> Result<Option<SignedIn>, Unavailable> {
    ///     match auth.resume(cookie).await {
    ///         Ok(signed_in) => Ok(Some(signed_in)),
    ///         Err(ResumeError::Unavailable(error)) => Err(error), // answer 503
    ///         Err(_) => Ok(None), // show the sign-in page
    ///     }
    /// }
    /// ```
    pub async fn resume(&self, token: &str) -> Result<SignedIn, ResumeError> {
        self.resume_shown(token, None).await
    }

    /// Like [`resume`](Self::resume), with the client address of the request. The address helps to detect that several
    /// people share the account ([`SharingSigns`](crate::session::SharingSigns)). No session ends because its address
    /// changed.
    ///
    /// # Errors
    /// As [`resume`](Self::resume).
    pub async fn resume_from(&self, token: &str, address: &ClientAddress) -> Result<SignedIn, ResumeError> {
        self.resume_shown(token, Some(address)).await
    }

    async fn resume_shown(&self, token: &str, from: Option<&ClientAddress>) -> Result<SignedIn, ResumeError> {
        let engine = &self.engine;
        engine.open()?;
        // A visitor without a cookie is nobody's expired session.
        if token.is_empty() {
            return Err(ResumeError::SessionEnded);
        }
        let opened = SessionToken::parse(token).ok().and_then(|token| engine.users.tokens.open(&token.0));
        let Some(token) = opened else {
            engine.sessions.report_unknown();
            return Err(ResumeError::SessionEnded);
        };
        let (user, session) = engine.sessions.resume(&token, from).await?.ok_or(ResumeError::SessionEnded)?;
        Ok(engine.signed_in(&user, session, None))
    }

    /// Signs out: the session ends, so a copy of its cookie is invalid too. Delete the session cookie, and keep the
    /// device cookie.
    ///
    /// Signing out of a session that has already ended is not an error.
    ///
    /// # Errors
    /// [`Unavailable`]: the session may not have ended. Say so, and keep the cookie.
    pub async fn sign_out(&self, signed_in: &SignedIn) -> Result<(), Unavailable> {
        let (engine, token) = (&self.engine, signed_in.shown());
        engine.open()?;
        let Some(user) = engine.users.find_by_id(&token.user_id).await? else {
            engine.sessions.report_rejected(token);
            return Ok(());
        };
        // Also ends a session that this process rejects: one with another clock or other settings may accept it, or
        // this one later.
        match end(engine, user, signed_in.session().id, EventKind::SignedOut, None).await? {
            true => {}
            false => engine.sessions.report_rejected(token),
        }
        Ok(())
    }

    /// Returns the user's live sessions, the most recently used first, with this one marked.
    ///
    /// # Errors
    /// [`ResumeError`].
    pub async fn sessions(&self, signed_in: &SignedIn) -> Result<Vec<Session>, ResumeError> {
        let engine = &self.engine;
        let (user, session) = find(engine, signed_in).await?;
        Ok(engine.sessions.list(&user, Some(session.id())))
    }

    /// Ends one of the user's own sessions, which may be the current one.
    ///
    /// # Errors
    /// [`SessionError`]: after [`StepUpRequired`](SessionError::StepUpRequired), ask for the proof it names.
    ///
    /// ```
    /// use doorward::session::SessionId;
    /// use doorward::error::SessionError;
    /// use doorward::{Auth, SignedIn};
    ///
    /// async fn end(auth: &Auth, ann: &SignedIn, from_the_form: &str) -> Result<&'static str, SessionError> {
    ///     let Ok(id) = SessionId::parse(from_the_form) else { return Err(SessionError::UnknownSession) };
    ///     match auth.revoke_session(ann, id).await {
    ///         Ok(()) => Ok("that browser is signed out"),
    ///         Err(SessionError::StepUpRequired { .. }) => Ok("ask for the password or a code first"),
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub async fn revoke_session(&self, signed_in: &SignedIn, id: SessionId) -> Result<(), SessionError> {
        let (engine, token) = (&self.engine, signed_in.shown());
        let (user, _) = find(engine, signed_in).await?;
        let outcome = engine
            .users
            .commit(user, |user, fresh| {
                let session = match acting(engine, user, signed_in) {
                    Ok(session) => session,
                    Err(error) => return Decision::Answer(Err(error)),
                };
                let known = engine.sessions.list(user, Some(session.id()));
                match known.iter().any(|session| session.id == id) {
                    true => Decision::store(user.end_session(id, fresh), Ok(())).reporting(EventKind::SessionRevoked),
                    false => Decision::Answer(Err(SessionError::UnknownSession)),
                }
            })
            .await?;
        let Committed::Done(revoked, _) = outcome else {
            engine.sessions.report_rejected(token);
            return Err(SessionError::SessionEnded);
        };
        revoked
    }

    /// Ends every other session of the user. The current one continues as the returned [`SignedIn`], with a new token,
    /// so a copy of its old cookie is invalid too.
    ///
    /// # Errors
    /// [`SessionError`]: after [`StepUpRequired`](SessionError::StepUpRequired), ask for the proof it names.
    pub async fn sign_out_others(&self, signed_in: &SignedIn) -> Result<SignedIn, SessionError> {
        let engine = &self.engine;
        let (user, _) = find(engine, signed_in).await?;
        let outcome = engine
            .users
            .commit(user, |user, fresh| match acting(engine, user, signed_in) {
                Ok(session) => {
                    let (session, user) = user.sign_out_others(&session, engine.now(), fresh);
                    Decision::store(user, Ok(session)).reporting(EventKind::SignedOutEverywhere)
                }
                Err(error) => Decision::Answer(Err(error)),
            })
            .await?;
        let Committed::Done(session, user) = outcome else {
            engine.sessions.report_rejected(signed_in.shown());
            return Err(SessionError::SessionEnded);
        };
        let session = session?;
        Ok(engine.signed_in(&user, session, None))
    }
}

/// The acting session, if it may end others: a stolen one has no fresh proof, unless it was stolen within minutes of one. While a
/// recovery is open the old password alone is no proof either.
fn acting(engine: &Engine, user: &User, signed_in: &SignedIn) -> Result<OpenSession, SessionError> {
    let Some(session) = engine.sessions.of(user, signed_in.shown()) else {
        engine.sessions.report_rejected(signed_in.shown());
        return Err(SessionError::SessionEnded);
    };
    let now = engine.now();
    match user.recovery(now) {
        _ if !user.is_freshly_proved(&session, engine.config.second_factor.fresh_proof, now) => {
            Err(SessionError::StepUpRequired { needs: StepUp::needed_of(user) })
        }
        Recovery::Open { .. } if !user.has_second_factor() => Err(SessionError::RecoveryPending),
        _ => Ok(session),
    }
}

/// Ends that session; `false` if there is no such session any more.
async fn end(
    engine: &Engine,
    user: User,
    id: SessionId,
    event: EventKind,
    by: Option<&UserId>,
) -> Result<bool, Unavailable> {
    let outcome = engine
        .users
        .commit(user, |user, fresh| match user.has_session(id) {
            true => Decision::store(user.end_session(id, fresh), true).reporting(event.clone()).by(by),
            false => Decision::Answer(false),
        })
        .await?;
    Ok(outcome.done().is_some_and(|(ended, _)| ended))
}

async fn find(engine: &Engine, signed_in: &SignedIn) -> Result<(User, OpenSession), ResumeError> {
    engine.open()?;
    engine.sessions.find(signed_in.shown()).await?.ok_or(ResumeError::SessionEnded)
}
