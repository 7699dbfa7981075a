//! Another address: asked for in a session, confirmed in a session by a link to the new address, taken back by a link to the old one.

use std::sync::mpsc::channel;

use doorward::account::UndeliverableReason;
use doorward::email_change::{
    ChangeEmailError, ConfirmEmailChangeError, EmailChangeRequest, EmailLinkStatus, RequestEmailChangeError,
    UndoEmailChangeError,
};
use doorward::event::EventKind;
use doorward::journal::Journal;
use doorward::leaving::DeletionRequested;
use doorward::password::ResetLinkStatus;
use doorward::second_factor::{RecoveryCodes, SecondFactorPolicy, StepUp};
use doorward::session::SignOutSweep;
use doorward::store::{MemoryUsers, User};
use doorward::{Auth, AuthBuilder, ClientAddress, Operator, SignIn, SignInRequest, SignedIn, UserRepository};
use pollster::block_on;
use serde_json::Value;

use crate::support::*;

const MOVED: &str = "Ann.Lee@new.example";
const THIEF: &str = "thief@x.example";
const BOB: &str = "bob@acme.example";

/// Asks for that address, and reads the token of the link that went there.
fn asked(world: &World, who: &SignedIn, address: &str) -> String {
    let _ = block_on(world.auth.request_email_change(who, email(address))).unwrap();
    let mail = world.last_mail();
    assert_eq!((mail.to.as_typed(), mail.mail.kind().name()), (address, "confirm_email_change"));
    mail.token().unwrap()
}

/// Asks for that address, confirms it, and reads the token that takes it back.
fn moved(world: &World, who: &SignedIn, address: &str) -> (SignedIn, String) {
    let token = asked(world, who, address);
    let who = block_on(world.auth.confirm_email_change(who, &token)).unwrap();
    (who, undo_token(world))
}

fn first_of(codes: &RecoveryCodes) -> String {
    codes.expose().next().expect("there are ten").to_owned()
}

fn undo_token(world: &World) -> String {
    world.mails("email_changed").last().expect("the old address was told").token().unwrap()
}

fn refused(world: &World, who: &SignedIn, address: &str) -> RequestEmailChangeError {
    block_on(world.auth.request_email_change(who, email(address))).unwrap_err()
}

fn unconfirmed(world: &World, who: &SignedIn, token: &str) -> ConfirmEmailChangeError {
    block_on(world.auth.confirm_email_change(who, token)).unwrap_err()
}

fn undone(world: &World, token: &str) -> String {
    let undone = block_on(world.auth.undo_email_change(token)).unwrap();
    assert_eq!(undone.expires_at, world.now() + HOUR);
    let text = world.last_mail().mail.text();
    assert!(text.contains("Your old password no longer works.") && !text.contains("stays the same"), "{text}");
    world.mailed_password()
}

fn valid(address: &str) -> EmailLinkStatus {
    EmailLinkStatus::Valid { email: email(address) }
}

fn change_of(world: &World, token: &str) -> EmailLinkStatus {
    block_on(world.auth.inspect_email_change(token)).unwrap()
}

fn undo_of(world: &World, token: &str) -> EmailLinkStatus {
    block_on(world.auth.inspect_email_undo(token)).unwrap()
}

/// Who got which mails since.
fn mails(world: &World, since: usize) -> Vec<(String, &'static str)> {
    let sent = world.mailer.mails().split_off(since);
    sent.into_iter().map(|sent| (sent.to.as_typed().to_owned(), sent.mail.kind().name())).collect()
}

fn told(to: &str, what: &'static str) -> (String, &'static str) {
    (to.to_owned(), what)
}

#[test]
fn asking_mails_a_link_to_the_new_address_and_a_notice_to_the_old_one_and_changes_nothing() {
    let (world, ann) = World::with_ann();
    let (before, state) = (world.mailer.count(), world.user(ANN));
    let asked = block_on(world.auth.request_email_change(&ann, email(MOVED))).unwrap();
    assert_eq!((asked.expires_at, asked.cooldown), (world.now() + HOUR, 5 * MINUTE));
    let sent = mails(&world, before);
    assert_eq!(sent, [told(ANN, "email_change_requested"), told(MOVED, "confirm_email_change")]);
    let link = world.last_mail();
    assert!(link.link().unwrap().starts_with("https://acme.example/email/confirm?token="));
    assert!(link.mail.text().contains("It works for one hour, until 25 November 2026, 10:00 UTC."));
    assert_eq!(link.mail.worth_sending_for(), Some(HOUR));
    assert!(!link.mail.kind().anybody_can_cause());
    assert_eq!(change_of(&world, &link.token().unwrap()), valid(MOVED));
    // Everything works as before, and with the address of before.
    assert!(world.is_live(&ann) && world.user(ANN).email().as_typed() == ANN);
    assert!(block_on(world.users.find_by_email(&email(MOVED))).unwrap().is_none());
    assert!(world.user(ANN) != state, "it is stored");
    let kinds = world.observer.kinds();
    assert!(kinds.contains(&EventKind::EmailChangeRequested) && kinds.contains(&EventKind::EmailChangeLinkMailed));
}

#[test]
fn r03_confirming_gives_the_account_the_address_as_it_was_typed_and_tells_both() {
    let (world, ann) = World::with_ann();
    let before = world.mailer.count();
    let token = asked(&world, &ann, MOVED);
    let moved = block_on(world.auth.confirm_email_change(&ann, &token)).unwrap();
    let sent = mails(&world, before + 2);
    assert_eq!(sent, [told(ANN, "email_changed"), told(MOVED, "email_confirmed")]);
    assert_eq!((moved.email().as_typed(), world.user(MOVED).email().as_typed()), (MOVED, MOVED));
    assert!(block_on(world.users.find_by_email(&email(ANN))).unwrap().is_none());
    assert!(world.observer.kinds().contains(&EventKind::EmailChanged));
    let _ = world.signed_in(MOVED, OLD);
    assert!(world.fails(ANN, OLD));
    // The address is free for somebody else.
    let _ = world.open(ANN, NEW);
    let undo = world.mails("email_changed").remove(0);
    assert!(undo.link().unwrap().starts_with("https://acme.example/email/undo?token="));
    assert!(undo.mail.text().contains("This is possible until 2 December 2026, 09:00 UTC."), "{}", undo.mail.text());
    assert_eq!(undo.mail.worth_sending_for(), Some(7 * DAY));
}

#[test]
fn the_acting_session_and_its_device_go_on_and_every_other_one_ends() {
    let (world, _) = World::with_ann();
    world.clock.advance(SECOND);
    let ann = world.signed_in(ANN, OLD);
    world.clock.advance(SECOND);
    let other = world.signed_in(ANN, OLD);
    let (own, others) = (device(&ann), device(&other));
    let token = asked(&world, &ann, MOVED);
    let moved = block_on(world.auth.confirm_email_change(&ann, &token)).unwrap();
    assert!(world.is_live(&moved) && !world.is_live(&ann) && !world.is_live(&other));
    assert_eq!(moved.session().id, ann.session().id);
    let devices = block_on(world.auth.devices(&moved)).unwrap();
    assert_eq!(devices.iter().map(|device| Some(device.id)).collect::<Vec<_>>(), [moved.session().device]);
    // Its cookie is good at the new address: a device of the account has a bucket of its own.
    for _ in 0..9 {
        assert!(world.fails(MOVED, "wrong"));
    }
    let by = |cookie: &str| block_on(world.auth.try_sign_in(SignInRequest::new(MOVED, OLD).device(cookie)));
    assert!(by(&others).is_err() && by(&own).is_ok());
}

#[test]
fn scenario_37_a_token_that_was_mailed_to_the_old_address_is_refused_after_the_change() {
    let (world, ann) = World::with_ann();
    let reset = world.request(ANN);
    let (ann, undo) = moved(&world, &ann, MOVED);
    assert_eq!(block_on(world.auth.inspect_reset(&reset)).unwrap(), ResetLinkStatus::Invalid);
    assert_eq!(block_on(world.auth.confirm_reset(&reset)).unwrap_err().code(), "link_invalid");
    // And nobody gets another one there.
    world.clock.advance(HOUR);
    let before = world.mailer.count();
    let _ = block_on(world.auth.request_reset(&email(ANN))).unwrap();
    assert_eq!(world.mailer.count(), before);
    assert!(world.is_live(&ann));
    assert_eq!(undo_of(&world, &undo), valid(ANN), "but for the way back");
}

