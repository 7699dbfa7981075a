//! Results that must not be dropped silently: this file compiles only if each drop below is a warning.
#![cfg(feature = "testing")]
#![deny(unfulfilled_lint_expectations)]

mod support;

use doorward::{Auth, Operator, SignInRequest, UserId, UserRepository};
use pollster::block_on;
use support::*;

type Failed = Box<dyn std::error::Error>;

/// Every call whose result must be kept or shown. Compiled but not run: it loses what it drops.
#[allow(dead_code)]
async fn everything_is_dropped(
    auth: &Auth,
    operator: &Operator,
    users: &dyn UserRepository,
    token: &str,
    id: &UserId,
) -> Result<(), Failed> {
    let signed_in = &auth.resume(token).await?;
    let user = users.find_by_id(id).await?.ok_or("nobody")?;
    let challenge = &doorward::Challenge::parse("")?;
    /// One call whose result is dropped.
    macro_rules! dropped {
        ($($call:expr;)+) => {
            $(
                #[expect(unused_must_use)]
                {
                    $call.await?;
                }
            )+
        };
    }
    dropped! {
        operator.provision_without_mail(email(ANN));
        auth.sign_in(SignInRequest::new(ANN, OLD));
        auth.try_sign_in(SignInRequest::new(ANN, OLD));
        auth.choose_password(challenge, NEW);
        auth.verify_second_factor(challenge, "123456");
        auth.verify_second_factor_and_remember(challenge, "123456");
        auth.begin_required_enrollment(challenge);
        auth.confirm_required_enrollment(challenge, "123456");
        auth.resume(token);
        auth.change_password(signed_in, OLD, NEW);
        auth.sign_out_others(signed_in);
        auth.begin_enrollment(signed_in);
        auth.confirm_enrollment(signed_in, "123456");
        auth.disable_second_factor(signed_in);
        auth.regenerate_recovery_codes(signed_in);
        auth.reauthenticate(signed_in, OLD);
        auth.reauthenticate_with_code(signed_in, "123456");
        auth.confirm_reset("");
        auth.complete_reset("", NEW);
        auth.complete_reset_with_code("", "123456", NEW);
        operator.reseal(id);
        users.insert(&user);
        users.replace(&user, user.version());
        users.delete(&user);
    }
    Ok(())
}

#[test]
fn section_5_the_first_sign_in_ends_signed_in() {
    let world = World::new();
    let signed_in = world.open(ANN, OLD);
    assert_eq!(block_on(world.auth.resume(&signed_in.token().expose())).unwrap().user_id(), signed_in.user_id());
}
