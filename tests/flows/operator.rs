use doorward::account::UserStatus;
use doorward::error::OperatorError;
use doorward::event::EventKind;
use doorward::{SignIn, UserId};
use pollster::block_on;

use crate::support::*;

#[test]
fn s18_deactivating_silences_and_reactivating_revives_only_the_own_password() {
    let (world, ann) = World::with_ann();
    let mailed = world.confirm(ANN);
    block_on(world.operator.deactivate(ann.user_id())).unwrap();
    assert_eq!(world.user(ANN).status(), UserStatus::Deactivated);
    assert!(!world.is_live(&ann));
    assert!(world.fails(ANN, OLD) && world.fails(ANN, &mailed));
    block_on(world.operator.reactivate(ann.user_id())).unwrap();
    assert!(!world.is_live(&ann));
    assert!(world.fails(ANN, &mailed));
    let _ = world.signed_in(ANN, OLD);
}

#[test]
fn what_is_so_already_is_no_error_and_no_event() {
    let (world, ann) = World::with_ann();
    for _ in 0..2 {
        block_on(world.operator.deactivate(ann.user_id())).unwrap();
    }
    assert_eq!(world.observer.count(&EventKind::Deactivated), 1);
}

#[test]
fn a_compromised_password_is_void_and_the_mailbox_decides() {
    let (world, ann) = World::with_ann();
    block_on(world.operator.mark_compromised(ann.user_id())).unwrap();
    assert!(!world.is_live(&ann));
    assert!(world.fails(ANN, OLD));
    let challenge = world.challenge(ANN, &world.confirm(ANN));
    assert_eq!(world.choice_error(&challenge, OLD).code(), "password_rejected", "it must not be reused");
    let _ = world.choose(&challenge, NEW);
}

#[test]
fn a_required_change_ends_sessions_and_comes_before_the_next() {
    let (world, ann) = World::with_ann();
    block_on(world.operator.require_password_change(ann.user_id())).unwrap();
    assert!(!world.is_live(&ann));
    assert!(matches!(world.sign_in(ANN, OLD), Ok(SignIn::PasswordChangeRequired(_))));
}

#[test]
fn signing_out_everywhere_ends_sessions_and_leaves_a_recovery_alone() {
    let (world, ann) = World::with_ann();
    let challenge = world.challenge(ANN, &world.confirm(ANN));
    block_on(world.operator.sign_out_everywhere(ann.user_id())).unwrap();
    assert!(!world.is_live(&ann));
    let _ = world.choose(&challenge, NEW);
}

#[test]
fn deleting_leaves_nothing() {
    let (world, ann) = World::with_ann();
    let token = world.request(ANN);
    block_on(world.operator.delete(ann.user_id())).unwrap();
    assert!(!world.is_live(&ann));
    assert!(world.fails(ANN, OLD));
    assert!(block_on(world.auth.confirm_reset(&token)).is_err());
    world.provision(ANN);
}

#[test]
fn unknown_users_are_a_typed_error() {
    let world = World::new();
    let nobody = UserId::parse("nobody").unwrap();
    let outcomes = [
        block_on(world.operator.deactivate(&nobody)),
        block_on(world.operator.reactivate(&nobody)),
        block_on(world.operator.require_password_change(&nobody)),
        block_on(world.operator.mark_compromised(&nobody)),
        block_on(world.operator.sign_out_everywhere(&nobody)),
        block_on(world.operator.delete(&nobody)),
    ];
    for outcome in outcomes {
        assert!(matches!(outcome, Err(OperatorError::UnknownUser)));
    }
}
