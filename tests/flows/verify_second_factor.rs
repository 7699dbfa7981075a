//! The second step of a sign-in, and both steps in one.

use doorward::error::{INVALID_CREDENTIALS, SignInError, VerifySecondFactorError};
use doorward::event::{EventKind, SignInFailureReason};
use doorward::mail::MailKind;
use doorward::session::AuthMethod;
use doorward::{SignIn, SignInRequest};
use pollster::block_on;

use crate::support::*;

fn count_mails(world: &World, name: &str) -> usize {
    world.mailer.mails().iter().filter(|mail| mail.mail.kind().name() == name).count()
}

#[test]
fn s20_a_right_password_leads_to_a_code_and_a_right_code_to_a_session() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    assert!(matches!(world.verify(&challenge, &app.wrong_code(&world)), Err(VerifySecondFactorError::CodeWrong)));
    let ann = complete(world.verify(&challenge, &app.code(&world)).unwrap());
    let methods: Vec<_> = ann.session().methods.iter().map(|proven| proven.method).collect();
    assert_eq!(methods, [AuthMethod::Password, AuthMethod::Totp]);
    assert!(world.is_live(&ann));
    assert!(matches!(
        world.verify(&challenge, &app.code_in(&world, 1)),
        Err(VerifySecondFactorError::ChallengeInvalid)
    ));
    assert!(world.fails(ANN, "wrong"), "a wrong password fails as before");
}

#[test]
fn s20_codes_are_typed_with_spaces_and_dashes_and_malformed_ones_count_as_no_try() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let code = app.code(&world);
    for malformed in
        ["", "12345", &format!("{code}0"), &format!("+{code}"), &format!("\u{b9}{}", &code[1..]), "ABCD-EFGH"]
    {
        let outcome = world.verify(&challenge, malformed);
        assert!(matches!(outcome, Err(VerifySecondFactorError::CodeMalformed)), "{malformed:?}");
    }
    assert_eq!(world.failed_codes().len(), 0);
    let typed = format!(" {}-{} ", &code[..3], &code[3..]);
    let _ = complete(world.verify(&challenge, &typed).unwrap());
}

#[test]
fn s20_a_step_is_accepted_once_and_none_before_it_afterwards() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let [before, now, next] = [-1, 0, 1].map(|steps| app.code_in(&world, steps));
    let first = world.asked_for_a_code(ANN, OLD);
    let _ = complete(world.verify(&first, &now).unwrap());
    let second = world.asked_for_a_code(ANN, OLD);
    for used in [&now, &before] {
        assert!(matches!(world.verify(&second, used), Err(VerifySecondFactorError::CodeWrong)));
    }
    let _ = complete(world.verify(&second, &next).unwrap());
    // Setting the clock back makes none of them valid again.
    world.clock.set_back(10 * MINUTE);
    let third = world.asked_for_a_code(ANN, OLD);
    for steps in -1..=1 {
        assert!(world.verify(&third, &app.code_in(&world, steps)).is_err());
    }
}

#[test]
fn s20_one_step_to_either_side_is_accepted_and_two_are_not() {
    for (steps, accepted) in [(-2, false), (-1, true), (1, true), (2, false)] {
        let (world, _, app, _) = World::with_enrolled_ann();
        let challenge = world.asked_for_a_code(ANN, OLD);
        assert_eq!(world.verify(&challenge, &app.code_in(&world, steps)).is_ok(), accepted, "{steps}");
    }
    let strict = |builder: doorward::AuthBuilder| {
        builder.configure(|config| config.second_factor.totp.window = doorward::second_factor::TotpWindow::CurrentStep)
    };
    for (steps, accepted) in [(-1, false), (0, true), (1, false)] {
        let (world, _, app, _) = World::with_enrolled_ann_and(strict);
        let challenge = world.asked_for_a_code(ANN, OLD);
        assert_eq!(world.verify(&challenge, &app.code_in(&world, steps)).is_ok(), accepted, "strict, {steps}");
    }
}

