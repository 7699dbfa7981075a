//! Sessions and devices under attack: by somebody who knows the password, by a stolen cookie, by clocks that differ, by races.
#![cfg(feature = "testing")]

mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64ct::Encoding;
use doorward::config::ResetMode;
use doorward::error::{ReauthenticateError, ResumeError, SignInError, VerifySecondFactorError};
use doorward::event::EventKind;
use doorward::session::SignOutSweep;
use doorward::store::{User, UserRow};
use doorward::testing::{Fault, Faults, ManualClock};
use doorward::{AuthBuilder, ClientAddress, SignIn, SignInRequest, SignedIn, UserId};
use pollster::block_on;
use support::*;

fn ip(last: u8) -> ClientAddress {
    ClientAddress::from_ip([192, 0, 2, last].into())
}

/// Another machine over the same stores, whose clock is off by so much.
fn beside(world: &World, off: time::Duration) -> World {
    let clock = ManualClock::at(world.now() + off);
    let mut other = world.restarted(|builder| builder.clock(clock.clone()));
    other.clock = clock;
    other
}

fn on(device_of: &SignedIn) -> SignInRequest {
    SignInRequest::new(ANN, OLD).device(&device(device_of))
}

/// Signs in, waiting as long as required.
fn enter(world: &World, request: SignInRequest) -> SignIn {
    loop {
        match block_on(world.auth.try_sign_in(request.clone())) {
            Err(SignInError::Throttled { retry_after }) => world.clock.advance(retry_after),
            outcome => return outcome.unwrap(),
        }
    }
}

#[test]
fn a01_while_a_recovery_is_open_the_old_password_ends_no_session_of_the_owner() {
    let (world, owner) = World::with_ann();
    world.clock.advance(8 * DAY);
    assert!(world.is_live(&owner));
    let _mailed = world.confirm(ANN);
    let thief = world.signed_in(ANN, OLD);
    let by_id = block_on(world.auth.revoke_session(&thief, owner.session().id));
    let alive_after_one = world.is_live(&owner);
    let all = block_on(world.auth.sign_out_others(&thief)).map(drop);
    println!();
    println!("revoke_session {by_id:?}, owner alive {alive_after_one}; sign_out_others {all:?}");
    assert!(alive_after_one && world.is_live(&owner));
}

#[test]
fn a02_a_reset_is_not_refused_because_all_places_are_taken_with_a_second_factor_either() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    let full = world.restarted(|builder| {
        builder.keyring(keyring()).configure(|config| {
            config.session.at_most = 1;
            config.session.danger_refuse_when_full = true;
        })
    });
    assert!(full.is_live(&ann));
    let mailed = full.confirm(ANN);
    let challenge = full.asked_for_a_code(ANN, &mailed);
    let code = app.next(&full);
    let outcome = full.verify(&challenge, &code);
    println!("{outcome:?}");
    assert!(matches!(outcome, Ok(SignIn::PasswordChangeRequired(_))));
}

#[test]
fn a03_signing_out_ends_the_session_though_its_token_changed_a_moment_ago() {
    let (world, ann) = World::with_ann();
    let tab = block_on(world.auth.resume(&ann.token().expose())).unwrap();
    // Meanwhile in another tab.
    let renewed = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    block_on(world.auth.sign_out(&tab)).unwrap();
    println!("events {:?}", world.observer.kinds().iter().rev().take(2).collect::<Vec<_>>());
    assert_eq!(renewed.session().id, tab.session().id);
    assert!(!world.is_live(&renewed), "the session goes on after its owner was told that it ended");
}

#[test]
fn a04_at_most_one_session_stays_at_most_two() {
    let world = World::with(|builder| {
        builder.configure(|config| {
            config.session = Default::default();
            config.session.at_most = 1;
        })
    });
    let owner = world.open(ANN, OLD);
    let mut most = 0;
    for _ in 0..8 {
        world.clock.advance(8 * DAY);
        let request = SignInRequest::new(ANN, OLD).keep_signed_in(true);
        let _ = complete(enter(&world, request));
        most = most.max(block_on(world.operator.sessions(owner.user_id())).unwrap().len());
    }
    println!("most sessions at once with at_most = 1: {most}");
    assert!(most <= 2);
}

