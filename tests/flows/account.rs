use doorward::error::{DeviceError, ReauthenticateError, ResumeError};
use doorward::{Session, SignInRequest};
use pollster::block_on;

use crate::support::*;

#[test]
fn s06_one_call_ends_every_other_session() {
    let (world, desk) = World::with_ann();
    let phone = world.signed_in(ANN, OLD);
    let again = block_on(world.auth.sign_out_others(&desk)).unwrap();
    assert!(world.is_live(&again) && !world.is_live(&desk) && !world.is_live(&phone));
    assert!(matches!(block_on(world.auth.sign_out_others(&phone)), Err(ResumeError::SessionEnded)));
}

#[test]
fn a_session_survives_as_text_and_as_no_other_text() {
    let (world, ann) = World::with_ann();
    let text = ann.session().encode();
    let session = Session::decode(&text).unwrap();
    assert_eq!(&session, ann.session());
    assert!(block_on(world.auth.resume(&session)).is_ok());
    for other in
        ["", " ", "null", "e30", &text[1..], &text[..text.len() - 1], &format!("{text}="), &format!("{text}AAAA")]
    {
        assert!(Session::decode(other).is_err(), "{other}");
    }
}

#[test]
fn resuming_reads_and_writes_nothing() {
    let (world, ann) = World::with_ann();
    let before = world.user(ANN);
    for _ in 0..10 {
        assert!(world.is_live(&ann));
    }
    assert!(world.user(ANN) == before);
}

#[test]
fn only_own_devices_are_revoked() {
    let (world, ann) = World::with_ann();
    let bob = world.open("bob@acme.example", OLD);
    let of_ann = block_on(world.auth.devices(&ann)).unwrap()[0].id;
    assert!(matches!(block_on(world.auth.revoke_device(&bob, of_ann)), Err(DeviceError::UnknownDevice)));
    let phone = world.signed_in(ANN, OLD);
    block_on(world.auth.revoke_device(&phone, of_ann)).unwrap();
    assert_eq!(block_on(world.auth.devices(&phone)).unwrap().len(), 1);
    assert!(matches!(block_on(world.auth.revoke_device(&phone, of_ann)), Err(DeviceError::UnknownDevice)));
}

#[test]
fn a_session_ends_with_its_device() {
    let (world, desk) = World::with_ann();
    let phone = world.signed_in(ANN, OLD);
    block_on(world.auth.revoke_device(&desk, phone.session().device().unwrap())).unwrap();
    assert!(world.is_live(&desk) && !world.is_live(&phone));
    // This includes flows under way in that session.
    let proved = block_on(world.auth.reauthenticate(&phone, OLD));
    assert!(matches!(proved, Err(ReauthenticateError::SessionEnded)));
    assert!(matches!(block_on(world.auth.sign_out_others(&phone)), Err(ResumeError::SessionEnded)));
}

#[test]
fn a_session_outlives_the_token_of_its_device() {
    let (world, desk) = World::with_ann();
    world.clock.advance(365 * DAY);
    let phone = world.signed_in(ANN, OLD);
    assert!(world.is_live(&desk), "the host decides how long a session lasts");
    let listed = block_on(world.auth.devices(&phone)).unwrap();
    assert_eq!(listed.last().map(|device| device.id), desk.session().device(), "still listed, so it can be revoked");
    world.clock.advance(SECOND);
    let again = complete(block_on(world.auth.sign_in(SignInRequest::new(ANN, OLD).device(&device(&desk)))).unwrap());
    assert_ne!(again.session().device(), desk.session().device(), "its token is no longer valid");
}

#[test]
fn a_session_outlives_a_clock_that_is_set_back() {
    let (world, desk) = World::with_ann();
    world.clock.set(world.now() - time::Duration::days(2));
    assert!(world.is_live(&desk));
    let phone = world.signed_in(ANN, OLD);
    assert!(world.is_live(&desk) && world.is_live(&phone), "a sign-in from elsewhere evicts no device");
}

