//! Enrolling an authenticator: by a signed-in user, or by one who must have one to sign in.

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::auth::Auth;
use crate::auth::outcome::{SignIn, SignedIn};
use crate::auth::respond::{events_of, respond};
use crate::crypto::Draw;
use crate::engine::{Coded, Committed, Decision, Engine};
use crate::error::{EnrollmentError, Unavailable};
use crate::event::EventKind;
use crate::second_factor::{RecoveryCodes, StepUp, TotpEnrollment, TotpSecret, TypedCode};
use crate::types::{Challenge, Digest, Token, UserId};
use crate::user::{
    AcceptedCode, Fresh, GivenFor, NewTotp, OpenSession, Passed, Progress, Recovery, User, recovery_digests,
};

/// # Enrolling an authenticator
impl Auth {
    /// Starts enrolling an authenticator: show its QR code or key, and ask for a code from it. Nothing changes until
    /// [`confirm_enrollment`](Self::confirm_enrollment); an enrollment started earlier is discarded. If a second factor is
    /// already on, the new authenticator will replace it, which requires a step-up with a code from the old one.
    ///
    /// # Errors
    /// [`EnrollmentError`]: after [`StepUpRequired`](EnrollmentError::StepUpRequired) ask for the proof it names.
    ///
    /// ```
    /// use doorward::error::EnrollmentError;
    /// use doorward::second_factor::RecoveryCodes;
    /// use doorward::{Auth, SignedIn};
    ///
    /// async fn begin(auth: &Auth, ann: &SignedIn) -> Result<String, EnrollmentError> {
    ///     let enrollment = auth.begin_enrollment(ann).await?; // `StepUpRequired`: ask for the password or a code first
    ///     Ok(format!("scan {} or type {}", enrollment.uri(), enrollment.key()))
    /// }
    ///
    /// async fn confirm(auth: &Auth, ann: &SignedIn, code: &str) -> Result<(SignedIn, RecoveryCodes), EnrollmentError> {
    ///     auth.confirm_enrollment(ann, code).await // `CodeWrong`: show the form again
    /// }
    /// ```
    pub async fn begin_enrollment(&self, signed_in: &SignedIn) -> Result<TotpEnrollment, EnrollmentError> {
        let engine = &self.engine;
        let user = find(engine, signed_in).await?;
        begin(engine, user, |user, now| may_begin(engine, user, signed_in, now)).await
    }

    /// Confirms the enrollment by a code, within ten minutes. Every other session ends, a notice is mailed, and sign-ins ask for a
    /// code from now on. Show the recovery codes: they are never shown again.
    ///
    /// # Errors
    /// [`EnrollmentError`]. A wrong code changes nothing.
    pub async fn confirm_enrollment(
        &self,
        signed_in: &SignedIn,
        code: &str,
    ) -> Result<(SignedIn, RecoveryCodes), EnrollmentError> {
        let engine = &self.engine;
        let user = find(engine, signed_in).await?;
        let (codes, digests) = new_recovery_codes(user.id())?;
        // A step-up that was fresh when the enrollment was begun is fresh enough to finish it.
        let may = |user: &User, now| check_session(engine, user, signed_in, now);
        let enroll = |user: &User, session: OpenSession, proving: &AcceptedCode, now, fresh: &Fresh| {
            let (session, next) = user.confirm_enrollment(&session, proving, digests.clone(), now, fresh);
            Decision::store(next, session).reporting(EventKind::SecondFactorEnabled)
        };
        let (session, user) = confirm(engine, user, code, GivenFor::Nothing, may, enroll).await?;
        Ok((engine.signed_in(&user, session, None), codes))
    }

