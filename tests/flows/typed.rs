//! What people type and paste, through every flow that takes it.

use doorward::account::Provision;
use doorward::error::VerifySecondFactorError;
use doorward::event::EventKind;
use doorward::{Auth, Keyring, ResetRequest, SignIn, SignInRequest, UserId};
use pollster::block_on;

use crate::support::*;

/// A code as other keyboards type it and as clipboards carry it.
fn renderings(code: &str) -> Vec<String> {
    let in_script = |zero: u32| -> String {
        code.chars().map(|c| c.to_digit(10).map_or(c, |digit| char::from_u32(zero + digit).unwrap())).collect()
    };
    let between = |what: &str| code.chars().map(|c| format!("{c}{what}")).collect::<String>();
    let mut all: Vec<String> =
        [0xff10, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xe50, 0x1040, 0x17e0, 0x1d7f6, 0x1e950, 0x1fbf0]
            .map(in_script)
            .into();
    all.extend(
        ["\u{200b}", "\u{ad}", "\u{2060}", "\u{feff}", "\u{a0}", "\u{3000}", ".", "\u{b7}", "\u{3002}", "\u{2011}"]
            .map(between),
    );
    all.extend([
        format!("\u{202a}{code}\u{202c}"),
        format!("\u{200f}{}\u{200f}.", in_script(0x660)),
        format!("\u{feff}{} {}\r\n", &code[..3], &code[3..]),
        format!("({code})."),
        format!("\u{201c}{code}\u{201d}"),
    ]);
    all
}

#[test]
fn a_code_is_the_number_it_shows_in_every_flow_that_takes_one() {
    let (world, mut ann, app, _) = World::with_enrolled_ann();
    let count = renderings("123456").len();
    for index in 0..count {
        let challenge = world.asked_for_a_code(ANN, OLD);
        let typed = &renderings(&app.next(&world))[index];
        let _ = complete(world.verify(&challenge, typed).unwrap_or_else(|error| panic!("{typed:?}: {error}")));
        let typed = &renderings(&app.next(&world))[index];
        ann = block_on(world.auth.reauthenticate_with_code(&ann, typed)).unwrap();
    }
    let one_step = SignInRequest::new(ANN, OLD).code(&renderings(&app.next(&world))[0]);
    let _ = complete(block_on(world.auth.sign_in(one_step)).unwrap());
    // Another authenticator is confirmed by such a code too.
    let other = App::new(&block_on(world.auth.begin_enrollment(&ann)).unwrap());
    let typed = &renderings(&other.code(&world))[1];
    assert!(block_on(world.auth.confirm_enrollment(&ann, typed)).is_ok());
}

#[test]
fn a_recovery_code_and_a_temporary_password_are_read_like_a_code() {
    let (world, _, _, codes) = World::with_enrolled_ann();
    let codes: Vec<String> = codes.expose().map(str::to_owned).collect();
    let full_width = |text: &str| -> String {
        text.chars().map(|c| char::from_u32(u32::from(c) - 0x21 + 0xff01).unwrap()).collect()
    };
    for code in &codes {
        let challenge = world.asked_for_a_code(ANN, OLD);
        let typed = format!("\u{feff}{}\u{200b}", full_width(&code.to_lowercase()));
        let _ = complete(world.verify(&challenge, &typed).unwrap());
        assert!(matches!(world.verify(&challenge, code), Err(VerifySecondFactorError::ChallengeInvalid)));
    }
    assert!(
        matches!(world.verify(&world.asked_for_a_code(ANN, OLD), &codes[0]), Err(VerifySecondFactorError::CodeWrong)),
        "it was used, whatever it was typed as"
    );

    let world = World::new();
    world.provision("bob@acme.example");
    let mailed = world.mailed_password();
    let spread: String = mailed.chars().flat_map(|c| [c, '\u{200b}']).collect();
    for typed in [full_width(&mailed), spread, format!("\u{a0}{mailed}.\u{202c}"), mailed.replace('-', "\u{b7}")] {
        let outcome = world.sign_in("bob@acme.example", &typed);
        assert!(matches!(outcome, Ok(SignIn::PasswordChangeRequired(_))), "{typed:?}: {outcome:?}");
    }
    let other = if mailed.starts_with('2') { "3" } else { "2" };
    assert!(world.fails("bob@acme.example", &format!("{other}{}", &full_width(&mailed)[3..])));
}

