use std::time::Duration;

use doorward::error::{ChoosePasswordError, ResumeError, SessionError};
use doorward::event::EventKind;
use doorward::second_factor::StepUp;
use doorward::session::{AuthMethod, SessionLifetimes, SignOutSweep};
use doorward::{ClientAddress, SignIn, SignInRequest, UserId};
use pollster::block_on;

use crate::support::*;

#[test]
fn s06_one_call_ends_every_other_session() {
    let (world, desk) = World::with_ann();
    let phone = world.signed_in(ANN, OLD);
    let again = block_on(world.auth.sign_out_others(&desk)).unwrap();
    assert!(world.is_live(&again) && !world.is_live(&desk) && !world.is_live(&phone));
    assert!(matches!(block_on(world.auth.sign_out_others(&phone)), Err(SessionError::SessionEnded)));
}

#[test]
fn a_token_is_read_byte_for_byte() {
    let (world, ann) = World::with_ann();
    let text = ann.token().expose();
    assert!(block_on(world.auth.resume(&text)).is_ok());
    let other_letter = if text.ends_with('A') { "E" } else { "A" };
    for other in [
        "",
        " ",
        "null",
        &text[1..],
        &text[..text.len() - 1],
        &format!("{}{other_letter}", &text[..text.len() - 1]),
        &format!(" {text}"),
        &format!("{text}="),
        &format!("{text}AAAA"),
        &device(&ann),
    ] {
        assert!(matches!(block_on(world.auth.resume(other)), Err(ResumeError::SessionEnded)), "{other}");
    }
}

#[test]
fn a_visitor_without_a_cookie_is_no_event() {
    let world = World::new();
    assert!(matches!(block_on(world.auth.resume("")), Err(ResumeError::SessionEnded)));
    assert_eq!(world.observer.count(&EventKind::SessionRejected), 0);
    assert!(block_on(world.auth.resume("null")).is_err());
    assert_eq!(world.observer.count(&EventKind::SessionRejected), 1);
}

#[test]
fn resuming_at_once_reads_and_writes_nothing() {
    let (world, ann) = World::with_ann();
    let before = world.user(ANN);
    for _ in 0..10 {
        assert!(world.is_live(&ann));
    }
    assert!(world.user(ANN) == before);
}

#[test]
fn signing_out_ends_the_session_for_every_copy_of_its_cookie_and_no_other() {
    let (world, desk) = World::with_ann();
    let phone = world.signed_in(ANN, OLD);
    let copy = desk.token().expose();
    block_on(world.auth.sign_out(&desk)).unwrap();
    assert!(matches!(block_on(world.auth.resume(&copy)), Err(ResumeError::SessionEnded)));
    assert!(world.is_live(&phone));
    // Again: nothing happens.
    block_on(world.auth.sign_out(&desk)).unwrap();
    assert_eq!(world.observer.count(&EventKind::SignedOut), 1);
    // The device is still known.
    let again = SignInRequest::new(ANN, OLD).device(&device(&desk));
    let again = complete(block_on(world.auth.sign_in(again)).unwrap());
    assert_eq!(again.session().device, desk.session().device);
}

/// A world with this preset, for sessions of either kind.
fn lasting(lifetimes: SessionLifetimes) -> World {
    World::with(|builder| {
        builder.configure(|config| {
            config.session.lifetimes = lifetimes;
            config.session.kept_lifetimes = SessionLifetimes { absolute: 400 * DAY, idle: 400 * DAY };
        })
    })
}

/// Whether a session is alive at an instant, if it was used at others before: seconds after the sign-in.
fn is_alive_at(lifetimes: SessionLifetimes, used_at: impl IntoIterator<Item = Duration>, at: Duration) -> bool {
    let world = lasting(lifetimes);
    let ann = world.open(ANN, OLD);
    let began = world.now();
    for used in used_at {
        world.clock.set(began + used);
        assert!(world.is_live(&ann), "used after {used:?}");
    }
    world.clock.set(began + at);
    world.is_live(&ann)
}

