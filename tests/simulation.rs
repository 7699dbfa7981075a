//! Attackers who use every attempt the throttle allows, on a manual clock.
#![cfg(feature = "testing")]

mod support;

use doorward::config::Hold;
use doorward::error::SignInError;
use doorward::{Clock, SignIn, SignInRequest};
use pollster::block_on;
use support::*;

#[test]
fn s16_who_takes_every_slot_for_thirty_days_gets_few_guesses_and_keeps_no_owner_out() {
    let (world, ann) = World::with_ann();
    let known_device = device(&ann);
    world.clock.advance(MINUTE);
    let (begun, mut evaluated, mut first_day) = (world.clock.now(), 0, 0);
    let (mut owner_in, mut next_visit) = (0, begun + DAY / 2);
    while world.clock.now() - begun < 30 * DAY {
        match world.try_sign_in(ANN, &format!("guess {evaluated}")) {
            Err(SignInError::InvalidCredentials) => {
                evaluated += 1;
                if world.clock.now() - begun < DAY {
                    first_day += 1;
                }
            }
            Err(SignInError::Throttled { retry_after }) => world.clock.advance(retry_after),
            other => panic!("{other:?}"),
        }
        // Once a day the owner signs in from the known device, without any wait.
        if world.clock.now() >= next_visit {
            let request = SignInRequest::new(ANN, OLD).device(&known_device);
            assert!(matches!(block_on(world.auth.try_sign_in(request)), Ok(SignIn::Complete(_))));
            owner_in += 1;
            next_visit += DAY;
        }
    }
    println!("{first_day} guesses on day one, {evaluated} in thirty days; the owner was in {owner_in} times");
    assert!((30..=40).contains(&first_day), "{first_day}");
    assert!((700..=750).contains(&evaluated), "{evaluated}");
    assert_eq!(owner_in, 30);

    // Without a known device the bucket is starved, but the mailbox opens the account at once.
    let _the_open_slot = world.try_sign_in(ANN, "guess");
    assert!(matches!(world.try_sign_in(ANN, OLD), Err(SignInError::Throttled { .. })));
    let mailed = world.confirm(ANN);
    let Ok(SignIn::PasswordChangeRequired(challenge)) = world.try_sign_in(ANN, &mailed) else {
        panic!("the owner is locked out")
    };
    let elsewhere = world.choose(&challenge, NEW);
    assert!(world.is_live(&elsewhere));
}

#[test]
fn s17_an_owner_at_an_unknown_browser_gets_in_through_the_mailbox_on_each_of_many_days() {
    let world = World::new();
    let _ = world.open(ANN, OLD);
    let mut password = OLD.to_owned();
    for day in 0..30 {
        // The attacker uses every attempt of the day, requests every possible reset, and confirms none.
        let until = world.clock.now() + DAY;
        while world.clock.now() < until {
            block_on(world.auth.request_reset(&email(ANN))).unwrap();
            match world.try_sign_in(ANN, "guess") {
                Err(SignInError::Throttled { retry_after }) => world.clock.advance(retry_after),
                Err(SignInError::InvalidCredentials) => {}
                other => panic!("{other:?}"),
            }
        }
        // However the attacker's requests are timed, the owner's own yields a working link: a fresh one or, within the
        // cooldown, the latest in the mailbox.
        block_on(world.auth.request_reset(&email(ANN))).unwrap();
        let token = world.mailed_token();
        let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
        let Ok(SignIn::PasswordChangeRequired(challenge)) = world.try_sign_in(ANN, &world.mailed_password()) else {
            panic!("the owner is locked out on day {day}")
        };
        let next = format!("the password of day {day} or so");
        let _ = world.choose(&challenge, &next);
        assert_ne!(std::mem::replace(&mut password, next), password);
    }
}

#[test]
fn a_flood_of_invented_addresses_fills_its_half_of_the_queue_and_stops_no_owner_on_a_known_device() {
    let world = World::with(|builder| {
        builder.configure(|config| {
            config.hashing.threads = std::num::NonZeroUsize::new(1);
            config.hashing.queue_per_thread = 16;
            // Slow enough that the queue does not drain while the flood arrives.
            config.hashing.params = doorward::hashing::HashParams::danger_weak(32 * 1024, 1, 1).unwrap();
        })
    });
    let ann = world.open(ANN, OLD);
    world.clock.advance(MINUTE);
    let flood: Vec<_> = (0..40)
        .map(|n| {
            let (auth, address) = (world.auth.clone(), format!("invented{n}@x.example"));
            let mut call = Box::pin(async move { auth.try_sign_in(SignInRequest::new(&address, "x")).await });
            let polled = poll_once(call.as_mut());
            (call, polled)
        })
        .collect();
    let busy = flood.iter().filter(|(_, polled)| matches!(polled, Some(Err(SignInError::Unavailable(_))))).count();
    assert!(busy > 0, "the half for unauthenticated clients was full");
    let request = SignInRequest::new(ANN, OLD).device(&device(&ann));
    assert!(matches!(block_on(world.auth.try_sign_in(request)), Ok(SignIn::Complete(_))));
    // A rejected attempt counted nothing: the address has no failures.
    drop(flood);
    assert!(world.auth.hash_load().refused as usize >= busy);
}

