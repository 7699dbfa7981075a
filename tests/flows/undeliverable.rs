//! Addresses that mail does not reach: seen by operators, and nobody is locked out.

use doorward::account::{Undeliverable, UndeliverableReason};
use doorward::config::ResetMode;
use doorward::error::OperatorError;
use doorward::event::EventKind;
use doorward::{AuthBuilder, UserId};
use pollster::block_on;

use crate::owed::{Mood, Owing, report};
use crate::support::*;

const BOUNCED: UndeliverableReason = UndeliverableReason::HardBounce;

impl World {
    fn bounces(&self, address: &str, reason: UndeliverableReason) {
        block_on(self.operator.report_undeliverable(&email(address), reason)).unwrap();
    }

    fn undeliverable(&self) -> Option<Undeliverable> {
        self.user(ANN).overview().undeliverable
    }
}

#[test]
fn a_report_is_seen_by_operators_and_counts_once() {
    let (world, _ann) = World::with_ann();
    assert_eq!(world.undeliverable(), None);
    let since = world.now();
    world.bounces("Ann@ACME.example", UndeliverableReason::Complaint);
    let marked = world.user(ANN);
    world.clock.advance(DAY);
    world.bounces(ANN, BOUNCED);
    assert!(world.user(ANN) == marked, "nothing is stored again");
    let seen = world.undeliverable().unwrap();
    assert_eq!((seen.since, seen.reason), (since, UndeliverableReason::Complaint));
    let told: Vec<_> =
        world.observer.events().into_iter().filter(|event| event.kind.name().contains("deliver")).collect();
    let [told] = &told[..] else { panic!("{told:?}") };
    assert_eq!(told.kind, EventKind::Undeliverable { reason: UndeliverableReason::Complaint });
    assert_eq!(told.user_id.as_ref(), Some(world.user(ANN).id()));
}

#[test]
fn an_unknown_address_is_answered_alike_and_leaves_nothing() {
    let (world, _ann) = World::with_ann();
    let before = world.observer.kinds().len();
    world.bounces(NOBODY, BOUNCED);
    assert_eq!(world.observer.kinds().len(), before);
    assert_eq!(world.undeliverable(), None);
}

#[test]
fn nobody_is_locked_out_and_a_link_that_arrives_clears_it() {
    let (world, ann) = World::with_ann();
    world.bounces(ANN, BOUNCED);
    assert!(world.is_live(&ann));
    let _ = world.signed_in(ANN, OLD);
    assert!(world.undeliverable().is_some(), "no mail was needed for that");
    let before = world.mailer.count();
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    assert_eq!(world.mailer.count(), before + 1, "notices are tried");
    let token = world.request(ANN);
    let _ = block_on(world.auth.inspect_reset(&token)).unwrap();
    assert!(world.undeliverable().is_some(), "scanners open pages");
    let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
    assert_eq!(world.undeliverable(), None);
    let challenge = world.challenge(ANN, &world.mailed_password());
    let _ = world.choose(&challenge, "a third one that nobody knows");
}

#[test]
fn a_temporary_password_that_arrives_clears_it() {
    let world = World::new();
    let id = world.provision(ANN);
    world.bounces(ANN, BOUNCED);
    let _ = block_on(world.operator.resend_welcome(&id)).unwrap();
    assert!(world.undeliverable().is_some());
    let challenge = world.challenge(ANN, &world.mailed_password());
    assert_eq!(world.undeliverable(), None);
    let _ = world.choose(&challenge, OLD);
}

#[test]
fn a_link_that_sets_passwords_clears_it() {
    let by_link = |builder: AuthBuilder| builder.configure(|config| config.reset.mode = ResetMode::ChooseNewPassword);
    let world = World::with(by_link);
    let _ = world.open(ANN, OLD);
    world.bounces(ANN, BOUNCED);
    let token = world.request(ANN);
    let _ = complete(block_on(world.auth.complete_reset(&token, NEW)).unwrap());
    assert_eq!(world.undeliverable(), None);
}

