//! Maps a committed step to [`SignIn`], emitting events.

use std::sync::Arc;

use super::outcome::SignIn;
use crate::engine::Engine;
use crate::event::EventKind;
use crate::types::Challenge;
use crate::user::{Completed, Step, User};

/// Call it only with a step that has been stored.
pub(super) async fn respond(
    engine: &Arc<Engine>,
    step: Step,
    user: &User,
    after_failures: u32,
    request_id: Option<&str>,
) -> SignIn {
    let challenge = |token| Challenge(engine.users.tokens.wire(&token));
    let report = |kind| engine.events.report(kind).user(user).request_id(request_id).send();
    match step {
        Step::SecondFactor(token) => {
            report(EventKind::SecondFactorRequired);
            SignIn::SecondFactorRequired(challenge(token))
        }
        Step::ChangePassword(token) => {
            report(EventKind::PasswordChangeRequired);
            SignIn::PasswordChangeRequired(challenge(token))
        }
        Step::Enroll(token) => {
            report(EventKind::EnrollmentRequired);
            SignIn::EnrollmentRequired(challenge(token))
        }
        Step::Complete(Completed { session, device, is_new_device, shared }) => {
            report(EventKind::SignedIn { after_failures });
            if let Some(signs) = shared {
                engine.sessions.report_sharing(user, signs);
            }
            if is_new_device && device.is_some() {
                report(EventKind::DeviceGranted);
            }
            SignIn::Complete(engine.signed_in(user, session, device))
        }
    }
}