#[test]
fn a04b_the_bound_with_the_longest_lifetimes() {
    let world = World::with(|builder| builder.configure(|config| config.session.at_most = 50));
    let owner = world.open(ANN, OLD);
    for _ in 0..49 {
        let _ = complete(enter(&world, on(&owner)));
    }
    for _ in 0..57 {
        world.clock.advance(7 * DAY);
        let _ = world.signed_in(ANN, OLD);
    }
    world.clock.set(world.now() - time::Duration::days(1));
    let alive = block_on(world.operator.sessions(owner.user_id())).unwrap().len();
    println!("sessions with at_most = 50: {alive}");
    assert!(alive <= 51);
}

#[test]
fn a05_no_new_device_evicts_one_with_a_live_session_where_two_clocks_are_two_minutes_apart() {
    for (name, off, during_a_recovery) in
        [("control", Duration::ZERO, false), ("plain", 2 * MINUTE, false), ("recovery", 2 * MINUTE, true)]
    {
        let ahead = World::with(|builder| builder.configure(|config| config.device.at_most = 3));
        let owner = ahead.open(ANN, OLD);
        for _ in 0..2 {
            let _ = ahead.signed_in(ANN, OLD);
        }
        ahead.clock.advance(30 * DAY);
        assert!(ahead.is_live(&owner));
        let clock = ManualClock::at(ahead.now() - off);
        let mut behind =
            ahead.restarted(|builder| builder.clock(clock.clone()).configure(|config| config.device.at_most = 3));
        behind.clock = clock;
        if during_a_recovery {
            let _ = behind.confirm(ANN);
        }
        // The owner signs in again in that browser, or merely uses it: the machine that is ahead notes it.
        let again = complete(block_on(ahead.auth.sign_in(on(&owner))).unwrap());
        // Somebody who knows the password signs in on the machine that is behind.
        for _ in 0..3 {
            let _ = behind.signed_in(ANN, OLD);
        }
        println!("{name}: owner alive: {}", ahead.is_live(&again));
        assert!(ahead.is_live(&again), "{name}");
    }
}

#[test]
fn a05b_nor_one_whose_session_the_other_machine_has_just_noted() {
    let ahead = World::with(|builder| builder.configure(|config| config.device.at_most = 2));
    let owner = ahead.open(ANN, OLD);
    let _bystander = ahead.signed_in(ANN, OLD);
    ahead.clock.advance(30 * DAY);
    assert!(ahead.is_live(&owner));
    let clock = ManualClock::at(ahead.now() - 2 * MINUTE);
    let mut behind =
        ahead.restarted(|builder| builder.clock(clock.clone()).configure(|config| config.device.at_most = 2));
    behind.clock = clock;
    let _thief = behind.signed_in(ANN, OLD);
    assert!(ahead.is_live(&owner), "expelled by a new device");
}

// 6, 7

#[test]
fn a06_a_sign_in_that_was_under_way_when_the_sweep_began_does_not_survive_it() {
    let (world, _ann, app, _) = World::with_enrolled_ann();
    let under_way = world.asked_for_a_code(ANN, OLD);
    let code = app.next(&world);
    world.clock.advance(SECOND);
    let (auth, clock, kept) = (world.auth.clone(), world.clock.clone(), Arc::new(Mutex::new(None)));
    let slot = kept.clone();
    let meanwhile = move || {
        clock.advance(SECOND);
        *slot.lock().unwrap() = Some(block_on(auth.verify_second_factor(&under_way, &code)).unwrap());
    };
    // Before the first page.
    let meanwhile = Mutex::new(Some(meanwhile));
    let directory = Asking(world.users.clone(), move |after: Option<&UserId>, at_most| {
        let meanwhile = meanwhile.lock().unwrap().take();
        if let Some(meanwhile) = meanwhile {
            meanwhile();
        }
        Ok((after.cloned(), at_most))
    });
    let mut sweep = SignOutSweep::new();
    block_on(world.operator.sign_out_everybody(&directory, &mut sweep)).unwrap();
    let escaped = complete(kept.lock().unwrap().take().unwrap());
    println!("complete {}, escaped alive {}", sweep.is_complete(), world.is_live(&escaped));
    println!("methods {:?}", escaped.session().methods);
    assert!(!world.is_live(&escaped));
}

