//! Failures known from other systems, one test each: the setup, what happens, and what must hold.
#![cfg(feature = "testing")]

mod support;

use std::collections::HashSet;
use std::time::Duration;

use doorward::config::Backoff;
use doorward::error::{ConfirmResetError, OperatorError, ProvisionError, ResumeError, SignInError};
use doorward::event::{EventKind, SignInFailureReason};
use doorward::hashing::HashParams;
use doorward::password::ResetLinkStatus;
use doorward::store::{BackendError, Insert, MemoryAttempts, Replace, Swap, User, UserHead, Version};
use doorward::{Auth, ClientAddress, Email, Mailer, SignIn, SignInRequest, Site, UserId, UserRepository};
use pollster::block_on;
use support::*;

#[test]
fn scenario_01_a_reset_mail_goes_to_one_recipient_the_stored_address() {
    let (world, _) = World::with_ann();
    let sent = world.mailer.count();
    for text in [
        "ann@acme.example,evil@x.example",
        "ann@acme.example;evil@x.example",
        "ann@acme.example evil@x.example",
        "ann@acme.example\r\nBcc: evil@x.example",
        "ann@acme.example\nevil@x.example",
        "[\"ann@acme.example\"]",
        "Ann <ann@acme.example>",
        "<ann@acme.example>",
        "ann@acme.example\0evil@x.example",
        "a@x@acme.example",
    ] {
        assert!(Email::parse(text).is_err() && Email::from_input(text).is_err(), "{text:?}");
        assert!(Email::confirmed(text, text).is_err(), "{text:?}");
    }
    assert_eq!(world.mailer.count(), sent);
    block_on(world.auth.request_reset(&email("ANN@ACME.example"))).unwrap();
    assert_eq!(world.mailer.count(), sent + 1);
    assert_eq!(world.last_mail().to.as_typed(), "ann@acme.example", "the stored form, not the typed one");
}

#[test]
fn scenario_02_look_alikes_never_meet_another_account() {
    let world = World::new();
    let _ = world.open("mike@example.org", OLD);
    let sent = world.mailer.count();
    // The Kelvin sign would become a k: it is rejected. The dotless i stays a different letter: an unknown address.
    assert!(Email::parse("mi\u{212a}e@example.org").is_err());
    let dotless = email("m\u{131}ke@example.org");
    assert_ne!(dotless, email("mike@example.org"));
    block_on(world.auth.request_reset(&dotless)).unwrap();
    assert_eq!(world.mailer.count(), sent);
    assert!(world.fails(dotless.as_typed(), OLD));
    for text in [
        "\u{ff4d}ike@example.org",
        "mike@\u{ff45}xample.org",
        "mike@example\u{3002}org",
        "mike@ex\u{ad}ample.org",
        "m\u{200b}ike@example.org",
        "\u{202e}mike@example.org",
        "mike@example.\u{24de}rg",
    ] {
        match Email::parse(text) {
            Err(_) => {}
            Ok(other) => assert_ne!(other, email("mike@example.org"), "{text:?}"),
        }
    }
}

#[test]
fn scenario_03_one_account_has_one_lane_however_its_address_is_written() {
    let world = World::new();
    let _ = world.open("ann@b\u{fc}cher.example", OLD);
    world.clock.advance(MINUTE);
    let spellings = [
        "ann@b\u{fc}cher.example",
        "ANN@B\u{dc}CHER.example",
        " ann@b\u{fc}cher.example ",
        "ann@xn--bcher-kva.example",
        "Ann@XN--BCHER-KVA.EXAMPLE\r\n",
        "ann@bu\u{308}cher.example",
    ];
    for (n, spelling) in spellings.iter().enumerate() {
        assert!(matches!(world.try_sign_in(spelling, "wrong"), Err(SignInError::InvalidCredentials)), "{spelling:?}");
        for other in spellings {
            let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(other, OLD) else {
                panic!("{other:?}")
            };
            assert_eq!(retry_after, Backoff::default().delay_after(n as u32 + 1));
        }
        world.clock.advance(Backoff::default().delay_after(n as u32 + 1));
    }
}

#[test]
fn scenario_04_a_burst_of_guesses_is_evaluated_once_per_slot() {
    // A hundred at once: one gets the slot. `race.rs` proves with threads that they collide.
    let (world, _) = World::with_ann();
    world.clock.advance(MINUTE);
    let before = world.auth.hash_load().computed;
    let tries = (0..100).map(|n| world.auth.try_sign_in(SignInRequest::new(ANN, &format!("guess {n}"))));
    let outcomes = block_on(doorward::testing::join_all(tries));
    let evaluated = outcomes.iter().filter(|outcome| matches!(outcome, Err(SignInError::InvalidCredentials))).count();
    let refused = outcomes.iter().filter(|outcome| !matches!(outcome, Err(SignInError::InvalidCredentials))).count();
    assert_eq!((evaluated, refused), (1, 99));
    assert_eq!(world.auth.hash_load().computed - before, 1);
    let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, OLD) else { panic!("not throttled") };
    assert_eq!(retry_after, Duration::from_millis(250), "one failure was counted");
}

