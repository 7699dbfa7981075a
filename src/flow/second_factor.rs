//! The second factor of somebody who is signed in, or who has to have one: enrolling, turning off, recovery codes.

use core::time::Duration;
use std::sync::Arc;

use time::OffsetDateTime;
use zeroize::Zeroizing;

use crate::account::Session;
use crate::crypto::Draw;
use crate::engine::{Committed, Decision, Engine, SignIn, SignedIn};
use crate::error::{EnrollmentError, SecondFactorError, StepUp, Unavailable};
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::second_factor::SecondFactorStatus;
use crate::second_factor::TotpSecret;
use crate::second_factor::{RecoveryCodes, TotpEnrollment, TypedCode};
use crate::types::{Challenge, Digest};
use crate::user::{
    AcceptedCode, CodeVerdict, Fresh, NewTotp, Passed, Recovery, Step, User, WrongCode, recovery_digests,
};

pub(crate) async fn second_factor(
    engine: &Arc<Engine>,
    session: &Session,
) -> Result<SecondFactorStatus, SecondFactorError> {
    let user = engine.find_in_session(session).await?.ok_or(SecondFactorError::SessionEnded)?;
    Ok(match user.enrolled() {
        None => SecondFactorStatus::Off,
        Some(enrolled) => {
            SecondFactorStatus::On { enrolled_at: enrolled.at, recovery_codes_left: enrolled.recovery_codes }
        }
    })
}

pub(crate) async fn begin_enrollment(
    engine: &Arc<Engine>,
    session: &Session,
) -> Result<TotpEnrollment, EnrollmentError> {
    let found = engine.find_in_session(session).await?;
    let user = found.ok_or(EnrollmentError::SessionEnded)?;
    begin(engine, user, |user| may_enroll(engine, user, session)).await
}

pub(crate) async fn begin_required_enrollment(
    engine: &Arc<Engine>,
    challenge: &Challenge,
) -> Result<TotpEnrollment, EnrollmentError> {
    engine.open()?;
    let found = engine.find_claimed(&challenge.0.user_id).await?;
    let user = found.ok_or_else(|| challenge_refused(engine, None))?;
    begin(engine, user, |user| may_enroll_by(engine, user, challenge)).await
}

async fn begin(
    engine: &Arc<Engine>,
    user: User,
    may: impl Fn(&User) -> Result<(), EnrollmentError> + Send + Sync,
) -> Result<TotpEnrollment, EnrollmentError> {
    may(&user)?;
    let params = engine.config.second_factor.totp.params();
    let mut bytes = Zeroizing::new(<[u8; TotpSecret::MAX_BYTES]>::draw().map_err(Unavailable::from)?.to_vec());
    bytes.truncate(params.secret_bytes());
    let secret = TotpSecret::new(bytes, params);
    let sealed = engine.sealed_totp(&user, &secret)?.ok_or(EnrollmentError::NoKeyring)?;
    let (uri, key) =
        secret.uri(engine.site.name(), user.email().as_typed()).zip(secret.to_base32()).ok_or_else(|| {
            // Colons are taken out and the lengths are right, so no library refuses it.
            EnrollmentError::from(Unavailable::Contended)
        })?;
    let lifetime = engine.config.challenge.lifetime;
    let outcome = engine
        .commit(user, |user, fresh| match may(user) {
            Ok(()) => {
                let new = NewTotp { secret: sealed.clone(), params };
                let next = user.begin_enrollment(new, lifetime, engine.now(), fresh);
                Decision::Store(next.clone(), Ok(next))
            }
            Err(error) => Decision::Answer(Err(error)),
        })
        .await?;
    let Committed::Done(begun) = outcome else { return Err(EnrollmentError::SessionEnded) };
    engine.report(EventKind::EnrollmentBegun).user(&begun?).send();
    Ok(TotpEnrollment::new(uri, &key))
}

/// What confirming came to, stored.
enum Confirmed<T> {
    Right(T, User),
    Wrong(User, WrongCode),
}

pub(crate) async fn confirm_enrollment(
    engine: &Arc<Engine>,
    session: &Session,
    typed: &str,
) -> Result<(SignedIn, RecoveryCodes), EnrollmentError> {
    let found = engine.find_in_session(session).await?;
    let user = found.ok_or(EnrollmentError::SessionEnded)?;
    let (codes, digests) = new_recovery_codes(&user)?;
    // What was fresh when it was begun is fresh enough to be finished.
    let may = |user: &User| in_session(engine, user, session);
    let enroll = |user: &User, proving: &AcceptedCode, now, fresh: &Fresh| {
        user.confirm_enrollment(session, proving, digests.clone(), now, fresh)
    };
    let (session, user) = confirm(engine, user, typed, None, may, enroll).await?;
    Ok((SignedIn::new(&user, session, None), codes))
}