#[test]
fn what_nobody_sees_around_an_address_is_dropped_by_every_way_in() {
    let (world, _) = World::with_ann();
    for around in [
        "\u{a0}", "\u{200b}", "\u{3000}", "\u{feff}", "\u{202a}", "\u{202c}", "\u{200e}", "\u{202f}", "\u{2067}",
        "\u{ad}",
    ] {
        let typed = format!("{around}{ANN}{around} ");
        let _ = world.signed_in(&typed, OLD);
        let confirmed = doorward::Email::confirmed(&typed, ANN).unwrap();
        assert_eq!(confirmed.as_typed(), ANN, "{around:?}");
        let form: doorward::Email = serde_json::from_value(typed.clone().into()).unwrap();
        assert_eq!(form.as_typed(), ANN);
        world.clock.advance(HOUR);
        block_on(world.auth.request_reset(ResetRequest::new(form))).unwrap();
        assert_eq!(world.last_mail().to.as_typed(), ANN);
        // Within it they are refused.
        let inside = ANN.replacen('n', &format!("n{around}"), 1);
        assert!(world.fails(&inside, OLD) && doorward::Email::from_input(&inside).is_err());
    }
}

/// What mail clients, quoted-printable and people with a mouse make of a token.
fn mangled(token: &str) -> Vec<String> {
    let (start, end) = token.split_at(20);
    let mut all: Vec<String> = [
        ">", ".", ",", ")", "\"", "'", ";", "]", "*", "_", "-", "=", "=20", "%20", "%3E", "&gt;", "\u{3002}",
        "\u{200b}", " ", "\r\n", "...", "=\r\n",
    ]
    .map(|after| format!("{token}{after}"))
    .into();
    all.extend(
        ["3D", "=3D", "3d", "=", "<", "\"", "(", " ", "\u{feff}", "_", "*", "=\n3D"]
            .map(|before| format!("{before}{token}")),
    );
    all.extend(
        [" ", "\n", "\r\n", "=\r\n", "=", "\t", "\u{a0}", "\u{ad}", "\u{200b}", "\r\n    ", "=\r\n "]
            .map(|between| format!("{start}{between}{end}")),
    );
    all.extend([
        format!("<{token}>."),
        token.replace('.', "=2E"),
        token.replace('.', "%2e"),
        format!("3D{start}%0D%0A{end}%3E"),
        format!("token%3D{start}=20{end}"),
        format!("3D{start}=\r\n{end}>"),
        token.chars().flat_map(|c| [c, ' ']).collect(),
        format!("https://acme.example/reset/confirm?token={token}"),
        format!("<https://acme.example/reset/confirm?token=3D{start}=\r\n{end}>"),
        format!("https://acme.example/reset/confirm#token={token}&utm_source=mail"),
    ]);
    all
}

/// Ids of all lengths modulo three, so that tokens of every shape are mangled, and one of few bits.
const IDS: [&str; 4] = ["4711", "a", "\u{e4}rztin-7", "0000000000000000000000000000000000000000"];

fn world_with_a_link(id: &str, keyring: Option<Keyring>) -> (World, String) {
    let world = World::with(|builder| match keyring {
        Some(keyring) => builder.keyring(keyring),
        None => builder,
    });
    let provision = Provision::new(email(ANN)).id(UserId::parse(id).unwrap());
    block_on(world.operator.provision(provision)).unwrap();
    let challenge = world.challenge(ANN, &world.mailed_password());
    let _ = world.choose(&challenge, OLD);
    let token = world.request(ANN);
    (world, token)
}

