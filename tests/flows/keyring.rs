//! Password hashes sealed under the host's keys: a stolen store is useless, a moved value does not open, keys can be changed.

use std::sync::Arc;

use doorward::account::ResealOutcome;
use doorward::config::HashSealing;
use doorward::event::{EventKind, SecretFault, SignInFailureReason};
use doorward::hashing::HashParams;
use doorward::store::User;
use doorward::{Auth, Keyring, SignInRequest, UserRepository};
use pollster::block_on;

use crate::support::*;

fn key(byte: u8) -> [u8; 32] {
    std::array::from_fn(|index| byte ^ index as u8)
}

fn ring(id: &str, byte: u8) -> Keyring {
    Keyring::new(id, key(byte)).unwrap()
}

/// Another `Auth` over the world's stores, as after a restart with other keys.
fn restarted(world: &World, keyring: Option<Keyring>, sealing: HashSealing) -> World {
    world.restarted(|builder| {
        let builder = builder.configure(|config| {
            config.hashing.sealing = sealing;
            config.password.history = 2;
        });
        match keyring {
            Some(keyring) => builder.keyring(keyring),
            None => builder,
        }
    })
}

fn sealed_world() -> World {
    restarted(&World::new(), Some(ring("a", 1)), HashSealing::On)
}

fn document(world: &World) -> String {
    world.user(ANN).to_snapshot()
}

fn reseal(world: &World) -> ResealOutcome {
    block_on(world.operator.reseal(world.user(ANN).id())).unwrap()
}

#[test]
fn a_dump_of_the_store_holds_no_hash_that_could_be_tried() {
    let world = sealed_world();
    let ann = world.open(ANN, OLD);
    let _ = block_on(world.auth.change_password(&ann, OLD, NEW)).unwrap();
    assert!(document(&world).contains("earlier_passwords"), "the history is stored");
    assert!(!document(&world).contains("argon2"), "the history is sealed like the password itself");
    assert_eq!(document(&world).matches("$sealed$v=1$k=a$").count(), 2);
    let _ = world.signed_in(ANN, NEW);
    assert!(world.fails(ANN, OLD));
}

