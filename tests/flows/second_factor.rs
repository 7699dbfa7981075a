//! Enrolling, turning off, recovery codes, and a policy that requires a second factor.

use std::sync::Arc;

use doorward::error::{EnrollmentError, SecondFactorError};
use doorward::event::EventKind;
use doorward::hashing::HashParams;
use doorward::second_factor::StepUp;
use doorward::second_factor::{SecondFactorPolicy, SecondFactorStatus, TotpAlgorithm, TotpDigits};
use doorward::{Auth, SignIn, SignInRequest};
use pollster::block_on;

use crate::support::*;

#[test]
fn s20_what_was_begun_does_nothing_until_a_code_proves_it() {
    let world = World::with_keyring(|builder| builder);
    let ann = world.open(ANN, OLD);
    assert_eq!(block_on(world.auth.second_factor(&ann)).unwrap(), SecondFactorStatus::Off);
    let enrollment = block_on(world.auth.begin_enrollment(&ann)).unwrap();
    let _ = world.signed_in(ANN, OLD);
    let app = App::new(&enrollment);
    let wrong = block_on(world.auth.confirm_enrollment(&ann, &app.wrong_code(&world)));
    assert!(matches!(wrong, Err(EnrollmentError::CodeWrong)));
    let _ = world.signed_in(ANN, OLD);
    // Beginning another one replaces it.
    let other = App::new(&block_on(world.auth.begin_enrollment(&ann)).unwrap());
    let late = block_on(world.auth.confirm_enrollment(&ann, &app.code(&world)));
    assert!(matches!(late, Err(EnrollmentError::CodeWrong)));
    let code = other.code(&world);
    let (ann, codes) = block_on(world.auth.confirm_enrollment(&ann, &code)).unwrap();
    assert_eq!(codes.expose().count(), 10);
    assert!(world.is_live(&ann));
    // The code that confirmed it is used up.
    let challenge = world.asked_for_a_code(ANN, OLD);
    assert!(world.verify(&challenge, &code).is_err());
    world.clock.advance(MINUTE);
    let _ = complete(world.verify(&challenge, &other.code(&world)).unwrap());
}

#[test]
fn s20_enrolling_is_told_ends_other_sessions_and_waits_ten_minutes_for_its_code() {
    let world = World::with_keyring(|builder| builder);
    let ann = world.open(ANN, OLD);
    let elsewhere = world.signed_in(ANN, OLD);
    let app = App::new(&block_on(world.auth.begin_enrollment(&ann)).unwrap());
    world.clock.advance(10 * MINUTE);
    let late = block_on(world.auth.confirm_enrollment(&ann, &app.code(&world)));
    assert!(matches!(late, Err(EnrollmentError::NotBegun)));
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    let (ann, ..) = world.enroll(&ann);
    assert!(world.is_live(&ann) && !world.is_live(&elsewhere));
    assert_eq!(world.last_mail().mail.kind().name(), "second_factor_enabled");
    assert_eq!(world.observer.count(&EventKind::SecondFactorEnabled), 1);
}

#[test]
fn s20_without_a_keyring_enrolling_says_so() {
    let (world, ann) = World::with_ann();
    assert!(matches!(block_on(world.auth.begin_enrollment(&ann)), Err(EnrollmentError::NoKeyring)));
    let _ = world.signed_in(ANN, OLD);
}

#[test]
fn s20_changes_of_the_second_factor_take_a_proof_no_older_than_five_minutes() {
    let world = World::with_keyring(|builder| builder);
    let ann = world.open(ANN, OLD);
    world.clock.advance(5 * MINUTE);
    let needed = block_on(world.auth.begin_enrollment(&ann));
    assert!(matches!(needed, Err(EnrollmentError::StepUpRequired { needs: StepUp::Password })));
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    let (ann, app, _) = world.enroll(&ann);
    world.clock.advance(5 * MINUTE);
    let disable = |ann| block_on(world.auth.disable_second_factor(ann));
    let regenerate = |ann| block_on(world.auth.regenerate_recovery_codes(ann)).map(|(ann, _)| ann);
    let revoke = |ann: &doorward::SignedIn| {
        let device = block_on(world.auth.devices(ann)).unwrap()[0].id;
        block_on(world.auth.revoke_device(ann, device))
    };
    assert!(matches!(disable(&ann), Err(SecondFactorError::StepUpRequired { needs: StepUp::SecondFactor })));
    assert!(matches!(regenerate(&ann), Err(SecondFactorError::StepUpRequired { needs: StepUp::SecondFactor })));
    assert!(matches!(revoke(&ann), Err(doorward::error::DeviceError::StepUpRequired { needs: StepUp::SecondFactor })));
    // With a second factor on, the password alone is not a sufficient proof.
    let by_password = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    assert!(matches!(disable(&by_password), Err(SecondFactorError::StepUpRequired { needs: StepUp::SecondFactor })));
    assert!(matches!(
        block_on(world.auth.begin_enrollment(&by_password)),
        Err(EnrollmentError::StepUpRequired { needs: StepUp::SecondFactor })
    ));
    let by_code = block_on(world.auth.reauthenticate_with_code(&by_password, &app.code(&world))).unwrap();
    assert!(world.user(ANN).overview().has_second_factor);
    let by_code = regenerate(&by_code).unwrap();
    assert!(revoke(&by_code).is_ok());
}

