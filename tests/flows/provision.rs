use std::error::Error;

use doorward::account::Provision;
use doorward::error::{ConfirmResetError, ProvisionError, WelcomeError};
use doorward::event::EventKind;
use doorward::hashing::HashParams;
use doorward::mail::MailKind;
use doorward::store::{BackendCode, BackendErrorKind, MemoryAttempts, MemoryUsers};
use doorward::testing::{Fault, Faults, RecordingMailer};
use doorward::{Auth, SignIn, UserId};
use pollster::block_on;

use crate::support::*;

#[test]
fn s01_opening_an_account_mails_a_generated_password_that_nobody_else_sees() {
    let world = World::new();
    let opened = block_on(world.operator.provision(email(ANN))).unwrap();
    let mailed = world.mailed_password();
    assert_eq!(world.last_mail().to, email(ANN));
    assert!(matches!(world.last_mail().mail.kind(), MailKind::Welcome { .. }));
    assert!(!format!("{opened:?} {:?}", world.user(ANN)).contains(&mailed));
    assert!(!world.user(ANN).to_snapshot().contains(&mailed.replace('-', "")));
}

#[test]
fn s01_temporary_passwords_are_drawn_anew() {
    let world = World::new();
    let mut seen = std::collections::HashSet::new();
    for n in 0..200 {
        world.provision(&format!("user{n}@acme.example"));
        assert!(seen.insert(world.mailed_password()));
    }
}

#[test]
fn s01_revealing_is_a_call_of_its_own_and_mails_nothing() {
    let world = World::new();
    let revealed = block_on(world.operator.provision_without_mail(email(ANN))).unwrap();
    assert_eq!(world.mailer.count(), 0);
    let challenge = world.challenge(ANN, revealed.temporary_password.expose());
    let _ = world.choose(&challenge, OLD);
}

#[test]
fn s06_the_welcome_mail_says_that_the_account_is_for_one_person() {
    let world = World::new();
    world.provision(ANN);
    let mail = world.last_mail().mail;
    assert!(mail.text().contains("This account is for you alone."));
    assert!(mail.html().contains("This account is for you alone."));
}

#[test]
fn the_host_may_give_its_own_id() {
    let world = World::new();
    let id = UserId::parse("4711").unwrap();
    let opened = block_on(world.operator.provision(Provision::new(email(ANN)).id(id.clone()))).unwrap();
    assert_eq!((opened.user_id, world.user(ANN).id().clone()), (id.clone(), id.clone()));
    let taken = block_on(world.operator.provision(Provision::new(email("bob@acme.example")).id(id)));
    assert!(matches!(taken, Err(ProvisionError::IdTaken)));
    assert_eq!(world.mailer.count(), 1);
    // It also works with the longest possible id, which makes the longest tokens.
    let long = UserId::parse(&"é".repeat(64)).unwrap();
    block_on(world.operator.provision(Provision::new(email("long@acme.example")).id(long))).unwrap();
    world.confirm("long@acme.example");
}

#[test]
fn a_taken_address_is_a_typed_error_however_it_is_written() {
    let world = World::new();
    world.provision(ANN);
    let again = block_on(world.operator.provision(email("Ann@ACME.Example")));
    assert!(matches!(again, Err(ProvisionError::EmailTaken)));
    assert_eq!(world.mailer.count(), 1);
}

#[test]
fn the_first_password_works_for_a_day_and_not_longer() {
    let world = World::new();
    let opened = block_on(world.operator.provision(email(ANN))).unwrap();
    let mailed = world.mailed_password();
    assert!(world.last_mail().mail.text().contains("It works for 24 hours, until 26 November 2026, 09:00 UTC."));
    world.clock.set(opened.expires_at - SECOND);
    assert!(matches!(world.try_sign_in(ANN, &mailed), Ok(SignIn::PasswordChangeRequired(_))));
    world.clock.set(opened.expires_at);
    assert!(world.fails(ANN, &mailed));
}

#[test]
fn resending_issues_a_fresh_password_and_voids_the_one_before() {
    let world = World::new();
    let id = world.provision(ANN);
    let first = world.mailed_password();
    let challenge = world.challenge(ANN, &first);
    block_on(world.operator.resend_welcome(&id)).unwrap();
    assert!(world.fails(ANN, &first));
    assert_eq!(world.choice_error(&challenge, OLD).code(), "challenge_invalid");
    let challenge = world.challenge(ANN, &world.mailed_password());
    let _ = world.choose(&challenge, OLD);
    let chosen = block_on(world.operator.resend_welcome(&id));
    assert!(matches!(chosen, Err(WelcomeError::PasswordChosen)));
}

