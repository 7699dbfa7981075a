use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use doorward::config::{Backoff, Hold};
use doorward::error::{INVALID_CREDENTIALS, SignInError};
use doorward::event::{EventKind, SignInFailureReason};
use doorward::hashing::HashParams;
use doorward::mail::MailKind;
use doorward::store::{BackendCode, BackendErrorKind};
use doorward::{ClientAddress, DeviceToken, SignIn, SignInRequest};
use pollster::block_on;

use crate::support::*;

#[test]
fn s02_a_temporary_password_opens_only_the_choice_of_an_own_one() {
    let world = World::new();
    world.provision(ANN);
    let mailed = world.mailed_password();
    // Accepted in lenient spellings and repeatedly: signing in with it does not use it up.
    for typed in [mailed.clone(), mailed.to_lowercase(), mailed.replace('-', " "), mailed.replace('-', "")] {
        assert!(matches!(world.try_sign_in(ANN, &typed), Ok(SignIn::PasswordChangeRequired(_))));
    }
    assert!(world.observer.kinds().iter().all(|kind| !matches!(kind, EventKind::SignedIn { .. })));
}

#[test]
fn s15_every_cause_gives_the_one_message() {
    let world = World::new();
    let _ = world.open(ANN, OLD);
    let _ = world.open("gone@acme.example", OLD);
    block_on(world.operator.deactivate(world.user("gone@acme.example").id())).unwrap();
    world.provision("new@acme.example");
    let stale = world.mailed_password();
    world.clock.advance(DAY);
    let oversized = "x".repeat(1024 * 1024);
    let cases = [
        (ANN, "wrong", SignInFailureReason::WrongPassword),
        (ANN, "", SignInFailureReason::WrongPassword),
        (ANN, &oversized, SignInFailureReason::WrongPassword),
        (ANN, "a quiet morning in May\0", SignInFailureReason::WrongPassword),
        (NOBODY, OLD, SignInFailureReason::UnknownEmail),
        ("gone@acme.example", OLD, SignInFailureReason::Deactivated),
        ("new@acme.example", OLD, SignInFailureReason::NoPassword),
        ("new@acme.example", &stale, SignInFailureReason::NoPassword),
        ("not an address", OLD, SignInFailureReason::MalformedEmail),
        ("", "", SignInFailureReason::MalformedEmail),
    ];
    for (address, password, reason) in cases {
        let error = world.sign_in(address, password).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.code()), (INVALID_CREDENTIALS, "invalid_credentials"));
        assert_eq!((error.http_status(), error.retry_after()), (401, None));
        let mut failures = world.observer.kinds();
        failures.retain(|kind| matches!(kind, EventKind::SignInFailed { .. }));
        assert_eq!(failures.last(), Some(&EventKind::SignInFailed { reason }), "{reason:?}");
    }
    assert_eq!(INVALID_CREDENTIALS, "Email and Password do not match");
}

#[test]
fn s15_a_try_that_was_not_evaluated_says_only_how_long_to_wait() {
    let world = World::new();
    let _ = world.open(ANN, OLD);
    for address in [ANN, NOBODY] {
        assert!(world.fails(address, "wrong"));
        let early = world.try_sign_in(address, OLD).unwrap_err();
        let SignInError::Throttled { retry_after } = early else { panic!("the try was evaluated") };
        assert_eq!(retry_after, Duration::from_millis(250), "{address}");
        assert_eq!((early.code(), early.http_status(), early.retry_after()), ("throttled", 429, Some(retry_after)));
    }
}

#[test]
fn s16_each_further_try_takes_longer_up_to_an_hour_and_early_tries_change_nothing() {
    let world = World::new();
    let _ = world.open(ANN, OLD);
    let mut expected = Backoff::default();
    expected.free = 0;
    world.clock.advance(MINUTE);
    for failures in 1..=20 {
        assert!(matches!(world.try_sign_in(ANN, "wrong"), Err(SignInError::InvalidCredentials)));
        for _ in 0..3 {
            match world.try_sign_in(ANN, OLD) {
                Err(SignInError::Throttled { retry_after }) => assert_eq!(retry_after, expected.delay_after(failures)),
                other => panic!("{other:?}"),
            }
        }
        world.clock.advance(expected.delay_after(failures));
    }
    assert_eq!(expected.delay_after(20), HOUR);
}

