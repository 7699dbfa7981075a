//! Every flow can be spawned on a multi-threaded runtime, as web frameworks require for their handlers.
#![cfg(feature = "testing")]

mod support;

use doorward::account::UndeliverableReason;
use doorward::session::{DeviceId, SessionId, SignOutSweep};
use doorward::store::MemoryUsers;
use doorward::{Auth, Challenge, Email, Operator, SignInRequest, SignedIn, UserId};

/// Never called: compiles only if all futures are `Send`.
#[allow(clippy::too_many_arguments)]
fn all_flows_can_be_sent(
    auth: &'static Auth,
    operator: &'static Operator,
    email: &'static Email,
    id: &'static UserId,
    token: &'static str,
    signed_in: &'static SignedIn,
    challenge: &'static Challenge,
    device: DeviceId,
    (session, users, sweep): (SessionId, &'static MemoryUsers, &'static mut SignOutSweep),
) {
    fn sent<F: Future + Send + 'static>(_: F) {}
    sent(operator.provision(email.clone()));
    sent(operator.provision_without_mail(email.clone()));
    sent(operator.resend_welcome(id));
    sent(operator.correct_email(id, email.clone()));
    sent(auth.sign_in(SignInRequest::new("", "")));
    sent(auth.try_sign_in(SignInRequest::new("", "")));
    sent(auth.choose_password(challenge, ""));
    sent(auth.resume(token));
    sent(auth.sign_out(signed_in));
    sent(auth.sessions(signed_in));
    sent(auth.revoke_session(signed_in, session));
    sent(operator.sessions(id));
    sent(operator.sign_out_everybody(users, sweep));
    sent(auth.change_password(signed_in, "", ""));
    sent(auth.sign_out_others(signed_in));
    sent(auth.devices(signed_in));
    sent(auth.revoke_device(signed_in, device));
    sent(auth.require_step_up(signed_in));
    sent(auth.request_reset(email));
    sent(auth.inspect_reset(""));
    sent(auth.confirm_reset(""));
    sent(auth.complete_reset("", ""));
    sent(operator.deactivate(id));
    sent(operator.reactivate(id));
    sent(operator.require_password_change(id));
    sent(operator.mark_compromised(id));
    sent(operator.sign_out_everywhere(id));
    sent(operator.delete(id));
    sent(operator.report_undeliverable(email, UndeliverableReason::HardBounce));
    sent(operator.clear_undeliverable(id));
    sent(auth.verify_second_factor(challenge, ""));
    sent(auth.begin_enrollment(signed_in));
    sent(auth.confirm_enrollment(signed_in, ""));
    sent(auth.begin_required_enrollment(challenge));
    sent(auth.confirm_required_enrollment(challenge, ""));
    sent(auth.second_factor(signed_in));
    sent(auth.disable_second_factor(signed_in));
    sent(auth.regenerate_recovery_codes(signed_in));
    sent(auth.reauthenticate(signed_in, ""));
    sent(auth.reauthenticate_with_code(signed_in, ""));
    sent(auth.complete_reset_with_code("", "", ""));
    sent(operator.reset_second_factor(id, ""));
    sent(operator.reseal(id));
    sent(auth.purge());
    sent(auth.cancel_recovery(signed_in));
    sent(auth.close());
}

#[test]
fn flows_run_on_threads_of_a_runtime() {
    let _ = all_flows_can_be_sent;
    let (world, _) = support::World::with_ann();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    world.clock.advance(support::MINUTE);
    let signed_in = runtime.block_on(async {
        let auth = world.auth.clone();
        tokio::spawn(async move { auth.sign_in(SignInRequest::new(support::ANN, support::OLD)).await }).await.unwrap()
    });
    assert!(world.is_live(&support::complete(signed_in.unwrap())));
}