#[test]
fn a06b_nor_the_setting() {
    let (world, _ann, app, _) = World::with_enrolled_ann();
    let under_way = world.asked_for_a_code(ANN, OLD);
    let code = app.next(&world);
    world.clock.advance(SECOND);
    let leak = world.now();
    let shut = world
        .restarted(|builder| builder.keyring(keyring()).configure(|config| config.session.not_before = Some(leak)));
    assert!(matches!(shut.verify(&under_way, &code), Err(VerifySecondFactorError::ChallengeInvalid)));
    world.clock.advance(SECOND);
    // A process that was not restarted yet.
    let escaped = complete(world.verify(&under_way, &code).unwrap());
    assert!(!shut.is_live(&escaped), "it began before the instant");
}

#[test]
fn a07_a_sweep_ends_sessions_that_were_dated_by_a_machine_ahead() {
    let world = World::new();
    let ahead = beside(&world, time::Duration::minutes(5));
    let ann = ahead.open(ANN, OLD);
    world.clock.advance(MINUTE);
    ahead.clock.advance(MINUTE);
    let mut sweep = SignOutSweep::new();
    block_on(world.operator.sign_out_everybody(&*world.users, &mut sweep)).unwrap();
    println!("signed out {}", sweep.signed_out());
    assert!(!ahead.is_live(&ann), "it began a minute before the sweep");
}

#[test]
fn a08_a_session_that_is_refused_moves_no_sign_of_sharing_and_causes_no_write() {
    let world = World::with(|builder| builder.index_key([7; 32]));
    let desk = world.open(ANN, OLD);
    let (first, second) = (world.signed_in(ANN, OLD), world.signed_in(ANN, OLD));
    for revoked in [&first, &second] {
        block_on(world.auth.revoke_device(&desk, revoked.session().device.unwrap())).unwrap();
    }
    let mut writes = 0;
    for _ in 0..4 {
        for _ in 0..16 {
            for (place, cookie) in [&desk, &first, &second].into_iter().enumerate() {
                world.clock.advance(5 * MINUTE);
                let before = world.user(ANN).version();
                let resumed = block_on(world.auth.resume_from(&cookie.token().expose(), &ip(place as u8)));
                assert_eq!(resumed.is_ok(), place == 0);
                writes += usize::from(place > 0 && world.user(ANN).version() != before);
            }
        }
        world.clock.advance(20 * HOUR);
    }
    let suspected = world.observer.kinds().iter().any(|kind| matches!(kind, EventKind::SharingSuspected { .. }));
    println!("writes by refused sessions: {writes}, suspected: {suspected}");
    println!("{:?}", block_on(world.operator.sharing_signs(desk.user_id())).unwrap());
    assert!(writes == 0 && !suspected);
}

#[test]
fn a09_labels_are_readable() {
    let world = World::new();
    let _ = world.open(ANN, OLD);
    let mut wrong = Vec::new();
    for label in [
        "\u{202e}xoferiF",
        "\u{200b}\u{200b}",
        "\u{1} \u{1}",
        "Fire\u{2028}fox",
        "\u{feff}",
        "\u{e0041}\u{e0042}",
        "\u{1}  x",
        "\u{2066}Firefox",
        "\u{2800}",
    ] {
        let request = SignInRequest::new(ANN, OLD).label(label);
        let signed_in = complete(enter(&world, request));
        let shown = signed_in.session().label.as_deref().filter(|shown| !["xoferiF", "Firefox", "x"].contains(shown));
        wrong.extend(shown.map(|shown| format!("{shown:?} ({} bytes)", shown.len())));
    }
    println!("{wrong:#?}");
    assert!(wrong.is_empty());
}