#[test]
fn only_a_session_of_that_very_user_confirms() {
    let (world, ann) = World::with_ann();
    let bob = world.open(BOB, NEW);
    let token = asked(&world, &ann, MOVED);
    assert!(matches!(unconfirmed(&world, &bob, &token), ConfirmEmailChangeError::OtherAccount));
    block_on(world.auth.sign_out(&ann)).unwrap();
    assert!(matches!(unconfirmed(&world, &ann, &token), ConfirmEmailChangeError::SessionEnded));
    assert_eq!((world.user(ANN).email(), world.user(BOB).email()), (&email(ANN), &email(BOB)));
    assert!(world.observer.kinds().contains(&EventKind::EmailLinkRejected));
    // After signing in again, without a proof as fresh as the request's, it works.
    let ann = world.signed_in(ANN, OLD);
    world.clock.advance(30 * MINUTE);
    let _ = block_on(world.auth.confirm_email_change(&ann, &token)).unwrap();
}

#[test]
fn a_mangled_link_is_mended_and_a_damaged_one_is_named() {
    let (world, ann) = World::with_ann();
    let token = asked(&world, &ann, MOVED);
    for damaged in ["", "no token", &token[..token.len() - 1], &format!("{token}x")] {
        assert_eq!(change_of(&world, damaged), EmailLinkStatus::Damaged, "{damaged}");
        assert_eq!(undo_of(&world, damaged), EmailLinkStatus::Damaged, "{damaged}");
        assert!(matches!(unconfirmed(&world, &ann, damaged), ConfirmEmailChangeError::LinkDamaged));
        let undo = block_on(world.auth.undo_email_change(damaged));
        assert!(matches!(undo, Err(UndoEmailChangeError::LinkDamaged)));
    }
    assert!(world.observer.kinds().contains(&EventKind::EmailLinkDamaged));
    let mangled = format!("<https://acme.example/email/confirm?token=3D{}=\r\n{}>.", &token[..20], &token[20..]);
    assert_eq!(change_of(&world, &mangled), valid(MOVED));
    let _ = block_on(world.auth.confirm_email_change(&ann, &mangled)).unwrap();
    let undo = undo_token(&world);
    let mangled = format!("https://acme.example/email/undo?token={undo}.");
    assert_eq!(undo_of(&world, &mangled), valid(ANN));
    let _ = undone(&world, &mangled);
}

#[test]
fn a_link_is_good_for_its_own_purpose_only() {
    let (world, ann) = World::with_ann();
    let reset = world.request(ANN);
    let (change, session) = (asked(&world, &ann, MOVED), ann.token().expose());
    for wrong in [&reset, &session] {
        assert_eq!(change_of(&world, wrong), EmailLinkStatus::Invalid);
        assert_eq!(undo_of(&world, wrong), EmailLinkStatus::Invalid);
        assert!(matches!(unconfirmed(&world, &ann, wrong), ConfirmEmailChangeError::LinkInvalid));
    }
    assert_eq!(undo_of(&world, &change), EmailLinkStatus::Invalid);
    assert!(block_on(world.auth.undo_email_change(&change)).is_err());
    assert_eq!(block_on(world.auth.confirm_reset(&change)).unwrap_err().code(), "link_invalid");
    let ann = block_on(world.auth.confirm_email_change(&ann, &change)).unwrap();
    let undo = undo_token(&world);
    assert_eq!(
        (change_of(&world, &undo), change_of(&world, &change)),
        (EmailLinkStatus::Invalid, EmailLinkStatus::Invalid)
    );
    assert!(matches!(unconfirmed(&world, &ann, &undo), ConfirmEmailChangeError::LinkInvalid));
    assert!(matches!(unconfirmed(&world, &ann, &change), ConfirmEmailChangeError::LinkInvalid), "it works once");
}

#[test]
fn a_link_works_for_an_hour_to_the_second_and_inspecting_does_not_use_it_up() {
    let (world, ann) = World::with_ann();
    let token = asked(&world, &ann, MOVED);
    let state = world.user(ANN);
    world.clock.advance(HOUR - SECOND);
    for _ in 0..50 {
        assert_eq!(change_of(&world, &token), valid(MOVED));
    }
    assert!(world.user(ANN) == state);
    world.clock.advance(SECOND);
    assert_eq!(change_of(&world, &token), EmailLinkStatus::Invalid);
    assert!(matches!(unconfirmed(&world, &ann, &token), ConfirmEmailChangeError::LinkInvalid));
    world.clock.set_back(SECOND);
    let _ = block_on(world.auth.confirm_email_change(&ann, &token)).unwrap();
}

#[test]
fn the_lifetime_is_a_setting_with_bounds() {
    let world = World::with(|builder| builder.configure(|config| config.email_change.lifetime = 10 * MINUTE));
    let ann = world.open(ANN, OLD);
    let token = asked(&world, &ann, MOVED);
    world.clock.advance(10 * MINUTE - SECOND);
    assert_eq!(change_of(&world, &token), valid(MOVED));
    world.clock.advance(SECOND);
    assert_eq!(change_of(&world, &token), EmailLinkStatus::Invalid);
    for lifetime in [SECOND - SECOND, DAY + SECOND] {
        let builder = Auth::builder(site(), world.users.clone(), world.attempts.clone(), world.mailer.clone());
        let refused = builder.configure(|config| config.email_change.lifetime = lifetime).build().unwrap_err();
        assert_eq!(refused.field(), Some("email_change.lifetime"));
    }
}

#[test]
fn the_paths_of_the_links_are_settings() {
    let site = site().email_confirm_path("/me/email").unwrap().email_undo_path("/oops").unwrap();
    let previews = doorward::mail::Mail::previews(&site);
    let text = |name: &str| previews.iter().find(|mail| mail.kind().name() == name).unwrap().text();
    assert!(text("confirm_email_change").contains("\nhttps://acme.example/me/email?token="));
    assert!(text("email_changed").contains("\nhttps://acme.example/oops?token="));
    assert_eq!(site.clone().email_confirm_path("me").unwrap_err().field(), "email_confirm_path");
    assert_eq!(site.email_undo_path("/a b").unwrap_err().field(), "email_undo_path");
}

#[test]
fn asking_needs_a_fresh_proof_another_address_and_no_open_recovery() {
    let (world, ann) = World::with_ann();
    assert!(matches!(refused(&world, &ann, "Ann@ACME.example"), RequestEmailChangeError::SameEmail));
    world.clock.advance(5 * MINUTE);
    let stale = refused(&world, &ann, MOVED);
    assert!(matches!(stale, RequestEmailChangeError::StepUpRequired { needs: StepUp::Password }));
    assert_eq!((stale.code(), stale.http_status()), ("password_proof_needed", 403));
    let before = world.mailer.count();
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    let token = asked(&world, &ann, MOVED);
    assert_eq!(world.mailer.count(), before + 2, "the refused ones mailed nothing");
    // Whoever knows only the old password must not take the account out of the owner's recovery.
    let _ = world.confirm(ANN);
    let thief = world.signed_in(ANN, OLD);
    assert!(matches!(refused(&world, &thief, THIEF), RequestEmailChangeError::RecoveryPending { .. }));
    assert!(matches!(unconfirmed(&world, &thief, &token), ConfirmEmailChangeError::RecoveryPending { .. }));
    block_on(world.auth.sign_out(&thief)).unwrap();
    assert!(matches!(refused(&world, &thief, THIEF), RequestEmailChangeError::SessionEnded));
}

#[test]
fn where_a_second_factor_is_on_the_proof_is_a_code() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let ann = complete(world.verify(&challenge, &app.next(&world)).unwrap());
    world.clock.advance(5 * MINUTE);
    let by_password = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    let stale = refused(&world, &by_password, MOVED);
    assert!(matches!(stale, RequestEmailChangeError::StepUpRequired { needs: StepUp::SecondFactor }));
    assert_eq!(stale.code(), "code_proof_needed");
    let ann = block_on(world.auth.reauthenticate_with_code(&by_password, &app.next(&world))).unwrap();
    let (_, _) = moved(&world, &ann, MOVED);
    // The factor stays as it is.
    let _ = world.asked_for_a_code(MOVED, OLD);
}