#[test]
fn s20_turned_off_it_asks_for_no_code_and_ends_other_sessions() {
    let (world, ann, app, codes) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let elsewhere = complete(world.verify(&challenge, &app.code(&world)).unwrap());
    let ann = block_on(world.auth.disable_second_factor(&ann)).unwrap();
    assert!(world.is_live(&ann) && !world.is_live(&elsewhere));
    assert_eq!(world.last_mail().mail.kind().name(), "second_factor_disabled");
    let _ = world.signed_in(ANN, OLD);
    assert!(matches!(block_on(world.auth.disable_second_factor(&ann)), Err(SecondFactorError::NotEnrolled)));
    // After enrolling again, nothing from before is valid.
    let (_, new_app, _) = world.enroll(&ann);
    world.clock.advance(MINUTE);
    let challenge = world.asked_for_a_code(ANN, OLD);
    assert!(world.verify(&challenge, &app.code(&world)).is_err());
    assert!(world.verify(&challenge, codes.expose().next().unwrap()).is_err());
    let _ = complete(world.verify(&challenge, &new_app.code(&world)).unwrap());
}

#[test]
fn s20_new_recovery_codes_take_the_place_of_all_before() {
    let (world, ann, app, codes) = World::with_enrolled_ann();
    let (ann, new_codes) = block_on(world.auth.regenerate_recovery_codes(&ann)).unwrap();
    assert_eq!(world.recovery_codes_left(&ann), 10);
    let challenge = world.asked_for_a_code(ANN, OLD);
    for old in codes.expose().take(3) {
        assert!(world.verify(&challenge, old).is_err());
    }
    let _ = complete(world.verify(&challenge, new_codes.expose().last().unwrap()).unwrap());
    world.clock.advance(MINUTE);
    let challenge = world.asked_for_a_code(ANN, OLD);
    let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
}

#[test]
fn s20_an_authenticator_is_replaced_by_a_code_of_the_one_before() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    world.clock.advance(5 * MINUTE);
    let ann = block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world))).unwrap();
    let new_app = App::new(&block_on(world.auth.begin_enrollment(&ann)).unwrap());
    // Until the new one is confirmed, the old one is required.
    world.clock.advance(MINUTE);
    let challenge = world.asked_for_a_code(ANN, OLD);
    let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
    let _ = block_on(world.auth.confirm_enrollment(&ann, &new_app.code(&world))).unwrap();
    world.clock.advance(MINUTE);
    let challenge = world.asked_for_a_code(ANN, OLD);
    assert!(world.verify(&challenge, &app.code(&world)).is_err());
    let _ = complete(world.verify(&challenge, &new_app.code(&world)).unwrap());
}

#[test]
fn s20_where_it_is_required_a_password_leads_to_enrolling_and_to_nothing_else() {
    let world = World::with_keyring(|builder| {
        builder.configure(|config| config.second_factor.policy = SecondFactorPolicy::Required)
    });
    assert_eq!(world.auth.password_policy().rules()[0].text(), "Use at least 8 characters.");
    world.provision(ANN);
    let challenge = world.challenge(ANN, &world.mailed_password());
    let Ok(SignIn::EnrollmentRequired(challenge)) = block_on(world.auth.choose_password(&challenge, OLD)) else {
        panic!("a session was granted")
    };
    let begun = block_on(world.auth.begin_required_enrollment(&challenge)).unwrap();
    let app = App::new(&begun);
    let wrong = block_on(world.auth.confirm_required_enrollment(&challenge, &app.wrong_code(&world)));
    assert!(matches!(wrong, Err(EnrollmentError::CodeWrong)));
    // If the user stops here, the next sign-in leads to enrolling again.
    let Ok(SignIn::EnrollmentRequired(other)) = world.sign_in(ANN, OLD) else { panic!("a session was granted") };
    let outcome = block_on(world.auth.confirm_required_enrollment(&challenge, &app.code(&world)));
    let (SignIn::Complete(ann), codes) = outcome.unwrap() else { panic!("not complete") };
    assert_eq!((codes.expose().count(), world.is_live(&ann)), (10, true));
    for used in [&challenge, &other] {
        assert!(matches!(block_on(world.auth.begin_required_enrollment(used)), Err(EnrollmentError::ChallengeInvalid)));
    }
    assert!(matches!(block_on(world.auth.disable_second_factor(&ann)), Err(SecondFactorError::RequiredByPolicy)));
    world.clock.advance(MINUTE);
    let challenge = world.asked_for_a_code(ANN, OLD);
    let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
}