const PRESETS: [SessionLifetimes; 3] = [SessionLifetimes::AAL1, SessionLifetimes::AAL2, SessionLifetimes::AAL3];

#[test]
fn asvs_7_3_1_a_session_ends_idle_and_to_the_second() {
    for preset in PRESETS {
        let lag = (preset.idle / 6).min(5 * MINUTE);
        let absolute = preset.absolute;
        // Not used at all.
        assert!(is_alive_at(preset, [], preset.idle - SECOND));
        assert!(!is_alive_at(preset, [], preset.idle));
        // A use that is not written down: the session ends early by as much as the lag, and no more.
        assert!(is_alive_at(preset, [lag - SECOND], preset.idle - SECOND));
        assert!(!is_alive_at(preset, [lag - SECOND], preset.idle));
        // A use that is written down: it ends a whole idle lifetime later, if the absolute one lets it.
        let end = (lag + preset.idle).min(absolute);
        assert!(is_alive_at(preset, [lag], end - SECOND));
        assert!(!is_alive_at(preset, [lag], end));
    }
}

#[test]
fn asvs_7_3_2_a_session_ends_however_much_it_is_used_and_to_the_second() {
    for preset in PRESETS {
        let steps = |until: Duration| {
            let step = preset.idle / 2;
            (1..).map(move |n| step * n).take_while(move |at| *at < until)
        };
        assert!(is_alive_at(preset, steps(preset.absolute), preset.absolute - SECOND));
        assert!(!is_alive_at(preset, steps(preset.absolute), preset.absolute));
    }
    // No proof extends it either.
    let world = lasting(SessionLifetimes::AAL3);
    let ann = world.open(ANN, OLD);
    let began = world.now();
    let mut ann = ann;
    for _ in 0..71 {
        world.clock.advance(10 * MINUTE);
        ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    }
    world.clock.set(began + 12 * HOUR - SECOND);
    assert!(world.is_live(&ann));
    world.clock.advance(SECOND);
    assert!(!world.is_live(&ann));
}

#[test]
fn a_clock_that_is_set_back_loses_no_session_and_revives_none_that_was_found_to_be_over() {
    for preset in PRESETS {
        let world = lasting(preset);
        let ann = world.open(ANN, OLD);
        let began = world.now();
        world.clock.set(began - MINUTE);
        assert!(world.is_live(&ann));
        world.clock.set(began - MINUTE - SECOND);
        assert!(!world.is_live(&ann));
        // The clock is mended.
        world.clock.set(began);
        assert!(world.is_live(&ann));
        // What was found to be over stays so.
        world.clock.set(began + preset.idle);
        assert!(!world.is_live(&ann));
        world.clock.set(began + SECOND);
        assert!(!world.is_live(&ann));
    }
}

#[test]
fn a_user_who_asks_is_kept_signed_in_through_every_step() {
    let world = World::with(|builder| builder.configure(|config| config.session = Default::default()));
    world.provision(ANN);
    let request =
        SignInRequest::new(ANN, &world.mailed_password()).keep_signed_in(true).label("  Firefox\n on Linux  ");
    let SignIn::PasswordChangeRequired(challenge) = block_on(world.auth.sign_in(request)).unwrap() else {
        panic!("a change was due")
    };
    let kept = world.choose(&challenge, OLD);
    assert!(kept.session().kept);
    assert_eq!(kept.session().label.as_deref(), Some("Firefox on Linux"));
    assert_eq!(kept.max_age(), Some(30 * DAY));
    let plain = world.signed_in(ANN, OLD);
    assert_eq!((plain.max_age(), plain.session().kept, &plain.session().label), (None, false, &None));
    assert_eq!((kept.expires_in(), plain.expires_in()), (30 * DAY, HOUR));
    world.clock.advance(29 * DAY);
    assert!(world.is_live(&kept) && !world.is_live(&plain));
    let resumed = block_on(world.auth.resume(&kept.token().expose())).unwrap();
    assert_eq!((resumed.max_age(), resumed.expires_in()), (Some(DAY), DAY));
    assert_eq!(resumed.session().expires_in(world.now()), DAY);
}

