//! The owner's own deletion, and the copy of what is stored.

use std::sync::Arc;
use std::time::Duration;

use doorward::account::UserStatus;
use doorward::error::{BuildError, OperatorError};
use doorward::event::EventKind;
use doorward::journal::Journal;
use doorward::leaving::{DeletionRequested, ExportError, RequestDeletionError, UndoDeletionError, UndoLinkStatus};
use doorward::mail::MailKind;
use doorward::second_factor::StepUp;
use doorward::store::{MemoryUsers, UserDirectory};
use doorward::testing::ManualClock;
use doorward::{Auth, SignInRequest, SignedIn, UserRepository};
use pollster::block_on;
use serde_json::Value;
use time::OffsetDateTime;

use super::owed::{Mood, Owing, report};
use crate::support::*;

const GRACE: Duration = Duration::from_secs(14 * 24 * 60 * 60);
const MICROSECOND: Duration = Duration::from_micros(1);

fn leave(world: &World, ann: &SignedIn) -> OffsetDateTime {
    match block_on(world.auth.request_deletion(ann)).unwrap() {
        DeletionRequested::Scheduled { gone_at, .. } => gone_at,
        other => panic!("not scheduled: {other:?}"),
    }
}

fn undo(world: &World, token: &str) -> Result<(), UndoDeletionError> {
    block_on(world.auth.undo_deletion(token)).map(drop)
}

fn inspect(world: &World, token: &str) -> UndoLinkStatus {
    block_on(world.auth.inspect_deletion(token)).unwrap()
}

fn purge(world: &World) -> u64 {
    block_on(world.auth.purge_deleted(&world.users, 10)).unwrap()
}

fn exists(world: &World, address: &str) -> bool {
    block_on(world.users.find_by_email(&email(address))).unwrap().is_some()
}

/// Ann has asked for the deletion of her account. Returns the token of the link.
fn leaving() -> (World, SignedIn, String) {
    let (world, ann) = World::with_ann();
    leave(&world, &ann);
    let token = world.mailed_token();
    (world, ann, token)
}

#[test]
fn a_deletion_takes_a_fresh_proof_and_no_recovery_undoes_itself_by_it() {
    let (world, ann) = World::with_ann();
    let needs = |ann: &SignedIn| match block_on(world.auth.request_deletion(ann)) {
        Err(RequestDeletionError::StepUpRequired { needs }) => needs,
        other => panic!("{other:?}"),
    };
    world.clock.advance(5 * MINUTE);
    assert_eq!(needs(&ann), StepUp::Password);
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    world.confirm(ANN);
    let pending = block_on(world.auth.request_deletion(&ann));
    assert!(matches!(pending, Err(RequestDeletionError::RecoveryPending)));
    assert_eq!((world.user(ANN).status(), world.mails("deletion_requested").len()), (UserStatus::Active, 0));
    // The recovery ends with time; the proof is old by then.
    world.clock.advance(HOUR);
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    leave(&world, &ann);
    let ended = block_on(world.auth.request_deletion(&ann));
    assert!(matches!(ended, Err(RequestDeletionError::SessionEnded)));
    assert_eq!(world.mails("deletion_requested").len(), 1);
}

#[test]
fn with_a_second_factor_a_deletion_takes_a_code() {
    let (world, ann, app, _) = World::with_enrolled_ann();
    world.clock.advance(5 * MINUTE);
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    let refused = block_on(world.auth.request_deletion(&ann));
    assert!(matches!(refused, Err(RequestDeletionError::StepUpRequired { needs: StepUp::SecondFactor })));
    let ann = block_on(world.auth.reauthenticate_with_code(&ann, &app.code(&world))).unwrap();
    leave(&world, &ann);
    // Undone, it asks for a code as before.
    undo(&world, &world.mailed_token()).unwrap();
    world.clock.advance(MINUTE);
    let challenge = world.asked_for_a_code(ANN, OLD);
    let _ = complete(world.verify(&challenge, &app.code(&world)).unwrap());
}

