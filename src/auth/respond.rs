//! The events of a step, and what it means to whoever signs in.

use std::sync::Arc;

use super::outcome::SignIn;
use crate::engine::Engine;
use crate::event::EventKind;
use crate::types::Challenge;
use crate::user::{Completed, Step, User};

/// The events of a step that is to be stored.
pub(super) fn events_of(step: &Step, after_failures: u32) -> Vec<EventKind> {
    match step {
        Step::SecondFactor(_) => vec![EventKind::SecondFactorRequired],
        Step::ChangePassword(_) => vec![EventKind::PasswordChangeRequired],
        Step::Enroll(_) => vec![EventKind::EnrollmentRequired],
        Step::Complete(Completed { device, is_new_device, shared, .. }) => {
            let granted = *is_new_device && device.is_some();
            let shared = shared.map(|signs| EventKind::SharingSuspected { signs });
            let signed_in = EventKind::SignedIn { after_failures };
            [Some(signed_in), shared, granted.then_some(EventKind::DeviceGranted)].into_iter().flatten().collect()
        }
    }
}

/// Call it only with a step that has been stored.
pub(super) fn respond(engine: &Arc<Engine>, step: Step, user: &User) -> SignIn {
    let challenge = |token| Challenge(engine.users.tokens.wire(&token));
    match step {
        Step::SecondFactor(token) => SignIn::SecondFactorRequired(challenge(token)),
        Step::ChangePassword(token) => SignIn::PasswordChangeRequired(challenge(token)),
        Step::Enroll(token) => SignIn::EnrollmentRequired(challenge(token)),
        Step::Complete(Completed { session, device, .. }) => SignIn::Complete(engine.signed_in(user, session, device)),
    }
}
