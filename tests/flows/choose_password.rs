use doorward::error::ChoosePasswordError;
use doorward::event::EventKind;
use doorward::mail::MailKind;
use doorward::password::Rule;
use doorward::session::AuthMethod;
use doorward::{Challenge, SignIn};
use pollster::block_on;

use crate::support::*;

#[test]
fn s02_choosing_signs_in_and_consumes_the_temporary_password_with_all_challenges() {
    let world = World::new();
    world.provision(ANN);
    let mailed = world.mailed_password();
    let challenges = [world.challenge(ANN, &mailed), world.challenge(ANN, &mailed)];
    let signed_in = world.choose(&challenges[0], OLD);
    assert!(world.is_live(&signed_in));
    assert_eq!(signed_in.session().methods[0].method, AuthMethod::TemporaryPassword);
    assert_eq!(world.choice_error(&challenges[0], NEW).code(), "challenge_invalid");
    assert_eq!(world.choice_error(&challenges[1], NEW).code(), "challenge_invalid");
    assert!(world.fails(ANN, &mailed));
    let _ = world.signed_in(ANN, OLD);
}

#[test]
fn s04_the_rules_shown_are_the_rules_enforced() {
    let world = World::new();
    let shown: Vec<_> = world.auth.password_policy().rules().iter().map(Rule::code).collect();
    assert_eq!(
        shown,
        ["too_short", "too_long", "too_common", "about_the_account", "temporary", "reused", "control_character"]
    );
}

#[test]
fn s05_every_broken_rule_is_named_at_once_and_nothing_changes() {
    let world = World::new();
    world.provision(ANN);
    let mailed = world.mailed_password();
    let challenge = world.challenge(ANN, &mailed);
    let before = world.user(ANN);
    let lenient = mailed.to_lowercase().replace('-', " ");
    let cases: [(&str, &[&str]); 8] = [
        ("", &["too_short"]),
        ("password1", &["too_short", "too_common"]),
        ("Ann@acme\n", &["too_short", "about_the_account", "control_character"]),
        ("ann@acme.example", &["about_the_account"]),
        (&lenient, &["temporary"]),
        (&"x y".repeat(100), &["too_long"]),
        (&"x".repeat(1 << 20), &["too_long"]),
        ("nul \0 in the middle of it", &["control_character"]),
    ];
    for (password, expected) in cases {
        let ChoosePasswordError::Rejected { violations } = world.choice_error(&challenge, password) else {
            panic!("accepted, or rejected for another reason: {expected:?}")
        };
        let codes: Vec<_> = violations.iter().map(doorward::password::Violation::code).collect();
        assert_eq!(codes, expected);
    }
    assert!(world.user(ANN) == before);
    assert_eq!(world.auth.hash_load().computed, 0, "no hash was computed for them");
    let _ = world.choose(&challenge, OLD);
}

#[test]
fn the_last_password_is_refused_and_the_challenge_survives_that() {
    let (world, ann) = World::with_ann();
    block_on(world.operator.require_password_change(ann.user_id())).unwrap();
    let challenge = world.challenge(ANN, OLD);
    let ChoosePasswordError::Rejected { violations } = world.choice_error(&challenge, OLD) else { panic!("accepted") };
    assert_eq!(violations[0].rule(), Rule::Reused { last: 1 });
    let signed_in = world.choose(&challenge, NEW);
    assert_eq!(signed_in.session().methods[0].method, AuthMethod::Password);
}

#[test]
fn a_challenge_lives_ten_minutes_and_ten_tries() {
    let (world, ann) = World::with_ann();
    block_on(world.operator.require_password_change(ann.user_id())).unwrap();
    let challenge = world.challenge(ANN, OLD);
    for _ in 0..9 {
        assert_eq!(world.choice_error(&challenge, OLD).code(), "password_rejected");
    }
    let spent = world.challenge(ANN, OLD);
    for _ in 0..10 {
        assert_eq!(world.choice_error(&spent, OLD).code(), "password_rejected");
    }
    assert_eq!(world.choice_error(&spent, NEW).code(), "challenge_invalid");
    let stale = world.challenge(ANN, OLD);
    // The tenth try of the first one is still allowed.
    let _ = world.choose(&challenge, NEW);
    assert_eq!(world.choice_error(&stale, "three owls in one oak tree").code(), "challenge_invalid");

    block_on(world.operator.require_password_change(ann.user_id())).unwrap();
    let late = world.challenge(ANN, NEW);
    world.clock.advance(10 * MINUTE);
    assert_eq!(world.choice_error(&late, OLD).code(), "challenge_invalid");
    let in_time = world.challenge(ANN, NEW);
    world.clock.advance(10 * MINUTE - SECOND);
    let _ = world.choose(&in_time, OLD);
}