pub(crate) async fn confirm_required_enrollment(
    engine: &Arc<Engine>,
    challenge: &Challenge,
    typed: &str,
) -> Result<(SignIn, RecoveryCodes), EnrollmentError> {
    engine.open()?;
    let found = engine.find_claimed(&challenge.0.user_id).await?;
    let user = found.ok_or_else(|| challenge_refused(engine, None))?;
    let (codes, digests) = new_recovery_codes(&user)?;
    let (limits, rules) = (engine.config.challenge_limits(), engine.config.sign_in_rules());
    let may = |user: &User| may_enroll_by(engine, user, challenge);
    let enroll = |user: &User, proving: &AcceptedCode, now, fresh: &Fresh| {
        let proved = user.enrollment_challenge(challenge, &limits, now);
        let passed = proved
            .map(|proved| user.enroll_by_challenge(challenge, proved, proving, digests.clone(), &rules, now, fresh));
        match passed {
            Some(Passed { step, user }) => (Some(step), user),
            None => (None, user.clone()),
        }
    };
    let (step, user): (Option<Step>, User) = confirm(engine, user, typed, Some(challenge), may, enroll).await?;
    let Some(step) = step else { return Err(challenge_refused(engine, Some(&user))) };
    Ok((engine.conclude(step, &user, 0, None).await, codes))
}

/// Proves the authenticator that was begun by a code, and enrolls it in the same write.
async fn confirm<T: Send>(
    engine: &Arc<Engine>,
    user: User,
    typed: &str,
    challenge: Option<&Challenge>,
    may: impl Fn(&User) -> Result<(), EnrollmentError> + Send + Sync,
    enroll: impl Fn(&User, &AcceptedCode, OffsetDateTime, &Fresh) -> (T, User) + Send + Sync,
) -> Result<(T, User), EnrollmentError> {
    may(&user)?;
    let Ok(code) = TypedCode::parse(typed) else { return Err(EnrollmentError::CodeMalformed) };
    let limits = engine.config.code_limits();
    let outcome = engine
        .commit(user, |user, fresh| {
            let now = engine.now();
            if let Err(error) = may(user) {
                return Decision::Answer(Err(error));
            }
            if !user.has_pending_totp(now) {
                return Decision::Answer(Err(EnrollmentError::NotBegun));
            }
            match user.judge_proving_code(&code, engine.keyring.as_ref(), &limits, now, fresh.version) {
                CodeVerdict::Right(proving) => {
                    let (enrolled, next) = enroll(user, &proving, now, fresh);
                    let next = engine.with_resealed_totp(next, fresh);
                    Decision::Store(next.clone(), Ok(Confirmed::Right(enrolled, next)))
                }
                CodeVerdict::Wrong(wrong) => {
                    let next = user.count_wrong_code(&wrong, challenge, now, fresh);
                    Decision::Store(next.clone(), Ok(Confirmed::Wrong(next, wrong)))
                }
                CodeVerdict::Unreadable(fault) => {
                    engine.report(EventKind::TotpSecretUnusable { fault }).user(user).send();
                    Decision::Answer(Err(EnrollmentError::CodeWrong))
                }
                CodeVerdict::Early { retry_after } => Decision::Answer(Err(EnrollmentError::Throttled { retry_after })),
                CodeVerdict::SetBack { rewritten, retry_after } => {
                    let next = user.count_wrong_code(&rewritten, None, now, fresh);
                    Decision::Store(next, Err(EnrollmentError::Throttled { retry_after }))
                }
            }
        })
        .await?;
    let Committed::Done(outcome) = outcome else { return Err(EnrollmentError::SessionEnded) };
    match outcome? {
        Confirmed::Right(enrolled, user) => {
            engine.report(EventKind::SecondFactorEnabled).user(&user).send();
            engine.notify(&user, MailKind::SecondFactorEnabled { at: engine.now() }).await;
            Ok((enrolled, user))
        }
        Confirmed::Wrong(user, wrong) => {
            engine.tell_of_wrong_code(&user, &wrong).await;
            Err(EnrollmentError::CodeWrong)
        }
    }
}

pub(crate) async fn disable_second_factor(
    engine: &Arc<Engine>,
    session: &Session,
) -> Result<SignedIn, SecondFactorError> {
    if engine.config.second_factor.is_required() {
        return Err(SecondFactorError::RequiredByPolicy);
    }
    let user = change(engine, session, |user, fresh| user.without_second_factor(fresh)).await?;
    engine.report(EventKind::SecondFactorDisabled).user(&user).send();
    engine.notify(&user, MailKind::SecondFactorDisabled { by_operator: false, at: engine.now() }).await;
    Ok(SignedIn::new(&user, session.moved_to(user.epoch()), None))
}

