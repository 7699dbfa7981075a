//! What holds for the cookie of a session that has ended.
#![allow(dead_code)] // each test binary uses only a part of it

use doorward::error::{
    ChangePasswordError, DeviceError, EnrollmentError, ReauthenticateError, ResumeError, SecondFactorError,
    SessionError, StepUpError,
};
use doorward::{Auth, SignedIn};

use super::{NEW, OLD};

/// Checks that no flow accepts the session: neither by the text of its cookie nor as a handle that was kept. Only signing out is
/// left, which ends a session under its new token too.
pub async fn is_dead(auth: &Auth, ended: &SignedIn, why: &str) {
    is_dead_text(auth, &ended.token().expose(), why).await;
    let (id, code) = (ended.session().id, "000000");
    assert!(matches!(auth.sessions(ended).await, Err(ResumeError::SessionEnded)), "{why}");
    assert!(matches!(auth.revoke_session(ended, id).await, Err(SessionError::SessionEnded)), "{why}");
    assert!(matches!(auth.sign_out_others(ended).await, Err(SessionError::SessionEnded)), "{why}");
    assert!(matches!(auth.require_step_up(ended).await, Err(StepUpError::SessionEnded)), "{why}");
    assert!(matches!(auth.reauthenticate(ended, OLD).await, Err(ReauthenticateError::SessionEnded)), "{why}");
    let by_code = auth.reauthenticate_with_code(ended, code).await;
    assert!(matches!(by_code, Err(ReauthenticateError::SessionEnded)), "{why}");
    let changed = auth.change_password(ended, OLD, NEW).await;
    assert!(matches!(changed, Err(ChangePasswordError::SessionEnded)), "{why}");
    assert!(matches!(auth.devices(ended).await, Err(DeviceError::SessionEnded)), "{why}");
    if let Some(device) = ended.session().device {
        assert!(matches!(auth.revoke_device(ended, device).await, Err(DeviceError::SessionEnded)), "{why}");
    }
    assert!(matches!(auth.second_factor(ended).await, Err(SecondFactorError::SessionEnded)), "{why}");
    assert!(matches!(auth.disable_second_factor(ended).await, Err(SecondFactorError::SessionEnded)), "{why}");
    assert!(matches!(auth.regenerate_recovery_codes(ended).await, Err(SecondFactorError::SessionEnded)), "{why}");
    assert!(matches!(auth.cancel_recovery(ended).await, Err(SecondFactorError::SessionEnded)), "{why}");
    assert!(matches!(auth.begin_enrollment(ended).await, Err(EnrollmentError::SessionEnded)), "{why}");
    assert!(matches!(auth.confirm_enrollment(ended, code).await, Err(EnrollmentError::SessionEnded)), "{why}");
}

pub async fn is_dead_text(auth: &Auth, cookie: &str, why: &str) {
    assert!(matches!(auth.resume(cookie).await, Err(ResumeError::SessionEnded)), "{why}");
}