#[test]
fn scenario_06_waits_never_shrink_while_failures_go_on() {
    let (world, _) = World::with_ann();
    world.clock.advance(MINUTE);
    let mut last = Duration::ZERO;
    for _ in 0..60 {
        assert!(matches!(world.try_sign_in(ANN, "wrong"), Err(SignInError::InvalidCredentials)));
        let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, "wrong") else {
            panic!("not throttled")
        };
        assert!(retry_after >= last);
        last = retry_after;
        world.clock.advance(retry_after);
    }
    assert_eq!(last, HOUR);
    // Forgotten only after an entry's full lifetime: a day without a failure.
    world.clock.advance(DAY);
    assert!(matches!(world.try_sign_in(ANN, "wrong"), Err(SignInError::InvalidCredentials)));
    let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, "wrong") else { panic!("not throttled") };
    assert_eq!(retry_after, Duration::from_millis(250));
}

#[test]
fn scenario_08_empty_and_malformed_addresses_share_no_lane_with_anybody() {
    let (world, _) = World::with_ann();
    world.clock.advance(MINUTE);
    let entries = world.attempts.len();
    for _ in 0..50 {
        for text in ["", " ", "ann", "@", "ann@", "null"] {
            assert!(matches!(world.try_sign_in(text, "wrong"), Err(SignInError::InvalidCredentials)));
        }
    }
    assert_eq!(world.attempts.len(), entries);
    assert!(world.try_sign_in(ANN, OLD).is_ok());
}

#[test]
fn scenario_09_ten_thousand_failures_keep_no_owner_out() {
    let (world, ann) = World::with_ann();
    for failure in 0..10_000 {
        assert!(world.fails(ANN, "wrong"));
        if failure == 5_000 {
            assert!(world.is_live(&ann), "live sessions are untouched");
        }
    }
    let mailed = world.confirm(ANN);
    assert!(matches!(world.try_sign_in(ANN, &mailed), Ok(SignIn::PasswordChangeRequired(_))), "reset works at once");
    world.clock.advance(HOUR);
    assert!(matches!(world.try_sign_in(ANN, OLD), Ok(SignIn::Complete(_))), "or after the documented maximum");
}

#[test]
fn scenario_10_no_path_forgets_the_limiter_and_none_shuts_a_signed_in_owner_out() {
    let (world, ann) = World::with_ann();
    for _ in 0..8 {
        assert!(world.fails(ANN, "wrong"));
    }
    let mut last = Duration::ZERO;
    for _ in 0..8 {
        let wrong = block_on(world.auth.change_password(&ann, "wrong", NEW)).unwrap_err();
        assert_eq!(wrong.code(), "current_password_wrong");
        let early = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap_err();
        let wait = early.retry_after().expect("the schedule applies");
        assert!(wait > last);
        last = wait;
        world.clock.advance(wait);
    }
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
}

#[test]
fn scenario_22_blank_tokens_match_nothing_in_rows_without_tokens() {
    let (world, _) = World::with_ann();
    for text in ["", " ", "0", "null", ".", "\0"] {
        assert_eq!(block_on(world.auth.inspect_reset(text)).unwrap(), ResetLinkStatus::Damaged);
        assert!(matches!(block_on(world.auth.confirm_reset(text)), Err(ConfirmResetError::LinkDamaged)));
        assert!(doorward::Challenge::parse(text).is_err());
        assert!(world.fails(ANN, text), "there is no temporary password to match");
    }
}

#[test]
fn scenario_23_fetching_a_link_consumes_nothing() {
    let (world, _) = World::with_ann();
    let token = world.request(ANN);
    let (mails, user) = (world.mailer.count(), world.user(ANN));
    for _ in 0..5 {
        assert_eq!(block_on(world.auth.inspect_reset(&token)).unwrap(), ResetLinkStatus::Valid);
    }
    assert!(world.mailer.count() == mails && world.user(ANN) == user);
    let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
    assert_eq!(world.mailer.count(), mails + 1);
}

#[test]
fn scenario_24_one_link_confirmed_fifty_times_at_once_mails_once() {
    let (world, _) = World::with_ann();
    let token = world.request(ANN);
    let mails = world.mailer.count();
    let outcomes = block_on(doorward::testing::join_all((0..50).map(|_| world.auth.confirm_reset(&token))));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(world.mailer.count(), mails + 1);
}