#[test]
fn s17_no_number_of_failures_blocks_an_account() {
    let world = World::new();
    let _ = world.open(ANN, OLD);
    for _ in 0..200 {
        assert!(world.fails(ANN, "wrong"));
    }
    world.clock.advance(HOUR);
    assert!(matches!(world.try_sign_in(ANN, OLD), Ok(SignIn::Complete(_))));
}

#[test]
fn l1_a_success_takes_back_six_failures_and_shortens_no_wait_of_strangers() {
    let world = World::new();
    let _ = world.open(ANN, OLD);
    for _ in 0..10 {
        assert!(world.fails(ANN, "wrong"));
    }
    let _ = world.signed_in(ANN, OLD);
    assert!(world.observer.kinds().contains(&EventKind::SignedIn { after_failures: 10 }));
    // Eleven were charged and six taken back, so the next failure is the sixth.
    let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, "wrong") else { panic!("no wait") };
    assert_eq!(retry_after, Backoff::default().delay_after(11), "the wait does not reveal the success");
    assert!(world.fails(ANN, "wrong"));
    let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, OLD) else { panic!("no wait") };
    assert_eq!(retry_after, Backoff::default().delay_after(6));
}

/// The numbers of failures that owners were mailed about.
fn noticed(world: &World) -> Vec<u32> {
    let failures = |recorded: &doorward::testing::RecordedMail| match recorded.mail.kind() {
        MailKind::SignInAfterFailures { failures, .. } => *failures,
        other => panic!("{other:?}"),
    };
    world.mails("sign_in_after_failures").iter().map(failures).collect()
}

fn failing(world: &World, times: usize) {
    for _ in 0..times {
        assert!(world.fails(ANN, "wrong"));
    }
}

#[test]
fn a_right_password_after_ten_failures_is_mailed_to_its_owner() {
    for (failures, mailed) in [(9, vec![]), (10, vec![10]), (12, vec![12])] {
        let (world, _) = World::with_ann();
        failing(&world, failures);
        assert!(noticed(&world).is_empty(), "failures alone cause no mail");
        let _ = world.signed_in(ANN, OLD);
        assert_eq!(noticed(&world), mailed);
        let Some(notice) = world.mails("sign_in_after_failures").pop() else { continue };
        assert_eq!(notice.to, email(ANN));
        let MailKind::SignInAfterFailures { at, .. } = notice.mail.kind() else { panic!("{notice:?}") };
        assert_eq!(*at, world.now());
        assert_eq!(notice.mail.worth_sending_for(), None);
    }
}

#[test]
fn failures_before_a_right_password_are_mailed_once_a_day() {
    let (world, _) = World::with_ann();
    failing(&world, 40);
    let _ = world.signed_in(ANN, OLD);
    assert_eq!(noticed(&world), [15], "the throttle counts no further");
    let noticed_at = world.now();
    for hours in [0, 20] {
        world.clock.set(noticed_at + hours * HOUR);
        failing(&world, 12);
        let _ = world.signed_in(ANN, OLD);
        assert!(world.now() < noticed_at + DAY);
        assert_eq!(noticed(&world).len(), 1, "after {hours} hours");
    }
    world.clock.set(noticed_at + DAY);
    failing(&world, 12);
    let _ = world.signed_in(ANN, OLD);
    assert_eq!(noticed(&world).len(), 2);
    // One that was sent in the future, by a clock that was wrong, silences nothing.
    world.clock.set_back(30 * DAY);
    failing(&world, 15);
    let _ = world.signed_in(ANN, OLD);
    assert_eq!(noticed(&world).len(), 3);
}

#[test]
fn nobody_is_mailed_about_failures_without_a_right_password() {
    let (world, _) = World::with_ann();
    let gone = world.open("gone@acme.example", OLD);
    block_on(world.operator.deactivate(gone.user_id())).unwrap();
    world.provision("new@acme.example");
    let temporary = world.mailed_password();
    let mails = world.mailer.count();
    for address in [ANN, NOBODY, "gone@acme.example", "new@acme.example"] {
        for _ in 0..12 {
            assert!(world.fails(address, "wrong"));
        }
    }
    assert!(world.fails("gone@acme.example", OLD));
    // A mailed password is charged in no bucket.
    let _ = world.challenge("new@acme.example", &temporary);
    assert_eq!(world.mailer.count(), mails);
}

