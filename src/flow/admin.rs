//! What an operator does to an account. None of it picks or reveals a password.

use std::sync::Arc;

use crate::account::ResealOutcome;
use crate::engine::{Committed, Decision, Engine};
use crate::error::{OperatorError, Unavailable};
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::store::Swap;
use crate::types::UserId;
use crate::user::{Fresh, User};

pub(crate) async fn deactivate(engine: &Arc<Engine>, id: &UserId) -> Result<(), OperatorError> {
    change(engine, id, EventKind::Deactivated, User::deactivate).await.map(drop)
}

pub(crate) async fn reactivate(engine: &Arc<Engine>, id: &UserId) -> Result<(), OperatorError> {
    change(engine, id, EventKind::Reactivated, User::reactivate).await.map(drop)
}

pub(crate) async fn require_password_change(engine: &Arc<Engine>, id: &UserId) -> Result<(), OperatorError> {
    change(engine, id, EventKind::PasswordChangeRequired, |user, fresh| Some(user.require_password_change(fresh)))
        .await
        .map(drop)
}

pub(crate) async fn mark_compromised(engine: &Arc<Engine>, id: &UserId) -> Result<(), OperatorError> {
    change(engine, id, EventKind::MarkedCompromised, |user, fresh| Some(user.mark_compromised(fresh))).await.map(drop)
}

pub(crate) async fn sign_out_everywhere(engine: &Arc<Engine>, id: &UserId) -> Result<(), OperatorError> {
    change(engine, id, EventKind::SignedOutEverywhere, |user, fresh| Some(user.sign_out_everywhere(fresh)))
        .await
        .map(drop)
}

pub(crate) async fn reset_second_factor(engine: &Arc<Engine>, id: &UserId, reason: &str) -> Result<(), OperatorError> {
    let reason = reason.chars().filter(|c| !c.is_control()).take(200).collect();
    let event = EventKind::SecondFactorReset { reason };
    let changed =
        change(engine, id, event, |user, fresh| user.has_second_factor().then(|| user.without_second_factor(fresh)));
    if let Some(user) = changed.await? {
        engine.notify(&user, MailKind::SecondFactorDisabled { by_operator: true, at: engine.now() }).await;
    }
    Ok(())
}

pub(crate) async fn reseal(engine: &Arc<Engine>, id: &UserId) -> Result<ResealOutcome, OperatorError> {
    engine.open()?;
    let user = find(engine, id).await?;
    let outcome = engine
        .commit(user, |user, fresh| match engine.resealed(user, fresh) {
            Ok(Some(next)) => Decision::Store(next.clone(), Ok((next, ResealOutcome::Resealed))),
            Ok(None) => Decision::Answer(Ok((user.clone(), ResealOutcome::UpToDate))),
            Err(error) => Decision::Answer(Err(Unavailable::from(error))),
        })
        .await?;
    let Committed::Done(done) = outcome else { return Err(OperatorError::UnknownUser) };
    let (user, outcome) = done?;
    if outcome == ResealOutcome::Resealed {
        engine.report(EventKind::Resealed).user(&user).send();
    }
    Ok(if engine.lacks_a_key_for(&user) { ResealOutcome::KeyMissing } else { outcome })
}

pub(crate) async fn delete(engine: &Arc<Engine>, id: &UserId) -> Result<(), OperatorError> {
    /// As for every other write: each round somebody else got on.
    const ROUNDS: usize = 64;
    engine.open()?;
    for _ in 0..ROUNDS {
        let user = find(engine, id).await?;
        let deleted = match engine.users.delete(id, user.version()).await {
            Ok(answer) => answer == Swap::Stored,
            // The answer was lost: the user is gone, or the error stands.
            Err(error) => match engine.users.find_by_id(id).await {
                Ok(None) => true,
                _ => return Err(Unavailable::from(error).into()),
            },
        };
        if deleted {
            engine.report(EventKind::Deleted).user(&user).send();
            return Ok(());
        }
    }
    Err(Unavailable::Contended.into())
}

/// Stores what the transition makes of the user, and tells what is stored now. `None` means that it is so already: then
/// nothing is stored or reported.
async fn change(
    engine: &Arc<Engine>,
    id: &UserId,
    event: EventKind,
    transition: impl Fn(&User, &Fresh) -> Option<User> + Send + Sync,
) -> Result<Option<User>, OperatorError> {
    engine.open()?;
    let user = find(engine, id).await?;
    let outcome = engine
        .commit(user, |user, fresh| match transition(user, fresh) {
            Some(next) => Decision::Store(next.clone(), Some(next)),
            None => Decision::Answer(None),
        })
        .await?;
    match outcome {
        Committed::Done(Some(user)) => {
            engine.report(event).user(&user).send();
            Ok(Some(user))
        }
        Committed::Done(None) => Ok(None),
        Committed::Gone | Committed::EmailTaken => Err(OperatorError::UnknownUser),
    }
}

async fn find(engine: &Engine, id: &UserId) -> Result<User, OperatorError> {
    engine.users.find_by_id(id).await.map_err(Unavailable::from)?.ok_or(OperatorError::UnknownUser)
}