fn decoded(user: &User) -> Duration {
    let (version, snapshot) = (user.version().to_string(), user.to_snapshot());
    let row =
        UserRow { id: user.id().as_str(), email: user.email().canonical(), version: &version, snapshot: &snapshot };
    let mut best = Duration::MAX;
    for _ in 0..200 {
        let begun = Instant::now();
        let _ = std::hint::black_box(User::decode(Some(row)));
        best = best.min(begun.elapsed());
    }
    best
}

fn missed() -> Duration {
    let mut best = Duration::MAX;
    for _ in 0..200 {
        let begun = Instant::now();
        let _ = std::hint::black_box(User::decode(None));
        best = best.min(begun.elapsed());
    }
    best
}

#[test]
fn a11_sizes() {
    let world = World::with(|builder| builder.index_key([7; 32]));
    let owner = world.open(ANN, OLD);
    println!("one session: {} bytes, {:?}", world.user(ANN).to_snapshot().len(), decoded(&world.user(ANN)));
    for _ in 0..2 {
        let _ = world.signed_in(ANN, OLD);
    }
    println!("three sessions: {} bytes, {:?}", world.user(ANN).to_snapshot().len(), decoded(&world.user(ANN)));
    println!("nobody: {:?}", missed());
    let label = "\u{10ffff}".repeat(64);
    for n in 0..110u8 {
        let request = SignInRequest::new(ANN, OLD).label(&label).client_address(ip(n)).keep_signed_in(true);
        let _ = complete(enter(&world, request));
    }
    let user = world.user(ANN);
    println!("an attacker with the password: {} bytes, {:?}", user.to_snapshot().len(), decoded(&user));
    for _ in 0..57 {
        world.clock.advance(7 * DAY);
        let _ = complete(enter(&world, SignInRequest::new(ANN, OLD).label(&label)));
    }
    let user = world.user(ANN);
    println!("after a year: {} bytes, {:?}", user.to_snapshot().len(), decoded(&user));
    let value: serde_json::Value = serde_json::from_str(&user.to_snapshot()).unwrap();
    for (key, value) in value.as_object().unwrap() {
        println!("  {key}: {}", value.to_string().len());
    }
    let _ = owner;
}

#[test]
fn a12_signing_in_again_in_a_browser_ends_the_session_before() {
    let (world, first) = World::with_ann();
    let again = complete(block_on(world.auth.sign_in(on(&first))).unwrap());
    assert_eq!(again.session().device, first.session().device);
    println!("listed: {}", block_on(world.auth.sessions(&again)).unwrap().len());
    assert!(!world.is_live(&first), "ASVS 5.0, 7.2.4: authentication terminates the current session token");
}

#[test]
fn a14_a_lost_answer_locks_nobody_out_where_sessions_are_refused_when_full() {
    let world = World::with(|builder| {
        builder.configure(|config| {
            config.session = Default::default();
            config.session.at_most = 1;
            config.session.danger_refuse_when_full = true;
        })
    });
    let first = world.open(ANN, OLD);
    block_on(world.auth.sign_out(&first)).unwrap();
    // The answer of this one never reaches the browser.
    let _ = complete(enter(&world, on(&first).keep_signed_in(true)));
    world.clock.advance(29 * DAY);
    let again = block_on(world.auth.sign_in(on(&first)));
    println!("{again:?}");
    assert!(again.is_ok(), "the owner, in their own browser, after 29 days");
}

// 15: hold