#[test]
fn scenario_25_a_strangers_request_kills_no_link_and_a_completed_reset_kills_all() {
    let (world, _) = World::with_ann();
    let first = world.request(ANN);
    world.clock.advance(6 * MINUTE);
    let second = world.request(ANN);
    let _ = block_on(world.auth.confirm_reset(&first)).unwrap();
    world.clock.advance(6 * MINUTE);
    let _ = block_on(world.auth.confirm_reset(&second)).unwrap();
    let challenge = world.challenge(ANN, &world.mailed_password());
    let ann = world.choose(&challenge, NEW);
    world.clock.advance(6 * MINUTE);
    for token in [first, second] {
        assert!(matches!(block_on(world.auth.confirm_reset(&token)), Err(ConfirmResetError::LinkInvalid)));
    }
    // Any password change voids a temporary password.
    let mailed = world.confirm(ANN);
    world.clock.advance(HOUR - SECOND);
    let challenge = world.challenge(ANN, &mailed);
    let _ = world.choose(&challenge, OLD);
    assert!(world.fails(ANN, &mailed) && !world.is_live(&ann));
}

#[test]
fn scenario_26_a_temporary_password_lives_to_the_second() {
    let (world, _) = World::with_ann();
    let mailed = world.confirm(ANN);
    world.clock.advance(HOUR - SECOND);
    assert!(matches!(world.try_sign_in(ANN, &mailed), Ok(SignIn::PasswordChangeRequired(_))));
    world.clock.advance(SECOND);
    assert!(world.fails(ANN, &mailed));
    let mailed = world.confirm(ANN);
    let challenge = world.challenge(ANN, &mailed);
    let _ = world.choose(&challenge, NEW);
    assert!(world.fails(ANN, &mailed));
}

#[test]
fn scenario_27_a_stranger_who_cannot_confirm_changes_nothing() {
    let (world, ann) = World::with_ann();
    let _mailed_to_the_owner = world.request(ANN);
    for _ in 0..2 {
        assert!(world.is_live(&ann));
        let again = world.signed_in(ANN, OLD);
        assert!(world.is_live(&again));
        world.clock.advance(2 * HOUR);
    }
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
}

#[test]
fn scenario_28_the_cooldown_neither_races_nor_leaks() {
    let (world, _) = World::with_ann();
    let (ann, nobody) = (email(ANN), email(NOBODY));
    let before = world.mailer.count();
    let both = block_on(doorward::testing::join_all((0..2).map(|_| world.auth.request_reset(&ann))));
    let unknown = block_on(doorward::testing::join_all((0..2).map(|_| world.auth.request_reset(&nobody))));
    let answers: Vec<_> = both.into_iter().chain(unknown).map(|answer| format!("{:?}", answer.unwrap())).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]), "byte for byte");
    assert_eq!(world.mailer.count() - before, 1);
    world.clock.advance(5 * MINUTE - SECOND);
    block_on(world.auth.request_reset(&ann)).unwrap();
    assert_eq!(world.mailer.count() - before, 1);
    world.clock.advance(SECOND);
    block_on(world.auth.request_reset(&ann)).unwrap();
    assert_eq!(world.mailer.count() - before, 2);
}

#[test]
fn scenario_30_every_cause_costs_one_verification() {
    let world = World::new();
    let _ = world.open(ANN, OLD);
    let _ = world.open("gone@acme.example", OLD);
    block_on(world.operator.deactivate(world.user("gone@acme.example").id())).unwrap();
    world.provision("new@acme.example");
    world.clock.advance(HOUR);
    let long = "x".repeat(1 << 20);
    for (address, password) in [
        (ANN, "wrong"),
        (ANN, &long),
        (NOBODY, "wrong"),
        (NOBODY, &long),
        ("gone@acme.example", "wrong"),
        ("gone@acme.example", OLD),
        ("new@acme.example", "wrong"),
    ] {
        let before = world.auth.hash_load().computed;
        assert!(world.fails(address, password));
        assert_eq!(world.auth.hash_load().computed - before, 1, "{address}");
    }
}

#[test]
fn scenario_31_long_input_is_not_hashed_and_long_passphrases_are_welcome() {
    let (world, ann) = World::with_ann();
    assert!(world.fails(ANN, &"x".repeat(1 << 20)));
    let outcome = block_on(world.auth.change_password(&ann, OLD, &"x".repeat(1 << 20)));
    assert_eq!(outcome.unwrap_err().code(), "password_rejected");
    let passphrase = "seven long words about the weather in a town by the northern sea";
    assert_eq!(passphrase.len(), 64);
    let ann = block_on(world.auth.change_password(&ann, OLD, passphrase)).unwrap();
    world.clock.advance(SECOND);
    let wide: String = (0..256).map(|n| char::from_u32(0x1f300 + n).unwrap()).collect();
    let _ = block_on(world.auth.change_password(&ann, passphrase, &wide)).unwrap();
    let _ = world.signed_in(ANN, &wide);
}

#[test]
fn scenario_32_passwords_equal_in_their_first_72_bytes_are_two() {
    let world = World::new();
    let common: String = (0..72).map(|n| char::from(b'a' + (n * 7 % 26) as u8)).collect();
    let _ = world.open(ANN, &format!("{common} one"));
    assert!(world.fails(ANN, &format!("{common} two")));
    assert!(world.fails(ANN, &common));
    let _ = world.signed_in(ANN, &format!("{common} one"));
}