#[test]
fn the_use_of_a_session_is_written_down_once_in_five_minutes_and_by_one_call() {
    let (world, ann) = World::with_ann();
    let (began, mut writes, mut version) = (world.now(), 0, world.user(ANN).version());
    while world.now() < began + HOUR {
        world.clock.advance(SECOND);
        assert!(world.is_live(&ann));
        let now = world.user(ANN).version();
        writes += usize::from(now != version);
        version = now;
    }
    assert_eq!(writes, 12);
}

#[test]
fn sessions_are_listed_with_what_their_owner_needs_to_tell_them_apart() {
    let (world, desk) = World::with_ann();
    world.clock.advance(HOUR);
    let request = SignInRequest::new(ANN, OLD).label("Safari on iPhone");
    let phone = complete(block_on(world.auth.sign_in(request)).unwrap());
    let listed = block_on(world.auth.sessions(&phone)).unwrap();
    assert_eq!(listed.iter().map(|session| session.is_current).collect::<Vec<_>>(), [true, false]);
    assert_eq!(listed[0].label.as_deref(), Some("Safari on iPhone"));
    assert_eq!(listed[0].device, phone.session().device);
    assert_eq!(listed[0].signed_in_at, world.now());
    assert_eq!((listed[1].id, listed[1].last_seen_at), (desk.session().id, desk.session().signed_in_at));
    assert!(listed[0].methods.iter().all(|proven| proven.method == AuthMethod::Password));
    // The operator sees the same, and nobody is "this one".
    let by_operator = block_on(world.operator.sessions(ann_id(&world))).unwrap();
    assert_eq!(by_operator.len(), 2);
    assert!(by_operator.iter().all(|session| !session.is_current));
    // An id is no token, and no token is shown.
    let printed = format!("{listed:?} {by_operator:?} {phone:?}");
    for signed_in in [&desk, &phone] {
        let token = signed_in.token().expose();
        assert!(!printed.contains(token.split_once('.').unwrap().1));
        assert!(block_on(world.auth.resume(&signed_in.session().id.to_string())).is_err());
    }
}

fn ann_id(world: &World) -> &'static UserId {
    Box::leak(Box::new(world.user(ANN).id().clone()))
}

#[test]
fn asvs_7_5_2_ending_another_session_takes_a_fresh_proof() {
    let (world, desk) = World::with_ann();
    let phone = world.signed_in(ANN, OLD);
    let id = phone.session().id;
    world.clock.advance(5 * MINUTE);
    for refused in [
        block_on(world.auth.revoke_session(&desk, id)).unwrap_err(),
        block_on(world.auth.sign_out_others(&desk)).map(drop).unwrap_err(),
    ] {
        assert!(matches!(refused, SessionError::StepUpRequired { needs: StepUp::Password }), "{refused:?}");
    }
    assert!(world.is_live(&phone));
    let desk = block_on(world.auth.reauthenticate(&desk, OLD)).unwrap();
    block_on(world.auth.revoke_session(&desk, id)).unwrap();
    assert!(!world.is_live(&phone) && world.is_live(&desk));
    assert_eq!(world.observer.count(&EventKind::SessionRevoked), 1);
    assert!(matches!(block_on(world.auth.revoke_session(&desk, id)), Err(SessionError::UnknownSession)));
    // Nobody ends the sessions of others.
    let bob = world.open("bob@acme.example", OLD);
    let of_ann = desk.session().id;
    assert!(matches!(block_on(world.auth.revoke_session(&bob, of_ann)), Err(SessionError::UnknownSession)));
    // One's own, this one too.
    block_on(world.auth.revoke_session(&desk, desk.session().id)).unwrap();
    assert!(!world.is_live(&desk));
}

