//! Maps a committed step to [`SignIn`], emitting events and notices.

use std::sync::Arc;

use super::outcome::{SignIn, SignedIn};
use crate::config::NewDeviceNotice;
use crate::engine::Engine;
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::user::{Completed, Step, User};

/// Call it only with a step that has been stored.
pub(super) async fn respond(
    engine: &Arc<Engine>,
    step: Step,
    user: &User,
    after_failures: u32,
    request_id: Option<&str>,
) -> SignIn {
    let report = |kind| engine.events.report(kind).user(user).request_id(request_id).send();
    match step {
        Step::SecondFactor(challenge) => {
            report(EventKind::SecondFactorRequired);
            SignIn::SecondFactorRequired(challenge)
        }
        Step::ChangePassword(challenge) => {
            report(EventKind::PasswordChangeRequired);
            SignIn::PasswordChangeRequired(challenge)
        }
        Step::Enroll(challenge) => {
            report(EventKind::EnrollmentRequired);
            SignIn::EnrollmentRequired(challenge)
        }
        Step::Complete(Completed { session, device, is_new_device }) => {
            report(EventKind::SignedIn { after_failures });
            if is_new_device {
                if device.is_some() {
                    report(EventKind::DeviceGranted);
                }
                notify_of_new_device(engine, user).await;
            }
            SignIn::Complete(SignedIn::new(user, session, device))
        }
    }
}

async fn notify_of_new_device(engine: &Engine, user: &User) {
    let notified = match engine.config.device.new_device_notice {
        NewDeviceNotice::Never => false,
        NewDeviceNotice::WithSecondFactor => user.has_second_factor(),
        NewDeviceNotice::Always => true,
    };
    if notified {
        engine.mailing.notify(user, MailKind::NewDevice { at: engine.now() }).await;
    }
}
