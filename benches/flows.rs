//! What the crate adds to a hash: a full sign-in next to the bare hash, and operations without a hash.
//!
//! ```text
//! cargo bench -p doorward-benches --bench flows
//! ```

mod host;

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use doorward::config::Backoff;
use doorward::hashing::{HashBackend, HashParams};
use doorward::password::{PasswordPolicy, PolicyContext};
use doorward::{Auth, AuthBuilder, DeviceToken, Email, Keyring, Password, SignInRequest};
use host::{EMAIL, PASSWORD, device, open_account, sign_in};

/// Almost free, so that everything around the hash is visible.
fn cheap() -> HashParams {
    HashParams::danger_weak(8, 1, 1).unwrap()
}

/// A sign-in sleeps through the spacing left by the previous one; only what follows is measured.
fn whole_sign_in(criterion: &mut Criterion, name: &str, params: HashParams) {
    let (auth, operator) = host::host(params, HashBackend::default());
    let device = device(&open_account((&auth, &operator)));
    criterion.bench_function(name, |bencher| {
        bencher.iter_batched(
            || {
                std::thread::sleep(std::time::Duration::from_millis(2));
                SignInRequest::new(EMAIL, PASSWORD).device(&device)
            },
            |request| pollster::block_on(auth.sign_in(request)).unwrap(),
            BatchSize::PerIteration,
        );
    });
}

fn beside_the_bare_hash(criterion: &mut Criterion) {
    let params = HashParams::default();
    let cost = argon2::Params::new(params.memory_kib(), params.passes(), params.lanes(), Some(32)).unwrap();
    let mut memory = vec![argon2::Block::new(); cost.block_count()];
    let argon2 = argon2::Argon2::new(argon2::Algorithm::Argon2id, argon2::Version::V0x13, cost);
    let mut tag = [0; 32];
    criterion.bench_function("the bare default hash", |bencher| {
        bencher.iter(|| {
            argon2.hash_password_into_with_memory(PASSWORD.as_bytes(), &[7; 16], &mut tag, &mut memory).unwrap();
        });
    });
    whole_sign_in(criterion, "a whole sign-in with the default hash", params);
    whole_sign_in(criterion, "a whole sign-in with a hash of 8 KiB", cheap());
}

fn resume(criterion: &mut Criterion, name: &str, change: impl FnOnce(AuthBuilder) -> AuthBuilder) {
    let (auth, operator) = host::host_with(cheap(), HashBackend::default(), change);
    let cookie = open_account((&auth, &operator)).token().expose();
    criterion.bench_function(name, |bencher| {
        bencher.iter(|| pollster::block_on(auth.resume(black_box(&cookie))).unwrap());
    });
}

fn without_a_hash(criterion: &mut Criterion) {
    resume(criterion, "resume", |builder| builder);
    // Ids in tokens are sealed.
    resume(criterion, "resume with a keyring", |builder| builder.keyring(Keyring::new("a", [7; 32]).unwrap()));
    let (auth, operator) = host::host(cheap(), HashBackend::default());
    let signed_in = open_account((&auth, &operator));
    let (policy, password) = (PasswordPolicy::default(), Password::new(PASSWORD));
    let (email, context) = (Email::parse(EMAIL).unwrap(), PolicyContext::new("Acme"));
    criterion.bench_function("policy check", |bencher| {
        bencher.iter(|| policy.check(black_box(&password), &context.email(&email)).is_ok());
    });
    criterion.bench_function("reset request: claim of the cooldown", |bencher| {
        let mut strangers = 0_u64;
        bencher.iter(|| {
            strangers += 1;
            let email = Email::parse(&format!("{strangers}@nobody.example")).unwrap();
            pollster::block_on(auth.request_reset(&email)).unwrap()
        });
    });
    // For an existing user, with a secret that was never issued.
    let token = device(&signed_in);
    criterion.bench_function("token: read and write", |bencher| {
        bencher.iter(|| DeviceToken::parse(black_box(&token)).unwrap().expose());
    });
    criterion.bench_function("token: look up and compare", |bencher| {
        bencher.iter(|| pollster::block_on(auth.inspect_reset(black_box(&token))).unwrap());
    });
    let backoff = Backoff::default();
    criterion.bench_function("backoff", |bencher| bencher.iter(|| backoff.delay_after(black_box(20))));
}

/// All write to the same user; a lost compare-and-swap is decided again.
fn contention(criterion: &mut Criterion) {
    const BROWSERS: usize = 8;
    let (auth, operator) = host::host(cheap(), HashBackend::default());
    let _ = open_account((&auth, &operator));
    let devices: Vec<_> = (0..BROWSERS).map(|_| device(&sign_in(&auth, ""))).collect();
    let all_at_once = |auth: &Auth| {
        std::thread::scope(|scope| {
            for device in &devices {
                scope.spawn(move || sign_in(auth, device));
            }
        });
    };
    criterion.bench_function("8 browsers of one account at once, with 2 ms of sleep", |bencher| {
        bencher.iter(|| all_at_once(&auth));
    });
}

criterion_group!(benches, beside_the_bare_hash, without_a_hash, contention);
criterion_main!(benches);
