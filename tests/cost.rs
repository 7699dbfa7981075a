//! What a sign-in costs in addition to its hash.
//!
//! A measurement, run by its own command:
//!
//! ```text
//! cargo test --release --features testing --test cost -- --ignored --nocapture
//! ```
#![cfg(feature = "testing")]

mod support;

use std::time::{Duration, Instant};

use doorward::SignInRequest;
use doorward::hashing::HashParams;
use pollster::block_on;
use support::*;

const ROUNDS: usize = 3;

/// Ann's sign-ins from a known device, with one hashing thread.
fn signing_in(params: HashParams) -> impl FnMut() -> Duration {
    let world = World::with(|builder| {
        builder.configure(|config| {
            config.hashing.params = params;
            config.hashing.threads = std::num::NonZeroUsize::new(1);
            config.purge.every = None;
        })
    });
    let device = device(&world.open(ANN, OLD));
    move || {
        world.clock.advance(SECOND);
        let begun = Instant::now();
        let outcome = block_on(world.auth.try_sign_in(SignInRequest::new(ANN, OLD).device(&device)));
        let took = begun.elapsed();
        let _ = complete(outcome.unwrap());
        took
    }
}

/// The bare hash in retained memory, by the same library.
fn hashing(params: HashParams) -> impl FnMut() -> Duration {
    let cost = argon2::Params::new(params.memory_kib(), params.passes(), params.lanes(), Some(32)).unwrap();
    let mut memory = vec![argon2::Block::new(); cost.block_count()];
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, cost);
    move || {
        let (begun, mut tag) = (Instant::now(), [0; 32]);
        argon2.hash_password_into_with_memory(OLD.as_bytes(), &[7; 16], &mut tag, &mut memory).unwrap();
        std::hint::black_box(tag);
        begun.elapsed()
    }
}

/// The medians of both, measured alternately.
fn medians(count: usize, mut one: impl FnMut() -> Duration, mut other: impl FnMut() -> Duration) -> [f64; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..count + 5 {
        let pair = [one(), other()];
        // The first runs pay for allocating the memory.
        if round >= 5 {
            times.iter_mut().zip(pair).for_each(|(times, took)| times.push(took));
        }
    }
    times.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    })
}

#[test]
#[ignore = "a measurement: run it in release, by the command above"]
fn the_work_beside_the_hash_is_at_most_two_percent_of_a_default_hash() {
    let shares = (0..ROUNDS).map(|_| {
        let [cheap, default] =
            medians(200, signing_in(HashParams::danger_cheap_for_tests()), hashing(HashParams::default()));
        println!("a sign-in at 8 KiB {:.1} µs, a default hash {:.1} µs", cheap * 1e6, default * 1e6);
        cheap / default
    });
    let share = shares.min_by(f64::total_cmp).unwrap();
    println!("best of {ROUNDS}: {:.2} %", share * 100.0);
    assert!(share <= 0.02);
}

#[test]
#[ignore = "a measurement: run it in release, by the command above"]
fn a_whole_sign_in_takes_at_most_three_percent_longer_than_its_hash() {
    let ratios = (0..ROUNDS).map(|_| {
        let [whole, bare] = medians(100, signing_in(HashParams::default()), hashing(HashParams::default()));
        println!("a sign-in {:.3} ms, its bare hash {:.3} ms", whole * 1e3, bare * 1e3);
        whole / bare
    });
    let ratio = ratios.min_by(f64::total_cmp).unwrap();
    println!("best of {ROUNDS}: {:.2} % longer", (ratio - 1.0) * 100.0);
    assert!(ratio <= 1.03);
}
