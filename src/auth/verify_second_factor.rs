//! The second step of a sign-in: a code of the authenticator, or a recovery code.

use super::Auth;
use super::outcome::SignIn;
use super::respond::{events_of, respond};
use crate::engine::{Coded, Decision, Engine};
use crate::error::VerifySecondFactorError;
use crate::event::EventKind;
use crate::second_factor::TypedCode;
use crate::types::Challenge;
use crate::user::{AcceptedCode, Fresh, GivenFor, Passed, Progress, User};

/// # The second step of a sign-in
impl Auth {
    /// Verifies a code from the authenticator, or a recovery code, after
    /// [`SecondFactorRequired`](SignIn::SecondFactorRequired). Each code works once.
    ///
    /// A code is the number that it shows: decimal digits of any script are read, full-width ones too, and spaces, invisible
    /// characters, dashes, dots and other punctuation around and between them are ignored. So are those of recovery codes.
    ///
    /// # Errors
    /// [`VerifySecondFactorError`]. A wrong code does not use up the challenge: ask again. After `ChallengeInvalid`, send the
    /// user back to the sign-in page.
    ///
    /// ```
    /// use doorward::error::VerifySecondFactorError;
    /// use doorward::{Auth, Challenge, SignIn};
    ///
    /// async fn submit(auth: &Auth, challenge: &Challenge, typed: &str) -> Result<Option<SignIn>, VerifySecondFactorError> {
    ///     match auth.verify_second_factor(challenge, typed).await {
    ///         Ok(next) => Ok(Some(next)),
    ///         Err(VerifySecondFactorError::CodeWrong) => Ok(None), // show the form again
    ///         Err(error) => Err(error),
    ///     }
    /// }
    /// ```
    pub async fn verify_second_factor(
        &self,
        challenge: &Challenge,
        code: &str,
    ) -> Result<SignIn, VerifySecondFactorError> {
        self.verify(challenge, code, false).await
    }

    /// Like [`verify_second_factor`](Self::verify_second_factor), for a user who asked to remember this device. Sign-ins on it
    /// then need no code for as long as
    /// [`SecondFactorConfig::remember_device`](crate::second_factor::SecondFactorConfig::remember_device) says, or until a
    /// credential changes. If that setting is off, nothing is remembered.
    ///
    /// # Errors
    /// As [`verify_second_factor`](Self::verify_second_factor).
    pub async fn verify_second_factor_and_remember(
        &self,
        challenge: &Challenge,
        code: &str,
    ) -> Result<SignIn, VerifySecondFactorError> {
        self.verify(challenge, code, true).await
    }

    async fn verify(
        &self,
        challenge: &Challenge,
        typed: &str,
        remember: bool,
    ) -> Result<SignIn, VerifySecondFactorError> {
        let engine = &self.engine;
        engine.open()?;
        let Some(challenge) = &engine.users.tokens.open(&challenge.0) else { return refused(engine, None) };
        let Some(user) = engine.users.find_claimed(&challenge.user_id).await? else { return refused(engine, None) };
        let (limits, rules) = (engine.config.challenge_limits(), engine.config.sign_in_rules());
        // The challenge comes first: a made-up one reveals nothing about ids.
        let now = engine.now();
        let Some(progress) = user.second_factor_challenge(challenge, &limits, now) else {
            return refused(engine, Some(&user));
        };
        if user.refuses_session_after_code(&progress, &rules, now) {
            return Err(VerifySecondFactorError::TooManySessions);
        }
        let code = TypedCode::parse(typed)?;
        let remember = engine.config.second_factor.remember_device.filter(|_| remember);
        let asked = |user: &User, now| {
            let progress = user.second_factor_challenge(challenge, &limits, now)?;
            let refused = user.refuses_session_after_code(&progress, &rules, now);
            (!refused).then_some((progress.assurance, progress))
        };
        let pass = |user: &User, progress: Progress, accepted: &AcceptedCode, now, fresh: &Fresh| {
            let Passed { step, user } =
                user.pass_second_factor(challenge, progress, accepted, remember, &rules, now, fresh);
            let events = events_of(&step, 0);
            Decision::store(user, step).reporting_all(events)
        };
        let (coded, user) = engine.codes.commit(user, &code, GivenFor::Challenge(challenge), asked, pass).await?;
        match coded {
            Coded::Right(step) => Ok(respond(engine, step, &user)),
            Coded::Wrong => Err(VerifySecondFactorError::CodeWrong),
            Coded::Throttled { retry_after } => Err(VerifySecondFactorError::Throttled { retry_after }),
            Coded::NotAskedFor(_) | Coded::Refused => {
                match user.second_factor_challenge(challenge, &limits, engine.now()) {
                    // Another sign-in took the last place in the meantime.
                    Some(_) => Err(VerifySecondFactorError::TooManySessions),
                    None => refused(engine, Some(&user)),
                }
            }
        }
    }
}

fn refused(engine: &Engine, user: Option<&User>) -> Result<SignIn, VerifySecondFactorError> {
    engine.events.report_about(EventKind::ChallengeRejected, user);
    Err(VerifySecondFactorError::ChallengeInvalid)
}
