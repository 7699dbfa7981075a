//! The devices of a signed-in user: browsers that have signed in before.

use super::Auth;
use super::outcome::SignedIn;
use crate::engine::{Committed, Decision, Engine};
use crate::error::{DeviceError, ResumeError};
use crate::event::EventKind;
use crate::second_factor::StepUp;
use crate::session::Device;
use crate::types::DeviceId;
use crate::user::{Recovery, User};

/// # Devices
impl Auth {
    /// Returns the user's devices, most recently used first: browsers with a valid token, and browsers whose token has expired
    /// but which may still have a session.
    ///
    /// # Errors
    /// [`DeviceError`].
    pub async fn devices(&self, signed_in: &SignedIn) -> Result<Vec<Device>, DeviceError> {
        let user = find(&self.engine, signed_in).await?;
        Ok(user.devices(self.engine.now()))
    }

    /// Revokes one of the user's own devices: its token becomes invalid, and every session on it ends, even the current one.
    ///
    /// # Errors
    /// [`DeviceError`]: after [`StepUpRequired`](DeviceError::StepUpRequired) ask for the proof it names.
    pub async fn revoke_device(&self, signed_in: &SignedIn, device: DeviceId) -> Result<(), DeviceError> {
        let engine = &self.engine;
        let user = find(engine, signed_in).await?;
        let fresh_proof = engine.config.second_factor.fresh_proof;
        let outcome = engine
            .users
            .commit(user, |user, fresh| {
                let now = engine.now();
                let Some(session) = engine.sessions.of(user, signed_in.shown()) else {
                    return Decision::Answer(Err(DeviceError::SessionEnded));
                };
                if user.recovery(now) != Recovery::None {
                    Decision::Answer(Err(DeviceError::RecoveryPending))
                } else if !user.is_freshly_proved(&session, fresh_proof, now) {
                    Decision::Answer(Err(DeviceError::StepUpRequired { needs: StepUp::needed_of(user) }))
                } else {
                    match user.revoke_device(device, fresh) {
                        Some(next) => Decision::store(next, Ok(())).reporting(EventKind::DeviceRevoked),
                        None => Decision::Answer(Err(DeviceError::UnknownDevice)),
                    }
                }
            })
            .await?;
        let Committed::Done(revoked, _) = outcome else { return Err(DeviceError::SessionEnded) };
        revoked
    }
}

async fn find(engine: &Engine, signed_in: &SignedIn) -> Result<User, ResumeError> {
    engine.open()?;
    let (user, _) = engine.sessions.find(signed_in.shown()).await?.ok_or(ResumeError::SessionEnded)?;
    Ok(user)
}