#[test]
fn s20_enrolments_keep_what_they_were_made_with_when_the_settings_change() {
    let settings = [
        (TotpAlgorithm::Sha1, TotpDigits::Six),
        (TotpAlgorithm::Sha256, TotpDigits::Eight),
        (TotpAlgorithm::Sha512, TotpDigits::Six),
    ];
    let world = World::with_keyring(|builder| builder);
    let under = |(algorithm, digits): (TotpAlgorithm, TotpDigits)| {
        Auth::builder(site(), world.users.clone(), world.attempts.clone(), world.mailer.clone())
            .clock(world.clock.clone())
            .keyring(keyring())
            .configure(|config| {
                config.hashing.params = HashParams::danger_cheap_for_tests();
                (config.second_factor.totp.algorithm, config.second_factor.totp.digits) = (algorithm, digits);
            })
            .build()
            .unwrap()
    };
    let mut apps = Vec::new();
    for (index, setting) in settings.into_iter().enumerate() {
        let address = format!("user-{index}@acme.example");
        let user = world.open(&address, OLD);
        let auth = under(setting);
        let app = App::new(&block_on(auth.begin_enrollment(&user)).unwrap());
        let _ = block_on(auth.confirm_enrollment(&user, &app.code(&world))).unwrap();
        apps.push((address, app));
    }
    world.clock.advance(MINUTE);
    for setting in settings {
        let auth = under(setting);
        for (address, app) in &apps {
            let challenge = code_challenge(block_on(auth.sign_in(SignInRequest::new(address, OLD))).unwrap());
            let outcome = block_on(auth.verify_second_factor(&challenge, &app.code(&world)));
            let _ = complete(outcome.unwrap());
        }
        world.clock.advance(MINUTE);
    }
}

#[test]
fn s20_an_operator_takes_it_off_for_a_reason_and_the_owner_is_told() {
    let (world, ann, ..) = World::with_enrolled_ann();
    block_on(world.operator.reset_second_factor(ann.user_id(), "showed her passport\nat the desk")).unwrap();
    let reason: Box<str> = "showed her passportat the desk".into();
    assert_eq!(world.observer.count(&EventKind::SecondFactorReset { reason }), 1);
    assert!(world.last_mail().mail.text().contains("by our support"));
    assert!(!world.is_live(&ann));
    let _ = world.signed_in(ANN, OLD);
    // Repeating it is not an error and does nothing.
    let sent = world.mailer.count();
    block_on(world.operator.reset_second_factor(ann.user_id(), "again")).unwrap();
    assert_eq!(world.mailer.count(), sent);
}

#[test]
fn a_recovery_that_is_open_lets_nobody_change_the_second_factor() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    let mailed = world.confirm(ANN);
    assert!(matches!(block_on(world.auth.disable_second_factor(&ann)), Err(SecondFactorError::RecoveryPending { .. })));
    assert!(matches!(
        block_on(world.auth.regenerate_recovery_codes(&ann)),
        Err(SecondFactorError::RecoveryPending { .. })
    ));
    assert!(matches!(block_on(world.auth.begin_enrollment(&ann)), Err(EnrollmentError::RecoveryPending { .. })));
    let challenge = world.asked_for_a_code(ANN, &mailed);
    let Ok(SignIn::PasswordChangeRequired(next)) = world.verify(&challenge, &app.code(&world)) else {
        panic!("no password change was required")
    };
    let ann = world.choose(&next, NEW);
    let _ = block_on(world.auth.disable_second_factor(&ann)).unwrap();
}