#[test]
fn scenario_33_a_nul_is_refused_when_set_and_cuts_nothing_off() {
    let (world, ann) = World::with_ann();
    let refused = block_on(world.auth.change_password(&ann, OLD, "a quiet morning in June\0and more"));
    assert_eq!(refused.unwrap_err().code(), "password_rejected");
    assert!(world.fails(ANN, &format!("{OLD}\0")) && world.fails(ANN, &format!("{OLD}\0and more")));
    assert!(world.fails(ANN, "\0over-long input"), "the stand-in for over-long input is no one's password");
}

#[test]
fn scenario_34_composed_and_decomposed_forms_are_one_password() {
    let world = World::new();
    let _ = world.open(ANN, "l'\u{e9}t\u{e9} \u{e0} la mer, \u{e7}a va");
    let _ = world.signed_in(ANN, "l'e\u{301}te\u{301} a\u{300} la mer, c\u{327}a va");
}

#[test]
fn scenario_37_a_link_mailed_to_an_address_dies_with_it() {
    let world = World::new();
    let id = world.provision("old@acme.example");
    let token = world.request("old@acme.example");
    block_on(world.operator.correct_email(&id, email(ANN))).unwrap();
    assert!(matches!(block_on(world.auth.confirm_reset(&token)), Err(ConfirmResetError::LinkInvalid)));
}

#[test]
fn scenario_39_links_are_built_from_the_configured_address_only() {
    // No call takes a host or a header, so a forged one cannot reach a link.
    let (world, _) = World::with_ann();
    world.request(ANN);
    assert!(world.last_mail().link().unwrap().starts_with("https://acme.example/reset/confirm?token="));
    assert_eq!(Site::new("Acme", "", "help@acme.example").unwrap_err().field(), "base_url");
}

#[test]
fn scenario_40_a_name_with_line_breaks_is_refused_and_markup_is_escaped() {
    assert!(Site::new("Acme\r\nBcc: evil@x.example", "https://acme.example", "help@acme.example").is_err());
    let site = Site::new("<b>A&B</b>\"", "https://acme.example", "help@acme.example").unwrap();
    let mailer = doorward::testing::RecordingMailer::new();
    let (_, operator) = Auth::builder(site, doorward::store::MemoryUsers::new(), MemoryAttempts::new(), mailer.clone())
        .build_with_operator()
        .unwrap();
    block_on(operator.provision(email(ANN))).unwrap();
    let mail = mailer.last().unwrap().mail;
    assert!(!mail.html().contains("<b>") && mail.html().contains("&lt;b&gt;A&amp;B&lt;/b&gt;"));
    assert!(!mail.subject().chars().any(char::is_control));
}

#[test]
fn scenario_41_a_token_is_in_its_one_mail_and_nowhere_else() {
    for world in [World::new(), World::with_keyring(|builder| builder)] {
        let _ = world.open(ANN, OLD);
        is_in_its_one_mail(&world);
    }
}

fn is_in_its_one_mail(world: &World) {
    let token = world.request(ANN);
    let mail = world.last_mail();
    assert!(mail.mail.text().contains(&token) && mail.mail.html().contains(&token));
    assert!(!mail.mail.subject().contains(&token) && !format!("{mail:?}").contains(&token));
    let confirmed = block_on(world.auth.confirm_reset(&token)).unwrap();
    let error = block_on(world.auth.confirm_reset(&token)).unwrap_err();
    let seen = format!("{:?} {:?} {confirmed:?} {error:?} {error}", world.observer.events(), world.auth);
    for half in token.split('.') {
        assert!(!seen.contains(half) && !world.user(ANN).to_snapshot().contains(half));
    }
}

#[test]
fn scenario_43_stale_sessions_end_at_their_next_check() {
    type Ending = fn(&World, &doorward::SignedIn) -> Option<doorward::SignedIn>;
    let endings: [(&str, Ending); 5] = [
        ("change", |world, ann| Some(block_on(world.auth.change_password(ann, OLD, NEW)).unwrap())),
        ("compromised", |world, ann| block_on(world.operator.mark_compromised(ann.user_id())).map(|()| None).unwrap()),
        ("required change", |world, ann| {
            block_on(world.operator.require_password_change(ann.user_id())).map(|()| None).unwrap()
        }),
        ("deactivation", |world, ann| block_on(world.operator.deactivate(ann.user_id())).map(|()| None).unwrap()),
        ("sign out everywhere", |world, ann| {
            block_on(world.operator.sign_out_everywhere(ann.user_id())).map(|()| None).unwrap()
        }),
    ];
    for (name, end) in endings {
        let (world, acting) = World::with_ann();
        let others = [world.signed_in(ANN, OLD), world.signed_in(ANN, OLD)];
        world.clock.advance(SECOND);
        let goes_on = end(&world, &acting);
        for ended in others.iter().chain([&acting]) {
            assert!(
                matches!(block_on(world.auth.resume(&ended.token().expose())), Err(ResumeError::SessionEnded)),
                "{name}"
            );
        }
        assert!(goes_on.is_none_or(|signed_in| world.is_live(&signed_in)), "{name}");
    }
}