pub(crate) async fn regenerate_recovery_codes(
    engine: &Arc<Engine>,
    session: &Session,
) -> Result<(SignedIn, RecoveryCodes), SecondFactorError> {
    let user = engine.find_in_session(session).await?.ok_or(SecondFactorError::SessionEnded)?;
    let (codes, digests) = new_recovery_codes(&user)?;
    let user =
        change(engine, session, |user, fresh| user.with_recovery_codes(session, digests.clone(), engine.now(), fresh))
            .await?;
    engine.report(EventKind::RecoveryCodesRegenerated).user(&user).send();
    engine.notify(&user, MailKind::RecoveryCodesRegenerated { at: engine.now() }).await;
    Ok((SignedIn::new(&user, session.moved_to(user.epoch()), None), codes))
}

/// Somebody else reads the mailbox and holds a recovery open, in which nothing else can be changed. A code tells who is who.
pub(crate) async fn cancel_recovery(engine: &Arc<Engine>, session: &Session) -> Result<(), SecondFactorError> {
    let user = change_during(engine, session, While::Recovering, |user, fresh| user.cancel_recovery(fresh)).await?;
    engine.report(EventKind::RecoveryCancelled).user(&user).send();
    Ok(())
}

/// What a change puts up with.
#[derive(Clone, Copy, Eq, PartialEq)]
enum While {
    /// Not while a recovery is open: who merely knows the password undoes none.
    AtRest,
    Recovering,
}

/// Stores what the transition makes of a user with a second factor, who has just proved it.
async fn change(
    engine: &Arc<Engine>,
    session: &Session,
    transition: impl Fn(&User, &Fresh) -> User + Send + Sync,
) -> Result<User, SecondFactorError> {
    change_during(engine, session, While::AtRest, transition).await
}

async fn change_during(
    engine: &Arc<Engine>,
    session: &Session,
    during: While,
    transition: impl Fn(&User, &Fresh) -> User + Send + Sync,
) -> Result<User, SecondFactorError> {
    let user = engine.find_in_session(session).await?.ok_or(SecondFactorError::SessionEnded)?;
    let outcome = engine
        .commit(user, |user, fresh| {
            let now = engine.now();
            if !engine.is_in_session(user, session) {
                Decision::Answer(Err(SecondFactorError::SessionEnded))
            } else if let (While::AtRest, Recovery::Open { until }) = (during, user.recovery(now)) {
                Decision::Answer(Err(SecondFactorError::RecoveryPending { until }))
            } else if !user.has_second_factor() {
                Decision::Answer(Err(SecondFactorError::NotEnrolled))
            } else if !user.is_freshly_proved(session, fresh_proof(engine), now) {
                Decision::Answer(Err(SecondFactorError::StepUpRequired { needs: StepUp::needed_of(user) }))
            } else {
                let next = transition(user, fresh);
                Decision::Store(next.clone(), Ok(next))
            }
        })
        .await?;
    let Committed::Done(changed) = outcome else { return Err(SecondFactorError::SessionEnded) };
    changed
}

fn fresh_proof(engine: &Engine) -> Duration {
    engine.config.second_factor.fresh_proof
}

fn new_recovery_codes(user: &User) -> Result<(RecoveryCodes, Vec<Digest>), Unavailable> {
    let random = Zeroizing::new(<[u8; RecoveryCodes::RANDOM_BYTES]>::draw()?);
    let codes = RecoveryCodes::from_random(&random);
    let digests = recovery_digests(user.id(), &codes);
    Ok((codes, digests))
}

/// Whether the session is still one, and no recovery is under way.
fn in_session(engine: &Engine, user: &User, session: &Session) -> Result<(), EnrollmentError> {
    if !engine.is_in_session(user, session) {
        engine.report(EventKind::SessionRejected).user(user).send();
        return Err(EnrollmentError::SessionEnded);
    }
    no_recovery(engine, user)
}

fn may_enroll(engine: &Engine, user: &User, session: &Session) -> Result<(), EnrollmentError> {
    in_session(engine, user, session)?;
    match user.is_freshly_proved(session, fresh_proof(engine), engine.now()) {
        true => Ok(()),
        false => Err(EnrollmentError::StepUpRequired { needs: StepUp::needed_of(user) }),
    }
}

fn may_enroll_by(engine: &Engine, user: &User, challenge: &Challenge) -> Result<(), EnrollmentError> {
    let limits = engine.config.challenge_limits();
    if user.enrollment_challenge(challenge, &limits, engine.now()).is_none() {
        return Err(challenge_refused(engine, Some(user)));
    }
    no_recovery(engine, user)
}

fn no_recovery(engine: &Engine, user: &User) -> Result<(), EnrollmentError> {
    match user.recovery(engine.now()) {
        Recovery::Open { until } => Err(EnrollmentError::RecoveryPending { until }),
        Recovery::None => Ok(()),
    }
}

fn challenge_refused(engine: &Engine, user: Option<&User>) -> EnrollmentError {
    engine.report_about(EventKind::ChallengeRejected, user);
    EnrollmentError::ChallengeInvalid
}
