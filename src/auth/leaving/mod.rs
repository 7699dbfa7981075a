//! Leaving: the owner's own deletion, and a copy of what is stored.

mod export;
mod purge;
mod request;
mod undo;

use super::Auth;
use super::outcome::SignedIn;
use crate::engine::Engine;
use crate::error::StepUp;
use crate::error::leaving::ExportError;
use crate::user::{Recovery, User};

/// Whether the session may do what only the owner may: it has a fresh proof, and no recovery is open, in which the old password is
/// no proof.
fn may(engine: &Engine, user: &User, signed_in: &SignedIn) -> Result<(), ExportError> {
    let now = engine.now();
    let Some(session) = engine.sessions.of(user, signed_in.shown()) else {
        engine.sessions.report_rejected(signed_in.shown());
        return Err(ExportError::SessionEnded);
    };
    if user.recovery(now) != Recovery::None {
        return Err(ExportError::RecoveryPending);
    }
    match user.is_freshly_proved(&session, engine.config.second_factor.fresh_proof, now) {
        true => Ok(()),
        false => Err(ExportError::StepUpRequired { needs: StepUp::needed_of(user) }),
    }
}

async fn find(engine: &Engine, signed_in: &SignedIn) -> Result<User, ExportError> {
    engine.open()?;
    let found = engine.sessions.find(signed_in.shown()).await?.ok_or(ExportError::SessionEnded)?;
    Ok(found.0)
}
