use doorward::{DeviceError, ResumeError, Session};
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
    let of_ann = block_on(world.auth.devices(&ann)).unwrap()[0].id();
    assert!(matches!(block_on(world.auth.revoke_device(&bob, of_ann)), Err(DeviceError::UnknownDevice)));
    block_on(world.auth.revoke_device(&ann, of_ann)).unwrap();
    assert!(block_on(world.auth.devices(&ann)).unwrap().is_empty());
    assert!(matches!(block_on(world.auth.revoke_device(&ann, of_ann)), Err(DeviceError::UnknownDevice)));
}