#[test]
fn h15_a_note_beside_a_rotation_or_an_ending_revives_nothing() {
    for what in ["rotate", "sign out", "revoke device", "change", "everywhere"] {
        let (world, ann) = World::with_ann();
        let phone = world.signed_in(ANN, OLD);
        world.clock.advance(6 * MINUTE);
        let phone_device = phone.session().device.unwrap();
        let desk = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
        world.clock.advance(2 * SECOND);
        let (auth, operator, text) = (world.auth.clone(), world.operator.clone(), phone.token().expose());
        let (phone2, kept) = (phone.clone(), Arc::new(Mutex::new(None)));
        let slot = kept.clone();
        let meddling = Meddling::new(world.users.clone(), move || match what {
            "rotate" => *slot.lock().unwrap() = Some(block_on(auth.reauthenticate(&phone2, OLD)).unwrap()),
            "sign out" => block_on(auth.sign_out(&phone2)).unwrap(),
            "revoke device" => block_on(auth.revoke_device(&desk, phone_device)).unwrap(),
            "change" => drop(block_on(auth.change_password(&desk, OLD, NEW)).unwrap()),
            _ => block_on(operator.sign_out_everywhere(desk.user_id())).unwrap(),
        });
        let meddling = Arc::new(meddling);
        let other = doorward::Auth::builder(site(), meddling.clone(), world.attempts.clone(), world.mailer.clone())
            .clock(world.clock.clone())
            .configure(for_tests)
            .build()
            .unwrap();
        assert!(block_on(other.resume(&text)).is_ok());
        assert!(meddling.has_meddled(), "{what}");
        assert!(!world.is_live(&phone), "{what}");
        if let Some(renewed) = kept.lock().unwrap().take() {
            assert!(world.is_live(&renewed));
        }
    }
}

// 16: hold

#[test]
fn h16_a_spawner_that_drops_work_keeps_no_turn() {
    let dropping = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let flag = dropping.clone();
    let world = World::with(move |builder| {
        builder.background(move |work| {
            if !flag.load(std::sync::atomic::Ordering::SeqCst) {
                block_on(work);
            }
        })
    });
    dropping.store(false, std::sync::atomic::Ordering::SeqCst);
    let ann = world.open(ANN, OLD);
    dropping.store(true, std::sync::atomic::Ordering::SeqCst);
    world.clock.advance(6 * MINUTE);
    let before = world.user(ANN).version();
    assert!(world.is_live(&ann));
    assert_eq!(world.user(ANN).version(), before);
    dropping.store(false, std::sync::atomic::Ordering::SeqCst);
    assert!(world.is_live(&ann));
    assert_ne!(world.user(ANN).version(), before);
    block_on(world.auth.close());
    assert!(matches!(block_on(world.auth.resume(&ann.token().expose())), Err(ResumeError::Unavailable(_))));
}

#[test]
fn a17_who_merely_knows_the_password_keeps_no_new_browser_of_the_owner_without_a_device() {
    let world = World::with(|builder| builder.configure(|config| config.session = Default::default()));
    let owner = world.open(ANN, OLD);
    world.clock.advance(8 * DAY);
    for _ in 0..25 {
        let _ = complete(enter(&world, SignInRequest::new(ANN, OLD).keep_signed_in(true)));
    }
    let mut days = 0;
    loop {
        let new = world.signed_in(ANN, OLD);
        if new.session().device.is_some() {
            break;
        }
        world.clock.advance(DAY);
        days += 1;
    }
    println!("days without a device: {days}");
    let _ = owner;
    assert!(days <= 7);
}

#[test]
fn a20_a_machine_behind_lists_and_ends_what_another_machine_has_just_noted() {
    let world = World::new();
    let owner = world.open(ANN, OLD);
    let ahead = beside(&world, time::Duration::minutes(3));
    let thief = world.signed_in(ANN, OLD);
    for machine in [&world, &ahead] {
        machine.clock.advance(6 * MINUTE);
    }
    assert!(ahead.is_live(&thief));
    let owner = block_on(world.auth.reauthenticate(&owner, OLD)).unwrap();
    let listed = block_on(world.auth.sessions(&owner)).unwrap();
    let revoked = block_on(world.auth.revoke_session(&owner, thief.session().id));
    println!("listed {}, revoked {revoked:?}", listed.len());
    let _ = block_on(world.auth.sign_out_others(&owner)).unwrap();
    assert!(!ahead.is_live(&thief), "at least by ending all others");
    assert!(listed.len() == 2 && revoked.is_ok());
}

