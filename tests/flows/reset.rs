use std::sync::Arc;
use std::sync::mpsc::channel;

use doorward::config::{ResetMode, TokenPlacement};
use doorward::error::{CompleteResetError, ConfirmResetError, SignInError, UnconfirmedEmail};
use doorward::event::EventKind;
use doorward::mail::MailKind;
use doorward::password::ResetLinkStatus;
use doorward::session::AuthMethod;
use doorward::{Email, SignIn, SignInRequest};
use pollster::block_on;

use crate::support::*;

#[test]
fn s07_a_reset_can_be_asked_for_while_sign_in_is_being_slowed() {
    let (world, _) = World::with_ann();
    for _ in 0..30 {
        assert!(world.fails(ANN, "wrong"));
    }
    assert!(matches!(world.try_sign_in(ANN, OLD), Err(SignInError::Throttled { .. })));
    let mailed = world.confirm(ANN);
    // The temporary password is accepted although the bucket is exhausted.
    let Ok(SignIn::PasswordChangeRequired(challenge)) = world.try_sign_in(ANN, &mailed) else {
        panic!("the sign-in was delayed")
    };
    let _ = world.choose(&challenge, NEW);
}

#[test]
fn s08_both_entries_must_be_one_address_in_canonical_form() {
    assert_eq!(Email::confirmed("ann@acme.example", " Ann@ACME.example\n").unwrap(), email(ANN));
    assert_eq!(Email::confirmed("ann@acme.example", "anne@acme.example"), Err(UnconfirmedEmail::Different));
    assert_eq!(Email::confirmed("ann@acme.example", ""), Err(UnconfirmedEmail::Malformed));
    assert_eq!(Email::confirmed("ann", "ann"), Err(UnconfirmedEmail::Malformed));
}

#[test]
fn s09_requesting_mails_a_link_and_changes_nothing() {
    let (world, ann) = World::with_ann();
    let answer = block_on(world.auth.request_reset(&email(ANN))).unwrap();
    assert_eq!(answer.cooldown, 5 * MINUTE);
    assert!(matches!(world.last_mail().mail.kind(), MailKind::ConfirmReset { .. }));
    assert!(world.last_mail().mail.text().contains("It works for one hour, until 25 November 2026, 10:00 UTC."));
    assert!(world.is_live(&ann));
    let _ = world.signed_in(ANN, OLD);
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
}

#[test]
fn s10_confirming_mails_a_temporary_password_and_the_old_one_signs_in_until_then() {
    let (world, _) = World::with_ann();
    let token = world.request(ANN);
    let confirmed = block_on(world.auth.confirm_reset(&token)).unwrap();
    assert_eq!(confirmed.expires_at, doorward::Clock::now(&world.clock) + HOUR);
    assert!(matches!(world.last_mail().mail.kind(), MailKind::TemporaryPassword { .. }));
    assert_eq!(world.last_mail().to, email(ANN));
    let ann = world.signed_in(ANN, OLD);
    // Someone who only knows the old password cannot undo the recovery.
    let change = block_on(world.auth.change_password(&ann, OLD, NEW));
    assert_eq!(change.unwrap_err().code(), "recovery_pending");
    let device_id = block_on(world.auth.devices(&ann)).unwrap()[0].id;
    assert_eq!(block_on(world.auth.revoke_device(&ann, device_id)).unwrap_err().code(), "recovery_pending");
    // Once the recovery has expired, the old password is sufficient again.
    world.clock.advance(HOUR);
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
}

#[test]
fn s11_the_temporary_password_leads_to_a_new_one_and_ends_everything_else() {
    let (world, ann) = World::with_ann();
    let mailed = world.confirm(ANN);
    let second = world.mailer.count();
    let challenge = world.challenge(ANN, &mailed);
    let signed_in = world.choose(&challenge, NEW);
    assert_eq!(signed_in.session().methods[0].method, AuthMethod::TemporaryPassword);
    assert!(!world.is_live(&ann));
    assert!(world.fails(ANN, OLD) && world.fails(ANN, &mailed));
    assert_eq!(world.mailer.count(), second + 1);
    assert!(matches!(world.last_mail().mail.kind(), MailKind::ResetCompleted { .. }));
    assert!(world.observer.kinds().contains(&EventKind::ResetCompleted));
    world.clock.advance(SECOND);
    let _ = block_on(world.auth.change_password(&signed_in, NEW, OLD)).unwrap();
}