#[test]
fn what_was_mailed_before_the_report_or_never_proves_nothing() {
    let (world, _ann) = World::with_ann();
    let token = world.request(ANN);
    world.clock.advance(MINUTE);
    world.bounces(ANN, UndeliverableReason::Complaint);
    let _ = block_on(world.auth.confirm_reset(&token)).unwrap();
    assert!(world.undeliverable().is_some());
    // The temporary password came after it.
    let _ = world.challenge(ANN, &world.mailed_password());
    assert_eq!(world.undeliverable(), None);

    let world = World::new();
    let handed = block_on(world.operator.provision_without_mail(email(ANN))).unwrap();
    world.clock.advance(MINUTE);
    world.bounces(ANN, BOUNCED);
    let _ = world.challenge(ANN, handed.temporary_password.expose());
    assert!(world.undeliverable().is_some());
}

#[test]
fn a_report_of_the_time_before_the_clock_was_set_back_keeps_nothing() {
    let (world, _ann) = World::with_ann();
    let right = world.now();
    world.clock.advance(10 * DAY);
    world.bounces(ANN, BOUNCED);
    world.clock.set(right + HOUR);
    let _ = world.confirm(ANN);
    assert_eq!(world.undeliverable(), None);
}

#[test]
fn an_operator_clears_it_once_and_a_corrected_address_is_another() {
    let world = World::new();
    let id = world.provision("amm@acme.example");
    world.bounces("amm@acme.example", BOUNCED);
    let _ = block_on(world.operator.correct_email(&id, email(ANN))).unwrap();
    assert_eq!(world.undeliverable(), None);
    world.bounces("amm@acme.example", BOUNCED);
    assert_eq!(world.undeliverable(), None, "nobody has that address any more");
    world.bounces(ANN, BOUNCED);
    for _ in 0..2 {
        block_on(world.operator.clear_undeliverable(&id)).unwrap();
    }
    assert_eq!((world.undeliverable(), world.observer.count(&EventKind::Deliverable)), (None, 1));
    let nobody = block_on(world.operator.clear_undeliverable(&UserId::parse("nobody").unwrap()));
    assert!(matches!(nobody, Err(OperatorError::UnknownUser)));
}

#[test]
fn what_is_owed_to_it_is_given_up_and_what_comes_later_is_owed_as_always() {
    let owing = Owing::new();
    let world = &owing.world;
    let ann = world.open(ANN, OLD);
    owing.is(Mood::Fails);
    let ann = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    assert_eq!(owing.owed(), 2);
    world.bounces(ANN, BOUNCED);
    assert_eq!((owing.owed(), owing.given_up()), (0, vec!["password_changed", "confirm_reset"]));
    owing.is(Mood::Sends);
    world.clock.advance(HOUR);
    let before = world.mailer.count();
    assert_eq!((owing.deliver(), world.mailer.count()), (report(0, 0, 0), before));

    // Asked for again.
    owing.is(Mood::Fails);
    block_on(world.auth.request_reset(&email(ANN))).unwrap();
    assert_eq!(owing.owed(), 1);
    owing.is(Mood::Sends);
    assert_eq!(owing.deliver_when_due(), report(1, 0, 0));
    let _ = block_on(world.auth.confirm_reset(&world.mailed_token())).unwrap();
    assert_eq!(world.undeliverable(), None);

    // Of a second report what is owed then is given up too, and that is not a second mark.
    world.bounces(ANN, BOUNCED);
    owing.is(Mood::Fails);
    block_on(world.operator.require_password_change(ann.user_id())).unwrap();
    world.bounces(ANN, BOUNCED);
    assert_eq!((owing.owed(), owing.given_up().len()), (0, 3));
    assert_eq!(world.observer.count(&EventKind::Undeliverable { reason: BOUNCED }), 2);
}

#[test]
fn a_mail_that_is_under_way_when_its_address_is_reported_is_not_tried_again() {
    let owing = Owing::on_tokio();
    owing.is(Mood::Queues);
    owing.world.provision(ANN);
    owing.world.bounces(ANN, BOUNCED);
    owing.drop_queue();
    assert_eq!(owing.owed(), 0);
    owing.world.clock.advance(HOUR);
    assert_eq!(owing.deliver(), report(0, 0, 0));
    // It did leave, and its owner has it.
    let challenge = owing.world.challenge(ANN, &owing.world.mailed_password());
    let _ = owing.world.choose(&challenge, OLD);
}
