//! Proving the signed-in user's identity again.

use doorward::error::{DeviceError, EnrollmentError, ReauthenticateError, SecondFactorError, SignInError, StepUpError};
use doorward::second_factor::StepUp;
use doorward::session::AuthMethod;
use doorward::{AuthError, SignedIn};
use pollster::block_on;

use crate::support::*;

#[test]
fn a_password_proves_again_and_the_session_says_when() {
    let (world, ann) = World::with_ann();
    world.clock.advance(HOUR);
    let proved = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    let at = |session: &doorward::session::Session| {
        session.methods.iter().find(|proven| proven.method == AuthMethod::Password).map(|proven| proven.at)
    };
    assert_eq!(at(proved.session()), Some(world.now()));
    assert_eq!(proved.session().signed_in_at, ann.session().signed_in_at);
    assert_eq!(proved.session().id, ann.session().id);
    assert!(world.is_live(&proved) && !world.is_live(&ann), "the session goes on under a new token");
}

#[test]
fn scenario_10_every_path_that_takes_a_password_or_a_code_is_held_to_a_schedule_that_strangers_do_not_reach() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    // An attacker exhausts the account's bucket.
    for _ in 0..20 {
        assert!(world.fails(ANN, "wrong"));
    }
    let mut waits = Vec::new();
    for _ in 0..8 {
        let wrong = block_on(world.auth.reauthenticate(&ann, "wrong"));
        assert!(matches!(wrong, Err(ReauthenticateError::PasswordWrong)));
        // The same bucket as for changing the password.
        let Err(ReauthenticateError::Throttled { retry_after }) = block_on(world.auth.reauthenticate(&ann, OLD)) else {
            panic!("no wait")
        };
        let change = block_on(world.auth.change_password(&ann, OLD, NEW));
        assert_eq!(change.unwrap_err().retry_after(), Some(retry_after));
        waits.push(retry_after);
        world.clock.advance(retry_after);
    }
    assert!(waits.windows(2).all(|pair| pair[1] == pair[0] * 2));
    let mut code_waits = Vec::new();
    for _ in 0..10 {
        match block_on(world.auth.reauthenticate_with_code(&ann, &app.wrong_code(&world))) {
            Err(ReauthenticateError::CodeWrong) => {}
            Err(ReauthenticateError::Throttled { retry_after }) => {
                code_waits.push(retry_after);
                world.clock.advance(retry_after);
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(code_waits.len(), 3, "three tries are free, the others wait: {code_waits:?}");
    // Neither the attacker nor these failures ever locked the owner out.
    world.clock.advance(2 * HOUR);
    assert!(world.fails(ANN, "wrong"));
    let ann = block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world))).unwrap();
    let _ = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    assert!(
        matches!(world.try_sign_in(ANN, OLD), Err(SignInError::Throttled { .. })),
        "unknown browsers still have to wait"
    );
}

#[test]
fn a_code_that_was_used_to_sign_in_proves_nothing_again() {
    let (world, _, app, codes) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let code = app.code(&world);
    let ann = complete(world.verify(&challenge, &code).unwrap());
    let again = block_on(world.auth.reauthenticate_with_code(&ann, &code));
    assert!(matches!(again, Err(ReauthenticateError::CodeWrong)));
    assert!(matches!(
        block_on(world.auth.reauthenticate_with_code(&ann, "x")),
        Err(ReauthenticateError::CodeMalformed)
    ));
    let proved = block_on(world.auth.reauthenticate_with_code(&ann, codes.expose().next().unwrap())).unwrap();
    assert!(proved.session().methods.iter().any(|proven| proven.method == AuthMethod::RecoveryCode));
}

#[test]
fn a_session_that_has_ended_proves_nothing() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    block_on(world.operator.sign_out_everywhere(ann.user_id())).unwrap();
    let ended = |outcome| matches!(outcome, Err(ReauthenticateError::SessionEnded));
    assert!(ended(block_on(world.auth.reauthenticate(&ann, OLD)).map(drop)));
    assert!(ended(block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world))).map(drop)));
    // Nothing was counted or used up.
    let challenge = world.asked_for_a_code(ANN, OLD);
    let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
}