#[test]
fn scenario_44_a_deactivated_account_is_silent_and_the_log_knows_why() {
    let (world, ann) = World::with_ann();
    block_on(world.operator.deactivate(ann.user_id())).unwrap();
    world.clock.advance(MINUTE);
    for failures in 1..=5 {
        let before = world.auth.hash_load().computed;
        assert!(matches!(world.try_sign_in(ANN, OLD), Err(SignInError::InvalidCredentials)));
        assert_eq!(world.auth.hash_load().computed - before, 1);
        let Err(SignInError::Throttled { retry_after }) = world.try_sign_in(ANN, OLD) else { panic!("not throttled") };
        assert_eq!(retry_after, Backoff::default().delay_after(failures));
        world.clock.advance(retry_after);
    }
    let sent = world.mailer.count();
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    assert_eq!(world.mailer.count(), sent);
    let reason = SignInFailureReason::Deactivated;
    assert_eq!(world.observer.count(&EventKind::SignInFailed { reason }), 5);
}

#[test]
fn scenario_46_nothing_secret_is_printed() {
    let (world, ann) = World::with_ann();
    let token = world.request(ANN);
    let confirmed = block_on(world.auth.confirm_reset(&token)).unwrap();
    let mailed = world.mailed_password();
    let challenge = world.challenge(ANN, &mailed);
    let user = world.user(ANN);
    let request = SignInRequest::new(ANN, OLD)
        .device(&device(&ann))
        .client_address(ClientAddress::from_ip([192, 0, 2, 7].into()));
    let revealed = block_on(world.operator.provision_without_mail(email("bob@acme.example"))).unwrap();
    let printed = [
        format!("{ann:?} {:?}", ann.session()),
        format!("{challenge:?} {confirmed:?} {user:?} {request:?} {revealed:?}"),
        format!("{:?} {:?} {:?}", world.mailer, world.mailer.mails(), world.observer.events()),
        format!("{:?} {:?} {:?}", world.auth, world.users, world.attempts),
        format!("{:?} {:?}", doorward::Password::new(OLD), email(ANN)),
        format!("{:?}", block_on(world.auth.devices(&ann)).unwrap()),
    ]
    .join("\n");
    let hash = user.to_snapshot();
    let hash = hash.split("$argon2id$").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    let (tag, bare) = (hash.rsplit('$').next().unwrap(), |text: &str| text.split_once('.').unwrap().1.to_owned());
    let session = ann.token().expose();
    for secret in [
        OLD,
        ANN,
        &mailed,
        &token,
        &bare(&token),
        &bare(&challenge.expose()),
        &bare(&device(&ann)),
        tag,
        &bare(&session),
        revealed.temporary_password.expose(),
        "192.0.2.7",
        "192, 0, 2, 7",
    ] {
        assert!(!printed.contains(secret), "one of the secrets is printed");
    }
}

#[test]
fn scenario_47_a_listed_id_is_no_credential() {
    let (world, ann) = World::with_ann();
    let listed = block_on(world.auth.devices(&ann)).unwrap()[0].clone();
    for _ in 0..5 {
        assert!(world.fails(ANN, "wrong"));
    }
    for shown in [listed.id.to_string(), format!("{}.{}", ann.user_id(), listed.id)] {
        let request = SignInRequest::new(ANN, OLD).device(&shown);
        assert!(matches!(block_on(world.auth.try_sign_in(request)), Err(SignInError::Throttled { .. })));
    }
    let bob = world.open("bob@acme.example", OLD);
    assert!(block_on(world.auth.revoke_device(&bob, listed.id)).is_err());
}

#[test]
fn scenario_48_rotated_client_addresses_share_a_bucket_and_an_absent_one_is_not_unlimited() {
    let same = |one: &str, other: &str| {
        ClientAddress::from_ip(one.parse().unwrap()) == ClientAddress::from_ip(other.parse().unwrap())
    };
    assert!(same("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"));
    assert!(!same("2001:db8:1:2::1", "2001:db8:1:3::1"));
    assert!(same("192.0.2.7", "::ffff:192.0.2.7") && !same("192.0.2.7", "192.0.2.8"));
    let (world, _) = World::with_ann();
    assert!(world.fails(ANN, "wrong"));
    assert!(matches!(world.try_sign_in(ANN, OLD), Err(SignInError::Throttled { .. })));
    // Rotating client addresses opens no new bucket for the account.
    let request = SignInRequest::new(ANN, OLD).client_address(ClientAddress::from_ip([198, 51, 100, 1].into()));
    assert!(matches!(block_on(world.auth.try_sign_in(request)), Err(SignInError::Throttled { .. })));
}