    /// Begins the enrollment of an authenticator after [`EnrollmentRequired`](SignIn::EnrollmentRequired): show its QR code or
    /// key, and ask for a code of it.
    ///
    /// # Errors
    /// [`EnrollmentError`].
    pub async fn begin_required_enrollment(&self, challenge: &Challenge) -> Result<TotpEnrollment, EnrollmentError> {
        let engine = &self.engine;
        let (token, user) = find_challenged(engine, challenge).await?;
        begin(engine, user, |user, now| check_challenge(engine, user, &token, now)).await
    }

    /// Confirms that enrollment by a code, and signs in. Show the recovery codes: they are never shown again.
    ///
    /// # Errors
    /// [`EnrollmentError`]. A wrong code does not use the challenge up.
    pub async fn confirm_required_enrollment(
        &self,
        challenge: &Challenge,
        code: &str,
    ) -> Result<(SignIn, RecoveryCodes), EnrollmentError> {
        let engine = &self.engine;
        let (token, user) = find_challenged(engine, challenge).await?;
        let (codes, digests) = new_recovery_codes(user.id())?;
        let rules = engine.config.sign_in_rules();
        let may = |user: &User, now| check_challenge(engine, user, &token, now);
        let enroll = |user: &User, progress: Progress, proving: &AcceptedCode, now: OffsetDateTime, fresh: &Fresh| {
            let Passed { step, user } =
                user.enroll_by_challenge(&token, progress, proving, digests.clone(), &rules, now, fresh);
            let events = events_of(&step, 0);
            Decision::store(user, step).reporting(EventKind::SecondFactorEnabled).reporting_all(events)
        };
        let (step, user) = confirm(engine, user, code, GivenFor::Challenge(&token), may, enroll).await?;
        Ok((respond(engine, step, &user), codes))
    }
}

/// Stores a new secret that waits for its first code.
async fn begin<P: Send>(
    engine: &Engine,
    user: User,
    may: impl Fn(&User, OffsetDateTime) -> Result<P, EnrollmentError> + Send + Sync,
) -> Result<TotpEnrollment, EnrollmentError> {
    may(&user, engine.now())?;
    let params = engine.config.second_factor.totp.params();
    let secret = TotpSecret::draw(params).map_err(Unavailable::from)?;
    let enrollment = secret.enrollment(engine.mailing.site.name(), user.email().as_typed());
    let sealed = engine.codes.sealed(&user, &secret)?.ok_or(EnrollmentError::NoKeyring)?;
    let lifetime = engine.config.challenge.lifetime;
    let outcome = engine
        .users
        .commit(user, |user, fresh| {
            let now = engine.now();
            match may(user, now) {
                Ok(_) => {
                    let new = NewTotp { secret: sealed.clone(), params };
                    let next = user.begin_enrollment(new, lifetime, now, fresh);
                    Decision::store(next, Ok(())).reporting(EventKind::EnrollmentBegun)
                }
                Err(error) => Decision::Answer(Err(error)),
            }
        })
        .await?;
    let Committed::Done(begun, _) = outcome else { return Err(EnrollmentError::SessionEnded) };
    begun?;
    Ok(enrollment)
}

/// Verifies the first code of the authenticator, and enrolls it in the same write.
async fn confirm<P: Send, T: Send>(
    engine: &Engine,
    user: User,
    typed: &str,
    given_for: GivenFor<'_>,
    may: impl Fn(&User, OffsetDateTime) -> Result<P, EnrollmentError> + Send + Sync,
    enroll: impl Fn(&User, P, &AcceptedCode, OffsetDateTime, &Fresh) -> Decision<T> + Send + Sync,
) -> Result<(T, User), EnrollmentError> {
    may(&user, engine.now())?;
    let Ok(code) = TypedCode::parse(typed) else { return Err(EnrollmentError::CodeMalformed) };
    let outcome = engine
        .users
        .commit(user, |user, fresh| {
            let now = engine.now();
            let by = match may(user, now) {
                Ok(by) => by,
                Err(error) => return Decision::Answer(Err(error)),
            };
            if !user.has_pending_totp(now) {
                return Decision::Answer(Err(EnrollmentError::NotBegun));
            }
            let verdict = engine.codes.judge_enrolling(user, &code, now, fresh.version);
            let pass = |accepted: &AcceptedCode| enroll(user, by, accepted, now, fresh);
            engine.codes.decide(user, verdict, given_for, (now, fresh), pass).map(Ok)
        })
        .await?;
    let Committed::Done(coded, user) = outcome else { return Err(EnrollmentError::SessionEnded) };
    match coded? {
        Coded::Right(enrolled) => {
            engine.mailing.notify(&user).await;
            Ok((enrolled, user))
        }
        coded => {
            engine.codes.follow_up(&user, &coded).await;
            match coded {
                Coded::Throttled { retry_after } => Err(EnrollmentError::Throttled { retry_after }),
                _ => Err(EnrollmentError::CodeWrong),
            }
        }
    }
}