#[test]
fn without_a_second_factor_no_code_is_right() {
    let (world, ann) = World::with_ann();
    let outcome = block_on(world.auth.reauthenticate_with_code(&ann, "123456"));
    assert!(matches!(outcome, Err(ReauthenticateError::CodeWrong)));
}

#[test]
fn a_host_asks_for_a_fresh_proof_before_something_of_its_own() {
    let needed = |outcome, kind| matches!(outcome, Err(StepUpError::StepUpRequired { needs }) if needs == kind);
    let (world, ann) = World::with_ann();
    world.clock.advance(5 * MINUTE - SECOND);
    block_on(world.auth.require_step_up(&ann)).unwrap();
    world.clock.advance(SECOND);
    assert!(needed(block_on(world.auth.require_step_up(&ann)), StepUp::Password));
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    block_on(world.auth.require_step_up(&ann)).unwrap();
    block_on(world.operator.sign_out_everywhere(ann.user_id())).unwrap();
    assert!(matches!(block_on(world.auth.require_step_up(&ann)), Err(StepUpError::SessionEnded)));

    // With a second factor on, a password alone is not enough.
    let (world, ann, app, _) = World::with_enrolled_ann();
    world.clock.advance(5 * MINUTE);
    let by_password = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    assert!(needed(block_on(world.auth.require_step_up(&by_password)), StepUp::SecondFactor));
    let by_code = block_on(world.auth.reauthenticate_with_code(&by_password, &app.code(&world))).unwrap();
    block_on(world.auth.require_step_up(&by_code)).unwrap();
}

#[test]
fn section_5_whoever_is_asked_for_a_proof_is_told_which() {
    // The errors of all calls that require a proof, as seen by a page and by an API client.
    let asked = |world: &World, ann: &SignedIn| -> Vec<(StepUp, Box<dyn AuthError>)> {
        let device = block_on(world.auth.devices(ann)).unwrap()[0].id;
        let Err(DeviceError::StepUpRequired { needs: revoking }) = block_on(world.auth.revoke_device(ann, device))
        else {
            panic!("a device was revoked without a proof")
        };
        let Err(EnrollmentError::StepUpRequired { needs: enrolling }) = block_on(world.auth.begin_enrollment(ann))
        else {
            panic!("enrolling began without a proof")
        };
        let Err(StepUpError::StepUpRequired { needs: own }) = block_on(world.auth.require_step_up(ann)) else {
            panic!("the host's own step-up passed without a proof")
        };
        vec![
            (revoking, Box::new(DeviceError::StepUpRequired { needs: revoking })),
            (enrolling, Box::new(EnrollmentError::StepUpRequired { needs: enrolling })),
            (own, Box::new(StepUpError::StepUpRequired { needs: own })),
        ]
    };
    let told = |world: &World, (kind, error): (StepUp, Box<dyn AuthError>)| {
        (kind, error.code(), world.auth.error_response(&*error).message, error.to_string())
    };

    let world = World::with_keyring(|builder| builder);
    let ann = world.open(ANN, OLD);
    world.clock.advance(5 * MINUTE);
    for error in asked(&world, &ann) {
        let (kind, code, message, log) = told(&world, error);
        assert_eq!((kind, code), (StepUp::Password, "password_proof_needed"));
        assert_eq!(message, "Please confirm that it is you by entering your password.");
        assert_eq!(log, "step-up required: password");
    }

    // With a second factor on, the right password is not a sufficient proof, and every error after it names the one that is.
    let (world, ann, app, _) = World::with_enrolled_ann();
    world.clock.advance(5 * MINUTE);
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    for error in asked(&world, &ann) {
        let (kind, code, message, log) = told(&world, error);
        assert_eq!((kind, code), (StepUp::SecondFactor, "code_proof_needed"));
        assert!(message.contains("a code from your authenticator app or a recovery code"), "{message}");
        assert_eq!(log, "step-up required: second-factor code");
    }
    for outcome in [
        block_on(world.auth.disable_second_factor(&ann)).map(drop),
        block_on(world.auth.regenerate_recovery_codes(&ann)).map(drop),
    ] {
        assert!(matches!(outcome, Err(SecondFactorError::StepUpRequired { needs: StepUp::SecondFactor })));
    }
    let ann = block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world))).unwrap();
    block_on(world.auth.require_step_up(&ann)).unwrap();
}
