//! What a signed-in user does with sessions and devices.

use std::sync::Arc;

use crate::account::Device;
use crate::account::Session;
use crate::engine::{Committed, Decision, Engine, SignedIn};
use crate::error::{DeviceError, ResumeError, StepUp};
use crate::event::EventKind;
use crate::types::DeviceId;
use crate::user::{Recovery, User};

/// The one flow that decides by reading.
pub(crate) async fn resume(engine: &Arc<Engine>, session: &Session) -> Result<SignedIn, ResumeError> {
    let user = user_in_session(engine, session).await?;
    Ok(SignedIn::new(&user, session.clone(), None))
}

pub(crate) async fn sign_out_others(engine: &Arc<Engine>, session: &Session) -> Result<SignedIn, ResumeError> {
    let user = user_in_session(engine, session).await?;
    let outcome = engine
        .commit(user, |user, fresh| {
            if !engine.is_in_session(user, session) {
                return Decision::Answer(None);
            }
            let (session, user) = user.sign_out_others(session, fresh);
            Decision::Store(user.clone(), Some((session, user)))
        })
        .await?;
    let Committed::Done(Some((session, user))) = outcome else { return ended(engine, session) };
    engine.report(EventKind::SignedOutEverywhere).user(&user).send();
    Ok(SignedIn::new(&user, session, None))
}

pub(crate) async fn devices(engine: &Arc<Engine>, session: &Session) -> Result<Vec<Device>, DeviceError> {
    match user_in_session(engine, session).await {
        Ok(user) => Ok(user.devices(engine.now())),
        Err(error) => Err(error.into()),
    }
}

pub(crate) async fn revoke_device(
    engine: &Arc<Engine>,
    session: &Session,
    device: DeviceId,
) -> Result<(), DeviceError> {
    let user = user_in_session(engine, session).await?;
    let outcome = engine
        .commit(user, |user, fresh| {
            if !engine.is_in_session(user, session) {
                return Decision::Answer(Err(DeviceError::SessionEnded));
            }
            if let Recovery::Open { until: _ } = user.recovery(engine.now()) {
                return Decision::Answer(Err(DeviceError::RecoveryPending));
            }
            if !user.is_freshly_proved(session, engine.config.second_factor.fresh_proof, engine.now()) {
                return Decision::Answer(Err(DeviceError::StepUpRequired { needs: StepUp::needed_of(user) }));
            }
            match user.revoke_device(device, fresh) {
                Some(next) => Decision::Store(next, Ok(())),
                None => Decision::Answer(Err(DeviceError::UnknownDevice)),
            }
        })
        .await?;
    let Committed::Done(outcome) = outcome else { return Err(DeviceError::SessionEnded) };
    outcome?;
    engine.report(EventKind::DeviceRevoked).user_id(session.user_id()).send();
    Ok(())
}

async fn user_in_session(engine: &Arc<Engine>, session: &Session) -> Result<User, ResumeError> {
    engine.find_in_session(session).await?.ok_or(ResumeError::SessionEnded)
}

fn ended<T>(engine: &Engine, session: &Session) -> Result<T, ResumeError> {
    engine.report(EventKind::SessionRejected).user_id(session.user_id()).send();
    Err(ResumeError::SessionEnded)
}