#[test]
fn of_two_changes_that_wait_only_the_address_of_the_opened_link_counts() {
    let (world, ann) = World::with_ann();
    let (first, second) = (asked(&world, &ann, "one@new.example"), asked(&world, &ann, "two@new.example"));
    assert_eq!(
        (change_of(&world, &first), change_of(&world, &second)),
        (valid("one@new.example"), valid("two@new.example"))
    );
    let ann = block_on(world.auth.confirm_email_change(&ann, &first)).unwrap();
    assert_eq!(ann.email(), &email("one@new.example"));
    assert_eq!(change_of(&world, &second), EmailLinkStatus::Invalid);
    assert!(matches!(unconfirmed(&world, &ann, &second), ConfirmEmailChangeError::LinkInvalid));
    assert_eq!(world.user("one@new.example").id(), ann.user_id());
}

#[test]
fn three_changes_may_wait_and_the_oldest_gives_way() {
    let (world, mut ann) = World::with_ann();
    let mut tokens = Vec::new();
    for n in 0..4 {
        if n == 3 {
            world.clock.advance(5 * MINUTE);
            ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
        }
        tokens.push(asked(&world, &ann, &format!("n{n}@new.example")));
    }
    let alive: Vec<_> = tokens.iter().map(|token| change_of(&world, token) != EmailLinkStatus::Invalid).collect();
    assert_eq!(alive, [false, true, true, true]);
}

