use doorward::error::{DeviceError, ReauthenticateError, SessionError};
use doorward::session::SessionLifetimes;
use doorward::{SignInRequest, SignedIn};
use pollster::block_on;

use crate::support::*;

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
    block_on(world.auth.revoke_device(&desk, phone.session().device.unwrap())).unwrap();
    assert!(world.is_live(&desk) && !world.is_live(&phone));
    // This includes flows under way in that session.
    let proved = block_on(world.auth.reauthenticate(&phone, OLD));
    assert!(matches!(proved, Err(ReauthenticateError::SessionEnded)));
    assert!(matches!(block_on(world.auth.sign_out_others(&phone)), Err(SessionError::SessionEnded)));
}

#[test]
fn a_session_outlives_the_token_of_its_device() {
    let (world, desk) = World::with_ann();
    world.clock.advance(365 * DAY);
    let phone = world.signed_in(ANN, OLD);
    assert!(world.is_live(&desk));
    let listed = block_on(world.auth.devices(&phone)).unwrap();
    assert_eq!(listed.last().map(|device| device.id), desk.session().device, "still listed, so it can be revoked");
    world.clock.advance(SECOND);
    let again = complete(block_on(world.auth.sign_in(SignInRequest::new(ANN, OLD).device(&device(&desk)))).unwrap());
    assert_ne!(again.session().device, desk.session().device, "its token is no longer valid");
}

#[test]
fn a_clock_that_is_set_back_evicts_no_device() {
    let (world, desk) = World::with_ann();
    let right = world.now();
    world.clock.set(right - time::Duration::days(2));
    let phone = world.signed_in(ANN, OLD);
    assert!(world.is_live(&phone));
    world.clock.set(right);
    assert!(world.is_live(&desk) && world.is_live(&phone));
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
fn a_browser_that_several_people_share_is_known_to_each() {
    let (world, ann) = World::with_ann();
    let bob = world.open("bob@acme.example", OLD);
    let cookie = [device(&bob), "nonsense".to_owned(), device(&ann)];
    for _ in 0..2 {
        for (who, address) in [(&ann, ANN), (&bob, "bob@acme.example")] {
            let request = cookie.iter().fold(SignInRequest::new(address, OLD), |request, token| request.device(token));
            let again = complete(block_on(world.auth.sign_in(request)).unwrap());
            assert_eq!(again.session().device, who.session().device);
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
    assert_ne!(unknown.session().device, ann.session().device);
}

/// So many places, and sessions that are over after an hour without use.
fn with_places(at_most: usize) -> World {
    World::with(|builder| {
        builder.configure(|config| {
            config.device.at_most = at_most;
            config.session.lifetimes = SessionLifetimes::AAL2;
        })
    })
}

fn is_listed(world: &World, device: &SignedIn, by: &SignedIn) -> bool {
    block_on(world.auth.devices(by)).unwrap().iter().any(|listed| Some(listed.id) == device.session().device)
}

#[test]
fn what_has_expired_gives_up_its_place_before_what_has_not() {
    let world = with_places(2);
    let first = world.open(ANN, OLD);
    world.clock.advance(89 * DAY);
    let second = world.signed_in(ANN, OLD);
    world.clock.advance(2 * DAY);
    let third = world.signed_in(ANN, OLD);
    assert!(
        !is_listed(&world, &first, &third) && is_listed(&world, &second, &third) && is_listed(&world, &third, &third)
    );
}

#[test]
fn fewer_places_are_fewer_devices() {
    let world = with_places(20);
    let _first = world.open(ANN, OLD);
    world.clock.advance(DAY);
    let _ = world.signed_in(ANN, OLD);
    world.clock.advance(8 * DAY);
    let fewer = world.restarted(|builder| {
        builder.configure(|config| {
            config.device.at_most = 1;
            config.session.lifetimes = SessionLifetimes::AAL2;
        })
    });
    let last = fewer.signed_in(ANN, OLD);
    assert_eq!(block_on(fewer.auth.devices(&last)).unwrap().len(), 1);
}

#[test]
fn neither_a_confirmed_link_nor_a_sign_in_during_a_recovery_takes_a_place() {
    let world = with_places(1);
    let ann = world.open(ANN, OLD);
    world.clock.advance(30 * DAY);
    let token = world.request(ANN);
    let confirmed = block_on(world.auth.confirm_reset(&token)).unwrap();
    assert!(confirmed.device.is_none());
    // A sign-in during the recovery, by someone who knows the password.
    let other = world.signed_in(ANN, OLD);
    assert!(other.device_token().is_none() && is_listed(&world, &ann, &other));
    world.clock.advance(2 * HOUR);
    let later = world.signed_in(ANN, OLD);
    assert!(later.device_token().is_some() && !is_listed(&world, &ann, &later));
}

#[test]
fn a_device_gives_up_its_place_when_it_was_not_used_for_a_week() {
    let world = with_places(2);
    let first = world.open(ANN, OLD);
    world.clock.advance(8 * DAY);
    let second = world.signed_in(ANN, OLD);
    let third = world.signed_in(ANN, OLD);
    assert!(!is_listed(&world, &first, &third) && is_listed(&world, &second, &third));
    // Both places are taken by recently used devices: this session has no device and works without one.
    let fourth = world.signed_in(ANN, OLD);
    assert_eq!(fourth.session().device, None);
    assert!(world.is_live(&fourth) && world.is_live(&second));
}

#[test]
fn no_sign_in_takes_the_place_of_a_device_with_a_live_session() {
    let world = World::with(|builder| builder.configure(|config| config.device.at_most = 3));
    let owner = world.open(ANN, OLD);
    // Whoever knows the password signs in as often as they like, for longer than the token of the device lasts.
    for _ in 0..50 {
        world.clock.advance(2 * DAY);
        let _ = world.signed_in(ANN, OLD);
    }
    assert!(world.is_live(&owner) && is_listed(&world, &owner, &owner));
}