#[test]
fn s20_a_recovery_code_works_once_and_its_use_is_told() {
    let (world, ann, app, codes) = World::with_enrolled_ann();
    let codes: Vec<_> = codes.expose().map(str::to_owned).collect();
    for (used, code) in codes.iter().enumerate() {
        let challenge = world.asked_for_a_code(ANN, OLD);
        let typed = if used % 2 == 0 { code.clone() } else { code.to_lowercase().replace('-', " ") };
        let _ = complete(world.verify(&challenge, &typed).unwrap());
        assert_eq!(world.recovery_codes_left(&ann), 9 - used);
        let again = world.asked_for_a_code(ANN, OLD);
        assert!(matches!(world.verify(&again, code), Err(VerifySecondFactorError::CodeWrong)));
        // Failures accumulate; right codes forgive those of the days before.
        world.clock.advance(MINUTE);
        let _ = complete(world.verify(&again, &app.code(&world)).unwrap());
        world.clock.advance(DAY);
    }
    let told: Vec<_> = world
        .mailer
        .mails()
        .iter()
        .filter_map(|mail| match mail.mail.kind() {
            MailKind::RecoveryCodeUsed { left, .. } => Some((*left, mail.mail.text())),
            _ => None,
        })
        .collect();
    assert_eq!(told.iter().map(|(left, _)| *left).collect::<Vec<_>>(), (0..10).rev().collect::<Vec<_>>());
    assert!(told[7].1.contains("Only 2 left") && told[9].1.contains("the last one"));
}

#[test]
fn s11_a_temporary_password_leads_to_a_code_and_then_to_the_forced_change() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let mailed = world.confirm(ANN);
    let challenge = world.asked_for_a_code(ANN, &mailed);
    assert!(world.choice_error(&challenge, NEW).code() == "challenge_invalid", "valid for its own step only");
    let Ok(SignIn::PasswordChangeRequired(next)) = world.verify(&challenge, &app.code(&world)) else {
        panic!("no password change was required")
    };
    let ann = world.choose(&next, NEW);
    let methods: Vec<_> = ann.session().methods.iter().map(|proven| proven.method).collect();
    assert_eq!(methods, [AuthMethod::TemporaryPassword, AuthMethod::Totp, AuthMethod::Password]);
    world.asked_for_a_code(ANN, NEW);
    assert!(world.fails(ANN, OLD) && world.fails(ANN, &mailed));
}

#[test]
fn s20_a_wrong_code_after_a_right_password_is_told_once_a_day() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let wrong_codes = |times: usize| {
        for _ in 0..times {
            let challenge = world.asked_for_a_code(ANN, OLD);
            let _ = world.verify(&challenge, &app.wrong_code(&world));
        }
    };
    wrong_codes(3);
    assert_eq!(count_mails(&world, "wrong_code"), 1);
    world.clock.advance(DAY);
    wrong_codes(2);
    assert_eq!(count_mails(&world, "wrong_code"), 2);
    assert_eq!(world.failed_codes().len(), 4, "the fifth try came too early");
}