#[test]
fn r06_from_then_on_the_account_is_silent_and_everything_that_was_issued_is_void() {
    let (world, ann) = World::with_ann();
    let elsewhere = world.signed_in(ANN, OLD);
    let link = world.request(ANN);
    let id = ann.user_id().clone();
    let gone_at = leave(&world, &ann);
    assert_eq!(gone_at, world.now() + GRACE);
    assert!(!world.is_live(&ann) && !world.is_live(&elsewhere));
    assert!(world.fails(ANN, OLD) && world.fails(ANN, "wrong"));
    assert!(block_on(world.auth.confirm_reset(&link)).is_err());
    let before = world.mailer.count();
    world.clock.advance(HOUR);
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    // What an operator does is not mailed either.
    block_on(world.operator.require_password_change(&id)).unwrap();
    assert_eq!(world.mailer.count(), before);
    let seen = world.user(ANN).overview();
    assert_eq!(
        (seen.status, seen.deletion_due_at, seen.due_at),
        (UserStatus::Deactivated, Some(gone_at), Some(gone_at))
    );
    assert_eq!(seen.mail_due_at, None);
    assert_eq!(world.observer.count(&EventKind::DeletionRequested), 1);
    // Her browser is no known device any more: nothing of it was kept.
    let by_device = SignInRequest::new(ANN, OLD).device(&device(&ann));
    assert!(block_on(world.auth.sign_in(by_device)).is_err());
    let stored: Value = serde_json::from_str(&world.user(ANN).to_snapshot()).unwrap();
    assert!(stored["devices"].is_null() && stored["challenges"].is_null(), "{stored}");
}

#[test]
fn the_mail_says_when_it_will_be_gone_and_how_to_undo_it() {
    let (world, _, token) = leaving();
    let mail = world.last_mail().mail;
    let MailKind::DeletionRequested { lifetime, expires_at, .. } = mail.kind() else { panic!("{mail:?}") };
    assert_eq!((*lifetime, *expires_at), (GRACE, world.now() + GRACE));
    assert!(mail.text().contains(&format!("https://acme.example/leaving/undo?token={token}")), "{}", mail.text());
    assert!(mail.text().contains(&doorward::mail::MailTexts::moment(&doorward::mail::English, *expires_at)));
    assert!(!mail.kind().anybody_can_cause() && !mail.subject().contains(&token));
    assert_eq!(Auth::read_deletion_token(&format!("3D{token}")).unwrap(), token);
}

#[test]
fn the_link_undoes_it_once_and_her_password_signs_in_again() {
    let (world, ann, token) = leaving();
    let stored = world.user(ANN);
    let gone_at = stored.overview().deletion_due_at.unwrap();
    for _ in 0..3 {
        assert_eq!(inspect(&world, &token), UndoLinkStatus::Valid { gone_at });
    }
    assert!(world.user(ANN) == stored, "looking changes nothing");
    undo(&world, &token).unwrap();
    assert_eq!(world.last_mail().mail.kind().name(), "deletion_undone");
    assert_eq!(world.observer.count(&EventKind::DeletionUndone), 1);
    assert!(!world.is_live(&ann), "signed out");
    let _ = world.signed_in(ANN, OLD);
    let seen = world.user(ANN).overview();
    assert_eq!((seen.status, seen.deletion_due_at, seen.due_at), (UserStatus::Active, None, None));
    assert!(matches!(undo(&world, &token), Err(UndoDeletionError::LinkInvalid)));
    assert_eq!(inspect(&world, &token), UndoLinkStatus::Invalid);
    world.clock.advance(2 * GRACE);
    assert_eq!(purge(&world), 0);
    assert!(exists(&world, ANN));
}

#[test]
fn a_later_deletion_has_a_link_of_its_own() {
    let (world, _, first) = leaving();
    undo(&world, &first).unwrap();
    world.clock.advance(DAY);
    let ann = world.signed_in(ANN, OLD);
    leave(&world, &ann);
    assert!(matches!(undo(&world, &first), Err(UndoDeletionError::LinkInvalid)));
    undo(&world, &world.mailed_token()).unwrap();
}

