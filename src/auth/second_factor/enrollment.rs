//! Enrolling an authenticator: by a signed-in user, or by one who must have one to sign in.

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::account::Session;
use crate::auth::Auth;
use crate::auth::outcome::{SignIn, SignedIn};
use crate::auth::respond::respond;
use crate::crypto::Draw;
use crate::engine::{Coded, Committed, Decision, Engine};
use crate::error::{EnrollmentError, Unavailable};
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::second_factor::{RecoveryCodes, StepUp, TotpEnrollment, TotpSecret, TypedCode};
use crate::types::{Challenge, Digest, UserId};
use crate::user::{AcceptedCode, Fresh, GivenFor, NewTotp, Passed, Recovery, Step, User, recovery_digests};

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
        let (engine, session) = (&self.engine, signed_in.session());
        let user = find(engine, session).await?;
        begin(engine, user, |user, now| may_begin(engine, user, session, now)).await
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
        let (engine, session) = (&self.engine, signed_in.session());
        let user = find(engine, session).await?;
        let (codes, digests) = new_recovery_codes(user.id())?;
        // A step-up that was fresh when the enrollment was begun is fresh enough to finish it.
        let may = |user: &User, now| check_session(engine, user, session, now);
        let enroll = |user: &User, proving: &AcceptedCode, now, fresh: &Fresh| {
            user.confirm_enrollment(session, proving, digests.clone(), now, fresh)
        };
        let (session, user) = confirm(engine, user, code, GivenFor::Nothing, may, enroll).await?;
        Ok((SignedIn::new(&user, session, None), codes))
    }

    /// Begins the enrollment of an authenticator after [`EnrollmentRequired`](SignIn::EnrollmentRequired): show its QR code or
    /// key, and ask for a code of it.
    ///
    /// # Errors
    /// [`EnrollmentError`].
    pub async fn begin_required_enrollment(&self, challenge: &Challenge) -> Result<TotpEnrollment, EnrollmentError> {
        let engine = &self.engine;
        let user = find_challenged(engine, challenge).await?;
        begin(engine, user, |user, now| check_challenge(engine, user, challenge, now)).await
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
        let user = find_challenged(engine, challenge).await?;
        let (codes, digests) = new_recovery_codes(user.id())?;
        let (limits, rules) = (engine.config.challenge_limits(), engine.config.sign_in_rules());
        let may = |user: &User, now| check_challenge(engine, user, challenge, now);
        let enroll = |user: &User, proving: &AcceptedCode, now: OffsetDateTime, fresh: &Fresh| {
            let Some(progress) = user.enrollment_challenge(challenge, &limits, now) else {
                return (None, user.clone());
            };
            let Passed { step, user } =
                user.enroll_by_challenge(challenge, progress, proving, digests.clone(), &rules, now, fresh);
            (Some(step), user)
        };
        let (step, user): (Option<Step>, User) =
            confirm(engine, user, code, GivenFor::Challenge(challenge), may, enroll).await?;
        let step = step.ok_or_else(|| challenge_rejected(engine, Some(&user)))?;
        Ok((respond(engine, step, &user, 0, None).await, codes))
    }
}

/// Stores a new secret that waits for its first code.
async fn begin(
    engine: &Engine,
    user: User,
    may: impl Fn(&User, OffsetDateTime) -> Result<(), EnrollmentError> + Send + Sync,
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
                Ok(()) => {
                    let new = NewTotp { secret: sealed.clone(), params };
                    Decision::Store(user.begin_enrollment(new, lifetime, now, fresh), Ok(()))
                }
                Err(error) => Decision::Answer(Err(error)),
            }
        })
        .await?;
    let Committed::Done(begun, user) = outcome else { return Err(EnrollmentError::SessionEnded) };
    begun?;
    engine.events.report(EventKind::EnrollmentBegun).user(&user).send();
    Ok(enrollment)
}

/// Verifies the first code of the authenticator, and enrolls it in the same write.
async fn confirm<T: Send>(
    engine: &Engine,
    user: User,
    typed: &str,
    given_for: GivenFor<'_>,
    may: impl Fn(&User, OffsetDateTime) -> Result<(), EnrollmentError> + Send + Sync,
    enroll: impl Fn(&User, &AcceptedCode, OffsetDateTime, &Fresh) -> (T, User) + Send + Sync,
) -> Result<(T, User), EnrollmentError> {
    may(&user, engine.now())?;
    let Ok(code) = TypedCode::parse(typed) else { return Err(EnrollmentError::CodeMalformed) };
    let outcome = engine
        .users
        .commit(user, |user, fresh| {
            let now = engine.now();
            if let Err(error) = may(user, now) {
                return Decision::Answer(Err(error));
            }
            if !user.has_pending_totp(now) {
                return Decision::Answer(Err(EnrollmentError::NotBegun));
            }
            let verdict = engine.codes.judge_enrolling(user, &code, now, fresh.version);
            let pass = |accepted: &AcceptedCode| enroll(user, accepted, now, fresh);
            engine.codes.decide(user, verdict, given_for, (now, fresh), pass).map(Ok)
        })
        .await?;
    let Committed::Done(coded, user) = outcome else { return Err(EnrollmentError::SessionEnded) };
    match coded? {
        Coded::Right(enrolled, _) => {
            engine.events.report(EventKind::SecondFactorEnabled).user(&user).send();
            engine.mailing.notify(&user, MailKind::SecondFactorEnabled { at: engine.now() }).await;
            Ok((enrolled, user))
        }
        coded => {
            engine.codes.report(&user, &coded).await;
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

async fn find(engine: &Engine, session: &Session) -> Result<User, EnrollmentError> {
    engine.open()?;
    engine.users.find_by_session(session).await?.ok_or(EnrollmentError::SessionEnded)
}

async fn find_challenged(engine: &Engine, challenge: &Challenge) -> Result<User, EnrollmentError> {
    engine.open()?;
    let found = engine.users.find_claimed(&challenge.0.user_id).await?;
    found.ok_or_else(|| challenge_rejected(engine, None))
}

/// Whether the session is valid, and no recovery is pending.
fn check_session(engine: &Engine, user: &User, session: &Session, now: OffsetDateTime) -> Result<(), EnrollmentError> {
    if !engine.users.is_session_valid(user, session) {
        engine.events.report(EventKind::SessionRejected).user(user).send();
        return Err(EnrollmentError::SessionEnded);
    }
    no_recovery(user, now)
}

fn may_begin(engine: &Engine, user: &User, session: &Session, now: OffsetDateTime) -> Result<(), EnrollmentError> {
    check_session(engine, user, session, now)?;
    match user.is_freshly_proved(session, engine.config.second_factor.fresh_proof, now) {
        true => Ok(()),
        false => Err(EnrollmentError::StepUpRequired { needs: StepUp::needed_of(user) }),
    }
}

fn check_challenge(
    engine: &Engine,
    user: &User,
    challenge: &Challenge,
    now: OffsetDateTime,
) -> Result<(), EnrollmentError> {
    let limits = engine.config.challenge_limits();
    match user.enrollment_challenge(challenge, &limits, now) {
        Some(_) => no_recovery(user, now),
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