#[test]
fn equal_passwords_of_two_users_are_sealed_differently_and_cannot_be_exchanged() {
    let world = sealed_world();
    let _ = world.open(ANN, OLD);
    let _ = world.open("eve@acme.example", NEW);
    let sealed = |address: &str| {
        let snapshot = world.user(address).to_snapshot();
        snapshot.split("\"hash\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
    };
    let (ann, eve) = (world.user(ANN), sealed("eve@acme.example"));
    // Eve, who can write to the store, replaces Ann's hash with her own.
    let forged = ann.to_snapshot().replace(&sealed(ANN), &eve);
    let version = ann.version().to_string();
    let row = doorward::store::UserRow { id: ann.id().as_str(), email: ANN, version: &version, snapshot: &forged };
    let forged = User::from_snapshot(row).unwrap();
    let _ = block_on(world.users.delete(&ann)).unwrap();
    let _ = block_on(world.users.insert(&forged)).unwrap();
    assert!(world.fails(ANN, NEW) && world.fails(ANN, OLD));
    assert_eq!(world.observer.count(&EventKind::HashUnusable { fault: SecretFault::SealBroken }), 2);
    let _ = world.signed_in("eve@acme.example", NEW);
}

#[test]
fn s15_without_its_key_a_password_fails_like_a_wrong_one_and_a_reset_heals() {
    let world = sealed_world();
    let _ = world.open(ANN, OLD);
    for keyring in [None, Some(ring("b", 2))] {
        let lost = restarted(&world, keyring, HashSealing::Off);
        let computed = lost.auth.hash_load().computed;
        assert!(lost.fails(ANN, OLD));
        assert_eq!(lost.auth.hash_load().computed, computed + 1, "the dummy was hashed");
        assert_eq!(reseal(&lost), ResealOutcome::KeyMissing);
    }
    assert_eq!(world.observer.count(&EventKind::SignInFailed { reason: SignInFailureReason::UnusableHash }), 2);
    // Another key under the same id is distinguished from a missing one.
    let other = restarted(&world, Some(ring("a", 3)), HashSealing::On);
    assert!(other.fails(ANN, OLD));
    assert!(world.observer.kinds().contains(&EventKind::HashUnusable { fault: SecretFault::SealBroken }));
    let challenge = other.challenge(ANN, &other.confirm(ANN));
    let _ = other.choose(&challenge, NEW);
    let _ = other.signed_in(ANN, NEW);
}

#[test]
fn a_sign_in_seals_in_passing_under_the_current_key_and_ends_no_session() {
    let world = restarted(&World::new(), None, HashSealing::Off);
    let ann = world.open(ANN, OLD);
    assert!(document(&world).contains("$argon2id$"));
    let sealing = restarted(&world, Some(ring("a", 1)), HashSealing::On);
    let _ = sealing.signed_in(ANN, OLD);
    assert!(document(&world).contains("k=a$") && !document(&world).contains("argon2"));
    let rotated = restarted(&world, Some(ring("b", 2).also_opens("a", key(1)).unwrap()), HashSealing::On);
    assert!(rotated.fails(ANN, "wrong"), "a failure changes nothing");
    assert!(document(&world).contains("k=a$"));
    let _ = rotated.signed_in(ANN, OLD);
    assert!(document(&world).contains("k=b$"));
    assert!(world.is_live(&ann));
}

#[test]
fn a_process_that_does_not_seal_takes_no_seal_off_but_keeps_it_under_the_current_key() {
    let world = sealed_world();
    let _ = world.open(ANN, OLD);
    let careless = restarted(&world, Some(ring("b", 2).also_opens("a", key(1)).unwrap()), HashSealing::Off);
    assert_eq!(reseal(&careless), ResealOutcome::Resealed);
    assert!(document(&world).contains("k=b$") && !document(&world).contains("argon2"));
    let _ = careless.signed_in(ANN, OLD);
    assert!(!document(&world).contains("argon2"), "a sign-in removes no seal either");
    // A host that gives up its keyring must say so.
    let removing = restarted(&world, Some(ring("b", 2)), HashSealing::DangerRemove);
    assert_eq!(reseal(&removing), ResealOutcome::Resealed);
    assert!(document(&world).contains("$argon2id$"));
    let _ = restarted(&world, None, HashSealing::Off).signed_in(ANN, OLD);
}

#[test]
fn a_plain_hash_that_somebody_puts_in_place_of_a_sealed_one_counts_no_longer_once_seals_are_enforced() {
    let world = sealed_world();
    let _ = world.open(ANN, OLD);
    // Eve can write to the store, and knows the password of a plain hash.
    let plain = restarted(&World::new(), None, HashSealing::Off);
    let _ = plain.open(ANN, NEW);
    let hash = |world: &World| {
        let document = document(world);
        document.split("\"hash\":\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned()
    };
    let ann = world.user(ANN);
    let forged = ann.to_snapshot().replace(&hash(&world), &hash(&plain));
    let version = ann.version().to_string();
    let row = doorward::store::UserRow { id: ann.id().as_str(), email: ANN, version: &version, snapshot: &forged };
    let _ = block_on(world.users.delete(&ann)).unwrap();
    let _ = block_on(world.users.insert(&User::from_snapshot(row).unwrap())).unwrap();
    let enforcing = restarted(&world, Some(ring("a", 1)), HashSealing::Enforced);
    assert!(enforcing.fails(ANN, NEW));
    assert_eq!(world.observer.count(&EventKind::HashUnusable { fault: SecretFault::NotSealed }), 1);
    let _ = reseal(&enforcing);
    assert!(enforcing.fails(ANN, NEW), "resealing does not legitimise it");
    // Without enforcement it is accepted, which is why `Enforced` exists.
    let _ = restarted(&world, Some(ring("a", 1)), HashSealing::On).signed_in(ANN, NEW);
}

#[test]
fn keys_are_changed_process_by_process_without_refusing_anybody() {
    let world = sealed_world();
    let _ = world.open(ANN, OLD);
    let with = |current: (&str, u8), other: (&str, u8)| {
        let keyring = ring(current.0, current.1).also_opens(other.0, key(other.1)).unwrap();
        restarted(&world, Some(keyring), HashSealing::On)
    };
    let (a, b) = (("a", 1), ("b", 2));
    // One process after the other: first the new key opens, then it is current. A user may reach either process.
    for [one, other] in [[with(a, b), sealed_world_over(&world)], [with(b, a), with(a, b)], [with(b, a), with(b, a)]] {
        for _ in 0..2 {
            let _ = one.signed_in(ANN, OLD);
            let _ = other.signed_in(ANN, OLD);
        }
    }
    assert!(document(&world).contains("k=b$"));
}

/// The world with the original keyring.
fn sealed_world_over(world: &World) -> World {
    restarted(world, Some(ring("a", 1)), HashSealing::On)
}

#[test]
fn rotation_over_a_thousand_users_loses_none_and_needs_nobody_to_sign_in() {
    let world = sealed_world();
    let addresses: Vec<_> = (0..1_000).map(|index| format!("user-{index}@acme.example")).collect();
    for address in &addresses {
        let _ = world.open(address, OLD);
    }
    let rotated = restarted(&world, Some(ring("b", 2).also_opens("a", key(1)).unwrap()), HashSealing::On);
    for address in &addresses {
        let id = world.user(address).id().clone();
        assert_eq!(block_on(rotated.operator.reseal(&id)).unwrap(), ResealOutcome::Resealed);
        assert_eq!(block_on(rotated.operator.reseal(&id)).unwrap(), ResealOutcome::UpToDate);
    }
    assert_eq!(world.observer.count(&EventKind::Resealed), 1_000);
    let after = restarted(&world, Some(ring("b", 2)), HashSealing::On);
    world.clock.advance(SECOND);
    for address in &addresses {
        let _ = after.signed_in(address, OLD);
        assert!(after.fails(address, NEW));
    }
}

#[test]
fn a_verdict_on_a_hash_counts_though_it_was_sealed_anew_meanwhile() {
    let world = sealed_world();
    let _ = world.open(ANN, OLD);
    world.clock.advance(SECOND);
    let rotated = restarted(&world, Some(ring("b", 2).also_opens("a", key(1)).unwrap()), HashSealing::On);
    let id = world.user(ANN).id().clone();
    let meddling = Arc::new(Meddling::new(Arc::clone(&world.users), move || {
        assert_eq!(block_on(rotated.operator.reseal(&id)).unwrap(), ResealOutcome::Resealed);
    }));
    let slow = Auth::builder(site(), Arc::clone(&meddling), world.attempts.clone(), world.mailer.clone())
        .clock(world.clock.clone())
        .keyring(ring("b", 2).also_opens("a", key(1)).unwrap())
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.hashing.sealing = HashSealing::On;
        })
        .build()
        .unwrap();
    assert!(block_on(slow.try_sign_in(SignInRequest::new(ANN, OLD))).is_ok());
    assert!(meddling.has_meddled(), "it was resealed in between");
}