#[test]
fn links_of_nobody_and_of_other_kinds_undo_nothing() {
    let (world, ann) = World::with_ann();
    let reset = world.request(ANN);
    leave(&world, &ann);
    let token = world.mailed_token();
    for damaged in ["", "x", &token[..token.len() - 1]] {
        assert_eq!(inspect(&world, damaged), UndoLinkStatus::Damaged);
        assert!(matches!(undo(&world, damaged), Err(UndoDeletionError::LinkDamaged)));
    }
    let (holder, _) = token.split_once('.').unwrap();
    let (_, secret) = reset.split_once('.').unwrap();
    for other in [reset.clone(), format!("{holder}.{secret}"), format!("NDcxMQ.{secret}"), ann.token().expose()] {
        assert_eq!(inspect(&world, &other), UndoLinkStatus::Invalid);
        assert!(matches!(undo(&world, &other), Err(UndoDeletionError::LinkInvalid)));
    }
    let kinds = world.observer.kinds();
    let count = |kind: EventKind| kinds.iter().filter(|it| it.name() == kind.name()).count();
    assert_eq!((count(EventKind::DeletionLinkDamaged), count(EventKind::DeletionLinkRejected)), (3, 4));
    // The link of a deletion resets no password.
    assert!(block_on(world.auth.confirm_reset(&token)).is_err());
    undo(&world, &token).unwrap();
}

#[test]
fn r06_it_works_until_the_grace_ends_and_then_the_account_goes() {
    let (world, _, token) = leaving();
    world.clock.advance(GRACE - MICROSECOND);
    assert_eq!(purge(&world), 0);
    assert!(matches!(inspect(&world, &token), UndoLinkStatus::Valid { .. }));
    world.clock.advance(MICROSECOND);
    assert!(matches!(undo(&world, &token), Err(UndoDeletionError::LinkInvalid)));
    assert_eq!(purge(&world), 1);
    assert!(!exists(&world, ANN) && world.fails(ANN, OLD));
    assert_eq!((purge(&world), world.observer.count(&EventKind::Deleted)), (0, 1));
    assert!(matches!(undo(&world, &token), Err(UndoDeletionError::LinkInvalid)));
    // The address is free.
    let _ = world.open(ANN, NEW);
}

#[test]
fn what_an_operator_decides_wins() {
    // Reactivated: as undone, and the link is void.
    let (world, ann, token) = leaving();
    let id = ann.user_id();
    block_on(world.operator.reactivate(id)).unwrap();
    assert!(matches!(undo(&world, &token), Err(UndoDeletionError::LinkInvalid)));
    let ann = world.signed_in(ANN, OLD);
    world.clock.advance(2 * GRACE);
    assert_eq!(purge(&world), 0);

    // Deactivated: no link revives it, and no time deletes it.
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    leave(&world, &ann);
    let token = world.mailed_token();
    block_on(world.operator.deactivate(id)).unwrap();
    assert_eq!(world.observer.count(&EventKind::Deactivated), 1);
    assert!(matches!(undo(&world, &token), Err(UndoDeletionError::LinkInvalid)));
    world.clock.advance(2 * GRACE);
    assert_eq!(purge(&world), 0);
    let seen = world.user(ANN).overview();
    assert_eq!((seen.status, seen.deletion_due_at), (UserStatus::Deactivated, None));
    assert!(world.fails(ANN, OLD));
    block_on(world.operator.reactivate(id)).unwrap();
    let ann = world.signed_in(ANN, OLD);

    // Deleted: gone at once.
    leave(&world, &ann);
    block_on(world.operator.delete(id)).unwrap();
    assert!(matches!(undo(&world, &world.mailed_token()), Err(UndoDeletionError::LinkInvalid)));
}

#[test]
fn without_grace_the_account_is_gone_at_once() {
    let world = World::over(MemoryUsers::new().with_journal(), |builder| {
        builder.configure(|config| config.deletion.grace = Duration::ZERO)
    });
    let ann = world.open(ANN, OLD);
    world.clock.advance(5 * MINUTE);
    let refused = block_on(world.auth.request_deletion(&ann));
    assert!(matches!(refused, Err(RequestDeletionError::StepUpRequired { needs: StepUp::Password })));
    assert!(exists(&world, ANN));
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    assert_eq!(block_on(world.auth.request_deletion(&ann)).unwrap(), DeletionRequested::Deleted);
    assert!(!exists(&world, ANN) && !world.is_live(&ann));
    assert_eq!(world.last_mail().mail.kind().name(), "account_deleted");
    assert_eq!(world.last_mail().to, email(ANN));
    let latest = block_on(world.users.latest(ann.user_id(), None, 2)).unwrap();
    assert_eq!(latest.iter().map(|it| &*it.event).collect::<Vec<_>>(), ["user_deleted", "user_deletion_requested"]);
    let again = block_on(world.auth.request_deletion(&ann));
    assert!(matches!(again, Err(RequestDeletionError::SessionEnded)));
}