#[test]
fn a_mistyped_address_can_be_corrected_before_the_first_sign_in() {
    let world = World::new();
    world.provision("bob@acme.example");
    let id = world.provision("ann@acme.exmaple");
    let first = world.mailed_password();
    let token = world.request("ann@acme.exmaple");
    block_on(world.operator.correct_email(&id, email(ANN))).unwrap();
    assert_eq!(world.last_mail().to, email(ANN));
    let mailed = world.mailed_password();
    // Nothing mailed to the old address is valid for either address.
    assert!(world.fails(ANN, &first) && world.fails("ann@acme.exmaple", &first));
    assert!(block_on(world.auth.confirm_reset(&token)).is_err());
    assert!(matches!(world.sign_in(ANN, &mailed), Ok(SignIn::PasswordChangeRequired(_))));
    let taken = block_on(world.operator.correct_email(&id, email("bob@acme.example")));
    assert!(matches!(taken, Err(WelcomeError::EmailTaken)));
    // The old address is free again.
    world.provision("ann@acme.exmaple");
}

#[test]
fn if_the_mail_fails_the_account_stands_and_resending_goes_on() {
    let (faults, mailer) = (Faults::new(), RecordingMailer::new());
    let users = faults.users(MemoryUsers::new());
    let (_, operator) =
        Auth::builder(site(), users, faults.attempts(MemoryAttempts::new()), faults.mailer(mailer.clone()))
            .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
            .build_with_operator()
            .unwrap();
    faults.strike(2, Fault::Fails);
    let Err(ProvisionError::MailFailed { user_id, source }) = block_on(operator.provision(email(ANN))) else {
        panic!("the mail was accepted")
    };
    assert_eq!((source.kind(), source.call()), (BackendErrorKind::Unavailable, None));
    assert_eq!(mailer.count(), 0);
    block_on(operator.resend_welcome(&user_id)).unwrap();
    assert!(mailer.last().unwrap().temporary_password().is_some());
}

#[test]
fn a_dead_relay_can_be_diagnosed_by_the_error_and_by_the_event() {
    let world = World::new();
    let (auth, operator) = world.over_a_dead_relay();
    let opened = block_on(operator.provision(email(ANN))).unwrap_err();
    let ProvisionError::MailFailed { user_id, .. } = &opened else { panic!("{opened:?}") };
    let resent = block_on(operator.resend_welcome(user_id)).unwrap_err();
    world.provision("bob@acme.example");
    let token = world.request("bob@acme.example");
    let confirmed = block_on(auth.confirm_reset(&token)).unwrap_err();
    assert!(matches!(resent, WelcomeError::MailFailed { .. }));
    assert!(matches!(confirmed, ConfirmResetError::MailFailed { .. }));
    for error in [&opened as &dyn Error, &resent, &confirmed] {
        assert_eq!(error.source().unwrap().to_string(), "backend refused (550)");
        assert!(!format!("{error} {error:?}").contains('@'), "{error:?}");
    }
    let (error, code) = (BackendErrorKind::Refused, BackendCode::new("550"));
    for (mail, times) in [("welcome", 2), ("temporary_password", 1)] {
        assert_eq!(world.observer.count(&EventKind::MailFailed { mail, error, code: code.clone() }), times, "{mail}");
    }
    assert!(!format!("{:?}", world.observer.events()).contains('@'));
}

#[test]
fn operators_get_typed_errors() {
    let world = World::new();
    let nobody = UserId::parse("nobody").unwrap();
    assert!(matches!(block_on(world.operator.resend_welcome(&nobody)), Err(WelcomeError::UnknownUser)));
    let id = world.provision(ANN);
    block_on(world.operator.deactivate(&id)).unwrap();
    assert!(matches!(block_on(world.operator.resend_welcome(&id)), Err(WelcomeError::Deactivated)));
    for text in ["", &"x".repeat(129), "a\0b", "a\nb"] {
        assert!(UserId::parse(text).is_err(), "{text:?}");
    }
}