#[test]
fn one_session_too_many_ends_the_one_that_was_not_used_for_longest() {
    let world = World::with(|builder| builder.configure(|config| config.session.at_most = 3));
    let first = world.open(ANN, OLD);
    let mut others = Vec::new();
    for _ in 0..2 {
        world.clock.advance(HOUR);
        others.push(world.signed_in(ANN, OLD));
    }
    world.clock.advance(HOUR);
    assert!(world.is_live(&first), "and is used now");
    let fourth = world.signed_in(ANN, OLD);
    assert!(world.is_live(&first) && !world.is_live(&others[0]) && world.is_live(&others[1]) && world.is_live(&fourth));
    assert_eq!(block_on(world.auth.sessions(&fourth)).unwrap().len(), 3);
}

#[test]
fn who_merely_knows_the_password_ends_no_session_of_a_browser_that_is_known_for_a_week() {
    for at_most in [1, 2, 5] {
        let world = World::with(|builder| builder.configure(|config| config.session.at_most = at_most));
        let owner = world.open(ANN, OLD);
        world.clock.advance(7 * DAY);
        assert!(world.is_live(&owner));
        let mut last = None;
        for _ in 0..20 {
            world.clock.advance(HOUR);
            last = Some(world.signed_in(ANN, OLD));
        }
        assert!(world.is_live(&owner), "{at_most}");
        assert!(world.is_live(&last.unwrap()), "there is room for one newcomer");
        let listed = block_on(world.operator.sessions(owner.user_id())).unwrap().len();
        assert_eq!(listed, at_most.max(2), "and for as many as fit");
        // The owner, who signs in again in that browser, ends the newcomers first.
        let again = SignInRequest::new(ANN, OLD).device(&device(&owner));
        let again = complete(block_on(world.auth.sign_in(again)).unwrap());
        assert!(world.is_live(&again));
        assert!(!world.is_live(&owner), "a browser has one session");
        assert_eq!(block_on(world.operator.sessions(owner.user_id())).unwrap().len(), at_most);
    }
}

#[test]
fn a_further_session_is_refused_only_where_that_was_asked_for() {
    let world = World::with(|builder| {
        builder.configure(|config| {
            config.session.at_most = 2;
            config.session.danger_refuse_when_full = true;
        })
    });
    let first = world.open(ANN, OLD);
    let second = world.signed_in(ANN, OLD);
    let refused = world.sign_in(ANN, OLD).unwrap_err();
    assert_eq!((refused.code(), refused.http_status()), ("too_many_sessions", 409));
    assert!(world.fails(ANN, "wrong"), "a wrong password fails as ever");
    assert!(world.is_live(&first) && world.is_live(&second));
    block_on(world.auth.sign_out(&first)).unwrap();
    let third = world.signed_in(ANN, OLD);
    // A reset is never refused: it ends the others.
    let mailed = world.confirm(ANN);
    let challenge = world.challenge(ANN, &mailed);
    let own = world.choose(&challenge, NEW);
    assert!(world.is_live(&own) && !world.is_live(&second) && !world.is_live(&third));
}

#[test]
fn with_a_second_factor_a_further_session_is_refused_before_the_code_is_used_up() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    let full = world.restarted(|builder| {
        builder.keyring(keyring()).configure(|config| {
            config.session.at_most = 1;
            config.session.danger_refuse_when_full = true;
        })
    });
    let SignIn::SecondFactorRequired(challenge) = full.sign_in(ANN, OLD).unwrap() else {
        panic!("a code is asked for")
    };
    full.clock.advance(MINUTE);
    let code = app.code(&full);
    let refused = block_on(full.auth.verify_second_factor(&challenge, &code)).unwrap_err();
    assert_eq!(refused.code(), "too_many_sessions");
    block_on(full.auth.sign_out(&ann)).unwrap();
    assert!(block_on(full.auth.verify_second_factor(&challenge, &code)).is_ok());
}