#[test]
fn s12_one_mail_in_five_minutes_and_equal_answers() {
    let (world, _) = World::with_ann();
    let before = world.mailer.count();
    let ask = |address: &str| block_on(world.auth.request_reset(&email(address))).unwrap();
    let mails = || world.mailer.count() - before;
    assert_eq!((ask(ANN), mails()), (ask(NOBODY), 1));
    world.clock.advance(5 * MINUTE - SECOND);
    assert_eq!((ask("Ann@acme.example"), mails()), (ask(NOBODY), 1));
    world.clock.advance(SECOND);
    assert_eq!((ask(ANN), mails()), (ask(NOBODY), 2));
}

/// Requests a reset every minute until a mail is sent.
fn minutes_to_the_next_mail(world: &World, each: impl Fn(u64)) -> u64 {
    let before = world.mailer.count();
    for minute in 1.. {
        world.clock.advance(MINUTE);
        each(minute);
        block_on(world.auth.request_reset(&email(ANN))).unwrap();
        if world.mailer.count() > before {
            return minute;
        }
    }
    unreachable!("the loop ends with a mail")
}

#[test]
fn s12_from_the_fourth_mail_within_a_day_the_cooldown_doubles_up_to_the_links_hour() {
    let (world, _) = World::with_ann();
    let mut waits = Vec::new();
    world.request(ANN);
    for _ in 0..8 {
        let token = world.mailed_token();
        waits.push(minutes_to_the_next_mail(&world, |minute| {
            // The link in each mail is valid until the next mail can be requested.
            let status = block_on(world.auth.inspect_reset(&token)).unwrap();
            assert_eq!(status, if minute < 60 { ResetLinkStatus::Valid } else { ResetLinkStatus::Invalid });
        }));
    }
    assert_eq!(waits, [5, 5, 5, 10, 20, 40, 60, 60]);
    world.clock.advance(DAY);
    world.request(ANN);
    assert_eq!(minutes_to_the_next_mail(&world, |_| {}), 5);
}

#[test]
fn s13_link_and_temporary_password_live_one_hour_each() {
    let (world, _) = World::with_ann();
    let token = world.request(ANN);
    world.clock.advance(HOUR - SECOND);
    let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
    let mailed = world.mailed_password();
    assert!(world.last_mail().mail.text().contains("It works for one hour, until 25 November 2026, 10:59 UTC."));
    world.clock.advance(SECOND);
    assert!(matches!(block_on(world.auth.confirm_reset(&token)), Err(ConfirmResetError::LinkInvalid)));
    world.clock.advance(HOUR - 2 * SECOND);
    assert!(matches!(world.try_sign_in(ANN, &mailed), Ok(SignIn::PasswordChangeRequired(_))));
    world.clock.advance(SECOND);
    assert!(world.fails(ANN, &mailed));
}

#[test]
fn s14_after_an_expired_one_a_new_one_must_be_requested() {
    let (world, _) = World::with_ann();
    let mailed = world.confirm(ANN);
    world.clock.advance(HOUR);
    assert!(world.fails(ANN, &mailed));
    let fresh = world.confirm(ANN);
    assert!(world.fails(ANN, &mailed));
    world.challenge(ANN, &fresh);
}

#[test]
fn the_same_link_confirms_again_after_the_cooldown_and_replaces_the_password() {
    let (world, _) = World::with_ann();
    let token = world.request(ANN);
    let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
    let first = world.mailed_password();
    let Err(ConfirmResetError::AlreadyConfirmed { retry_after }) = block_on(world.auth.confirm_reset(&token)) else {
        panic!("a second mail was sent")
    };
    assert_eq!(retry_after, 5 * MINUTE);
    let challenge = world.challenge(ANN, &first);
    world.clock.advance(retry_after);
    let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
    let second = world.mailed_password();
    assert!(world.fails(ANN, &first));
    assert_eq!(world.choice_error(&challenge, NEW).code(), "challenge_invalid");
    let challenge = world.challenge(ANN, &second);
    let _ = world.choose(&challenge, NEW);
    assert!(block_on(world.auth.confirm_reset(&token)).is_err());
}