#[test]
fn each_bucket_is_judged_by_its_own_failures() {
    let (world, ann) = World::with_ann();
    let cookie = device(&ann);
    let on_device = |password: &str| loop {
        match block_on(world.auth.try_sign_in(SignInRequest::new(ANN, password).device(&cookie))) {
            Err(SignInError::Throttled { retry_after }) => world.clock.advance(retry_after),
            outcome => return outcome,
        }
    };
    failing(&world, 12);
    assert!(on_device(OLD).is_ok());
    assert!(noticed(&world).is_empty(), "those are the failures of others");
    for _ in 0..11 {
        assert!(on_device("wrong").is_err());
    }
    assert!(on_device(OLD).is_ok());
    assert_eq!(noticed(&world), [11]);
}

#[test]
fn a_right_password_is_mailed_before_the_code_and_a_wrong_code_in_one_step_is_not_told_apart() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let one_step = |code: &str| loop {
        match block_on(world.auth.try_sign_in(SignInRequest::new(ANN, OLD).code(code))) {
            Err(SignInError::Throttled { retry_after }) => world.clock.advance(retry_after),
            outcome => return outcome,
        }
    };
    failing(&world, 10);
    assert!(matches!(one_step(&app.wrong_code(&world)), Err(SignInError::InvalidCredentials)));
    assert!(noticed(&world).is_empty(), "the mail about the wrong code says more");
    assert_eq!(world.mails("wrong_code").len(), 1);
    let _ = world.asked_for_a_code(ANN, OLD);
    assert_eq!(noticed(&world), [11]);
    let (world, _, app, _) = World::with_enrolled_ann();
    failing(&world, 10);
    world.clock.advance(HOUR);
    let request = SignInRequest::new(ANN, OLD).code(&app.code(&world));
    assert!(matches!(block_on(world.auth.try_sign_in(request)), Ok(SignIn::Complete(_))));
    assert_eq!(noticed(&world), [10]);
}

#[test]
fn the_number_of_failures_worth_a_mail_is_a_setting() {
    type Change = fn(&mut doorward::Config);
    let cases: [(Change, usize, &[u32]); 5] = [
        (|config| config.notice.after_failures = None, 20, &[]),
        (|config| config.notice.after_failures = Some(1), 1, &[1]),
        (|config| config.notice.after_failures = Some(12), 11, &[]),
        // The throttle stops counting at its longest wait: after 15 failures, or after 6 if the wait grows tenfold.
        (|config| config.notice.after_failures = Some(100), 20, &[15]),
        (|config| config.throttle.growth = 10, 6, &[6]),
    ];
    for (change, failures, mailed) in cases {
        let world = World::with(|builder| builder.configure(change));
        let _ = world.open(ANN, OLD);
        world.clock.advance(DAY);
        failing(&world, failures);
        let _ = world.signed_in(ANN, OLD);
        assert_eq!(noticed(&world), mailed);
    }
}

#[test]
fn the_mail_about_failures_goes_out_after_the_answer_and_its_failure_changes_nothing() {
    let (later, after_the_answer) = std::sync::mpsc::channel();
    let world = World::with(move |builder| builder.background(move |work| drop(later.send(work))));
    let _ = world.open(ANN, OLD);
    failing(&world, 10);
    let _ = world.signed_in(ANN, OLD);
    assert!(noticed(&world).is_empty());
    after_the_answer.try_iter().for_each(block_on);
    assert_eq!(noticed(&world), [10]);

    let (world, _) = World::with_ann();
    failing(&world, 10);
    world.clock.advance(HOUR);
    let (auth, _) = world.over_a_dead_relay();
    assert!(matches!(block_on(auth.try_sign_in(SignInRequest::new(ANN, OLD))), Ok(SignIn::Complete(_))));
    let (error, code) = (BackendErrorKind::Refused, BackendCode::new("550"));
    assert_eq!(world.observer.count(&EventKind::MailFailed { mail: "sign_in_after_failures", error, code }), 1);
}

#[test]
fn a_known_device_has_a_lane_that_no_stranger_reaches_and_that_is_limited_itself() {
    let (world, ann) = World::with_ann();
    let cookie = device(&ann);
    for _ in 0..20 {
        assert!(world.fails(ANN, "wrong"));
    }
    let request = |password: &str| SignInRequest::new(ANN, password).device(&cookie);
    assert!(matches!(block_on(world.auth.try_sign_in(request(OLD))), Ok(SignIn::Complete(_))));
    world.clock.advance(SECOND);
    assert!(matches!(block_on(world.auth.try_sign_in(request("wrong"))), Err(SignInError::InvalidCredentials)));
    assert!(matches!(block_on(world.auth.try_sign_in(request(OLD))), Err(SignInError::Throttled { .. })));
}