#[test]
fn scenario_16_every_secret_is_of_160_bits_or_more_and_none_repeats() {
    let world = World::with_keyring(|builder| builder);
    let ann = world.open(ANN, OLD);
    let mut seen = std::collections::HashSet::new();
    for _ in 0..1_000 {
        let key = block_on(world.auth.begin_enrollment(&ann)).unwrap().key().replace(' ', "");
        assert_eq!(key.len(), 32, "32 letters of base32 are 160 bits");
        assert!(seen.insert(key));
    }
}

#[test]
fn an_enrolment_shows_what_apps_understand() {
    let world = World::with_keyring(|builder| builder);
    let ann = world.open(ANN, OLD);
    let enrollment = block_on(world.auth.begin_enrollment(&ann)).unwrap();
    let uri = enrollment.uri();
    assert!(uri.starts_with("otpauth://totp/Acme:ann"), "{}", uri.len());
    assert!(uri.contains("issuer=Acme") && uri.contains(&enrollment.key().replace(' ', "")));
    assert_eq!(format!("{enrollment:?}"), "TotpEnrollment([redacted])");
    #[cfg(feature = "qr")]
    assert!(enrollment.qr_svg().contains("<svg"));
    let shared = Arc::new(enrollment);
    assert_eq!(shared.key().split(' ').count(), 8);
}

#[test]
fn s20_once_it_is_required_a_session_of_an_account_without_one_is_none() {
    let world = World::with_keyring(|builder| builder);
    let ann = world.open(ANN, OLD);
    let requiring = Auth::builder(site(), world.users.clone(), world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .keyring(keyring())
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.second_factor.policy = SecondFactorPolicy::Required;
        })
        .build()
        .unwrap();
    assert!(world.is_live(&ann));
    assert!(block_on(requiring.resume(&ann.token().expose())).is_err());
    assert!(block_on(requiring.change_password(&ann, OLD, NEW)).is_err());
    assert!(block_on(requiring.begin_enrollment(&ann)).is_err());
    let (ann, ..) = world.enroll(&ann);
    assert!(block_on(requiring.resume(&ann.token().expose())).is_ok());
}

#[test]
fn s20_a_choice_that_an_old_authenticator_opened_is_void_once_there_is_another() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    let mailed = world.confirm(ANN);
    let challenge = world.asked_for_a_code(ANN, &mailed);
    let Ok(SignIn::PasswordChangeRequired(next)) = world.verify(&challenge, &app.code(&world)) else {
        panic!("no password change was required")
    };
    block_on(world.operator.reset_second_factor(ann.user_id(), "stolen phone")).unwrap();
    assert_eq!(world.choice_error(&next, NEW).code(), "challenge_invalid");
    // The mailbox alone is sufficient from here on.
    let challenge = world.challenge(ANN, &mailed);
    let _ = world.choose(&challenge, NEW);
}

#[test]
fn s20_what_was_begun_before_a_change_of_the_credentials_is_not_finished_after_it() {
    let world = World::with_keyring(|builder| builder);
    let thief = world.open(ANN, OLD);
    let app = App::new(&block_on(world.auth.begin_enrollment(&thief)).unwrap());
    block_on(world.operator.mark_compromised(thief.user_id())).unwrap();
    let challenge = world.challenge(ANN, &world.confirm(ANN));
    let ann = world.choose(&challenge, NEW);
    let confirmed = block_on(world.auth.confirm_enrollment(&ann, &app.code(&world)));
    assert!(matches!(confirmed, Err(EnrollmentError::NotBegun)));
}

#[test]
fn s20_new_recovery_codes_leave_the_browser_that_asked_for_them_known() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let ann = complete(world.verify(&challenge, &app.code(&world)).unwrap());
    let token = device(&ann);
    let _ = block_on(world.auth.regenerate_recovery_codes(&ann)).unwrap();
    // An attacker who knows the password uses every opportunity, and by now has to wait for a day.
    for _ in 0..25 {
        let challenge = world.asked_for_a_code(ANN, OLD);
        if let Err(doorward::error::VerifySecondFactorError::Throttled { retry_after }) =
            world.verify(&challenge, &app.wrong_code(&world))
        {
            world.clock.advance(retry_after);
        }
    }
    let challenge = world.asked_for_a_code(ANN, OLD);
    let _ = world.verify(&challenge, &app.wrong_code(&world));
    assert_eq!(world.verify(&challenge, &app.code(&world)).unwrap_err().code(), "throttled");
    let request = SignInRequest::new(ANN, OLD).device(&token);
    let challenge = code_challenge(block_on(world.auth.try_sign_in(request)).unwrap());
    let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
}