#[test]
fn scenario_51_an_impossible_policy_is_refused_by_name() {
    let field = |change: fn(&mut doorward::Config)| {
        let mailer = doorward::mail::PrintingMailer;
        let builder = Auth::builder(site(), doorward::store::MemoryUsers::new(), MemoryAttempts::new(), mailer);
        builder.configure(change).build().unwrap_err().field().unwrap().to_owned()
    };
    assert_eq!(field(|config| config.password.min_length = Some(500)), "password.max_length");
    assert_eq!(field(|config| config.reset.link_lifetime = Duration::ZERO), "reset.link_lifetime");
    assert_eq!(field(|config| config.throttle.cap = Duration::from_millis(1)), "throttle.cap");
}

#[test]
fn scenario_53_whose_session_it_is_comes_from_proofs_only() {
    // A token that claims another user is invalid: the secret was issued to one.
    let (world, ann) = World::with_ann();
    let bob = world.open("bob@acme.example", OLD);
    let (of_ann, of_bob) = (ann.token().expose(), bob.token().expose());
    let forged = format!("{}.{}", of_bob.split_once('.').unwrap().0, of_ann.split_once('.').unwrap().1);
    assert!(matches!(block_on(world.auth.resume(&forged)), Err(ResumeError::SessionEnded)));
    let nobody = UserId::parse("nobody").unwrap();
    assert!(matches!(block_on(world.operator.deactivate(&nobody)), Err(OperatorError::UnknownUser)));
}

#[test]
fn scenario_54_of_two_provisions_of_one_address_one_wins() {
    let world = World::new();
    let both = ["ann@acme.example", "Ann@ACME.example"].map(|text| world.operator.provision(email(text)));
    let outcomes = block_on(doorward::testing::join_all(both));
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Err(ProvisionError::EmailTaken))).count(), 1);
    assert_eq!(world.mailer.count(), 1);
}

/// A repository whose collation folds too much: it ignores dots when it looks up addresses.
#[derive(Debug)]
struct Folding(std::sync::Arc<doorward::store::MemoryUsers>);

#[async_trait::async_trait]
impl UserRepository for Folding {
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        self.0.insert(user).await
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        self.0.find_by_id(id).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        let folded = email.canonical().replacen('.', "", 1);
        self.0.find_by_email(&Email::parse(&folded).unwrap_or_else(|_| email.clone())).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        self.0.replace(user, expected).await
    }

    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        self.0.delete(user).await
    }

    fn keeps_journal(&self) -> bool {
        self.0.keeps_journal()
    }
}

#[test]
fn a_collation_that_folds_too_much_opens_no_lane_and_no_account() {
    let (world, _) = World::with_ann();
    let mailer: std::sync::Arc<dyn Mailer> = std::sync::Arc::new(world.mailer.clone());
    let auth = Auth::builder(site(), Folding(world.users.clone()), MemoryAttempts::new(), mailer)
        .clock(world.clock.clone())
        .observer(world.observer.clone())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build()
        .unwrap();
    let sent = world.mailer.count();
    let outcome = block_on(auth.try_sign_in(SignInRequest::new("a.nn@acme.example", OLD)));
    assert!(matches!(outcome, Err(SignInError::InvalidCredentials)));
    block_on(auth.request_reset(&email("a.nn@acme.example"))).unwrap();
    assert_eq!(world.mailer.count(), sent);
    assert_eq!(world.observer.count(&EventKind::RepositoryMismatch), 2);
}

#[test]
fn every_event_has_a_name_and_a_pseudonym_and_no_address() {
    let (world, ann) = World::with_ann();
    assert!(world.fails(ANN, "wrong"));
    let failed =
        world.observer.events().into_iter().rev().find(|event| event.kind.name() == "authn_login_fail").unwrap();
    assert_eq!(failed.email_pseudonym, Some(world.auth.email_pseudonym(&email("ANN@acme.example"))));
    assert_eq!(failed.user_id.as_ref(), Some(ann.user_id()));
    let request = SignInRequest::new(NOBODY, "wrong").request_id("7c1d");
    assert!(block_on(world.auth.try_sign_in(request)).is_err());
    let unknown = world.observer.events().pop().unwrap();
    assert_eq!((unknown.user_id, unknown.request_id.as_deref()), (None, Some("7c1d")));
    let names: HashSet<_> = world.observer.kinds().iter().map(EventKind::name).collect();
    assert!(names.contains("user_created") && names.contains("authn_password_change"));
    // With an index key, the same address has another pseudonym.
    let keyed = World::with(|builder| builder.index_key([7; 32]));
    assert_ne!(keyed.auth.email_pseudonym(&email(ANN)), world.auth.email_pseudonym(&email(ANN)));
}

