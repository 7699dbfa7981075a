//! What a stored step of a sign-in comes to outside.

use std::sync::Arc;

use super::{Engine, SignIn, SignedIn};
use crate::config::NewDeviceNotice;
use crate::event::EventKind;
use crate::mail::MailKind;
use crate::user::{Completed, Step, User};

impl Engine {
    /// Reports the step, tells the owner of a new browser, and hands the step out. Only for what was stored.
    pub(crate) async fn conclude(
        self: &Arc<Self>,
        step: Step,
        user: &User,
        after_failures: u32,
        request_id: Option<&str>,
    ) -> SignIn {
        let report = |kind| self.report(kind).user(user).request_id(request_id).send();
        match step {
            Step::SecondFactor(challenge) => {
                report(EventKind::SecondFactorDemanded);
                SignIn::SecondFactorRequired(challenge)
            }
            Step::ChangePassword(challenge) => {
                report(EventKind::PasswordChangeDemanded);
                SignIn::PasswordChangeRequired(challenge)
            }
            Step::Enroll(challenge) => {
                report(EventKind::EnrollmentDemanded);
                SignIn::EnrollmentRequired(challenge)
            }
            Step::Complete(Completed { session, device, is_new_device }) => {
                report(EventKind::SignedIn { after_failures });
                if is_new_device {
                    if device.is_some() {
                        report(EventKind::DeviceGranted);
                    }
                    self.tell_of_new_device(user).await;
                }
                SignIn::Complete(SignedIn::new(user, session, device))
            }
        }
    }

    async fn tell_of_new_device(self: &Arc<Self>, user: &User) {
        let told = match self.config.device.new_device_notice {
            NewDeviceNotice::Never => false,
            NewDeviceNotice::WithSecondFactor => user.has_second_factor(),
            NewDeviceNotice::Always => true,
        };
        if told {
            self.notify(user, MailKind::NewDevice { at: self.now() }).await;
        }
    }
}