fn wait(error: &RequestEmailChangeError) -> std::time::Duration {
    match error {
        RequestEmailChangeError::Throttled { retry_after } => *retry_after,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_user_asks_for_one_address_once_in_a_cooldown_and_for_three_at_once() {
    let (world, ann) = World::with_ann();
    let _ = asked(&world, &ann, MOVED);
    world.clock.advance(MINUTE);
    let again = refused(&world, &ann, "ann.lee@NEW.example");
    assert_eq!((wait(&again), again.retry_after()), (4 * MINUTE, Some(4 * MINUTE)));
    let _ = asked(&world, &ann, "other@new.example");
    // A refused request was charged as well, so this is the fourth within the first cooldown.
    let before = world.mailer.count();
    let third = refused(&world, &ann, "third@new.example");
    assert!(wait(&third) <= 5 * MINUTE && world.mailer.count() == before);
    world.clock.advance(wait(&third));
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    let _ = asked(&world, &ann, MOVED);
}

#[test]
fn one_address_gets_one_mail_in_a_cooldown_whoever_asks_and_nobody_is_told() {
    for taken in [false, true] {
        let (world, ann) = World::with_ann();
        let bob = world.open(BOB, NEW);
        let wanted = "wanted@new.example";
        if taken {
            let _ = world.open(wanted, NEW);
        }
        let count = |world: &World| world.mailer.mails().iter().filter(|sent| sent.to == email(wanted)).count();
        let before = count(&world);
        let _ = block_on(world.auth.request_email_change(&ann, email(wanted))).unwrap();
        let _ = block_on(world.auth.request_email_change(&bob, email(wanted))).unwrap();
        assert_eq!(count(&world), before + 1, "taken: {taken}");
        assert!(world.observer.kinds().contains(&EventKind::EmailChangeLinkWithheld));
        world.clock.advance(5 * MINUTE);
        let bob = block_on(world.auth.reauthenticate(&bob, NEW)).unwrap();
        let _ = block_on(world.auth.request_email_change(&bob, email(wanted))).unwrap();
        assert_eq!(count(&world), before + 2, "taken: {taken}");
    }
}

#[test]
fn a_client_address_asks_a_hundred_times_at_once() {
    let world = World::new();
    let office = || ClientAddress::from_ip([192, 0, 2, 7].into());
    let people: Vec<_> = (0..51).map(|n| world.open(&format!("p{n}@acme.example"), OLD)).collect();
    let ask = |n: usize, k: usize, client: Option<ClientAddress>| {
        let request = EmailChangeRequest::new(email(&format!("p{n}.{k}@new.example"))).request_id("r");
        let request = match client {
            Some(client) => request.client_address(client),
            None => request,
        };
        block_on(world.auth.request_email_change(&people[n], request))
    };
    for n in 0..50 {
        for k in 0..2 {
            assert!(ask(n, k, Some(office())).is_ok(), "{n} {k}");
        }
    }
    let refused = ask(50, 0, Some(office())).unwrap_err();
    assert_eq!(refused.retry_after(), Some(SECOND));
    assert!(ask(50, 0, None).is_ok(), "others are not slowed");
    assert!(!format!("{:?}", EmailChangeRequest::new(email(MOVED))).contains("new.example"));
}

#[test]
fn scenario_49_a_change_to_a_taken_address_answers_as_one_to_a_free_one_and_only_its_owner_is_told() {
    let (world, ann) = World::with_ann();
    let bob = world.open(BOB, NEW);
    let (before, kept) = (world.mailer.count(), world.user(BOB));
    let free = block_on(world.auth.request_email_change(&ann, email("free@new.example"))).unwrap();
    let taken = block_on(world.auth.request_email_change(&ann, email("Bob@acme.example"))).unwrap();
    assert_eq!(free, taken);
    let sent = mails(&world, before);
    let requested = || told(ANN, "email_change_requested");
    assert_eq!(
        sent,
        [
            requested(),
            told("free@new.example", "confirm_email_change"),
            requested(),
            // As its owner spells it.
            told(BOB, "email_in_use")
        ]
    );
    assert!(world.last_mail().token().is_none() && !world.last_mail().mail.text().contains("http"));
    assert!(world.user(BOB) == kept && world.is_live(&bob));
    // The owner of an account that was deactivated is not told.
    let gone = world.open("gone@acme.example", NEW);
    block_on(world.operator.deactivate(gone.user_id())).unwrap();
    let before = world.mailer.count();
    assert!(block_on(world.auth.request_email_change(&ann, email("gone@acme.example"))).is_ok());
    assert_eq!(mails(&world, before), [requested()]);
}

#[test]
fn scenario_49_up_to_the_answer_free_and_taken_addresses_cause_the_same_store_calls() {
    let (world, ann) = World::with_ann();
    let _ = world.open(BOB, NEW);
    let counted = doorward::testing::Faults::new();
    let (later, after_the_answer) = channel();
    let (users, attempts) = (counted.users(world.users.clone()), counted.attempts(world.attempts.clone()));
    let auth = Auth::builder(site(), users, attempts, counted.mailer(world.mailer.clone()))
        .clock(world.clock.clone())
        .background(move |work| drop(later.send(work)))
        .configure(for_tests)
        .build()
        .unwrap();
    let mut seen = Vec::new();
    for address in ["free@new.example", BOB] {
        let (calls, mails) = (counted.calls(), world.mailer.count());
        let answer = block_on(auth.request_email_change(&ann, email(address))).unwrap();
        seen.push((counted.calls() - calls, world.mailer.count() - mails, format!("{answer:?}")));
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!((seen[0].0, seen[0].1), (2, 0), "the account is read and replaced; nobody is looked up or mailed");
    let before = world.mailer.count();
    after_the_answer.try_iter().for_each(block_on);
    assert_eq!(world.mailer.count(), before + 4, "two notices, a link, and one to the owner of the taken one");
}

#[test]
fn an_address_that_another_account_got_meanwhile_is_refused_and_nothing_changes() {
    let (world, ann) = World::with_ann();
    let token = asked(&world, &ann, MOVED);
    let other = world.provision(MOVED);
    let (kept, before) = (world.user(ANN), world.mailer.count());
    let taken = unconfirmed(&world, &ann, &token);
    assert!(matches!(taken, ConfirmEmailChangeError::EmailTaken));
    assert_eq!((taken.code(), taken.http_status()), ("email_taken", 409));
    assert!(world.user(ANN) == kept && world.is_live(&ann) && world.mailer.count() == before);
    // Once it is free again, the same link works.
    block_on(world.operator.delete(&other)).unwrap();
    let _ = block_on(world.auth.confirm_email_change(&ann, &token)).unwrap();
}

#[test]
fn whatever_ends_all_sessions_ends_the_changes_that_wait() {
    type End = fn(&World, &SignedIn);
    let ends: [(&str, End); 8] = [
        ("a change of the password", |world, ann| drop(block_on(world.auth.change_password(ann, OLD, NEW)).unwrap())),
        ("signing out others", |world, ann| drop(block_on(world.auth.sign_out_others(ann)).unwrap())),
        ("an authenticator", |world, ann| drop(world.enroll(ann))),
        ("a completed reset", |world, _| {
            let mailed = world.confirm(ANN);
            let _ = world.choose(&world.challenge(ANN, &mailed), NEW);
        }),
        ("a compromise", |world, ann| block_on(world.operator.mark_compromised(ann.user_id())).unwrap()),
        ("a forced change", |world, ann| block_on(world.operator.require_password_change(ann.user_id())).unwrap()),
        ("signing out everywhere", |world, ann| block_on(world.operator.sign_out_everywhere(ann.user_id())).unwrap()),
        ("signing everybody out", |world, _| {
            let mut sweep = SignOutSweep::new();
            world.clock.advance(2 * MINUTE);
            block_on(world.operator.sign_out_everybody(&*world.users, &mut sweep)).unwrap();
        }),
    ];
    for (name, end) in ends {
        let world = World::with_keyring(|builder| builder);
        let ann = world.open(ANN, OLD);
        let token = asked(&world, &ann, MOVED);
        assert_eq!(change_of(&world, &token), valid(MOVED), "{name}");
        end(&world, &ann);
        assert_eq!(change_of(&world, &token), EmailLinkStatus::Invalid, "{name}");
    }
    // What ends nothing ends no change.
    let (world, ann) = World::with_ann();
    let token = asked(&world, &ann, MOVED);
    world.clock.advance(SECOND);
    let _ = world.signed_in(ANN, OLD);
    let _ = world.request(ANN);
    block_on(world.auth.sign_out(&ann)).unwrap();
    assert_eq!(change_of(&world, &token), valid(MOVED));
}

#[test]
fn scenario_38_an_unexpired_session_does_not_outlive_the_owners_recovery() {
    let (world, thief) = World::with_ann();
    let (mailed, waiting) = (world.confirm(ANN), world.signed_in(ANN, OLD));
    let owner = world.choose(&world.challenge(ANN, &mailed), NEW);
    assert!(!world.is_live(&thief) && !world.is_live(&waiting) && world.is_live(&owner));
    assert!(matches!(refused(&world, &thief, THIEF), RequestEmailChangeError::SessionEnded));
}

#[test]
fn scenario_38_an_unexpired_change_of_address_does_not_outlive_the_owners_recovery() {
    let (world, thief) = World::with_ann();
    let token = asked(&world, &thief, THIEF);
    let mailed = world.confirm(ANN);
    let owner = world.choose(&world.challenge(ANN, &mailed), NEW);
    assert!(matches!(unconfirmed(&world, &thief, &token), ConfirmEmailChangeError::SessionEnded));
    // Even if the owner is made to open the thief's link.
    assert!(matches!(unconfirmed(&world, &owner, &token), ConfirmEmailChangeError::LinkInvalid));
    assert_eq!(world.user(ANN).id(), owner.user_id());
}

#[test]
fn scenario_38_a_victim_who_opens_the_link_of_an_attackers_account_changes_nothing() {
    let world = World::new();
    let thief = world.open(THIEF, OLD);
    let victim = world.open(ANN, NEW);
    // The attacker's account is to get an address that the victim reads.
    let token = asked(&world, &thief, "ann@home.example");
    assert!(matches!(unconfirmed(&world, &victim, &token), ConfirmEmailChangeError::OtherAccount));
    assert_eq!((world.user(THIEF).email(), world.user(ANN).email()), (&email(THIEF), &email(ANN)));
    assert!(block_on(world.users.find_by_email(&email("ann@home.example"))).unwrap().is_none());
}

#[test]
fn what_marked_the_old_address_as_undeliverable_does_not_mark_the_new_one() {
    let (world, ann) = World::with_ann();
    block_on(world.operator.report_undeliverable(&email(ANN), UndeliverableReason::HardBounce)).unwrap();
    assert!(world.user(ANN).to_snapshot().contains("undeliverable"));
    let _ = moved(&world, &ann, MOVED);
    assert!(!world.user(MOVED).to_snapshot().contains("undeliverable"));
}

#[test]
fn r04_taking_a_change_back_step_by_step_leaves_a_thief_nothing_and_lets_the_owner_in() {
    let (world, owner) = World::with_ann();
    let world = world.restarted(|builder| builder.keyring(keyring()));
    let owners_device = device(&owner);
    // A thief knows the password, and does all that a session can do.
    world.clock.advance(SECOND);
    let thief = world.signed_in(ANN, OLD);
    let (thief, undo) = moved(&world, &thief, THIEF);
    assert_eq!(world.mails("email_changed").last().unwrap().to, email(ANN));
    assert!(!world.is_live(&owner));
    let thief = block_on(world.auth.change_password(&thief, OLD, "the password of a thief")).unwrap();
    let (thief, app, codes) = world.enroll(&thief);
    world.clock.advance(MINUTE);
    let challenge = world.asked_for_a_code(THIEF, "the password of a thief");
    let signed_in = world.verify(&challenge, &app.next(&world)).unwrap();
    let other_session = complete(signed_in);
    let (their_device, other_device) = (device(&other_session), block_on(world.auth.devices(&thief)).unwrap().len());
    assert!(other_device >= 1);
    let waiting = world.asked_for_a_code(THIEF, "the password of a thief");
    let reset = world.request(THIEF);
    let pending = asked(&world, &thief, "thief@y.example");
    assert!(world.fails(ANN, OLD), "the owner has lost the account");

    assert_eq!(undo_of(&world, &undo), valid(ANN));
    let mailed = undone(&world, &undo);
    assert_eq!(world.last_mail().to, email(ANN));
    assert!(world.observer.kinds().contains(&EventKind::EmailChangeUndone { second_factor_removed: true }));

    // None of it works any more.
    assert!(!world.is_live(&thief) && !world.is_live(&other_session));
    for address in [ANN, THIEF] {
        for password in [OLD, "the password of a thief"] {
            assert!(world.fails(address, password), "{address}");
        }
    }
    assert!(block_on(world.auth.verify_second_factor(&waiting, &app.next(&world))).is_err());
    assert!(block_on(world.auth.verify_second_factor(&waiting, &first_of(&codes))).is_err());
    assert_eq!(block_on(world.auth.confirm_reset(&reset)).unwrap_err().code(), "link_invalid");
    assert_eq!(change_of(&world, &pending), EmailLinkStatus::Invalid);
    assert!(block_on(world.users.find_by_email(&email(THIEF))).unwrap().is_none());
    let stored: Value = serde_json::from_str(&world.user(ANN).to_snapshot()).unwrap();
    assert!(stored.get("devices").is_none() && stored.get("email_changes").is_none(), "{stored}");
    for cookie in [&their_device, &owners_device] {
        let request = SignInRequest::new(ANN, "the password of a thief").device(cookie);
        assert!(block_on(world.auth.try_sign_in(request)).is_err());
    }
    // The way back works once.
    assert_eq!(undo_of(&world, &undo), EmailLinkStatus::Invalid);
    assert!(matches!(block_on(world.auth.undo_email_change(&undo)), Err(UndoEmailChangeError::LinkInvalid)));

    // The owner is in, without a code of the thief's authenticator.
    let challenge = world.challenge(ANN, &mailed);
    let owner = world.choose(&challenge, NEW);
    assert_eq!((owner.email().as_typed(), owner.user_id()), (ANN, thief.user_id()));
    let _ = world.signed_in(ANN, NEW);
}

#[test]
fn a_change_can_be_taken_back_for_seven_days_to_the_second_and_inspecting_does_not_use_the_link_up() {
    let (world, ann) = World::with_ann();
    let (_, undo) = moved(&world, &ann, MOVED);
    world.clock.advance(7 * DAY - SECOND);
    let state = world.user(MOVED);
    for _ in 0..50 {
        assert_eq!(undo_of(&world, &undo), valid(ANN));
    }
    assert!(world.user(MOVED) == state);
    world.clock.advance(SECOND);
    assert_eq!(undo_of(&world, &undo), EmailLinkStatus::Invalid);
    assert!(matches!(block_on(world.auth.undo_email_change(&undo)), Err(UndoEmailChangeError::LinkInvalid)));
    assert!(world.observer.kinds().contains(&EventKind::EmailLinkRejected));
    world.clock.set_back(SECOND);
    let _ = undone(&world, &undo);
}

#[test]
fn an_authenticator_of_before_the_change_is_still_asked_for_after_it_was_taken_back() {
    let (world, _, app, codes) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let ann = complete(world.verify(&challenge, &app.next(&world)).unwrap());
    let (_, undo) = moved(&world, &ann, MOVED);
    let mailed = undone(&world, &undo);
    assert!(world.observer.kinds().contains(&EventKind::EmailChangeUndone { second_factor_removed: false }));
    let challenge = world.asked_for_a_code(ANN, &mailed);
    // And so are its recovery codes.
    let SignIn::PasswordChangeRequired(challenge) = world.verify(&challenge, &first_of(&codes)).unwrap() else {
        panic!("the password is a temporary one")
    };
    let _ = world.choose(&challenge, NEW);
}

#[test]
fn recovery_codes_that_were_issued_after_the_change_are_void_once_it_is_taken_back() {
    let (world, _, app, old_codes) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let ann = complete(world.verify(&challenge, &app.next(&world)).unwrap());
    let (ann, undo) = moved(&world, &ann, MOVED);
    let (_, codes) = block_on(world.auth.regenerate_recovery_codes(&ann)).unwrap();
    let mailed = undone(&world, &undo);
    let challenge = world.asked_for_a_code(ANN, &mailed);
    for code in [first_of(&codes), first_of(&old_codes)] {
        assert!(world.verify(&challenge, &code).is_err());
    }
    assert!(matches!(world.verify(&challenge, &app.next(&world)), Ok(SignIn::PasswordChangeRequired(_))));
}

#[test]
fn recovery_codes_of_which_nobody_knows_when_they_were_issued_are_older_than_the_change() {
    let (world, _, app, codes) = World::with_enrolled_ann();
    rewrite(&world, ANN, |stored| {
        stored["second_factor"].as_object_mut().unwrap().remove("codes_issued_at").expect("it is written down now");
    });
    let challenge = world.asked_for_a_code(ANN, OLD);
    let ann = complete(world.verify(&challenge, &app.next(&world)).unwrap());
    let (_, undo) = moved(&world, &ann, MOVED);
    let mailed = undone(&world, &undo);
    let challenge = world.asked_for_a_code(ANN, &mailed);
    assert!(world.verify(&challenge, &first_of(&codes)).is_ok());
}

/// Puts a stored document in place of the one that is there.
fn rewrite(world: &World, address: &str, change: impl FnOnce(&mut Value)) {
    let user = world.user(address);
    let mut stored: Value = serde_json::from_str(&user.to_snapshot()).unwrap();
    change(&mut stored);
    let row = doorward::store::UserRow {
        id: user.id().as_str(),
        email: user.email().canonical(),
        version: &user.version().to_string(),
        snapshot: &stored.to_string(),
    };
    let read = User::from_snapshot(row).unwrap();
    let _ = block_on(world.users.delete(&user)).unwrap();
    let _ = block_on(world.users.insert(&read)).unwrap();
}

#[test]
fn an_authenticator_that_a_thief_put_in_place_of_the_owners_is_removed() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let ann = complete(world.verify(&challenge, &app.next(&world)).unwrap());
    let (ann, undo) = moved(&world, &ann, MOVED);
    let (_, theirs, _) = world.enroll(&ann);
    world.clock.advance(MINUTE);
    assert_ne!(theirs.code(&world), app.code(&world));
    let mailed = undone(&world, &undo);
    let _ = world.choose(&world.challenge(ANN, &mailed), NEW);
}

#[test]
fn after_an_authenticator_was_turned_off_behind_the_change_none_is_asked_for() {
    let (world, _, app, _) = World::with_enrolled_ann();
    let challenge = world.asked_for_a_code(ANN, OLD);
    let ann = complete(world.verify(&challenge, &app.next(&world)).unwrap());
    let (ann, undo) = moved(&world, &ann, MOVED);
    let _ = block_on(world.auth.disable_second_factor(&ann)).unwrap();
    let mailed = undone(&world, &undo);
    let _ = world.choose(&world.challenge(ANN, &mailed), NEW);
}

#[test]
fn of_several_changes_each_can_be_taken_back_and_voids_those_behind_it() {
    let (world, ann) = World::with_ann();
    let (ann, to_first) = moved(&world, &ann, "b@new.example");
    let (ann, to_second) = moved(&world, &ann, "c@new.example");
    let (_, to_third) = moved(&world, &ann, "d@new.example");
    let status = |token: &str| undo_of(&world, token);
    assert_eq!(status(&to_second), valid("b@new.example"));
    let _ = undone(&world, &to_second);
    assert_eq!(world.user("b@new.example").id(), ann.user_id());
    assert_eq!([status(&to_second), status(&to_third)], [EmailLinkStatus::Invalid, EmailLinkStatus::Invalid]);
    // The owner of the first address still has the last word.
    assert_eq!(status(&to_first), valid(ANN));
    let mailed = undone(&world, &to_first);
    let _ = world.choose(&world.challenge(ANN, &mailed), NEW);
}

#[test]
fn five_changes_in_seven_days_and_no_further_one_pushes_the_first_address_out() {
    let (world, mut ann) = World::with_ann();
    let mut first = String::new();
    let begun = world.now();
    for n in 0..5 {
        world.clock.advance(HOUR);
        ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
        let (next, undo) = moved(&world, &ann, &format!("n{n}@new.example"));
        ann = next;
        if n == 0 {
            first = undo;
        }
    }
    let many = refused(&world, &ann, MOVED);
    assert!(matches!(many, RequestEmailChangeError::TooManyChanges { .. }));
    assert_eq!(many.retry_after(), Some(7 * DAY - 4 * HOUR), "until the first is a week old");
    assert_eq!((many.code(), many.http_status()), ("too_many_email_changes", 409));
    world.clock.set(begun + HOUR + 7 * DAY - SECOND);
    ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    assert_eq!(refused(&world, &ann, MOVED).retry_after(), Some(SECOND));
    assert_eq!(undo_of(&world, &first), valid(ANN), "to the last second");
    world.clock.advance(SECOND);
    let (_, _) = moved(&world, &ann, MOVED);
    assert_eq!(undo_of(&world, &first), EmailLinkStatus::Invalid);
}

#[test]
fn a_link_that_was_asked_for_before_the_fifth_change_confirms_no_sixth() {
    let (world, mut ann) = World::with_ann();
    for n in 0..4 {
        world.clock.advance(HOUR);
        ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
        ann = moved(&world, &ann, &format!("n{n}@new.example")).0;
    }
    world.clock.advance(HOUR);
    ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    let token = asked(&world, &ann, MOVED);
    // Another process allowed the fifth, and its release kept the change that waits.
    let waiting: Value = serde_json::from_str(&world.user("n3@new.example").to_snapshot()).unwrap();
    let token_five = asked(&world, &ann, "n4@new.example");
    let ann = block_on(world.auth.confirm_email_change(&ann, &token_five)).unwrap();
    rewrite(&world, "n4@new.example", |stored| {
        let mut pending = waiting["email_changes"]["pending"].clone();
        pending[0]["epoch"] = stored["epoch"].clone();
        stored["email_changes"]["pending"] = pending;
    });
    assert_eq!(change_of(&world, &token), valid(MOVED));
    let many = unconfirmed(&world, &ann, &token);
    assert!(matches!(many, ConfirmEmailChangeError::TooManyChanges { .. }));
    assert_eq!(many.retry_after(), Some(7 * DAY - 4 * HOUR));
}

#[test]
fn an_address_that_somebody_else_has_by_now_is_not_given_back() {
    let (world, ann) = World::with_ann();
    let (ann, undo) = moved(&world, &ann, MOVED);
    let other = world.provision(ANN);
    let kept = world.user(MOVED);
    let taken = block_on(world.auth.undo_email_change(&undo)).unwrap_err();
    assert!(matches!(taken, UndoEmailChangeError::EmailTaken));
    assert_eq!((taken.code(), taken.http_status()), ("email_taken", 409));
    assert!(world.user(MOVED) == kept && world.is_live(&ann));
    block_on(world.operator.delete(&other)).unwrap();
    let _ = undone(&world, &undo);
}

#[test]
fn a_deactivated_account_is_not_taken_back_also_once_it_is_active_again() {
    let (world, ann) = World::with_ann();
    let (ann, undo) = moved(&world, &ann, MOVED);
    let id = ann.user_id();
    for change in [true, false] {
        match change {
            true => block_on(world.operator.deactivate(id)).unwrap(),
            false => block_on(world.operator.reactivate(id)).unwrap(),
        }
        assert_eq!(undo_of(&world, &undo), EmailLinkStatus::Invalid);
        assert!(matches!(block_on(world.auth.undo_email_change(&undo)), Err(UndoEmailChangeError::LinkInvalid)));
    }
    assert_eq!(world.user(MOVED).id(), id);
}

#[test]
fn what_an_owner_and_an_operator_do_later_leaves_the_way_back() {
    let (world, ann) = World::with_ann();
    let (ann, undo) = moved(&world, &ann, MOVED);
    let ann = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    block_on(world.operator.mark_compromised(ann.user_id())).unwrap();
    let mailed = world.confirm(MOVED);
    let _ = world.choose(&world.challenge(MOVED, &mailed), "three owls in one oak tree");
    assert_eq!(undo_of(&world, &undo), valid(ANN));
    let _ = undone(&world, &undo);
}

#[test]
fn a_mail_that_fails_after_taking_back_leaves_the_change_undone_and_a_reset_heals_it() {
    let (world, ann) = World::with_ann();
    let (_, undo) = moved(&world, &ann, MOVED);
    let (dead, _) = world.over_a_dead_relay();
    let failed = block_on(dead.undo_email_change(&undo)).unwrap_err();
    assert!(matches!(failed, UndoEmailChangeError::MailFailed { .. }));
    assert_eq!(failed.retry_after(), Some(5 * MINUTE));
    assert!(!format!("{failed:?} {failed}").contains(ANN));
    assert!(world.fails(ANN, OLD));
    world.clock.advance(5 * MINUTE);
    let mailed = world.confirm(ANN);
    let _ = world.choose(&world.challenge(ANN, &mailed), NEW);
}

#[test]
fn an_operator_changes_an_address_tells_both_and_leaves_no_way_back() {
    let (world, ann) = World::with_ann();
    let (ann, undo) = moved(&world, &ann, MOVED);
    world.clock.advance(HOUR);
    let ann = block_on(world.auth.reauthenticate(&ann, OLD)).unwrap();
    let (waiting, reset) = (asked(&world, &ann, "other@new.example"), world.request(MOVED));
    let before = world.mailer.count();
    let who = doorward::UserId::parse("operator").unwrap();
    block_on(world.operator.on_behalf_of(&who).change_email(ann.user_id(), email("ann@third.example"))).unwrap();
    let sent = mails(&world, before);
    let both = "email_changed_by_operator";
    assert_eq!(sent, [told(MOVED, both), told("ann@third.example", both)]);
    let [old, new] = [before, before + 1].map(|n| world.mailer.mails()[n].mail.text());
    assert!(old.contains("please let us know right away") && new.contains("you sign in with this address"));
    assert!(!old.contains("http") && !new.contains("http"), "no link");
    assert!(!world.is_live(&ann));
    assert_eq!(
        (undo_of(&world, &undo), change_of(&world, &waiting)),
        (EmailLinkStatus::Invalid, EmailLinkStatus::Invalid)
    );
    assert!(block_on(world.auth.undo_email_change(&undo)).is_err());
    assert_eq!(block_on(world.auth.confirm_reset(&reset)).unwrap_err().code(), "link_invalid");
    let stored: Value = serde_json::from_str(&world.user("ann@third.example").to_snapshot()).unwrap();
    assert!(stored.get("devices").is_none() && stored.get("email_changes").is_none());
    // The password stays.
    let _ = world.signed_in("ann@third.example", OLD);
    let events = world.observer.events();
    let changed = events.iter().find(|event| event.kind == EventKind::EmailChangedByOperator).unwrap();
    assert_eq!(changed.operator.as_ref(), Some(&who));
}

#[test]
fn an_operator_is_told_why_an_address_was_not_changed() {
    let (world, ann) = World::with_ann();
    let (operator, id) = (&world.operator, ann.user_id());
    let change = |operator: &Operator, id, address: &str| block_on(operator.change_email(id, email(address)));
    let new = world.provision("new@acme.example");
    let bob = world.open(BOB, NEW);
    let before = world.mailer.count();
    assert!(matches!(change(operator, &new, MOVED), Err(ChangeEmailError::NoPasswordChosen)));
    assert!(matches!(change(operator, id, "ANN@acme.example"), Err(ChangeEmailError::SameEmail)));
    assert!(matches!(change(operator, id, BOB), Err(ChangeEmailError::EmailTaken)));
    let nobody = doorward::UserId::parse("nobody").unwrap();
    assert!(matches!(change(operator, &nobody, MOVED), Err(ChangeEmailError::UnknownUser)));
    block_on(operator.deactivate(bob.user_id())).unwrap();
    assert!(matches!(change(operator, bob.user_id(), MOVED), Err(ChangeEmailError::Deactivated)));
    assert!(world.is_live(&ann) && world.mailer.count() == before);
    // One whose password was invalidated has chosen one before.
    block_on(operator.mark_compromised(id)).unwrap();
    assert!(change(operator, id, MOVED).is_ok());
    assert!(block_on(operator.correct_email(id, email(ANN))).is_err(), "there is one call for each state");
}

/// Another process over the same stores, whose mails are owed.
fn owing(world: &World, mailer: impl doorward::Mailer) -> (Auth, Operator) {
    owing_with(world, mailer, |builder| builder)
}

fn owing_with(
    world: &World,
    mailer: impl doorward::Mailer,
    change: impl FnOnce(AuthBuilder) -> AuthBuilder,
) -> (Auth, Operator) {
    change(Auth::builder(site(), world.users.clone(), world.attempts.clone(), mailer))
        .clock(world.clock.clone())
        .background(block_on)
        .owed_mails(world.users.clone())
        .configure(for_tests)
        .build_with_operator()
        .unwrap()
}

#[test]
fn an_owed_way_back_goes_to_the_address_of_before_with_another_link_also_after_further_changes() {
    let (world, ann) = World::with_ann();
    let (dead, _) = owing(&world, DeadRelay);
    let (alive, _) = owing(&world, world.mailer.clone());
    // While no mail leaves, a thief changes the password, then the address twice.
    let thief = block_on(dead.change_password(&ann, OLD, NEW)).unwrap();
    let token = asked(&world, &thief, THIEF);
    let thief = block_on(dead.confirm_email_change(&thief, &token)).unwrap();
    let token = asked(&world, &thief, "thief@y.example");
    let thief = block_on(dead.confirm_email_change(&thief, &token)).unwrap();
    assert!(world.mails("email_changed").is_empty());
    let before = world.mailer.count();
    world.clock.advance(16 * MINUTE);
    let delivered = block_on(alive.deliver_owed()).unwrap();
    assert_eq!((delivered.failed, delivered.given_up), (0, 0));
    let mut sent = mails(&world, before);
    sent.sort();
    // The owner's mailbox gets what happened to the account before, and the thief's only what is about it.
    assert_eq!(
        sent,
        [
            told(ANN, "email_changed"),
            told(ANN, "password_changed"),
            told(THIEF, "email_changed"),
            told(THIEF, "email_confirmed"),
            told("thief@y.example", "email_confirmed"),
        ]
    );
    let ways_back = world.mails("email_changed");
    let undo = ways_back.iter().find(|sent| sent.to == email(ANN)).and_then(|sent| sent.token()).unwrap();
    assert_eq!(undo_of(&world, &undo), valid(ANN));
    // The change was made 16 minutes ago: the end is that of the change.
    world.clock.advance(7 * DAY - 16 * MINUTE - SECOND);
    assert_eq!(undo_of(&world, &undo), valid(ANN));
    let mailed = undone(&world, &undo);
    assert!(!world.is_live(&thief));
    let _ = world.choose(&world.challenge(ANN, &mailed), "three owls in one oak tree");
}

#[test]
fn an_owed_way_back_is_renewed_and_the_link_of_before_is_void() {
    let (world, ann) = World::with_ann();
    let faults = doorward::testing::Faults::new();
    let mailer = faults.mailer(world.mailer.clone());
    let (auth, _) = owing(&world, mailer);
    let token = asked(&world, &ann, MOVED);
    // The server has the mail, and its answer is lost.
    faults.strike(1, doorward::testing::Fault::LosesAnswer);
    let _ = block_on(auth.confirm_email_change(&ann, &token)).unwrap();
    let first = undo_token(&world);
    assert_eq!(undo_of(&world, &first), valid(ANN));
    world.clock.advance(16 * MINUTE);
    assert_eq!(block_on(auth.deliver_owed()).unwrap().sent, 1);
    let second = undo_token(&world);
    assert_ne!(first, second);
    assert_eq!((undo_of(&world, &first), undo_of(&world, &second)), (EmailLinkStatus::Invalid, valid(ANN)));
    let text = world.mails("email_changed").last().unwrap().mail.text();
    assert!(text.contains("changed on 25 November 2026, 09:00 UTC"), "{text}");
    assert!(text.contains("until 2 December 2026, 09:00 UTC"), "{text}");
}

#[test]
fn once_a_change_was_taken_back_no_owed_mail_says_that_it_was_made() {
    let (world, ann) = World::with_ann();
    let (dead, _) = owing(&world, DeadRelay);
    let token = asked(&world, &ann, THIEF);
    let thief = block_on(dead.confirm_email_change(&ann, &token)).unwrap();
    let _ = block_on(dead.change_password(&thief, OLD, NEW)).unwrap();
    let before = world.mailer.count();
    world.clock.advance(16 * MINUTE);
    let (alive, _) = owing(&world, world.mailer.clone());
    // The way back is the first of what leaves; its owner is quick.
    let stored = world.user(THIEF);
    let _ = block_on(alive.deliver_owed()).unwrap();
    let undo = undo_token(&world);
    assert!(mails(&world, before).contains(&told(THIEF, "email_confirmed")));
    let user = world.user(THIEF);
    let _ = block_on(world.users.delete(&user)).unwrap();
    // As if only that one had left: what is owed stays, and the link is the one that left.
    let mut old: Value = serde_json::from_str(&stored.to_snapshot()).unwrap();
    let new: Value = serde_json::from_str(&user.to_snapshot()).unwrap();
    old["email_changes"] = new["email_changes"].clone();
    let row = doorward::store::UserRow {
        id: stored.id().as_str(),
        email: stored.email().canonical(),
        version: &stored.version().to_string(),
        snapshot: &old.to_string(),
    };
    let _ = block_on(world.users.insert(&User::from_snapshot(row).unwrap())).unwrap();
    let before = world.mailer.count();
    let _ = undone(&world, &undo);
    world.clock.advance(16 * MINUTE);
    let _ = block_on(alive.deliver_owed()).unwrap();
    // The owner hears of the password that a thief set, and nothing greets an address that was left.
    assert_eq!(mails(&world, before), [told(ANN, "temporary_password"), told(ANN, "password_changed")]);
}

#[test]
fn a_bounce_of_the_new_address_gives_up_no_mail_to_the_old_one() {
    let (world, ann) = World::with_ann();
    let (dead, operator) = owing(&world, DeadRelay);
    let token = asked(&world, &ann, MOVED);
    let _ = block_on(dead.confirm_email_change(&ann, &token)).unwrap();
    block_on(operator.report_undeliverable(&email(MOVED), UndeliverableReason::HardBounce)).unwrap();
    let before = world.mailer.count();
    world.clock.advance(16 * MINUTE);
    block_on(owing(&world, world.mailer.clone()).0.deliver_owed()).unwrap();
    assert_eq!(mails(&world, before), [told(ANN, "email_changed")]);
}

#[test]
fn a_release_that_does_not_know_changes_ends_those_that_wait_and_keeps_the_ways_back() {
    let (world, ann) = World::with_ann();
    let (ann, undo) = moved(&world, &ann, MOVED);
    let token = asked(&world, &ann, "other@new.example");
    // It moves the epoch and knows no more.
    rewrite(&world, MOVED, |stored| stored["epoch"] = "AAAAAAAAAAAAAAAAAAAAAA".into());
    assert_eq!((change_of(&world, &token), undo_of(&world, &undo)), (EmailLinkStatus::Invalid, valid(ANN)));
}

#[test]
fn of_a_hundred_and_more_confirmations_and_undos_at_once_one_takes_effect() {
    let (world, ann) = World::with_ann();
    let token = asked(&world, &ann, MOVED);
    let parallel = |call: &(dyn Fn() -> bool + Sync)| {
        let barrier = std::sync::Barrier::new(128);
        std::thread::scope(|scope| {
            let run = || scope.spawn(|| (barrier.wait(), call()).1);
            let running: Vec<_> = (0..128).map(|_| run()).collect();
            running.into_iter().map(|one| one.join().unwrap()).filter(|done| *done).count()
        })
    };
    let before = world.mailer.count();
    let confirm = || block_on(world.auth.confirm_email_change(&ann, &token)).is_ok();
    assert_eq!(parallel(&confirm), 1);
    assert_eq!(mails(&world, before).len(), 2, "one way back and one notice");
    let stored: Value = serde_json::from_str(&world.user(MOVED).to_snapshot()).unwrap();
    assert_eq!(stored["email_changes"]["undo"].as_array().map(Vec::len), Some(1));
    let (undo, before) = (undo_token(&world), world.mailer.count());
    let take_back = || block_on(world.auth.undo_email_change(&undo)).is_ok();
    assert_eq!(parallel(&take_back), 1);
    assert_eq!(mails(&world, before), [told(ANN, "temporary_password")]);
    let _ = world.choose(&world.challenge(ANN, &world.mailed_password()), NEW);
}

#[test]
fn of_two_links_that_are_confirmed_at_once_one_takes_effect_and_its_address_counts() {
    let (world, ann) = World::with_ann();
    let tokens = ["one@new.example", "two@new.example"].map(|address| (address, asked(&world, &ann, address)));
    let barrier = std::sync::Barrier::new(2);
    let confirmed: Vec<_> = std::thread::scope(|scope| {
        let run = |(address, token): &(&'static str, String)| {
            let (address, token) = (*address, token.clone());
            let (barrier, world, ann) = (&barrier, &world, &ann);
            scope.spawn(move || {
                barrier.wait();
                block_on(world.auth.confirm_email_change(ann, &token)).ok().map(|ann| (address, ann))
            })
        };
        let running: Vec<_> = tokens.iter().map(run).collect();
        running.into_iter().filter_map(|one| one.join().unwrap()).collect()
    });
    let [(address, ann)] = &confirmed[..] else { panic!("{} took effect", confirmed.len()) };
    assert_eq!(ann.email(), &email(address));
    assert_eq!(world.user(address).id(), ann.user_id());
}

#[test]
fn a_keyring_seals_the_tokens_of_both_links() {
    let world = World::with_keyring(|builder| builder);
    let ann = world.open(ANN, OLD);
    let token = asked(&world, &ann, MOVED);
    let _ = block_on(world.auth.confirm_email_change(&ann, &token)).unwrap();
    assert_eq!((token.len(), undo_token(&world).len()), (238, 238));
    let _ = undone(&world, &undo_token(&world));
}

#[test]
fn a_closed_auth_refuses_all_of_it() {
    let (world, ann) = World::with_ann();
    let token = asked(&world, &ann, MOVED);
    block_on(world.auth.close());
    assert_eq!(refused(&world, &ann, "x@new.example").http_status(), 503);
    assert_eq!(unconfirmed(&world, &ann, &token).http_status(), 503);
    assert_eq!(block_on(world.auth.undo_email_change(&token)).unwrap_err().http_status(), 503);
    assert!(block_on(world.auth.inspect_email_change(&token)).is_err());
    assert!(block_on(world.operator.change_email(ann.user_id(), email(MOVED))).is_err());
}

#[test]
fn where_links_set_passwords_a_change_is_taken_back_by_a_temporary_password_all_the_same() {
    let world = World::with(|builder| {
        builder.configure(|config| config.reset.mode = doorward::config::ResetMode::ChooseNewPassword)
    });
    let ann = world.open(ANN, OLD);
    let reset = world.request(ANN);
    let (_, undo) = moved(&world, &ann, MOVED);
    assert_eq!(block_on(world.auth.complete_reset(&reset, NEW)).unwrap_err().code(), "link_invalid");
    let mailed = undone(&world, &undo);
    let _ = world.choose(&world.challenge(ANN, &mailed), NEW);
}

#[test]
fn where_a_second_factor_is_required_whose_was_removed_the_owner_enrolls_one() {
    let required = |builder: doorward::AuthBuilder| {
        builder.configure(|config| config.second_factor.policy = SecondFactorPolicy::Required)
    };
    // A thief enrolled it after the change, at a time when none was required.
    let world = World::with_keyring(|builder| builder);
    let ann = world.open(ANN, OLD);
    let (ann, undo) = moved(&world, &ann, MOVED);
    let _ = world.enroll(&ann);
    let world = world.restarted(|builder| required(builder.keyring(keyring())));
    let mailed = undone(&world, &undo);
    let challenge = world.challenge(ANN, &mailed);
    let chosen = block_on(world.auth.choose_password(&challenge, NEW)).unwrap();
    assert!(matches!(chosen, SignIn::EnrollmentRequired(_)));
}

#[test]
fn the_journal_has_every_step() {
    let world = World::over(MemoryUsers::new().with_journal(), |builder| builder.index_key([5; 32]));
    let ann = world.open(ANN, OLD);
    let before = block_on(world.users.latest(ann.user_id(), None, 99)).unwrap().len();
    let (ann, undo) = moved(&world, &ann, MOVED);
    let _ = undone(&world, &undo);
    block_on(world.operator.on_behalf_of(ann.user_id()).change_email(ann.user_id(), email(MOVED))).unwrap();
    let mut entries = block_on(world.users.latest(ann.user_id(), None, 99)).unwrap();
    entries.reverse();
    let names: Vec<_> = entries.iter().skip(before).map(|entry| &*entry.event).collect();
    let expected = [
        "user_updated:email_requested",
        "user_updated:email_changed",
        "user_updated:email_undone",
        "user_updated:email_by_operator",
    ];
    assert_eq!(names, expected);
    assert_eq!(entries.last().unwrap().operator.as_ref(), Some(ann.user_id()));
    let checked = block_on(world.operator.check_journal(&*world.users, ann.user_id())).unwrap();
    assert_eq!((checked.unchained, checked.first_break), (0, None));
}

/// Whoever has taken an account over wants it gone before the owner reads the mail: it stays as long as the owner can take it back.
#[test]
fn r04_a_deletion_that_a_thief_asks_for_waits_for_the_way_back() {
    for grace in [std::time::Duration::ZERO, DAY, 30 * DAY] {
        let world = World::with(|builder| builder.configure(|config| config.deletion.grace = grace));
        let thief = world.open(ANN, OLD);
        let (thief, undo) = moved(&world, &thief, THIEF);
        let changed_at = world.now();
        world.clock.advance(MINUTE);
        let Ok(DeletionRequested::Scheduled { gone_at, .. }) = block_on(world.auth.request_deletion(&thief)) else {
            panic!("the account is gone")
        };
        assert_eq!(gone_at, (changed_at + 7 * DAY).max(world.now() + grace), "{grace:?}");
        assert!(world.fails(THIEF, OLD) && world.fails(ANN, OLD));
        assert_eq!(block_on(world.auth.purge_deleted(&world.users, 10)).unwrap(), 0);

        world.clock.set(changed_at + 7 * DAY - SECOND);
        let temporary = undone(&world, &undo);
        let challenge = world.challenge(ANN, &temporary);
        let _ = world.choose(&challenge, NEW);
        world.clock.advance(90 * DAY);
        assert_eq!(block_on(world.auth.purge_deleted(&world.users, 10)).unwrap(), 0, "the deletion is off");
        let _ = world.signed_in(ANN, NEW);
    }
}

#[test]
fn an_account_that_its_operator_deactivated_is_taken_back_by_no_link() {
    let (world, ann) = World::with_ann();
    let (ann, undo) = moved(&world, &ann, THIEF);
    let _ = block_on(world.auth.request_deletion(&ann)).unwrap();
    block_on(world.operator.deactivate(ann.user_id())).unwrap();
    assert_eq!(undo_of(&world, &undo), EmailLinkStatus::Invalid);
    assert!(block_on(world.auth.undo_email_change(&undo)).is_err());
}

/// A mail that lets somebody in belongs to the address that the account has, whatever was owed when it left another one.
#[test]
fn no_owed_mail_lets_in_who_reads_an_address_that_the_account_has_left() {
    let (world, ann) = World::with_ann();
    let (dead, _) = owing(&world, DeadRelay);
    let (alive, operator) = owing(&world, world.mailer.clone());
    // While no mail leaves, somebody who reads the mailbox confirms a reset, so a temporary password is owed there.
    let token = world.request(ANN);
    assert!(block_on(dead.confirm_reset(&token)).is_err());
    // The mailbox is in wrong hands, so an operator gives the account another address, where its owner resets the password.
    block_on(operator.change_email(ann.user_id(), email("ann@new.example"))).unwrap();
    world.clock.advance(5 * MINUTE);
    block_on(alive.request_reset(&email("ann@new.example"))).unwrap();
    let token = world.mailed_token();
    let _ = block_on(alive.confirm_reset(&token)).unwrap();
    let mailed = world.mailed_password();
    let before = world.mailer.count();
    world.clock.advance(16 * MINUTE);
    let _ = block_on(alive.deliver_owed()).unwrap();
    assert!(!mails(&world, before).iter().any(|(to, _)| to == ANN), "{:?}", mails(&world, before));
    let _ = world.choose(&world.challenge("ann@new.example", &mailed), NEW);
}

#[test]
fn r04_no_owed_mail_of_a_thief_lets_them_in_after_the_change_was_taken_back() {
    let world = World::with_keyring(|builder| builder);
    let thief = world.open(ANN, OLD);
    let (dead, _) = owing_with(&world, DeadRelay, |builder| builder.keyring(keyring()));
    let (alive, _) = owing_with(&world, world.mailer.clone(), |builder| builder.keyring(keyring()));
    let (thief, undo) = moved(&world, &thief, THIEF);
    let (thief, app, _) = world.enroll(&thief);
    // A reset of the thief's own, whose mail does not leave. They call it off by a code, and move on.
    let token = world.request(THIEF);
    assert!(block_on(dead.confirm_reset(&token)).is_err());
    world.clock.advance(MINUTE);
    let thief = block_on(world.auth.reauthenticate_with_code(&thief, &app.code(&world))).unwrap();
    block_on(world.auth.cancel_recovery(&thief)).unwrap();
    let (_, _) = moved(&world, &thief, "thief@y.example");
    world.clock.advance(5 * MINUTE);
    let token = world.request("thief@y.example");
    let _ = block_on(alive.confirm_reset(&token)).unwrap();
    // The owner takes the account back, and what was owed to the thief is due.
    let before = world.mailer.count();
    let mailed = undone(&world, &undo);
    world.clock.advance(16 * MINUTE);
    let _ = block_on(alive.deliver_owed()).unwrap();
    let sent = mails(&world, before);
    assert!(!sent.iter().any(|(to, what)| to == THIEF && *what == "temporary_password"), "{sent:?}");
    let _ = world.choose(&world.challenge(ANN, &mailed), NEW);
}
