//! "Confirm that it is you": somebody who is signed in proves it once more, before something that matters.

use std::sync::Arc;

use crate::account::{AuthMethod, Session};
use crate::engine::{Admission, CodeOutcome, Committed, Decision, Engine, SignedIn};
use crate::error::{ReauthenticateError, StepUp, StepUpError, Unavailable};
use crate::event::EventKind;
use crate::second_factor::TypedCode;
use crate::types::Password;
use crate::user::{Assurance, Judged};

pub(crate) async fn reauthenticate(
    engine: &Arc<Engine>,
    session: &Session,
    password: &Password,
) -> Result<SignedIn, ReauthenticateError> {
    let user = engine.find_in_session(session).await?.ok_or(ReauthenticateError::SessionEnded)?;
    let (permit, charged) = match engine.charge_signed_in(user.id()).await? {
        Admission::Admitted(charged) => charged,
        Admission::Throttled { retry_after } => {
            engine.report(EventKind::Throttled { retry_after }).user(&user).send();
            return Err(ReauthenticateError::Throttled { retry_after });
        }
    };
    let judged = Judged::password_of(&user);
    let evaluable = engine.evaluable(user.email(), Some(&user), judged.as_ref());
    let typed = password.clone();
    let right = permit.run(move |memory| (evaluable.verify(&typed, memory), 1)).await;
    let (Some(judged), true) = (judged, right.map_err(|_| Unavailable::Closed)?) else {
        engine.report(EventKind::ReauthenticationFailed).user(&user).send();
        return Err(ReauthenticateError::PasswordWrong);
    };
    let outcome = engine
        .commit(user, |user, fresh| {
            if !(engine.is_in_session(user, session) && judged.holds_for(user)) {
                return Decision::Answer(None);
            }
            let (session, next) = user.prove_again(session, AuthMethod::Password, engine.now(), fresh);
            Decision::Store(next.clone(), Some((session, next)))
        })
        .await?;
    let Committed::Done(Some((session, user))) = outcome else { return ended(engine, session) };
    engine.report(EventKind::Reauthenticated { method: AuthMethod::Password }).user(&user).send();
    engine.refund(&charged, engine.now()).await;
    Ok(SignedIn::new(&user, session, None))
}

pub(crate) async fn reauthenticate_with_code(
    engine: &Arc<Engine>,
    session: &Session,
    typed: &str,
) -> Result<SignedIn, ReauthenticateError> {
    let user = engine.find_in_session(session).await?.ok_or(ReauthenticateError::SessionEnded)?;
    let code = TypedCode::parse(typed)?;
    let outcome = engine
        .with_code(
            user,
            &code,
            None,
            |user, _| engine.is_in_session(user, session).then_some((Assurance::Session, ())),
            |user, (), accepted, now, fresh| {
                let (session, user) = user.prove_again_by_code(session, accepted, now, fresh);
                ((session, accepted.method()), user)
            },
        )
        .await?;
    match outcome {
        CodeOutcome::Right((session, method), user) => {
            engine.report(EventKind::Reauthenticated { method }).user(&user).send();
            Ok(SignedIn::new(&user, session, None))
        }
        CodeOutcome::Wrong => Err(ReauthenticateError::CodeWrong),
        CodeOutcome::Throttled { retry_after } => Err(ReauthenticateError::Throttled { retry_after }),
        CodeOutcome::Refused => ended(engine, session),
    }
}

/// Decides by reading, as resuming does.
pub(crate) async fn require_step_up(engine: &Arc<Engine>, session: &Session) -> Result<(), StepUpError> {
    let user = engine.find_in_session(session).await?.ok_or(StepUpError::SessionEnded)?;
    match user.is_freshly_proved(session, engine.config.second_factor.fresh_proof, engine.now()) {
        true => Ok(()),
        false => Err(StepUpError::StepUpRequired { needs: StepUp::needed_of(&user) }),
    }
}

fn ended<T>(engine: &Engine, session: &Session) -> Result<T, ReauthenticateError> {
    engine.report(EventKind::SessionRejected).user_id(session.user_id()).send();
    Err(ReauthenticateError::SessionEnded)
}