#[test]
fn everybody_is_out_at_once_by_a_setting_and_for_good_by_a_sweep() {
    let (world, ann) = World::with_ann();
    let bob = world.open("bob@acme.example", OLD);
    let mailed = world.confirm(ANN);
    let under_way = world.challenge(ANN, &mailed);
    world.clock.advance(MINUTE);
    let leak = world.now();
    // By the setting, in each process that has it.
    let shut = world.restarted(|builder| builder.configure(|config| config.session.not_before = Some(leak)));
    assert!(!shut.is_live(&ann) && world.is_live(&bob));
    assert!(matches!(shut.choice_error(&under_way, NEW), ChoosePasswordError::ChallengeInvalid));
    let after = shut.signed_in("bob@acme.example", OLD);
    assert!(shut.is_live(&after));
    // By the sweep, everywhere.
    let mut sweep = SignOutSweep::before(leak);
    block_on(world.operator.sign_out_everybody(&*world.users, &mut sweep)).unwrap();
    assert!(sweep.is_complete());
    // Bob's session from before was removed when he signed in where the setting is.
    assert_eq!((sweep.accounts(), sweep.signed_out()), (2, 1));
    assert!(!world.is_live(&ann) && !world.is_live(&bob) && world.is_live(&after));
    assert!(matches!(world.choice_error(&under_way, NEW), ChoosePasswordError::ChallengeInvalid));
    // Again: there is nothing left to end.
    let mut again = SignOutSweep::before(leak);
    block_on(world.operator.sign_out_everybody(&*world.users, &mut again)).unwrap();
    assert_eq!((again.accounts(), again.signed_out()), (2, 0));
}

#[test]
fn s06_an_account_that_several_people_use_is_reported_once_a_week_and_nobody_is_refused() {
    let world =
        World::with(|builder| builder.index_key([7; 32]).configure(|config| config.session.remind_of_sharing = true));
    let own = world.open(ANN, OLD);
    let ip = |last: u8| ClientAddress::from_ip([192, 0, 2, last].into());
    let others = [world.signed_in(ANN, OLD), world.signed_in(ANN, OLD)];
    let people = [&own, &others[0], &others[1]];
    let suspicions =
        || world.observer.kinds().into_iter().filter(|kind| matches!(kind, EventKind::SharingSuspected { .. })).count();
    // Three people in three places, four hours a day, by turns.
    for day in 0..10 {
        for _ in 0..16 {
            for (place, person) in people.iter().enumerate() {
                world.clock.advance(5 * MINUTE);
                let from = ip(place as u8);
                assert!(block_on(world.auth.resume_from(&person.token().expose(), &from)).is_ok());
            }
        }
        assert_eq!(suspicions(), usize::from(day >= 2) + usize::from(day >= 9), "day {day}");
        world.clock.advance(20 * HOUR);
    }
    let signs = block_on(world.operator.sharing_signs(own.user_id())).unwrap();
    assert_eq!((signs.client_addresses, signs.places_at_once), (Some(3), 3));
    assert_eq!(world.mails("sharing_reminder").len(), 2);
    assert!(people.iter().all(|person| world.is_live(person)));
    // No address is stored in a form that a thief of the store could look up.
    assert!(!world.user(ANN).to_snapshot().contains("192.0.2"));
}

#[test]
fn nothing_is_noted_of_where_an_account_is_used_if_that_is_off_or_without_a_key() {
    for (key, watch) in [(None, true), (Some([7; 32]), false)] {
        let world = World::with(|builder| {
            let builder = builder.configure(|config| config.session.watch_for_sharing = watch);
            key.into_iter().fold(builder, |builder, key| builder.index_key(key))
        });
        let ann = world.open(ANN, OLD);
        world.clock.advance(HOUR);
        let from = ClientAddress::from_ip([192, 0, 2, 7].into());
        assert!(block_on(world.auth.resume_from(&ann.token().expose(), &from)).is_ok());
        let signs = block_on(world.operator.sharing_signs(ann.user_id())).unwrap();
        assert_eq!(signs.client_addresses, None);
        assert_eq!(world.user(ANN).to_snapshot().contains("sightings"), watch);
    }
}