#[test]
fn s20_challenges_live_ten_minutes_and_bear_ten_tries() {
    let (world, _, app, _) = World::with_enrolled_ann_and(|builder| {
        builder.configure(|config| {
            config.second_factor.throttle.free = 20;
            config.danger_allow("second_factor.throttle");
        })
    });
    let challenge = world.asked_for_a_code(ANN, OLD);
    world.clock.advance(10 * MINUTE);
    assert!(matches!(world.verify(&challenge, &app.code(&world)), Err(VerifySecondFactorError::ChallengeInvalid)));
    let challenge = world.asked_for_a_code(ANN, OLD);
    let mut tries = 0;
    loop {
        match world.verify(&challenge, &app.wrong_code(&world)) {
            Err(VerifySecondFactorError::CodeWrong) => tries += 1,
            Err(VerifySecondFactorError::Throttled { retry_after }) => world.clock.advance(retry_after),
            Err(VerifySecondFactorError::ChallengeInvalid) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(tries, 10);
}

#[test]
fn s20_a_device_is_remembered_only_if_the_host_and_the_user_wish_and_only_after_a_code() {
    let remembering = |builder: doorward::AuthBuilder| {
        builder.configure(|config| config.second_factor.remember_device = Some(30 * DAY))
    };
    for (host_wishes, user_wishes) in [(true, true), (true, false), (false, true)] {
        let (world, _, app, _) =
            World::with_enrolled_ann_and(|builder| if host_wishes { remembering(builder) } else { builder });
        let challenge = world.asked_for_a_code(ANN, OLD);
        let (auth, code) = (&world.auth, app.code(&world));
        let outcome = match user_wishes {
            true => block_on(auth.verify_second_factor_and_remember(&challenge, &code)),
            false => block_on(auth.verify_second_factor(&challenge, &code)),
        };
        let token = device(&complete(outcome.unwrap()));
        let from_it = || {
            world.clock.advance(SECOND);
            block_on(world.auth.try_sign_in(SignInRequest::new(ANN, OLD).device(&token))).unwrap()
        };
        let skips = host_wishes && user_wishes;
        assert_eq!(matches!(from_it(), SignIn::Complete(_)), skips);
        // Nowhere else, and not for a temporary password.
        world.clock.advance(SECOND);
        world.asked_for_a_code(ANN, OLD);
        if skips {
            world.clock.advance(30 * DAY);
            code_challenge(from_it());
        }
    }
}

#[test]
fn scenario_43_a_remembered_device_is_void_after_any_change_of_a_credential() {
    type Change = fn(&World, &doorward::SignedIn, &App);
    let changes: [(&str, Change); 4] = [
        ("password", |world, ann, _| drop(block_on(world.auth.change_password(ann, OLD, NEW)).unwrap())),
        ("recovery codes", |world, ann, _| drop(block_on(world.auth.regenerate_recovery_codes(ann)).unwrap())),
        ("another authenticator", |world, ann, _| drop(world.enroll(ann))),
        ("deactivated and back", |world, ann, _| {
            block_on(world.operator.deactivate(ann.user_id())).unwrap();
            block_on(world.operator.reactivate(ann.user_id())).unwrap();
        }),
    ];
    for (name, change) in changes {
        let (world, _, app, _) = World::with_enrolled_ann_and(|builder| {
            builder.configure(|config| config.second_factor.remember_device = Some(30 * DAY))
        });
        let challenge = world.asked_for_a_code(ANN, OLD);
        let outcome = block_on(world.auth.verify_second_factor_and_remember(&challenge, &app.code(&world)));
        let ann = complete(outcome.unwrap());
        let token = device(&ann);
        world.clock.advance(SECOND);
        change(&world, &ann, &app);
        world.clock.advance(SECOND);
        let password = if name == "password" { NEW } else { OLD };
        let outcome = block_on(world.auth.try_sign_in(SignInRequest::new(ANN, password).device(&token)));
        code_challenge(outcome.unwrap());
        assert!(name == "password" || !world.is_live(&ann), "{name}: the other session has ended");
    }
}

#[test]
fn s15_in_one_step_every_failure_is_the_one_failure_and_costs_the_same() {
    let (world, _, app, codes) = World::with_enrolled_ann();
    let _ = world.open("bob@acme.example", OLD);
    world.clock.advance(MINUTE);
    let (right, wrong) = (app.code(&world), app.wrong_code(&world));
    let one_step = |address: &str, password: &str, code: &str| {
        block_on(world.auth.try_sign_in(SignInRequest::new(address, password).code(code)))
    };
    let causes = [
        ("nobody", NOBODY, OLD, right.as_str()),
        ("wrong password, right code", ANN, "wrong", &right),
        ("right password, wrong code", ANN, OLD, &wrong),
        ("both wrong", ANN, "wrong", &wrong),
        ("no code", ANN, OLD, ""),
        ("malformed code", ANN, OLD, "12345x"),
        ("no second factor, wrong password", "bob@acme.example", "wrong", ""),
    ];
    for (cause, address, password, code) in causes {
        world.clock.advance(HOUR);
        let computed = world.auth.hash_load().computed;
        let error = one_step(address, password, code).unwrap_err();
        assert!(matches!(error, SignInError::InvalidCredentials), "{cause}: {error:?}");
        assert_eq!(error.to_string(), INVALID_CREDENTIALS);
        assert_eq!(world.auth.hash_load().computed, computed + 1, "{cause}");
        // Too early right afterwards, whatever the cause.
        assert!(matches!(one_step(address, password, code), Err(SignInError::Throttled { .. })), "{cause}");
    }
    assert_eq!(world.observer.count(&EventKind::SignInFailed { reason: SignInFailureReason::WrongCode }), 3);
    assert_eq!(world.failed_codes().len(), 1, "only well-formed codes are counted");
    world.clock.advance(HOUR);
    let _ = complete(one_step(ANN, OLD, &app.code(&world)).unwrap());
    world.clock.advance(MINUTE);
    let recovery_code = codes.expose().next().unwrap();
    let _ = complete(one_step(ANN, OLD, recovery_code).unwrap());
    // Without a second factor, the content of the code field does not matter.
    let _ = complete(one_step("bob@acme.example", OLD, "no code at all").unwrap());
}

#[test]
fn s11_in_one_step_a_temporary_password_and_a_code_lead_to_the_change() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let mailed = world.confirm(ANN);
    let one_step = |code: &str| block_on(world.auth.try_sign_in(SignInRequest::new(ANN, &mailed).code(code)));
    assert!(matches!(one_step(&app.wrong_code(&world)), Err(SignInError::InvalidCredentials)));
    assert!(matches!(one_step(""), Err(SignInError::InvalidCredentials)));
    let code = app.code(&world);
    assert!(matches!(one_step(&code), Ok(SignIn::PasswordChangeRequired(_))));
    assert!(matches!(one_step(&code), Err(SignInError::InvalidCredentials)), "the code was used");
}

#[test]
fn s20_signing_in_from_a_new_browser_is_told_to_those_with_a_second_factor() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let told = || count_mails(&world, "new_device");
    let before = told();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let token = device(&complete(world.verify(&challenge, &app.code(&world)).unwrap()));
    assert_eq!(told(), before + 1);
    world.clock.advance(MINUTE);
    let request = SignInRequest::new(ANN, OLD).device(&token).code(&app.code(&world));
    let _ = complete(block_on(world.auth.try_sign_in(request)).unwrap());
    assert_eq!(told(), before + 1, "no mail for a known browser");
}