/// Enters wrong codes, each after a fresh sign-in, until throttled.
fn wrong_code_after_sign_in(world: &World, app: &App) -> Option<Duration> {
    let challenge = world.asked_for_a_code(ANN, OLD);
    match world.verify(&challenge, &app.wrong_code(world)) {
        Err(doorward::error::VerifySecondFactorError::CodeWrong) => None,
        Err(doorward::error::VerifySecondFactorError::Throttled { retry_after }) => Some(retry_after),
        other => panic!("{other:?}"),
    }
}

#[test]
fn scenario_11_failures_of_codes_add_up_across_challenges_and_a_right_password_clears_none() {
    let (world, _, app, codes) = World::with_enrolled_ann();
    let mut waits = Vec::new();
    for _ in 0..20 {
        // Each sign-in starts over, which resets no count.
        if let Some(wait) = wrong_code_after_sign_in(&world, &app) {
            waits.push(wait);
            world.clock.advance(wait);
        }
    }
    let grows = |pair: &[Duration]| pair[1] > pair[0] || pair[1] > DAY - SECOND;
    assert!(waits.windows(2).all(grows), "{waits:?}");
    assert!(waits.len() > 6, "{waits:?}");
    // A guessed recovery code counts the same, also with a new `Auth` over the same stores.
    let other = Auth::builder(site(), world.users.clone(), world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .keyring(keyring())
        .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
        .build()
        .unwrap();
    world.clock.advance(2 * DAY); // a day later, nothing is forgotten either
    let challenge = world.asked_for_a_code(ANN, OLD);
    let guess = codes.expose().next().unwrap().replace(|c: char| c.is_ascii_digit(), "Z");
    assert!(block_on(other.verify_second_factor(&challenge, &guess)).is_err());
    let next = block_on(other.verify_second_factor(&challenge, &guess));
    let Err(doorward::error::VerifySecondFactorError::Throttled { retry_after }) = next else { panic!("{next:?}") };
    assert_eq!(retry_after, DAY);
}

#[test]
fn scenario_12_a_code_is_refused_again_in_the_same_step_in_another_session_and_as_a_step_up_and_is_counted() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let code = app.code(&world);
    let (first, second) = (world.asked_for_a_code(ANN, OLD), world.asked_for_a_code(ANN, OLD));
    let ann = complete(world.verify(&first, &code).unwrap());
    assert!(matches!(world.verify(&second, &code), Err(doorward::error::VerifySecondFactorError::CodeWrong)));
    let step_up = block_on(world.auth.reauthenticate_with_code(&ann, &code));
    assert!(matches!(step_up, Err(doorward::error::ReauthenticateError::CodeWrong)));
    assert_eq!(world.failed_codes().len(), 2);
}

#[test]
fn scenario_18_a_reset_goes_around_no_second_factor() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let mailed = world.confirm(ANN);
    let challenge = world.asked_for_a_code(ANN, &mailed);
    // The code first, then the forced change, and only then a session.
    assert!(block_on(world.auth.choose_password(&challenge, NEW)).is_err());
    let Ok(SignIn::PasswordChangeRequired(next)) = world.verify(&challenge, &app.code(&world)) else {
        panic!("a session was issued")
    };
    let _ = complete(block_on(world.auth.choose_password(&next, NEW)).unwrap());
    // If the link itself sets the password, a code is required as well.
    let (world, _, app, _) = World::with_enrolled_ann_and(|builder| {
        builder.configure(|config| config.reset.mode = doorward::config::ResetMode::ChooseNewPassword)
    });
    let token = world.request(ANN);
    let without = block_on(world.auth.complete_reset(&token, NEW));
    assert!(matches!(without, Err(doorward::error::CompleteResetError::CodeNeeded)));
    let wrong = block_on(world.auth.complete_reset_with_code(&token, &app.wrong_code(&world), NEW));
    assert!(matches!(wrong, Err(doorward::error::CompleteResetError::CodeWrong)));
    let code = app.code(&world);
    let _ = complete(block_on(world.auth.complete_reset_with_code(&token, &code, NEW)).unwrap());
    let again = block_on(world.auth.complete_reset_with_code(&token, &code, OLD));
    assert!(matches!(again, Err(doorward::error::CompleteResetError::LinkInvalid)));
    world.asked_for_a_code(ANN, NEW);
}

