use doorward::error::ChangePasswordError;
use doorward::event::EventKind;
use doorward::mail::MailKind;
use pollster::block_on;

use crate::support::*;

#[test]
fn s03_a_signed_in_user_changes_the_password_with_the_current_one() {
    let (world, desk) = World::with_ann();
    let phone = world.signed_in(ANN, OLD);
    world.clock.advance(SECOND);
    let changed = block_on(world.auth.change_password(&desk, OLD, NEW)).unwrap();
    assert!(world.is_live(&changed) && !world.is_live(&desk) && !world.is_live(&phone));
    assert_eq!(changed.session().signed_in_at, desk.session().signed_in_at);
    assert!(matches!(world.last_mail().mail.kind(), MailKind::PasswordChanged { .. }));
    assert!(world.fails(ANN, OLD));
    let _ = world.signed_in(ANN, NEW);
    // The acting browser got a new token; all others are no longer valid.
    assert_eq!(block_on(world.auth.devices(&changed)).unwrap().len(), 2, "from the change and the sign-in after it");
    assert_ne!(device(&changed), device(&desk));
}

#[test]
fn s05_a_bad_new_password_is_refused_before_anything_is_counted_or_hashed() {
    let (world, ann) = World::with_ann();
    let before = (world.user(ANN), world.auth.hash_load().computed);
    for _ in 0..5 {
        let outcome = block_on(world.auth.change_password(&ann, OLD, "acme2026"));
        let Err(ChangePasswordError::Rejected { violations }) = outcome else { panic!("accepted") };
        assert_eq!(violations.len(), 2);
    }
    assert!(before == (world.user(ANN), world.auth.hash_load().computed));
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
}

#[test]
fn a_wrong_current_password_is_counted_in_a_lane_of_its_own() {
    let (world, ann) = World::with_ann();
    // An attacker's failures do not affect the signed-in owner.
    for _ in 0..15 {
        assert!(world.fails(ANN, "wrong"));
    }
    let wrong = block_on(world.auth.change_password(&ann, "wrong", NEW));
    assert!(matches!(wrong, Err(ChangePasswordError::CurrentPasswordWrong)));
    let early = block_on(world.auth.change_password(&ann, OLD, NEW));
    assert!(matches!(early, Err(ChangePasswordError::Throttled { .. })));
    world.clock.advance(SECOND);
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    let kinds = world.observer.kinds();
    assert!(kinds.contains(&EventKind::PasswordChangeFailed) && kinds.contains(&EventKind::PasswordChanged));
}

#[test]
fn reuse_is_judged_only_after_the_current_password_was_proved() {
    let (world, ann) = World::with_ann();
    let guess = block_on(world.auth.change_password(&ann, "wrong", OLD));
    assert!(matches!(guess, Err(ChangePasswordError::CurrentPasswordWrong)));
    world.clock.advance(SECOND);
    let reused = block_on(world.auth.change_password(&ann, OLD, OLD));
    let Err(ChangePasswordError::Rejected { violations }) = reused else { panic!("accepted") };
    assert_eq!(violations[0].code(), "reused");
}

#[test]
fn an_ended_session_changes_nothing() {
    let (world, ann) = World::with_ann();
    block_on(world.operator.sign_out_everywhere(ann.user_id())).unwrap();
    let ended = block_on(world.auth.change_password(&ann, OLD, NEW));
    assert!(matches!(ended, Err(ChangePasswordError::SessionEnded)));
    block_on(world.operator.delete(ann.user_id())).unwrap();
    let gone = block_on(world.auth.change_password(&ann, OLD, NEW));
    assert!(matches!(gone, Err(ChangePasswordError::SessionEnded)));
}

#[test]
fn over_long_input_is_never_hashed_as_such() {
    let (world, ann) = World::with_ann();
    let long = "x".repeat(1 << 20);
    let outcome = block_on(world.auth.change_password(&ann, &long, NEW));
    assert!(matches!(outcome, Err(ChangePasswordError::CurrentPasswordWrong)));
    world.clock.advance(SECOND);
    let outcome = block_on(world.auth.change_password(&ann, OLD, &long));
    let Err(ChangePasswordError::Rejected { violations }) = outcome else { panic!("accepted") };
    assert_eq!(violations[0].code(), "too_long");
}

#[test]
fn section_5_a_form_that_was_sent_twice_does_not_read_like_a_fault() {
    let (world, ann) = World::with_ann();
    let ann = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    let changed_at = world.user(ANN);
    // The same form again, under the session that the first submission led to.
    let twice = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap_err();
    let ChangePasswordError::Throttled { retry_after } = twice else { panic!("{twice:?}") };
    assert!(retry_after <= SECOND);
    assert_eq!((twice.code(), twice.retry_after()), ("throttled", Some(retry_after)));
    let told = twice.user_message();
    assert!(told.contains("If you sent the form twice, the first one counts"), "{told}");
    assert!(told.contains("in a second") && !told.contains("wait"), "{told}");
    let proof = block_on(world.auth.reauthenticate(&ann, NEW)).unwrap_err();
    assert_eq!(proof.user_message(), told);
    // Nothing was counted or changed, and the first submission is valid.
    assert!(changed_at == world.user(ANN) && world.is_live(&ann));
    world.clock.advance(retry_after);
    let ann = block_on(world.auth.change_password(&ann, NEW, "three owls in one oak tree")).unwrap();

    // After wrong passwords the message speaks of a wait.
    let told = loop {
        match block_on(world.auth.change_password(&ann, "wrong", NEW)).unwrap_err() {
            error @ ChangePasswordError::Throttled { retry_after } if retry_after > 2 * SECOND => {
                break error.user_message();
            }
            ChangePasswordError::Throttled { retry_after } => world.clock.advance(retry_after),
            error => assert_eq!(error.code(), "current_password_wrong"),
        }
    };
    assert!(told.starts_with("Please wait "), "{told}");
}