#[test]
fn a20b_nor_is_a_further_session_granted_there_at_the_cost_of_one() {
    let world = World::with(|builder| {
        builder.configure(|config| {
            config.session.at_most = 1;
            config.session.danger_refuse_when_full = true;
        })
    });
    let clock = ManualClock::at(world.now() + 3 * MINUTE);
    let mut ahead = world.restarted(|builder| {
        builder.clock(clock.clone()).configure(|config| {
            config.session.at_most = 1;
            config.session.danger_refuse_when_full = true;
        })
    });
    ahead.clock = clock;
    let owner = ahead.open(ANN, OLD);
    let other = world.sign_in(ANN, OLD);
    println!("{other:?}");
    assert!(ahead.is_live(&owner), "one session too many was to be refused");
}

// 21: hold

#[test]
fn h21_faults_of_the_store_at_a_rotation_leave_an_owner_who_signs_in_again() {
    for fault in Fault::ALL {
        for k in 0..8 {
            let world = World::new();
            let ann = world.open(ANN, OLD);
            let faults = Faults::new();
            let auth = doorward::Auth::builder(
                site(),
                faults.users(world.users.clone()),
                world.attempts.clone(),
                world.mailer.clone(),
            )
            .clock(world.clock.clone())
            .configure(for_tests)
            .build()
            .unwrap();
            faults.strike(k, fault);
            let driven = faults.drive(auth.sign_out_others(&ann));
            let _ = driven;
            faults.relent();
            let listed = block_on(world.operator.sessions(ann.user_id())).unwrap().len();
            assert!(listed <= 1, "{listed}");
            assert!(world.sign_in(ANN, OLD).is_ok());
        }
    }
}

// 22: hold

#[test]
fn h22_a_wish_belongs_to_its_own_challenge() {
    let (world, _ann, app, _) = World::with_enrolled_ann();
    let plain = world.asked_for_a_code(ANN, OLD);
    let kept = code_challenge(enter(&world, SignInRequest::new(ANN, OLD).keep_signed_in(true).label("thief")));
    let code = app.next(&world);
    let signed_in = complete(world.verify(&plain, &code).unwrap());
    assert!(!signed_in.session().kept && signed_in.session().label.is_none());
    let code = app.next(&world);
    let signed_in = complete(world.verify(&kept, &code).unwrap());
    assert!(signed_in.session().kept && signed_in.session().label.as_deref() == Some("thief"));
}

#[test]
fn a24_a_reset_by_link_is_never_refused_either() {
    let world = World::with(|builder| {
        builder.configure(|config| {
            config.reset.mode = ResetMode::ChooseNewPassword;
            config.session.at_most = 1;
            config.session.danger_refuse_when_full = true;
        })
    });
    let owner = world.open(ANN, OLD);
    let token = world.request(ANN);
    let _ = complete(block_on(world.auth.complete_reset(&token, NEW)).unwrap());
    assert!(!world.is_live(&owner));
}

#[test]
fn a25_a_note_that_is_written_late_lengthens_no_session() {
    let queue: Arc<Mutex<Vec<doorward::config::BackgroundWork>>> = Arc::default();
    let waiting = queue.clone();
    let world = World::with(move |builder| {
        builder
            .background(move |work| waiting.lock().unwrap().push(work))
            .configure(|config| config.session = Default::default())
    });
    let run = || loop {
        let next = queue.lock().unwrap().pop();
        let Some(work) = next else { break };
        block_on(work);
    };
    world.provision_and_run(&run);
    let ann = world.choose(&world.challenge(ANN, &world.mailed_password()), OLD);
    run();
    let began = world.now();
    // Used once, ten minutes after the sign-in; the work waits in the host's queue.
    world.clock.advance(10 * MINUTE);
    assert!(world.is_live(&ann));
    world.clock.advance(40 * MINUTE);
    run();
    // 80 minutes after the sign-in, 70 after the last use, with an idle lifetime of an hour.
    world.clock.set(began + 80 * MINUTE);
    assert!(!world.is_live(&ann), "alive 70 minutes after its last use");
}