#[test]
fn scenario_19_a_challenge_opens_its_own_next_step_for_its_own_user_once() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    let bob = world.open("bob@acme.example", OLD);
    let challenge = world.asked_for_a_code(ANN, OLD);
    assert!(block_on(world.auth.choose_password(&challenge, NEW)).is_err());
    assert!(block_on(world.auth.begin_required_enrollment(&challenge)).is_err());
    assert!(block_on(world.auth.confirm_required_enrollment(&challenge, &app.code(&world))).is_err());
    // Under another user's id it is worthless.
    let moved = challenge.expose();
    let id = doorward::Challenge::parse(&moved).unwrap().expose();
    let (_, secret) = id.split_once('.').unwrap();
    let other = world.user("bob@acme.example");
    let forged = format!("{}.{secret}", {
        use base64ct::{Base64UrlUnpadded, Encoding};
        Base64UrlUnpadded::encode_string(other.id().as_str().as_bytes())
    });
    let forged = doorward::Challenge::parse(&forged).unwrap();
    assert!(world.verify(&forged, &app.code(&world)).is_err());
    let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
    world.clock.advance(MINUTE);
    assert!(world.verify(&challenge, &app.code(&world)).is_err());
    assert!(world.is_live(&ann) && world.is_live(&bob));
}

#[test]
fn scenario_20_between_the_steps_nothing_is_kept_of_the_password() {
    let (world, ..) = World::with_enrolled_ann();
    let before = world.user(ANN).to_snapshot();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let after = world.user(ANN).to_snapshot();
    for text in [challenge.expose(), format!("{challenge:?}"), after.clone()] {
        assert!(!text.contains(OLD));
    }
    // The challenge adds only digests, times and names; the hash stays where it was.
    assert_eq!(before.matches("argon2id").count(), after.matches("argon2id").count());
    let same = world.asked_for_a_code(ANN, OLD);
    assert_ne!(same.expose(), challenge.expose(), "it is random and not derived from the password");
}

#[test]
fn scenario_43_sessions_and_remembered_devices_end_with_what_they_were_gained_by() {
    type Act = fn(&World, &doorward::SignedIn, &App);
    let acts: [(&str, bool, Act); 5] = [
        ("password changed", true, |world, ann, _| drop(block_on(world.auth.change_password(ann, OLD, NEW)).unwrap())),
        ("second factor off", true, |world, ann, _| drop(block_on(world.auth.disable_second_factor(ann)).unwrap())),
        ("another authenticator", true, |world, ann, _| drop(world.enroll(ann))),
        ("second factor reset", false, |world, ann, _| {
            block_on(world.operator.reset_second_factor(ann.user_id(), "lost phone")).unwrap();
        }),
        ("deactivated", false, |world, ann, _| block_on(world.operator.deactivate(ann.user_id())).unwrap()),
    ];
    for (name, _acting_lives, act) in acts {
        let (world, acting, app, codes) = World::with_enrolled_ann();
        let others: Vec<_> = codes
            .expose()
            .take(2)
            .map(|code| complete(world.verify(&world.asked_for_a_code(ANN, OLD), code).unwrap()))
            .collect();
        act(&world, &acting, &app);
        for other in &others {
            assert!(!world.is_live(other), "{name}");
        }
        assert!(!world.is_live(&acting), "{name}: the old session has ended, the new one continues");
    }
}

/// What an attacker may prepare for an address whose owner has not come yet. Each variant of account pre-hijacking (Sudhodanan and
/// Paverd, 2022) begins with an account that somebody opened for an address of somebody else.
#[test]
fn scenario_38_nobody_prepares_an_account_for_the_address_of_another() {
    let open = |config: &mut doorward::Config| config.registration.mode = doorward::config::RegistrationMode::Open;
    let world = World::with_keyring(|builder| builder.configure(open));
    let victim = "victim@acme.example";

    // Classic: the attacker registers the address with a password of their own. Without the mailbox there is no account, so there is
    // no password, no session to keep, and no authenticator or other identifier to leave behind.
    block_on(world.auth.request_registration(email(victim))).unwrap();
    let first = world.mailed_token();
    assert!(block_on(world.users.find_by_email(&email(victim))).unwrap().is_none());
    assert!(world.fails(victim, "the attackers own password"));
    for guess in [first.split_once('.').unwrap().0, &first[..first.len() - 4], ""] {
        assert!(block_on(world.auth.register(guess, "the attackers own password")).is_err());
    }

    // Merging: an account of the same address that came another way is not joined with anything. The owner, who registers later, is
    // told that there is one.
    let _ = world.open("imported@acme.example", OLD);
    world.clock.advance(5 * MINUTE);
    block_on(world.auth.request_registration(email("imported@acme.example"))).unwrap();
    assert_eq!(world.last_mail().mail.kind().name(), "already_registered");

    // The owner opens the account with the attacker's link, which came to the owner's mailbox: it carries nothing of the attacker's
    // but the request.
    let owner = complete(block_on(world.auth.register(&first, NEW)).unwrap());
    assert_eq!(block_on(world.auth.sessions(&owner)).unwrap().len(), 1);
    assert_eq!(block_on(world.auth.devices(&owner)).unwrap().len(), 1);
    assert!(!world.user(victim).to_snapshot().contains("totp"));
    assert!(world.fails(victim, "the attackers own password"));
    assert!(
        block_on(world.auth.register(&first, "the attackers own password")).is_err(),
        "nor does the link work again"
    );
}
