//! What a sign-in costs, by hash parameters, beside what the crate adds to a hash.
//!
//! Run with `cargo bench -p doorward-benches`.

use std::hint::black_box;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use doorward::{
    Auth, Backoff, Email, HashParams, MemoryAttempts, MemoryUsers, Password, PasswordPolicy, PolicyContext,
    PrintingMailer, SignIn, SignInRequest, Site,
};

const EMAIL: &str = "ann@acme.example";
const PASSWORD: &str = "a quiet morning in May";

/// An account with an own password, and a device that has a lane of its own.
fn open_account(params: HashParams) -> (Auth, String) {
    let site = Site::new("Acme", "https://acme.example", "help@acme.example").unwrap();
    let auth = Auth::builder(site, MemoryUsers::new(), MemoryAttempts::new(), PrintingMailer)
        // Notices would be printed between the figures.
        .background(drop)
        .configure(|config| {
            config.hashing.params = params;
            // A success leaves the first step's spacing, which would refuse the next iteration.
            config.throttle.first_step = Duration::from_millis(1);
            config.throttle.free = 1_000;
        })
        .build()
        .unwrap();
    let device = pollster::block_on(async {
        let account = auth.provision_revealing(Email::parse(EMAIL).unwrap()).await.unwrap();
        let request = SignInRequest::new(EMAIL, account.temporary_password.expose());
        let Ok(SignIn::PasswordChangeRequired(challenge)) = auth.sign_in(request).await else {
            panic!("no change due")
        };
        let Ok(SignIn::Complete(signed_in)) = auth.choose_password(&challenge, PASSWORD).await else {
            panic!("refused")
        };
        signed_in.device_token().unwrap().expose()
    });
    (auth, device)
}

fn sign_in(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("sign_in");
    group.sample_size(20);
    for (memory_kib, passes) in [(19_456, 2), (47_104, 1), (65_536, 3)] {
        let params = HashParams::new(memory_kib, passes, 1).unwrap();
        let (auth, device) = open_account(params);
        let name = BenchmarkId::from_parameter(format!("{} MiB, t={passes}", memory_kib / 1024));
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                // The millisecond of spacing that the last success left.
                || std::thread::sleep(Duration::from_millis(2)),
                |()| pollster::block_on(auth.sign_in(SignInRequest::new(EMAIL, PASSWORD).device(&device))).unwrap(),
                criterion::BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

fn beside_the_hash(criterion: &mut Criterion) {
    let (auth, device) = open_account(HashParams::default());
    let request = SignInRequest::new(EMAIL, PASSWORD).device(&device);
    std::thread::sleep(Duration::from_millis(2));
    let Ok(SignIn::Complete(signed_in)) = pollster::block_on(auth.sign_in(request)) else { panic!("refused") };
    criterion.bench_function("resume", |bencher| {
        bencher.iter(|| pollster::block_on(auth.resume(signed_in.session())).unwrap());
    });
    let (policy, password) = (PasswordPolicy::default(), Password::new(PASSWORD));
    let (email, context) = (Email::parse(EMAIL).unwrap(), PolicyContext::new("Acme"));
    criterion.bench_function("policy check", |bencher| {
        bencher.iter(|| policy.check(black_box(&password), &context.email(&email)).is_ok());
    });
    let backoff = Backoff::default();
    criterion.bench_function("backoff", |bencher| bencher.iter(|| backoff.delay_after(black_box(20))));
}

criterion_group!(benches, sign_in, beside_the_hash);
criterion_main!(benches);