#[test]
fn a_device_token_of_another_user_or_of_another_spelling_is_ignored() {
    let (world, ann) = World::with_ann();
    let bob = world.open("bob@acme.example", OLD);
    for _ in 0..5 {
        assert!(world.fails("bob@acme.example", "wrong"));
    }
    let own = device(&bob);
    assert!(DeviceToken::parse(&own).is_ok());
    let cookies = [
        device(&ann),
        String::new(),
        " ".into(),
        "0".into(),
        "null".into(),
        own.to_uppercase(),
        format!("{own}="),
        format!("{own}A"),
        own[1..].to_owned(),
        own[..own.len() - 1].to_owned(),
        format!(" {own}"),
        own.replace('.', ""),
        "x".repeat(1 << 20),
    ];
    for cookie in cookies {
        let request = SignInRequest::new("bob@acme.example", OLD).device(&cookie);
        let outcome = block_on(world.auth.try_sign_in(request));
        assert!(matches!(outcome, Err(SignInError::Throttled { .. })));
    }
    let request = SignInRequest::new("bob@acme.example", OLD).device(&own);
    assert!(block_on(world.auth.try_sign_in(request)).is_ok());
}

#[test]
fn devices_are_bounded_last_ninety_days_after_use_and_a_new_one_spares_those_used_this_week() {
    // Sessions are over after an hour without use.
    let defaults = |config: &mut doorward::Config| config.session = Default::default();
    let world = World::with(|builder| builder.configure(defaults));
    let first = world.open(ANN, OLD);
    for _ in 0..19 {
        world.clock.advance(HOUR);
        let _ = world.signed_in(ANN, OLD);
    }
    world.clock.advance(HOUR);
    let late = world.signed_in(ANN, OLD);
    assert!(late.device_token().is_none(), "all places are taken by devices used this week");
    assert_eq!(block_on(world.auth.devices(&late)).unwrap().len(), 20);
    world.clock.advance(7 * DAY);
    let replacing = world.signed_in(ANN, OLD);
    assert!(replacing.device_token().is_some());
    let devices = block_on(world.auth.devices(&replacing)).unwrap();
    assert_eq!(devices.len(), 20);
    // The first device was the least recently used; its token is no longer valid.
    for _ in 0..3 {
        assert!(world.fails(ANN, "wrong"));
    }
    let request = SignInRequest::new(ANN, OLD).device(&device(&first));
    assert!(matches!(block_on(world.auth.try_sign_in(request)), Err(SignInError::Throttled { .. })));
    world.clock.advance(90 * DAY);
    let now = world.signed_in(ANN, OLD);
    let devices = block_on(world.auth.devices(&now)).unwrap();
    let alive: Vec<_> =
        devices.iter().filter(|device| device.expires_at > world.now()).map(|device| device.id).collect();
    assert_eq!((alive, devices.len()), (vec![now.session().device.unwrap()], 20), "replaces an expired one");
}

#[test]
fn a_device_in_use_is_renewed_and_keeps_its_token() {
    let (world, ann) = World::with_ann();
    for _ in 0..4 {
        world.clock.advance(60 * DAY);
        let request = SignInRequest::new(ANN, OLD).device(&device(&ann));
        let again = complete(block_on(world.auth.try_sign_in(request)).unwrap());
        assert_eq!(device(&again), device(&ann));
        assert_eq!(block_on(world.auth.devices(&again)).unwrap().len(), 1);
    }
}

#[test]
fn a_source_has_a_lane_across_accounts_in_which_a_success_takes_back_its_own_failure_only() {
    let world = World::new();
    let _ = world.open(ANN, OLD);
    world.clock.advance(MINUTE);
    let source = || ClientAddress::from_ip([192, 0, 2, 7].into());
    for n in 0..20 {
        let request = SignInRequest::new(&format!("user{n}@acme.example"), "wrong").client_address(source());
        assert!(matches!(block_on(world.auth.try_sign_in(request)), Err(SignInError::InvalidCredentials)));
    }
    let request = || SignInRequest::new(ANN, OLD).client_address(source());
    assert!(matches!(block_on(world.auth.try_sign_in(request())), Ok(SignIn::Complete(_))));
    let fresh = SignInRequest::new("fresh@acme.example", "wrong").client_address(source());
    assert!(
        matches!(block_on(world.auth.try_sign_in(fresh)), Err(SignInError::InvalidCredentials)),
        "the twenty-first failure is free as well"
    );
    let early = SignInRequest::new("other@acme.example", "wrong").client_address(source());
    let early = block_on(world.auth.try_sign_in(early));
    assert!(matches!(early, Err(SignInError::Throttled { .. })));
    // A try that the client address's bucket rejected is not charged to the account.
    assert!(matches!(world.try_sign_in("other@acme.example", "wrong"), Err(SignInError::InvalidCredentials)));
}