#[test]
fn at_most_five_challenges_of_a_class_are_open_and_no_class_evicts_another() {
    let (world, ann) = World::with_ann();
    block_on(world.operator.require_password_change(ann.user_id())).unwrap();
    let mailed = world.confirm(ANN);
    let by_mailbox = world.challenge(ANN, &mailed);
    let by_password: Vec<_> = (0..6).map(|_| world.challenge(ANN, OLD)).collect();
    assert_eq!(world.choice_error(&by_password[0], NEW).code(), "challenge_invalid");
    assert_eq!(world.choice_error(&by_password[5], NEW).code(), "recovery_pending");
    let _ = world.choose(&by_mailbox, NEW);
}

#[test]
fn a_challenge_of_another_kind_user_or_spelling_is_refused() {
    let (world, ann) = World::with_ann();
    world.provision("bob@acme.example");
    let bob = world.challenge("bob@acme.example", &world.mailed_password());
    let text = bob.expose();
    for other in ["", " ", "0", "null", &text.to_uppercase(), &format!("{text}="), &text[1..], &format!("{text}A")] {
        assert!(Challenge::parse(other).is_err(), "{other:?}");
    }
    let (_, secret) = text.split_once('.').unwrap();
    let (ann_id, _) = device(&ann).split_once('.').map(|(id, _)| (id.to_owned(), ())).unwrap();
    let token = world.request(ANN);
    for forged in [format!("{ann_id}.{secret}"), device(&ann), token] {
        let forged = Challenge::parse(&forged).unwrap();
        assert_eq!(world.choice_error(&forged, NEW).code(), "challenge_invalid");
    }
    let unknown = Challenge::parse(&format!("Zm9v.{secret}")).unwrap();
    assert_eq!(world.choice_error(&unknown, NEW).code(), "challenge_invalid");
    let _ = world.choose(&bob, OLD);
    assert!(world.observer.kinds().contains(&EventKind::ChallengeRejected));
}

#[test]
fn choosing_ends_every_session_and_device_and_mails_a_notice() {
    let (world, ann) = World::with_ann();
    block_on(world.operator.require_password_change(ann.user_id())).unwrap();
    let challenge = world.challenge(ANN, OLD);
    let again = world.choose(&challenge, NEW);
    assert!(!world.is_live(&ann) && world.is_live(&again));
    assert_ne!(device(&ann), device(&again));
    assert_eq!(block_on(world.auth.devices(&again)).unwrap().len(), 1);
    assert!(matches!(world.last_mail().mail.kind(), MailKind::PasswordChanged { .. }));
}

#[test]
fn a_deactivated_account_chooses_nothing() {
    let world = World::new();
    let id = world.provision(ANN);
    let challenge = world.challenge(ANN, &world.mailed_password());
    block_on(world.operator.deactivate(&id)).unwrap();
    assert_eq!(world.choice_error(&challenge, OLD).code(), "challenge_invalid");
    block_on(world.operator.reactivate(&id)).unwrap();
    assert_eq!(world.choice_error(&challenge, OLD).code(), "challenge_invalid");
}

#[test]
fn history_and_composition_hold_where_a_host_insists() {
    let world = World::with(|builder| {
        builder.configure(|config| {
            config.password.history = 2;
            config.password.discouraged_composition.digit = true;
            config.password.discouraged_composition.symbol = true;
        })
    });
    world.provision(ANN);
    let mailed = world.mailed_password();
    assert!(mailed.ends_with("-aA2+"), "a temporary password meets the composition rules");
    let challenge = world.challenge(ANN, &mailed);
    let ChoosePasswordError::Rejected { violations } = world.choice_error(&challenge, OLD) else { panic!("accepted") };
    let codes: Vec<_> = violations.iter().map(doorward::password::Violation::code).collect();
    assert_eq!(codes, ["needs_digit", "needs_symbol"]);
    let passwords =
        ["1st quiet morning, May", "2nd quiet morning, May", "3rd quiet morning, May", "4th quiet morning, May"];
    let mut ann = world.choose(&challenge, passwords[0]);
    let mut change = |from: &str, to: &str| {
        world.clock.advance(SECOND);
        let outcome = block_on(world.auth.change_password(&ann, from, to));
        if let Ok(signed_in) = &outcome {
            ann = signed_in.clone();
        }
        outcome.map(drop).map_err(|error| error.code())
    };
    assert_eq!(change(passwords[0], passwords[1]), Ok(()));
    assert_eq!(change(passwords[1], passwords[2]), Ok(()));
    for reused in &passwords[..3] {
        assert_eq!(change(passwords[2], reused), Err("password_rejected"));
    }
    assert_eq!(change(passwords[2], passwords[3]), Ok(()));
    assert_eq!(change(passwords[3], passwords[0]), Ok(()), "the fourth-last password is allowed again");
    assert!(matches!(world.sign_in(ANN, passwords[0]), Ok(SignIn::Complete(_))));
}