#[test]
fn a25b_nor_does_it_end_one_that_was_used_in_time() {
    let queue: Arc<Mutex<Vec<doorward::config::BackgroundWork>>> = Arc::default();
    let waiting = queue.clone();
    let world = World::with(move |builder| {
        builder
            .background(move |work| waiting.lock().unwrap().push(work))
            .configure(|config| config.session = Default::default())
    });
    let run = || loop {
        let next = queue.lock().unwrap().pop();
        let Some(work) = next else { break };
        block_on(work);
    };
    world.provision_and_run(&run);
    let ann = world.choose(&world.challenge(ANN, &world.mailed_password()), OLD);
    run();
    world.clock.advance(59 * MINUTE);
    assert!(world.is_live(&ann));
    world.clock.advance(2 * MINUTE);
    run();
    assert!(world.is_live(&ann), "used two minutes ago");
}

trait Provisioned {
    fn provision_and_run(&self, run: &impl Fn());
}

impl Provisioned for World {
    fn provision_and_run(&self, run: &impl Fn()) {
        self.provision(ANN);
        run();
    }
}

#[test]
fn a26_addresses_at_sign_in_alone_do_not_turn_the_signs_of_sharing_off() {
    let crowded = |address_at_sign_in: bool| {
        let world = World::with(|builder| builder.index_key([7; 32]));
        let _ = world.open(ANN, OLD);
        let mut people = Vec::new();
        for n in 0..3 {
            let request = SignInRequest::new(ANN, OLD);
            let request = if address_at_sign_in { request.client_address(ip(n)) } else { request };
            people.push(complete(enter(&world, request)));
        }
        for _ in 0..6 {
            for _ in 0..20 {
                for person in &people {
                    world.clock.advance(5 * MINUTE);
                    assert!(world.is_live(person));
                }
            }
            world.clock.advance(19 * HOUR);
        }
        let signs = block_on(world.operator.sharing_signs(people[0].user_id())).unwrap();
        println!("{address_at_sign_in}: {signs:?}");
        signs.crowded_hours
    };
    assert!(crowded(false) >= 10);
    assert!(crowded(true) >= 10);
}

#[test]
fn a27_who_is_refused_by_a_race_is_told_the_reason() {
    let (world, _ann, app, _) = World::with_enrolled_ann();
    let refuse = |config: &mut doorward::Config| {
        for_tests(config);
        config.session.at_most = 2;
        config.session.danger_refuse_when_full = true;
    };
    let challenge = world.asked_for_a_code(ANN, OLD);
    let other = world.asked_for_a_code(ANN, OLD);
    let (auth, taken) = (world.auth.clone(), app.next(&world));
    let code = app.next(&world);
    let meddling = Meddling::new(world.users.clone(), move || {
        let _ = complete(block_on(auth.verify_second_factor(&other, &taken)).unwrap());
    });
    let full = doorward::Auth::builder(site(), Arc::new(meddling), world.attempts.clone(), world.mailer.clone())
        .keyring(keyring())
        .clock(world.clock.clone())
        .configure(refuse)
        .build()
        .unwrap();
    let outcome = block_on(full.verify_second_factor(&challenge, &code));
    println!("{outcome:?}");
    assert!(matches!(outcome, Err(VerifySecondFactorError::TooManySessions)));
}

#[test]
fn a_sweep_reaches_sessions_of_machines_whose_clocks_are_less_than_a_minute_ahead() {
    for swept_by_the_setting in [false, true] {
        let world = World::new();
        let ahead = beside(&world, time::Duration::seconds(55));
        let ann = ahead.open(ANN, OLD);
        world.clock.advance(SECOND);
        ahead.clock.advance(SECOND);
        assert!(world.is_live(&ann), "within the grace");
        if swept_by_the_setting {
            let later = world.now() + MINUTE;
            let shut = world.restarted(|builder| builder.configure(|config| config.session.not_before = Some(later)));
            assert!(!shut.is_live(&ann));
        } else {
            block_on(world.operator.sign_out_everybody(&*world.users, &mut SignOutSweep::new())).unwrap();
        }
        assert!(!world.is_live(&ann) && !ahead.is_live(&ann), "it began before the sweep");
    }
}