#[test]
fn a_purge_deletes_what_is_due_as_many_as_asked_and_the_journal_says_so() {
    let world = World::over(MemoryUsers::new().with_journal(), |builder| builder.index_key([7; 32]));
    let all: Vec<_> = (0..5).map(|n| world.open(&format!("user{n}@acme.example"), OLD)).collect();
    for one in &all[..3] {
        let ann = block_on(world.auth.reauthenticate(one, OLD)).unwrap();
        leave(&world, &ann);
        world.clock.advance(MINUTE);
    }
    world.clock.advance(GRACE - MINUTE);
    let purge = |at_most| block_on(world.auth.purge_deleted(&*world.users, at_most)).unwrap();
    assert_eq!([purge(0), purge(2), purge(2), purge(2)], [0, 2, 1, 0]);
    let left: Vec<_> = (0..5).map(|n| exists(&world, &format!("user{n}@acme.example"))).collect();
    assert_eq!(left, [false, false, false, true, true]);
    for gone in &all[..3] {
        let latest = block_on(world.users.latest(gone.user_id(), None, 1)).unwrap();
        assert_eq!((&*latest[0].event, &latest[0].operator), ("user_deleted", &None));
        let checked = block_on(world.operator.check_journal(&*world.users, gone.user_id())).unwrap();
        assert_eq!(checked.first_break, None);
    }
}

#[test]
fn a_worker_deletes_too_and_passes_by_who_is_owed_a_mail() {
    let owing = Owing::new();
    let ann = owing.world.open(ANN, OLD);
    leave(&owing.world, &ann);
    assert_eq!(owing.owed(), 0, "the mail has left");
    owing.world.clock.advance(GRACE);
    owing.is(Mood::Fails);
    for n in 0..3 {
        let _ = block_on(owing.world.operator.provision(email(&format!("new{n}@acme.example"))));
    }
    owing.world.clock.advance(MINUTE);
    assert_eq!(block_on(owing.world.users.list_owing(owing.world.now(), 10)).unwrap().len(), 4);
    let by_hand = block_on(owing.world.auth.purge_deleted(&owing.world.users, 0)).unwrap();
    assert_eq!(by_hand, 0);
    let mut expected = report(0, 3, 0);
    expected.deleted = 1;
    assert_eq!(owing.deliver(), expected);
    assert!(!exists(&owing.world, ANN));
    // And by hand beside mails that are due.
    owing.is(Mood::Sends);
    owing.world.clock.advance(HOUR);
    assert_eq!(owing.deliver(), report(3, 0, 0));
}

#[test]
fn a_mail_that_did_not_leave_is_owed_and_carries_a_new_link() {
    let owing = Owing::new();
    let ann = owing.world.open(ANN, OLD);
    owing.is(Mood::Fails);
    let failed = block_on(owing.world.auth.request_deletion(&ann));
    let Err(RequestDeletionError::MailFailed { gone_at, .. }) = failed else { panic!("{failed:?}") };
    assert_eq!(gone_at, owing.world.now() + GRACE);
    assert!(owing.world.fails(ANN, OLD), "it is scheduled all the same");
    let seen = owing.world.user(ANN).overview();
    assert_eq!((seen.owed_mails, seen.due_at), (1, seen.mail_due_at));
    // Longer than any other mail is tried.
    for _ in 0..10 {
        owing.world.clock.advance(DAY);
        assert_eq!(owing.deliver(), report(0, 1, 0));
    }
    owing.is(Mood::Sends);
    owing.world.clock.advance(DAY);
    assert_eq!((owing.deliver(), owing.owed()), (report(1, 0, 0), 0));
    let mail = owing.world.last_mail();
    let MailKind::DeletionRequested { lifetime, expires_at, .. } = mail.mail.kind() else { panic!("{mail:?}") };
    assert_eq!((*lifetime, *expires_at), (3 * DAY, gone_at));
    undo(&owing.world, &mail.token().unwrap()).unwrap();
    let _ = owing.world.signed_in(ANN, OLD);
}