#[test]
fn s20_changing_the_password_back_and_forth_by_a_stolen_session_gains_no_codes() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    world.clock.advance(HOUR); // the code of the enrollment no longer counts as a fresh proof
    let (mut session, mut tried, begun) = (ann, 0, world.now());
    for round in 0..10 {
        let (old, new) = if round % 2 == 0 { (OLD, NEW) } else { (NEW, OLD) };
        let mut wrong = 0;
        while wrong < 5 {
            let challenge = world.asked_for_a_code(ANN, old);
            match world.verify(&challenge, &app.wrong_code(&world)) {
                Err(VerifySecondFactorError::Throttled { retry_after }) => world.clock.advance(retry_after),
                Err(VerifySecondFactorError::CodeWrong) => (wrong, tried) = (wrong + 1, tried + 1),
                other => panic!("{other:?}"),
            }
        }
        world.clock.advance(HOUR);
        session = block_on(world.auth.change_password(&session, old, new)).unwrap();
    }
    let days = (world.now() - begun).whole_days();
    assert!(tried == 50 && days >= 39, "{tried} codes in {days} days");
    assert_eq!(world.observer.count(&EventKind::ManyWrongCodes), 1);
    let challenge = world.asked_for_a_code(ANN, OLD);
    assert!(matches!(world.verify(&challenge, &app.code(&world)), Err(VerifySecondFactorError::Throttled { .. })));
    // The owner enters a code in the session, and then changes the password.
    world.clock.advance(MINUTE);
    let ann = block_on(world.auth.reauthenticate_with_code(&session, &app.code(&world))).unwrap();
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    world.clock.advance(MINUTE);
    let challenge = world.asked_for_a_code(ANN, NEW);
    let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
}

#[test]
fn a_process_without_the_key_counts_nothing_against_the_owner() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let lost = doorward::Auth::builder(site(), world.users.clone(), world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .observer(world.observer.clone())
        .configure(|config| config.hashing.params = doorward::hashing::HashParams::danger_cheap_for_tests())
        .build()
        .unwrap();
    for _ in 0..25 {
        world.clock.advance(MINUTE);
        let challenge = code_challenge(block_on(lost.try_sign_in(SignInRequest::new(ANN, OLD))).unwrap());
        let outcome = block_on(lost.verify_second_factor(&challenge, &app.code(&world)));
        assert!(matches!(outcome, Err(VerifySecondFactorError::CodeWrong)));
    }
    assert_eq!(world.failed_codes().len(), 0);
    let challenge = world.asked_for_a_code(ANN, OLD);
    let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
}
