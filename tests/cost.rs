//! What a sign-in costs in addition to its hash, and what a session in use costs.
//!
//! A measurement, run by its own command:
//!
//! ```text
//! cargo test --release --features testing --test cost -- --ignored --nocapture
//! ```
#![cfg(feature = "testing")]

mod support;

use std::time::{Duration, Instant};

use doorward::hashing::HashParams;
use doorward::{Auth, SignInRequest};
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

/// As many resumes as a session makes between two notes of its use, if it is used each second.
const REQUESTS: u32 = 300;

/// A host where so many sessions of one account are open, and the text of one of them.
fn in_session(sessions: usize, keyring: bool) -> (World, String) {
    let world = World::with(|builder| {
        let builder = builder.configure(|config| config.session.at_most = 50);
        if keyring { builder.keyring(support::keyring()) } else { builder }
    });
    let ann = world.open(ANN, OLD);
    for _ in 1..sessions {
        world.clock.advance(SECOND);
        let request = SignInRequest::new(ANN, OLD).label("A browser of usual length on a usual system");
        let _ = complete(block_on(world.auth.try_sign_in(request)).unwrap());
    }
    assert_eq!(block_on(world.auth.sessions(&ann)).unwrap().len(), sessions);
    let cookie = ann.token().expose();
    (world, cookie)
}

fn resumes(auth: &Auth, cookie: &str) -> Duration {
    let begun = Instant::now();
    for _ in 0..REQUESTS {
        drop(std::hint::black_box(block_on(auth.resume(cookie)).unwrap()));
    }
    begun.elapsed()
}

#[test]
#[ignore = "a measurement: run it in release, by the command above"]
fn resuming_takes_a_few_microseconds() {
    for (sessions, keyring) in [(1, false), (1, true), (20, true), (50, true)] {
        let (world, cookie) = in_session(sessions, keyring);
        assert!(block_on(world.auth.resume(&cookie)).is_ok());
        let best = (0..3_000).map(|_| resumes(&world.auth, &cookie)).min().unwrap();
        let resume = best.as_secs_f64() * 1e6 / f64::from(REQUESTS);
        println!("{sessions} sessions, {}: {resume:.2} µs", if keyring { "ids sealed" } else { "ids in clear" });
    }
}

#[test]
#[ignore = "a measurement: run it in release, by the command above"]
fn noting_the_use_of_a_session_adds_at_most_three_percent_to_its_requests() {
    // Of a usual account, of one with as many sessions as are allowed by default, and of the largest: it is copied for every change.
    // Ids travel in clear, so that a request costs little.
    for (sessions, at_most) in [(3, 1.03), (20, 1.03), (50, 1.06)] {
        let rounds = (0..ROUNDS).map(|_| {
            let ((world, cookie), (idle, same)) = (in_session(sessions, false), in_session(sessions, false));
            world.clock.advance(6 * MINUTE);
            assert!(block_on(world.auth.resume(&cookie)).is_ok() && block_on(idle.auth.resume(&same)).is_ok());
            let noting = || {
                world.clock.advance(5 * MINUTE);
                resumes(&world.auth, &cookie)
            };
            let [noted, plain] = medians(300, noting, || resumes(&idle.auth, &same));
            let resume = plain * 1e6 / f64::from(REQUESTS);
            println!("{sessions} sessions: a resume {resume:.2} µs, a note {:.1} µs", (noted - plain) * 1e6);
            (noted / plain, resume)
        });
        let (ratio, resume) = rounds.min_by(|one, other| one.0.total_cmp(&other.0)).unwrap();
        println!("best of {ROUNDS}: {:.2} % longer, {resume:.2} µs each", (ratio - 1.0) * 100.0);
        assert!(ratio <= at_most);
    }
}