#[test]
fn a_short_delay_is_waited_out_by_one_try_per_lane() {
    let waits = Arc::new(AtomicUsize::new(0));
    let clock = doorward::testing::ManualClock::new();
    let (counted, moved) = (Arc::clone(&waits), clock.clone());
    let hold = Hold::up_to(Duration::from_secs(10), move |wait| {
        counted.fetch_add(1, Ordering::Relaxed);
        let moved = moved.clone();
        async move { moved.advance(wait) }
    });
    let world = World::with(|builder| builder.clock(clock.clone()).hold(hold));
    world.provision(ANN);
    let SignIn::PasswordChangeRequired(challenge) =
        block_on(world.auth.sign_in(SignInRequest::new(ANN, &world.mailed_password()))).unwrap()
    else {
        panic!("no password change was required")
    };
    let _ = world.choose(&challenge, OLD);
    // The spacing after a success stays invisible, as do the first failures.
    for _ in 0..3 {
        assert!(block_on(world.auth.sign_in(SignInRequest::new(ANN, OLD))).is_ok());
    }
    for _ in 0..6 {
        let outcome = block_on(world.auth.sign_in(SignInRequest::new(ANN, "wrong")));
        assert!(matches!(outcome, Err(SignInError::InvalidCredentials)));
    }
    assert_eq!(waits.load(Ordering::Relaxed), 8);
    // 250 ms · 2^6 = 16 s is too long to hold.
    let mut outcomes = (0..2).map(|_| block_on(world.auth.sign_in(SignInRequest::new(ANN, "wrong"))));
    assert!(outcomes.any(|outcome| matches!(outcome, Err(SignInError::Throttled { .. }))));
}

#[test]
fn a_hash_of_other_parameters_is_replaced_in_passing_and_ends_no_session() {
    let world = World::new();
    let ann = world.open(ANN, OLD);
    let stronger = HashParams::danger_weak(64, 2, 1).unwrap();
    let other = doorward::Auth::builder(site(), world.users.clone(), world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .configure(|config| config.hashing.params = stronger)
        .build()
        .unwrap();
    world.clock.advance(SECOND);
    assert!(block_on(other.sign_in(SignInRequest::new(ANN, OLD))).is_ok());
    assert_eq!(other.hash_load().computed, 2);
    assert!(world.user(ANN).to_snapshot().contains("m=64,t=2,p=1"));
    assert!(world.is_live(&ann));
    world.clock.advance(SECOND);
    assert!(block_on(other.sign_in(SignInRequest::new(ANN, OLD))).is_ok());
    assert_eq!(other.hash_load().computed, 3);
}

#[test]
fn a_change_of_the_account_while_the_password_is_checked_is_never_missed() {
    // A password change required before the sign-in leads to choosing a password instead of a session.
    let (world, ann) = World::with_ann();
    block_on(world.operator.require_password_change(ann.user_id())).unwrap();
    let challenge = world.challenge(ANN, OLD);
    assert!(!world.is_live(&ann));
    let _ = world.choose(&challenge, NEW);
    assert!(world.fails(ANN, OLD));
}

#[test]
fn unicode_spaces_and_compositions_of_one_password_are_one() {
    let world = World::new();
    let _ = world.open(ANN, "caf\u{e9} au lait, s'il vous pla\u{ee}t");
    let _ = world.signed_in(ANN, "cafe\u{301} au\u{a0}lait,\u{2003}s'il vous plai\u{302}t");
    assert!(world.fails(ANN, "Caf\u{e9} au lait, s'il vous pla\u{ee}t"), "case counts");
    assert!(world.fails(ANN, " caf\u{e9} au lait, s'il vous pla\u{ee}t"), "nothing is trimmed");
}