#[test]
fn a_mangled_link_works_if_there_is_no_doubt_what_it_was() {
    for (id, keyring) in IDS.into_iter().flat_map(|id| [(id, None), (id, Some(keyring()))]) {
        let (world, token) = world_with_a_link(id, keyring);
        for text in mangled(&token) {
            let status = block_on(world.auth.inspect_reset(&text)).unwrap();
            assert_eq!(format!("{status:?}"), "Valid", "{id}: {text:?}");
        }
        for text in mangled(&token).iter().rev().take(3) {
            let confirmed = block_on(world.auth.confirm_reset(text));
            assert!(confirmed.is_ok(), "{id}: {text:?}: {confirmed:?}");
            // After the cooldown the same link mails another password.
            world.clock.advance(5 * MINUTE);
        }
    }
}

/// Two characters more, and the first 43 are a secret as well.
#[test]
fn a_secret_is_not_cut_off_at_a_dash_of_its_own() {
    for dash in ["-", "_"] {
        let token = format!("YQ.{}{dash}A", "A".repeat(41));
        for text in mangled(&token) {
            assert_eq!(Auth::read_reset_token(&text).as_deref(), Ok(&*token), "{text:?}");
        }
    }
}

#[test]
fn a_link_with_a_sealed_id_is_mended_whatever_it_begins_with() {
    let secret = "A".repeat(43);
    for start in ["AQ--", "Af__", "AR3D", "AQAA", "AZ3d"] {
        let token = format!("{start}{}.{secret}", "A".repeat(194 - start.len()));
        for text in mangled(&token) {
            assert_eq!(Auth::read_reset_token(&text).as_deref(), Ok(&*token), "{text:?}");
        }
        for at in 0..194 {
            let (before, after) = token.split_at(at);
            assert!(Auth::read_reset_token(&format!("{before}{}", &after[1..])).is_err(), "one less: {at}");
            assert!(Auth::read_reset_token(&format!("{before}B{after}")).is_err(), "one more: {at}");
        }
    }
}

#[test]
fn a_damaged_link_is_told_apart_from_a_used_one_by_its_form_alone() {
    for keyring in [None, Some(keyring())] {
        is_told_apart(keyring);
    }
}

fn is_told_apart(keyring: Option<Keyring>) {
    let (world, token) = world_with_a_link("4711", keyring);
    let (id, secret) = token.split_once('.').unwrap();
    let damaged = [
        String::new(),
        " ".to_owned(),
        ".".to_owned(),
        "null".to_owned(),
        token[..token.len() - 1].to_owned(),
        token[..20].to_owned(),
        format!("{token}A"),
        format!("{token}Thanks"),
        format!("{id}{secret}"),
        format!("{id}.x{secret}"),
        format!("{id}.{}\u{ff0d}{}", &secret[..9], &secret[10..]),
        format!("{id}.{}\u{fffd}{}", &secret[..9], &secret[10..]),
        secret.to_owned(),
        token[1..].to_owned(),
        format!("{}{}", &token[..3], &token[4..]),
        format!("A{token}"),
        format!("{token} {token}"),
        format!("?{token}&{token}"),
        format!("?token={token}&token={token}"),
        "x".repeat(1 << 20),
        format!("{}{token}", " ".repeat(2000)),
    ];
    for text in &damaged {
        let status = block_on(world.auth.inspect_reset(text)).unwrap();
        assert_eq!(format!("{status:?}"), "Damaged", "{:?}", text.get(..99));
        let error = block_on(world.auth.confirm_reset(text)).unwrap_err();
        assert_eq!((error.code(), error.http_status()), ("link_damaged", 400));
        assert!(error.user_message().contains("whole link") && error.user_message().contains("new one"));
    }
    // The same for whoever has no account here: no store is asked.
    let empty = World::new();
    assert_eq!(block_on(empty.auth.confirm_reset(&damaged[4])).unwrap_err().code(), "link_damaged");
    // What has the form of a link and is none is answered as before.
    let _ = block_on(world.auth.confirm_reset(&format!("{token}>"))).unwrap();
    world.clock.advance(2 * HOUR);
    for text in
        [&token, &format!("{token}>"), &format!("{id}.{}", "A".repeat(43)), &format!("NDcxMg.{}", "A".repeat(43))]
    {
        assert_eq!(format!("{:?}", block_on(world.auth.inspect_reset(text)).unwrap()), "Invalid");
        assert_eq!(block_on(world.auth.confirm_reset(text)).unwrap_err().code(), "link_invalid");
    }
}

