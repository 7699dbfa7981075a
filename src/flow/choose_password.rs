//! Choosing a password after a challenge: the forced change.

use std::sync::Arc;

use crate::crypto::{Purpose, sha256};
use crate::engine::{Committed, Decision, Engine, Hashed, SHORT_WHILE, SignIn};
use crate::error::ChoosePasswordError;
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::types::{Challenge, Password, base64url};
use crate::user::{Assurance, ChallengeLimits, Passed, Progress, Recovery, User};

pub(crate) async fn choose_password(
    engine: &Arc<Engine>,
    challenge: &Challenge,
    new: &Password,
) -> Result<SignIn, ChoosePasswordError> {
    engine.open()?;
    let limits = engine.config.challenge_limits();
    let Some(user) = engine.find_claimed(&challenge.0.user_id).await? else { return refused(engine, None) };
    opens(engine, &user, challenge, &limits)?;
    let new = match engine.check_new_password(&user, new).await? {
        Ok(new) => new,
        Err(violations) => return Err(ChoosePasswordError::Rejected { violations }),
    };

    let name = base64url::encode(sha256(Purpose::Challenge, &[challenge.0.secret.expose()]).as_bytes());
    let Some(_turn) = engine.in_flight.enter(&name, usize::MAX) else {
        return Err(ChoosePasswordError::InProgress { retry_after: SHORT_WHILE });
    };
    let permit = engine.permit_of(user.id())?;
    // Counted before the hash it costs; a try that was counted by another call in between is seen here.
    let counted = engine
        .commit(user, |user, fresh| match opens(engine, user, challenge, &limits) {
            Ok(_) => {
                let next = user.count_challenge_try(challenge, fresh);
                Decision::Store(next.clone(), Ok(next))
            }
            Err(error) => Decision::Answer(Err(error)),
        })
        .await?;
    let Committed::Done(user) = counted else { return refused(engine, None) };
    let user = user?;
    let hash = match engine.hash_new(permit, &user, new).await? {
        Hashed::New(hash) => hash,
        Hashed::Reused => return Err(ChoosePasswordError::Rejected { violations: engine.reused(&user) }),
    };

    // This try is counted already, so the last one allowed still counts.
    let limits = ChallengeLimits { tries: limits.tries + 1, ..limits };
    let rules = engine.config.sign_in_rules();
    let credential = engine.new_credential(&user, &hash)?;
    let chosen = engine
        .commit(user, |user, fresh| match opens(engine, user, challenge, &limits) {
            Ok(proved) => {
                let completes_reset = user.completes_reset(&proved);
                let Passed { step, user } =
                    user.choose_password(proved, credential.clone(), None, &rules, engine.now(), fresh);
                Decision::Store(user.clone(), Ok((step, user, completes_reset)))
            }
            Err(error) => Decision::Answer(Err(error)),
        })
        .await?;
    let Committed::Done(chosen) = chosen else { return refused(engine, None) };
    let (step, user, completes_reset) = chosen?;

    let at = engine.now();
    let (event, notice) = if completes_reset {
        (EventKind::ResetCompleted, MailKind::ResetCompleted { at })
    } else {
        (EventKind::PasswordChanged, MailKind::PasswordChanged { at })
    };
    engine.report(event).user(&user).send();
    engine.notify(&user, notice).await;
    Ok(engine.conclude(step, &user, 0, None).await)
}

/// What was proved before the challenge opens the choice of a password, if it does.
fn opens(
    engine: &Engine,
    user: &User,
    challenge: &Challenge,
    limits: &ChallengeLimits,
) -> Result<Progress, ChoosePasswordError> {
    let now = engine.now();
    let Some(proved) = user.password_change_challenge(challenge, limits, now) else {
        return refused(engine, Some(user));
    };
    match user.recovery(now) {
        // Who merely knows the old password cannot undo a recovery.
        Recovery::Open { until } if proved.proof != Assurance::TemporaryPassword => {
            Err(ChoosePasswordError::RecoveryPending { until })
        }
        _ => Ok(proved),
    }
}

fn refused<T>(engine: &Engine, user: Option<&User>) -> Result<T, ChoosePasswordError> {
    engine.report_about(EventKind::ChallengeRejected, user);
    Err(ChoosePasswordError::ChallengeInvalid)
}