#[test]
fn a_session_dated_far_ahead_takes_nobodys_place() {
    for refuses in [false, true] {
        let limited = |builder: AuthBuilder| {
            builder.configure(|config| {
                config.session.at_most = 3;
                config.session.danger_refuse_when_full = refuses;
            })
        };
        let world = World::with(limited);
        let first = world.open(ANN, OLD);
        world.clock.advance(8 * DAY);
        let desk = complete(enter(&world, on(&first).keep_signed_in(true)));
        let clock = ManualClock::at(world.now() + 3 * DAY);
        let mut ahead = world.restarted(|builder| limited(builder).clock(clock.clone()));
        ahead.clock = clock;
        let laptop = complete(enter(&world, SignInRequest::new(ANN, OLD)));
        let _stray = ahead.signed_in(ANN, OLD);
        // It refuses nobody, and is the first to end.
        world.clock.advance(MINUTE);
        let phone = complete(enter(&world, SignInRequest::new(ANN, OLD)));
        assert!([&phone, &laptop, &desk].iter().all(|session| world.is_live(session)), "{refuses}");
    }
}

#[test]
fn whoever_stole_a_session_does_not_slow_down_the_proofs_of_another() {
    let (world, desk) = World::with_ann();
    let stolen = world.signed_in(ANN, OLD);
    for _ in 0..6 {
        let _ = block_on(world.auth.reauthenticate(&stolen, "a guess"));
        world.clock.advance(SECOND);
    }
    assert!(matches!(block_on(world.auth.reauthenticate(&stolen, OLD)), Err(ReauthenticateError::Throttled { .. })));
    assert!(block_on(world.auth.reauthenticate(&desk, OLD)).is_ok());
}

#[test]
fn a_token_that_nobody_issued_puts_no_id_into_events() {
    let (world, ann) = World::with_ann();
    let token = ann.token().expose();
    let secret = token.split_once('.').unwrap().1;
    let made_up = format!("{}.{secret}", base64ct::Base64UrlUnpadded::encode_string(b"the head of sales"));
    assert!(block_on(world.auth.resume(&made_up)).is_err());
    let event = world.observer.events().pop().unwrap();
    assert!(event.kind == EventKind::SessionRejected && event.user_id.is_none(), "{event:?}");
}

#[test]
fn a28_a_sweep_over_a_directory_that_repeats_its_page_ends() {
    let (world, _) = World::with_ann();
    let asked = AtomicUsize::new(0);
    let directory = Asking(world.users.clone(), move |_: Option<&UserId>, at_most| {
        assert!(asked.fetch_add(1, Ordering::SeqCst) < 100, "the same page for the hundredth time");
        Ok((None, at_most))
    });
    let mut sweep = SignOutSweep::new();
    let _ = block_on(world.operator.sign_out_everybody(&directory, &mut sweep));
}

// 29: hold

#[test]
fn h29_nothing_secret_is_printed() {
    let world = World::with(|builder| builder.index_key([7; 32]));
    let ann = complete({
        world.provision(ANN);
        let challenge = world.challenge(ANN, &world.mailed_password());
        block_on(world.auth.choose_password(&challenge, OLD)).unwrap()
    });
    let _ = block_on(world.auth.resume("not a token"));
    let _ = block_on(world.auth.resume(&ann.token().expose().replace('.', ".A")));
    world.clock.advance(HOUR);
    let _ = block_on(world.auth.resume_from(&ann.token().expose(), &ip(1)));
    let mut sweep = SignOutSweep::new();
    block_on(world.operator.sign_out_everybody(&*world.users, &mut sweep)).unwrap();
    let printed = format!(
        "{ann:?} {:?} {:?} {sweep:?} {:?} {:?} {:?}",
        ann.token(),
        world.auth,
        world.operator,
        world.observer.events(),
        world.user(ANN)
    );
    let token = ann.token().expose();
    let secret = token.split_once('.').unwrap().1;
    assert!(!printed.contains(secret) && !printed.contains(ANN));
    assert!(!world.user(ANN).to_snapshot().contains(secret));
}