/// Wrong codes are asked one per wait, so that each is evaluated.
fn give(world: &World, code: &str) -> String {
    let challenge = world.asked_for_a_code(ANN, OLD);
    let error = world.verify(&challenge, code).unwrap_err();
    assert!(matches!(error, VerifySecondFactorError::CodeWrong), "{error}");
    world.clock.advance(2 * DAY);
    error.user_message()
}

#[test]
fn s20_a_phone_whose_clock_is_off_is_refused_like_any_other_and_operators_read_by_how_much() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let steps = [-25, -20, -10, -2, 2, 7, 20, 21];
    let messages: Vec<String> = steps.iter().map(|off| give(&world, &app.code_in(&world, *off))).collect();
    let expected = steps.map(|off: i64| Some(off as i32).filter(|off| off.abs() <= 20));
    assert_eq!(world.failed_codes(), expected);
    // Everybody reads the same.
    let guessed = give(&world, &app.wrong_code(&world));
    assert!(
        messages.iter().all(|message| *message == guessed) && guessed.contains("phone") && guessed.contains("time")
    );
    // The window is what it was.
    let _ = complete(world.verify(&world.asked_for_a_code(ANN, OLD), &app.code_in(&world, 1)).unwrap());
}

#[test]
fn s20_a_used_code_or_a_recovery_code_says_nothing_about_a_clock() {
    let (world, ann, app, codes) = World::with_enrolled_ann();
    let used = app.code(&world);
    let _ = complete(world.verify(&world.asked_for_a_code(ANN, OLD), &used).unwrap());
    let before = app.code_in(&world, -4);
    world.clock.advance(5 * MINUTE);
    let codes: Vec<String> = codes.expose().map(str::to_owned).collect();
    let _ = complete(world.verify(&world.asked_for_a_code(ANN, OLD), &codes[0]).unwrap());
    for wrong in [&used, &before, &codes[0]] {
        let challenge = world.asked_for_a_code(ANN, OLD);
        assert!(matches!(world.verify(&challenge, wrong), Err(VerifySecondFactorError::CodeWrong)));
    }
    assert_eq!(world.failed_codes(), [None, None, None]);

    // In one step, when an authenticator is confirmed, and when a session is proved again.
    world.clock.advance(2 * DAY);
    let one_step = SignInRequest::new(ANN, OLD).code(&app.code_in(&world, 9));
    assert!(block_on(world.auth.sign_in(one_step)).is_err());
    assert!(block_on(world.auth.reauthenticate_with_code(&ann, &app.code_in(&world, 8))).is_err());
    let ann = block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world))).unwrap();
    let other = App::new(&block_on(world.auth.begin_enrollment(&ann)).unwrap());
    let error = block_on(world.auth.confirm_enrollment(&ann, &other.code_in(&world, -6))).unwrap_err();
    assert!(error.user_message().contains("phone"));
    assert_eq!(world.failed_codes()[3..], [Some(9), Some(8), Some(-6)]);
    // A wrong password with a code that would have been right at another time reports nothing about the code.
    world.clock.advance(HOUR);
    let guess = SignInRequest::new(ANN, "a guess").code(&app.code_in(&world, 9));
    assert!(block_on(world.auth.sign_in(guess)).is_err());
    assert_eq!(world.failed_codes().len(), 6);
}

#[test]
fn a_damaged_link_is_an_event_of_its_own_and_one_that_is_looked_at_is_none() {
    let (world, _) = World::with_ann();
    let _ = block_on(world.auth.inspect_reset("cut off"));
    let _ = block_on(world.auth.confirm_reset("cut off"));
    assert_eq!(world.observer.count(&EventKind::ResetLinkDamaged), 1);
    assert_eq!(world.observer.count(&EventKind::ResetLinkRejected), 0);
    assert_eq!(EventKind::ResetLinkDamaged.name(), "input_validation_fail:reset");
}