#[test]
fn a_renewed_link_voids_the_one_before_and_an_undone_deletion_owes_no_link() {
    let owing = Owing::on_tokio();
    let ann = owing.world.open(ANN, OLD);
    // The server takes the mail, and nobody hears of it.
    owing.is(Mood::Queues);
    leave(&owing.world, &ann);
    let first = owing.world.mailed_token();
    owing.drop_queue();
    let due = owing.world.now() + MINUTE;
    for _ in 0..2_000 {
        match owing.world.user(ANN).overview().mail_due_at == Some(due) {
            true => break,
            false => std::thread::sleep(Duration::from_millis(5)),
        }
    }
    owing.is(Mood::Sends);
    owing.world.clock.advance(16 * MINUTE);
    assert_eq!(owing.deliver(), report(1, 0, 0));
    let second = owing.world.mailed_token();
    assert!(matches!(undo(&owing.world, &first), Err(UndoDeletionError::LinkInvalid)));
    undo(&owing.world, &second).unwrap();

    let owing = Owing::new();
    let ann = owing.world.open(ANN, OLD);
    owing.is(Mood::Fails);
    assert!(block_on(owing.world.auth.request_deletion(&ann)).is_err());
    block_on(owing.world.operator.reactivate(ann.user_id())).unwrap();
    owing.is(Mood::Sends);
    let before = owing.world.mailer.count();
    owing.world.clock.advance(HOUR);
    assert_eq!(owing.deliver(), report(0, 0, 0));
    assert_eq!((owing.world.mailer.count(), owing.owed()), (before, 0));
}

/// Another process, whose clock shows another time.
fn at(world: &World, now: OffsetDateTime) -> Auth {
    let clock = ManualClock::new();
    clock.set(now);
    Auth::builder(site(), world.users.clone(), world.attempts.clone(), world.mailer.clone())
        .clock(clock)
        .configure(for_tests)
        .build()
        .unwrap()
}

#[test]
fn of_a_hundred_races_between_an_undo_and_a_purge_each_ends_alive_or_gone() {
    let world = World::over(MemoryUsers::new().with_journal(), |builder| builder);
    let (mut alive, mut gone) = (0, 0);
    for n in 0..100 {
        let address = format!("user{n}@acme.example");
        let ann = world.open(&address, OLD);
        let gone_at = leave(&world, &ann);
        let token = world.mailed_token();
        // One machine's clock is just behind the end, the other's just before it.
        let (before, after) = (at(&world, gone_at - MICROSECOND), at(&world, gone_at));
        let barrier = std::sync::Barrier::new(4);
        let (undone, deleted) = std::thread::scope(|scope| {
            let undoing = || (barrier.wait(), block_on(before.undo_deletion(&token)).is_ok()).1;
            let purging = || (barrier.wait(), block_on(after.purge_deleted(&*world.users, 10)).unwrap()).1;
            let (undoing, purging) =
                ([scope.spawn(undoing), scope.spawn(undoing)], [scope.spawn(purging), scope.spawn(purging)]);
            let undone = undoing.into_iter().map(|it| it.join().unwrap()).filter(|it| *it).count();
            (undone, purging.into_iter().map(|it| it.join().unwrap()).sum::<u64>())
        });
        assert_eq!(undone as u64 + deleted, 1, "one of them decides");
        let last = block_on(world.users.latest(ann.user_id(), None, 1)).unwrap().remove(0);
        match undone {
            1 => {
                let _ = world.signed_in(&address, OLD);
                assert_eq!(&*last.event, "user_updated:deletion_undone");
                alive += 1;
            }
            _ => {
                assert!(!exists(&world, &address) && world.fails(&address, OLD));
                assert_eq!(&*last.event, "user_deleted");
                gone += 1;
            }
        }
    }
    assert_eq!(alive + gone, 100);
}

#[test]
fn the_grace_is_at_most_ninety_days() {
    let build = |grace| {
        let builder = Auth::builder(site(), MemoryUsers::new(), doorward::store::MemoryAttempts::new(), DeadRelay);
        builder.configure(|config| config.deletion.grace = grace).build()
    };
    assert!(build(Duration::ZERO).is_ok() && build(90 * DAY).is_ok());
    let refused: BuildError = build(90 * DAY + SECOND).unwrap_err();
    assert_eq!(refused.field(), Some("deletion.grace"));
}

