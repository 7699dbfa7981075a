use doorward::account::UserStatus;
use doorward::error::OperatorError;
use doorward::event::EventKind;
use doorward::mail::MailKind;
use doorward::store::{BackendCode, BackendErrorKind};
use doorward::{Operator, SignIn, UserId};
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

type Notified = (&'static str, EventKind, fn(&Operator, &UserId) -> Result<(), OperatorError>);

/// The changes of an operator that are mailed to the owner of a password.
const NOTIFIED: [Notified; 2] = [
    ("password_change_forced", EventKind::PasswordChangeForced, |operator, ann| {
        block_on(operator.require_password_change(ann))
    }),
    ("marked_compromised", EventKind::MarkedCompromised, |operator, ann| block_on(operator.mark_compromised(ann))),
];

#[test]
fn what_an_operator_does_to_a_password_is_mailed_to_its_owner_once() {
    for (name, event, change) in NOTIFIED {
        let (world, ann) = World::with_ann();
        let before = world.mailer.count();
        for _ in 0..2 {
            change(&world.operator, ann.user_id()).unwrap();
        }
        assert_eq!((world.mailer.count(), world.observer.count(&event)), (before + 1, 1), "{name}");
        let notice = world.last_mail();
        assert_eq!((notice.to, notice.mail.kind().name()), (email(ANN), name));
        let (MailKind::PasswordChangeForced { at, .. } | MailKind::MarkedCompromised { at, .. }) = notice.mail.kind()
        else {
            panic!("{:?}", notice.mail)
        };
        assert_eq!(*at, world.now());
        // What the notice reports comes to an end with the choice of a new password, and the next one is worth a mail again.
        let challenge = world.challenge(ANN, &world.confirm(ANN));
        let _ = world.choose(&challenge, NEW);
        change(&world.operator, ann.user_id()).unwrap();
        assert_eq!(world.mails(name).len(), 2, "{name}");
    }
}

#[test]
fn an_account_without_a_password_has_none_to_change_or_to_lose() {
    for (name, event, change) in NOTIFIED {
        let world = World::new();
        let id = world.provision(ANN);
        let before = world.user(ANN);
        change(&world.operator, &id).unwrap();
        assert!(world.user(ANN) == before, "{name}: nothing is stored");
        assert_eq!((world.mailer.count(), world.observer.count(&event)), (1, 0), "{name}: the welcome alone");
    }
}

#[test]
fn s18_a_deactivated_account_gets_no_mail_about_what_an_operator_does() {
    for (name, event, change) in NOTIFIED {
        let (world, ann) = World::with_ann();
        block_on(world.operator.deactivate(ann.user_id())).unwrap();
        let before = world.mailer.count();
        change(&world.operator, ann.user_id()).unwrap();
        assert_eq!((world.mailer.count(), world.observer.count(&event)), (before, 1), "{name}");
        // The change stands.
        block_on(world.operator.reactivate(ann.user_id())).unwrap();
        assert!(!matches!(world.sign_in(ANN, OLD), Ok(SignIn::Complete(_))), "{name}");
    }
    let (world, ann, ..) = World::with_enrolled_ann();
    block_on(world.operator.deactivate(ann.user_id())).unwrap();
    block_on(world.operator.reset_second_factor(ann.user_id(), "lost phone")).unwrap();
    assert!(world.mails("second_factor_disabled").is_empty());
}

#[test]
fn a_change_stands_though_its_notice_fails() {
    for (name, event, change) in NOTIFIED {
        let (world, ann) = World::with_ann();
        let (_, operator) = world.over_a_dead_relay();
        change(&operator, ann.user_id()).unwrap();
        assert_eq!(world.observer.count(&event), 1, "{name}");
        let failed =
            EventKind::MailFailed { mail: name, error: BackendErrorKind::Refused, code: BackendCode::new("550") };
        assert_eq!(world.observer.count(&failed), 1, "{name}");
        assert!(!world.is_live(&ann), "{name}");
        assert!(!matches!(world.sign_in(ANN, OLD), Ok(SignIn::Complete(_))), "{name}");
    }
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
