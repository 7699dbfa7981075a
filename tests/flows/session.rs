use doorward::SignInRequest;
use doorward::error::{ResumeError, SessionError};
use doorward::event::EventKind;
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