#[test]
fn where_the_mail_fails_and_nothing_is_owed_an_operator_can_still_undo_it() {
    let (world, ann) = World::with_ann();
    let (auth, operator) = world.over_a_dead_relay();
    let failed = block_on(auth.request_deletion(&ann));
    let error = failed.unwrap_err();
    assert_eq!((error.code(), error.http_status()), ("mail_failed", 503));
    assert!(!format!("{error:?} {error}").contains("token"), "{error:?}");
    block_on(operator.reactivate(ann.user_id())).unwrap();
    let _ = world.signed_in(ANN, OLD);
}

/// Every value under a name that stands for a secret, or for what is made of one.
fn secrets(document: &Value, found: &mut Vec<String>) {
    match document {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| {
            let is_secret = ["digest", "hash", "secret", "recovery_codes", "epoch", "id", "address", "link"];
            match value {
                Value::String(text) if is_secret.contains(&name.as_str()) => found.push(text.clone()),
                Value::Array(list) if is_secret.contains(&name.as_str()) => {
                    found.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
                }
                value => secrets(value, found),
            }
        }),
        Value::Array(list) => list.iter().for_each(|value| secrets(value, found)),
        _ => {}
    }
}

#[test]
fn r05_an_export_holds_what_is_known_and_none_of_the_secrets() {
    let world = World::over(MemoryUsers::new().with_journal(), |builder| {
        builder.keyring(keyring()).index_key([7; 32]).configure(|config| config.password.history = 3)
    });
    let ann = world.open(ANN, OLD);
    let welcome = world.mails("welcome")[0].temporary_password().unwrap();
    let browser = device(&ann);
    let (ann, app, codes) = world.enroll(&ann);
    world.clock.advance(MINUTE);
    let from = doorward::ClientAddress::from_ip([192, 0, 2, 7].into());
    let request = SignInRequest::new(ANN, OLD).label("Firefox on Linux").client_address(from);
    let challenge = code_challenge(block_on(world.auth.sign_in(request)).unwrap());
    let phone = complete(world.verify(&challenge, &app.code(&world)).unwrap());
    world.clock.advance(MINUTE);
    let unused = world.asked_for_a_code(ANN, OLD);
    assert!(world.verify(&unused, &app.wrong_code(&world)).is_err());
    let link = world.request(ANN);
    let phone = block_on(world.auth.resume(&phone.token().expose())).unwrap();
    let exported = block_on(world.auth.export(&phone, Some(&*world.users))).unwrap();

    let read: Value = serde_json::from_str(&exported).unwrap();
    assert_eq!(read["account"]["email"], ANN);
    assert_eq!(read["account"]["id"], phone.user_id().as_str());
    assert_eq!(read["account"]["status"], "active");
    assert!(read["password"]["chosen_at"].as_str().unwrap().ends_with('Z'));
    assert_eq!(read["two_step_sign_in"]["recovery_codes_left"], 10);
    assert_eq!(read["two_step_sign_in"]["wrong_codes"][0]["count"], 1);
    assert_eq!(read["sessions"].as_array().unwrap().len(), 2);
    assert!(read["sessions"].as_array().unwrap().iter().any(|it| it["label"] == "Firefox on Linux"));
    assert_eq!(read["password_resets"]["links"].as_array().unwrap().len(), 1);
    assert_eq!(read["unfinished_sign_ins"].as_array().unwrap().len(), 1);
    assert_eq!(read["use_of_the_account"]["client_addresses"].as_array().unwrap().len(), 1);
    let entries = read["journal"]["latest_entries"].as_array().unwrap();
    assert_eq!(entries[0]["event"], "sensitive_read:export");
    assert_eq!(entries.last().unwrap()["event"], "user_created");
    assert_eq!(read["journal"]["earlier_entries"], 0);
    assert_eq!(world.observer.count(&EventKind::Exported), 1);

    let mut issued = vec![OLD.to_owned(), welcome, link.clone(), ann.token().expose(), phone.token().expose()];
    issued.extend([browser, challenge.expose(), unused.expose(), app.code(&world)]);
    issued.extend(codes.expose().map(str::to_owned));
    let halves: Vec<_> = issued.iter().filter_map(|token| token.split_once('.')).map(|(_, it)| it.to_owned()).collect();
    issued.extend(halves);
    let mut stored = Vec::new();
    secrets(&serde_json::from_str(&world.user(ANN).to_snapshot()).unwrap(), &mut stored);
    stored.retain(|it| it != phone.user_id().as_str());
    assert!(stored.len() > 20, "{stored:?}");
    for secret in issued.iter().chain(&stored) {
        assert!(!exported.contains(secret.as_str()), "{secret} is in {exported}");
    }
    for word in ["argon2", "$sealed", "otpauth"] {
        assert!(!exported.contains(word), "{word}");
    }
}