#[test]
fn up_to_twelve_links_work_side_by_side_and_all_are_void_after_the_reset() {
    let (world, _) = World::with_ann();
    // A short cooldown reaches the limit before the links expire.
    let quick = World::with(|builder| {
        builder.configure(|config| {
            config.reset.cooldown = SECOND;
            config.danger_allow("reset.cooldown");
            config.reset.link_lifetime = DAY;
        })
    });
    let _ = quick.open(ANN, OLD);
    let mut tokens = Vec::new();
    for _ in 0..12 {
        block_on(quick.auth.request_reset(&email(ANN))).unwrap();
        tokens.push(quick.mailed_token());
        quick.clock.advance(HOUR);
    }
    let mails = quick.mailer.count();
    block_on(quick.auth.request_reset(&email(ANN))).unwrap();
    assert_eq!(quick.mailer.count(), mails, "no thirteenth mail: the mailbox holds twelve valid links");
    for token in &tokens {
        assert_eq!(block_on(quick.auth.inspect_reset(token)).unwrap(), ResetLinkStatus::Valid);
    }
    let _ = block_on(quick.auth.confirm_reset(&tokens[3])).unwrap();
    let challenge = quick.challenge(ANN, &quick.mailed_password());
    let _ = quick.choose(&challenge, NEW);
    for token in &tokens {
        assert_eq!(block_on(quick.auth.inspect_reset(token)).unwrap(), ResetLinkStatus::Invalid);
    }
    drop(world);
}

#[test]
fn an_unconfirmed_link_survives_a_change_and_a_confirmed_one_does_not() {
    let (world, ann) = World::with_ann();
    let token = world.request(ANN);
    let ann = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
    let mailed = world.mailed_password();
    world.clock.advance(HOUR);
    assert!(world.fails(ANN, &mailed));
    let _ = block_on(world.auth.change_password(&ann, NEW, OLD)).unwrap();
    assert!(block_on(world.auth.confirm_reset(&token)).is_err());
}

#[test]
fn confirming_gives_the_confirming_browser_a_lane() {
    let (world, _) = World::with_ann();
    let token = world.request(ANN);
    let confirmed = block_on(world.auth.confirm_reset(&token)).unwrap();
    let cookie = confirmed.device.unwrap().expose();
    // These failures span a quarter of an hour.
    for _ in 0..12 {
        assert!(world.fails(ANN, "wrong"));
    }
    let request = SignInRequest::new(ANN, OLD).device(&cookie);
    assert!(block_on(world.auth.try_sign_in(request)).is_ok());
}

#[test]
fn s18_a_deactivated_account_gets_the_usual_answer_and_no_mail() {
    let (world, ann) = World::with_ann();
    let token = world.request(ANN);
    block_on(world.operator.deactivate(ann.user_id())).unwrap();
    world.clock.advance(HOUR);
    let mails = world.mailer.count();
    let answers = [ANN, NOBODY].map(|address| block_on(world.auth.request_reset(&email(address))).unwrap());
    assert_eq!(answers[0], answers[1]);
    assert_eq!(world.mailer.count(), mails);
    assert!(matches!(block_on(world.auth.confirm_reset(&token)), Err(ConfirmResetError::LinkInvalid)));
}

#[test]
fn what_known_addresses_get_beyond_the_answer_comes_after_it() {
    let (later, after_the_answer) = channel();
    let world = World::with(move |builder| builder.background(move |work| drop(later.send(work))));
    let _ = world.open(ANN, OLD);
    let (mails, user) = (world.mailer.count(), world.user(ANN));
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    assert!(world.user(ANN) == user && world.mailer.count() == mails);
    after_the_answer.try_iter().for_each(block_on);
    assert!(matches!(world.last_mail().mail.kind(), MailKind::ConfirmReset { .. }));
}

#[test]
fn tokens_that_are_blank_cut_extended_or_re_spelled_match_nothing() {
    let (world, ann) = World::with_ann();
    let token = world.request(ANN);
    let before = world.user(ANN);
    let mut forged: Vec<String> = ["", " ", "0", "null", ".", "a.b"].map(String::from).into();
    forged.extend([
        token.to_uppercase(),
        token.to_lowercase(),
        format!("{token}A"),
        token[..token.len() - 1].to_owned(),
        token[1..].to_owned(),
        token.replace('.', ""),
        token.replace('.', ".."),
        world.mailed_token().repeat(2),
        "x".repeat(1 << 20),
    ]);
    for text in &forged {
        assert_ne!(block_on(world.auth.inspect_reset(text)).unwrap(), ResetLinkStatus::Valid);
        let refused = block_on(world.auth.confirm_reset(text));
        assert!(matches!(refused, Err(ConfirmResetError::LinkDamaged | ConfirmResetError::LinkInvalid)));
    }
    let device = device(&ann);
    assert_eq!(block_on(world.auth.inspect_reset(&device)).unwrap(), ResetLinkStatus::Invalid);
    assert!(matches!(block_on(world.auth.confirm_reset(&device)), Err(ConfirmResetError::LinkInvalid)));
    assert!(world.user(ANN) == before);
    let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
}