/// New codes to show, and their digests to store.
pub(super) fn new_recovery_codes(user: &UserId) -> Result<(RecoveryCodes, Vec<Digest>), Unavailable> {
    let random = Zeroizing::new(<[u8; RecoveryCodes::RANDOM_BYTES]>::draw()?);
    let codes = RecoveryCodes::from_random(&random);
    let digests = recovery_digests(user, &codes);
    Ok((codes, digests))
}

async fn find(engine: &Engine, signed_in: &SignedIn) -> Result<User, EnrollmentError> {
    engine.open()?;
    let (user, _) = engine.sessions.find(signed_in.shown()).await?.ok_or(EnrollmentError::SessionEnded)?;
    Ok(user)
}

async fn find_challenged(engine: &Engine, challenge: &Challenge) -> Result<(Token, User), EnrollmentError> {
    engine.open()?;
    let Some(token) = engine.users.tokens.open(&challenge.0) else { return Err(challenge_rejected(engine, None)) };
    match engine.users.find_claimed(&token.user_id).await? {
        Some(user) => Ok((token, user)),
        None => Err(challenge_rejected(engine, None)),
    }
}

/// Whether the session is valid, and no recovery is pending.
fn check_session(
    engine: &Engine,
    user: &User,
    signed_in: &SignedIn,
    now: OffsetDateTime,
) -> Result<OpenSession, EnrollmentError> {
    let Some(session) = engine.sessions.of(user, signed_in.shown()) else {
        engine.events.report(EventKind::SessionRejected).user(user).send();
        return Err(EnrollmentError::SessionEnded);
    };
    no_recovery(user, now).map(|()| session)
}

fn may_begin(engine: &Engine, user: &User, signed_in: &SignedIn, now: OffsetDateTime) -> Result<(), EnrollmentError> {
    let session = check_session(engine, user, signed_in, now)?;
    match user.is_freshly_proved(&session, engine.config.second_factor.fresh_proof, now) {
        true => Ok(()),
        false => Err(EnrollmentError::StepUpRequired { needs: StepUp::needed_of(user) }),
    }
}

fn check_challenge(
    engine: &Engine,
    user: &User,
    token: &Token,
    now: OffsetDateTime,
) -> Result<Progress, EnrollmentError> {
    let limits = engine.config.challenge_limits();
    match user.enrollment_challenge(token, &limits, now) {
        Some(progress) => no_recovery(user, now).map(|()| progress),
        None => Err(challenge_rejected(engine, Some(user))),
    }
}

fn no_recovery(user: &User, now: OffsetDateTime) -> Result<(), EnrollmentError> {
    match user.recovery(now) {
        Recovery::Open { until } => Err(EnrollmentError::RecoveryPending { until }),
        Recovery::None => Ok(()),
    }
}

fn challenge_rejected(engine: &Engine, user: Option<&User>) -> EnrollmentError {
    engine.events.report_about(EventKind::ChallengeRejected, user);
    EnrollmentError::ChallengeInvalid
}
