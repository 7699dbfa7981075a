//! What hashing costs a sign-in at known and unknown addresses, if hashes of several costs were imported. One test in its own
//! binary, because it reads the CPU time of the hashing threads.
#![cfg(all(feature = "testing", feature = "legacy-hashes"))]

mod support;

use doorward::SignInRequest;
use doorward::account::Import;
use doorward::config::CostProfile;
use doorward::error::SignInError;
use doorward::hashing::{HashParams, PasswordHash};
use pollster::block_on;
use support::*;

/// Nanoseconds of CPU time that the hashing threads have used so far, once they are idle: other load on the machine does not
/// count. `None` if the kernel does not report it.
fn computed() -> Option<u64> {
    let read = |path: std::path::PathBuf| std::fs::read_to_string(path).ok();
    let mut sum = 0;
    for task in std::fs::read_dir("/proc/self/task").ok()? {
        let task = task.ok()?.path();
        if !read(task.join("comm"))?.starts_with("doorward-hash") {
            continue;
        }
        // After the name, which is in parentheses: the state.
        while read(task.join("stat"))?.rsplit(')').next()?.starts_with(" R") {
            std::thread::yield_now();
        }
        sum += read(task.join("schedstat"))?.split(' ').next()?.parse::<u64>().ok()?;
    }
    (sum > 0).then_some(sum)
}

#[test]
fn s15_with_profiles_known_and_unknown_addresses_show_the_same_mix_of_costs() {
    const BCRYPT_9: &str = "$2b$09$abcdefghijklmnopqrstuuW8Jn2hMGNlHRaQWBCFkSFZYh/8eTm3K";
    let hash = || PasswordHash::parse(BCRYPT_9).unwrap();
    let world = World::with(|builder| {
        builder.index_key([7; 32]).configure(|config| {
            let cheap = HashParams::danger_cheap_for_tests();
            config.hashing.legacy = true;
            config.hashing.profiles = vec![CostProfile::new(hash().cost(), 30), CostProfile::new(cheap.into(), 70)];
        })
    });
    for index in 0..100 {
        let address = format!("known-{index}@acme.example");
        if index < 30 {
            block_on(world.operator.import_user(Import::new(email(&address), hash()))).unwrap();
        } else {
            let _ = world.open(&address, OLD);
        }
    }
    if computed().is_none() {
        assert!(std::env::var_os("DOORWARD_SKIP_NOTHING").is_none(), "the kernel does not report a thread's CPU time");
        return println!("skipped: the kernel does not tell how long a thread has computed");
    }
    let cost = |address: &str| {
        world.clock.advance(HOUR);
        let before = computed().unwrap();
        let outcome = block_on(world.auth.try_sign_in(SignInRequest::new(address, "wrong")));
        assert!(matches!(outcome, Err(SignInError::InvalidCredentials)), "{outcome:?}");
        computed().unwrap() - before
    };
    // Argon2 with 8 KiB costs a hundredth of it.
    let mut bcrypt = [0, 1, 2].map(|index| cost(&format!("known-{index}@acme.example")));
    bcrypt.sort_unstable();
    let slow = |name: &str| -> Vec<_> {
        (0..100).filter(|index| cost(&format!("{name}-{index}@acme.example")) > bcrypt[1] / 4).collect()
    };
    assert_eq!(slow("known"), (0..30).collect::<Vec<_>>());
    // The key determines which addresses are slow: always the same ones, in about the right proportion.
    let unknown = slow("unknown");
    assert!((20..=40).contains(&unknown.len()), "{} of 100", unknown.len());
    assert_eq!(slow("unknown"), unknown);
}