fn choosing_world() -> World {
    let site = site().link_token(TokenPlacement::Fragment);
    let mut world = World::with(|builder| builder.configure(|config| config.reset.mode = ResetMode::ChooseNewPassword));
    (world.auth, world.operator) =
        doorward::Auth::builder(site, world.users.clone(), world.attempts.clone(), world.mailer.clone())
            .clock(world.clock.clone())
            .observer(world.observer.clone())
            .configure(|config| {
                for_tests(config);
                config.reset.mode = ResetMode::ChooseNewPassword;
            })
            .build_with_operator()
            .unwrap();
    world
}

#[test]
fn s10_in_the_other_mode_the_link_itself_sets_the_password_in_one_write() {
    let world = choosing_world();
    let ann = world.open(ANN, OLD);
    let other_link = world.request(ANN);
    world.clock.advance(5 * MINUTE);
    let token = world.request(ANN);
    assert!(matches!(world.last_mail().mail.kind(), MailKind::ChooseNewPassword { .. }));
    assert!(world.last_mail().link().unwrap().contains("/reset/confirm#token="));
    assert!(matches!(block_on(world.auth.confirm_reset(&token)), Err(ConfirmResetError::OtherMode)));
    for (refused, code) in [("acme2026", "password_rejected"), (OLD, "password_rejected")] {
        assert_eq!(block_on(world.auth.complete_reset(&token, refused)).unwrap_err().code(), code);
    }
    let signed_in = complete(block_on(world.auth.complete_reset(&token, NEW)).unwrap());
    assert_eq!(signed_in.session().methods[0].method, AuthMethod::ResetLink);
    assert!(!world.is_live(&ann) && world.is_live(&signed_in));
    for link in [token, other_link] {
        let again = block_on(world.auth.complete_reset(&link, "three owls in one oak tree"));
        assert!(matches!(again, Err(CompleteResetError::LinkInvalid)));
    }
    let _ = world.signed_in(ANN, NEW);
    assert!(matches!(world.last_mail().mail.kind(), MailKind::ResetCompleted { .. }));
}

#[test]
fn in_the_other_mode_a_link_is_bounded_in_time_and_tries() {
    let world = choosing_world();
    let ann = world.open(ANN, OLD);
    let token = world.request(ANN);
    for _ in 0..10 {
        assert_eq!(block_on(world.auth.complete_reset(&token, OLD)).unwrap_err().code(), "password_rejected");
    }
    assert_eq!(block_on(world.auth.complete_reset(&token, NEW)).unwrap_err().code(), "link_invalid");
    world.clock.advance(5 * MINUTE);
    let token = world.request(ANN);
    let ann = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    assert_eq!(
        block_on(world.auth.inspect_reset(&token)).unwrap(),
        ResetLinkStatus::Valid,
        "a change by the old password invalidates no link"
    );
    world.clock.advance(5 * MINUTE);
    let token = world.request(ANN);
    world.clock.advance(HOUR);
    assert_eq!(block_on(world.auth.complete_reset(&token, OLD)).unwrap_err().code(), "link_invalid");
    assert!(world.is_live(&ann));
}

#[test]
fn purging_happens_by_itself_once_an_hour_and_by_call() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let handle = runtime.handle().clone();
    let world = World::with(|builder| builder.background(move |work| drop(handle.spawn(work))));
    for n in 0..5 {
        assert!(world.fails(&format!("user{n}@acme.example"), "wrong"));
    }
    assert_eq!(Arc::as_ref(&world.attempts).len(), 5);
    world.clock.advance(HOUR);
    assert!(world.fails(NOBODY, "wrong"));
    while !world.observer.kinds().contains(&EventKind::AttemptsPurged { entries: 5 }) {
        std::thread::yield_now();
    }
    assert_eq!(world.attempts.len(), 1);
    assert!(world.observer.kinds().contains(&EventKind::AttemptsPurged { entries: 5 }));
    world.clock.advance(HOUR);
    assert_eq!(block_on(world.auth.purge()).unwrap(), 1);
}