fn poll_once<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::Pin::new(&mut future).poll(&mut context) {
        std::task::Poll::Ready(output) => Some(output),
        std::task::Poll::Pending => None,
    }
}

#[test]
fn on_a_server_holding_and_background_work_run_on_its_runtime() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let world = World::with(|builder| {
        builder
            .background(|work| drop(tokio::spawn(work)))
            .clock(doorward::SystemClock)
            .hold(Hold::up_to(10 * SECOND, tokio::time::sleep).at_most(200))
    });
    runtime.block_on(async {
        world.operator.provision(email(ANN)).await.unwrap();
        for expected in ["invalid_credentials", "invalid_credentials"] {
            // The second waits out 250 ms on the runtime's timer.
            let error = world.auth.sign_in(SignInRequest::new(ANN, "wrong")).await.unwrap_err();
            assert_eq!(error.code(), expected);
        }
        world.auth.request_reset(&email(ANN)).await.unwrap();
        world.auth.close().await;
    });
    assert!(world.last_mail().link().is_some());
}

/// An attacker who knows the password, uses every attempt and every challenge, and guesses codes for a year.
#[test]
fn s20_who_knows_the_password_gets_a_code_a_day_tried_and_keeps_no_owner_out() {
    let (world, _, app, _) = World::with_enrolled_ann();
    // The owner's own browser, on which a code was accepted before.
    let challenge = world.asked_for_a_code(ANN, OLD);
    let own_device = device(&complete(world.verify(&challenge, &app.code(&world)).unwrap()));
    world.clock.advance(MINUTE);

    let begun = world.now();
    let tried = || world.failed_codes().len();
    let (mut rounds, mut owner_in, mut next_visit, mut first_day, mut first_month) = (0, 0, begun + 7 * DAY, 0, 0);
    while world.now() - begun < 365 * DAY {
        rounds += 1;
        // Every attempt of the password's bucket goes into a challenge or, every other time, into both steps at once.
        let request = SignInRequest::new(ANN, OLD);
        let request = if rounds % 2 == 1 { request.code(&app.wrong_code(&world)) } else { request };
        match block_on(world.auth.try_sign_in(request)) {
            Ok(SignIn::SecondFactorRequired(challenge)) => loop {
                match world.verify(&challenge, &app.wrong_code(&world)) {
                    Err(doorward::error::VerifySecondFactorError::CodeWrong) => {}
                    Err(doorward::error::VerifySecondFactorError::Throttled { .. }) => break world.clock.advance(HOUR),
                    Err(doorward::error::VerifySecondFactorError::ChallengeInvalid) => break,
                    other => panic!("the attacker is in: {other:?}"),
                }
            },
            Err(SignInError::InvalidCredentials) => {}
            Err(SignInError::Throttled { retry_after }) => world.clock.advance(retry_after),
            other => panic!("the attacker is in: {other:?}"),
        }
        match world.now() - begun {
            passed if passed < DAY => first_day = tried(),
            passed if passed < 30 * DAY => first_month = tried(),
            _ => {}
        }
        if world.now() >= next_visit {
            next_visit += 7 * DAY;
            // On the owner's own browser, with a code.
            world.clock.advance(MINUTE);
            let request = SignInRequest::new(ANN, OLD).device(&own_device);
            let challenge = code_challenge(block_on(world.auth.try_sign_in(request)).unwrap());
            let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
            owner_in += 1;
        }
    }
    println!(
        "codes evaluated: {first_day} in a day, {first_month} in 30, {} in a year; the owner signed in {owner_in} times",
        tried()
    );
    assert!(owner_in >= 50);
    assert!(
        (8..=10).contains(&first_day) && first_month <= 40 && tried() <= 375,
        "{first_day} {first_month} {}",
        tried()
    );
    assert_eq!(world.observer.count(&doorward::event::EventKind::ManyWrongCodes), 1);

    // On an unknown browser, the owner uses the mailbox and a code, which changes the password.
    let mailed = world.confirm(ANN);
    world.clock.advance(MINUTE);
    let challenge = world.asked_for_a_code(ANN, &mailed);
    let Ok(SignIn::PasswordChangeRequired(next)) = world.verify(&challenge, &app.code(&world)) else {
        panic!("the owner is locked out")
    };
    let _ = world.choose(&next, NEW);
    world.clock.advance(HOUR);
    let challenge = world.asked_for_a_code(ANN, NEW);
    let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
}