#[test]
fn an_export_takes_a_fresh_proof_and_an_operator_takes_none() {
    let (world, ann) = World::with_ann();
    let export = |ann: &SignedIn| block_on(world.auth.export(ann, None));
    assert!(!export(&ann).unwrap().contains("latest_entries"));
    world.clock.advance(5 * MINUTE);
    assert!(matches!(export(&ann), Err(ExportError::StepUpRequired { needs: StepUp::Password })));
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    world.confirm(ANN);
    assert!(matches!(export(&ann), Err(ExportError::RecoveryPending)));
    block_on(world.operator.deactivate(ann.user_id())).unwrap();
    assert!(matches!(export(&ann), Err(ExportError::SessionEnded)));
    assert_eq!(world.observer.count(&EventKind::Exported), 1);
    // Also of an account that is to be deleted.
    block_on(world.operator.reactivate(ann.user_id())).unwrap();
    world.clock.advance(HOUR);
    let ann = world.signed_in(ANN, OLD);
    let gone_at = leave(&world, &ann);
    let by_operator = block_on(world.operator.export(ann.user_id(), None)).unwrap();
    let read: Value = serde_json::from_str(&by_operator).unwrap();
    assert_eq!(read["account"]["status"], "deactivated");
    let day = format!("{}-{:02}-{:02}T", gone_at.year(), u8::from(gone_at.month()), gone_at.day());
    assert!(read["account"]["deletion"]["deleted_from"].as_str().unwrap().starts_with(&day), "{read}");
    assert!(!by_operator.contains(world.mailed_token().split_once('.').unwrap().1));
    block_on(world.operator.delete(ann.user_id())).unwrap();
    let unknown = block_on(world.operator.export(ann.user_id(), None));
    assert!(matches!(unknown, Err(OperatorError::UnknownUser)));
    // It is in the record, and the directory lists nobody.
    assert_eq!(world.observer.count(&EventKind::Exported), 2);
    let users: Arc<MemoryUsers> = world.users.clone();
    assert_eq!(block_on(users.list_owing(world.now() + GRACE, 10)).unwrap(), []);
}

/// Whoever knows the password closes the account, its owner undoes it, and has a day in which nobody closes it again.
#[test]
fn r06_after_a_deletion_was_undone_its_owner_has_a_day_to_reset_the_password() {
    let (world, ann, token) = leaving();
    let _ = ann;
    undo(&world, &token).unwrap();
    let thief = world.signed_in(ANN, OLD);
    let refused = block_on(world.auth.request_deletion(&thief)).unwrap_err();
    assert_eq!((refused.code(), refused.http_status(), refused.retry_after()), ("deletion_undone", 409, Some(DAY)));
    // Not by changing the password either, which they know.
    let thief = block_on(world.auth.change_password(&thief, OLD, NEW)).unwrap();
    assert!(matches!(block_on(world.auth.request_deletion(&thief)), Err(RequestDeletionError::JustUndone { .. })));
    world.clock.advance(DAY - SECOND);
    let thief = block_on(world.auth.reauthenticate(&thief, NEW)).unwrap();
    let refused = block_on(world.auth.request_deletion(&thief)).unwrap_err();
    assert_eq!(refused.retry_after(), Some(SECOND));
    // The reset ends what they know, and her own deletion is accepted at once.
    let challenge = world.challenge(ANN, &world.confirm(ANN));
    let ann = world.choose(&challenge, "the pear is on the table");
    assert!(!world.is_live(&thief));
    let _ = block_on(world.auth.request_deletion(&ann)).unwrap();
}

#[test]
fn a_day_after_a_deletion_was_undone_another_one_is_accepted() {
    let (world, _, token) = leaving();
    undo(&world, &token).unwrap();
    world.clock.advance(DAY);
    let ann = world.signed_in(ANN, OLD);
    let _ = block_on(world.auth.request_deletion(&ann)).unwrap();
}