#[test]
fn a_clock_that_is_set_back_leaves_room_for_a_new_device() {
    let world = World::with(|builder| builder.configure(|config| config.device.at_most = 1));
    let _ = world.open(ANN, OLD);
    world.clock.set(world.now() - time::Duration::days(2));
    // A device dated in the future is not valid, so it occupies no place.
    let again = world.signed_in(ANN, OLD);
    assert!(again.device_token().is_some() && world.is_live(&again));
}

#[test]
fn what_has_expired_gives_up_its_place_before_what_has_not() {
    let world = World::with(|builder| builder.configure(|config| config.device.at_most = 2));
    let first = world.open(ANN, OLD);
    world.clock.advance(89 * DAY);
    let second = world.signed_in(ANN, OLD);
    world.clock.advance(2 * DAY);
    let third = world.signed_in(ANN, OLD);
    assert!(!world.is_live(&first) && world.is_live(&second) && world.is_live(&third));
}

#[test]
fn fewer_places_are_fewer_devices() {
    let (world, first) = World::with_ann();
    world.clock.advance(DAY);
    let _ = world.signed_in(ANN, OLD);
    world.clock.advance(8 * DAY);
    let fewer = world.restarted(|builder| builder.configure(|config| config.device.at_most = 1));
    let last = fewer.signed_in(ANN, OLD);
    assert_eq!(block_on(fewer.auth.devices(&last)).unwrap().len(), 1);
    assert!(!fewer.is_live(&first));
}

#[test]
fn neither_a_confirmed_link_nor_a_sign_in_during_a_recovery_ends_a_session() {
    let world = World::with(|builder| builder.configure(|config| config.device.at_most = 1));
    let ann = world.open(ANN, OLD);
    world.clock.advance(30 * DAY);
    let token = world.request(ANN);
    let confirmed = block_on(world.auth.confirm_reset(&token)).unwrap();
    assert!(confirmed.device.is_none() && world.is_live(&ann));
    // A sign-in during the recovery, by someone who knows the password.
    let other = world.signed_in(ANN, OLD);
    assert!(other.device_token().is_none() && world.is_live(&ann));
    world.clock.advance(2 * HOUR);
    assert!(world.signed_in(ANN, OLD).device_token().is_some() && !world.is_live(&ann));
}

#[test]
fn a_device_that_gives_up_its_place_gives_up_its_session() {
    let world = World::with(|builder| builder.configure(|config| config.device.at_most = 2));
    let first = world.open(ANN, OLD);
    world.clock.advance(8 * DAY);
    let second = world.signed_in(ANN, OLD);
    let third = world.signed_in(ANN, OLD);
    assert!(!world.is_live(&first) && world.is_live(&second) && world.is_live(&third));
    // Both places are taken by recently used devices: this session has no device and works without one.
    let fourth = world.signed_in(ANN, OLD);
    assert_eq!(fourth.session().device(), None);
    assert!(world.is_live(&fourth) && world.is_live(&second));
}

#[test]
fn a_browser_that_several_people_share_is_known_to_each() {
    let (world, ann) = World::with_ann();
    let bob = world.open("bob@acme.example", OLD);
    let cookie = [device(&bob), "nonsense".to_owned(), device(&ann)];
    for _ in 0..2 {
        for (who, address) in [(&ann, ANN), (&bob, "bob@acme.example")] {
            let request = cookie.iter().fold(SignInRequest::new(address, OLD), |request, token| request.device(token));
            let again = complete(block_on(world.auth.sign_in(request)).unwrap());
            assert_eq!(again.session().device(), who.session().device());
            world.clock.advance(SECOND);
        }
    }
    // Work is bounded: tokens after the fifth are ignored.
    let strangers = std::iter::repeat_with(|| world.signed_in("bob@acme.example", OLD)).map(|other| {
        world.clock.advance(MINUTE);
        device(&other)
    });
    let mut request = SignInRequest::new(ANN, OLD);
    for token in strangers.take(5) {
        request = request.device(&token);
    }
    let unknown = complete(block_on(world.auth.sign_in(request.device(&device(&ann)))).unwrap());
    assert_ne!(unknown.session().device(), ann.session().device());
}
