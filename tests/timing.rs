//! Whether response times distinguish known addresses from unknown ones.
//!
//! A statistical test, run by its own command:
//!
//! ```text
//! cargo test --release --features testing --test timing -- --ignored --nocapture
//! ```
#![cfg(feature = "testing")]

mod support;

use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use doorward::hashing::HashParams;
use doorward::store::{MemoryAttempts, MemoryUsers};
use doorward::{Auth, Email, Operator, SignIn, SignInRequest};
use pollster::block_on;
use support::*;

const PAIRS: usize = 10_000;
/// The slowest part of each side, which is due to the scheduler.
const CROPPED: f64 = 0.05;

/// A millisecond between attempts, so that all are evaluated while devices and links are valid.
fn auth(params: HashParams) -> (Auth, Operator, doorward::testing::ManualClock) {
    let clock = doorward::testing::ManualClock::new();
    let (auth, operator) =
        Auth::builder(site(), MemoryUsers::new(), MemoryAttempts::new(), doorward::testing::RecordingMailer::new())
            .clock(clock.clone())
            // Unsealing must not stand out either.
            .keyring(doorward::Keyring::new("a", [7; 32]).unwrap())
            .configure(|config| {
                config.hashing.sealing = doorward::config::HashSealing::On;
                config.hashing.params = params;
                config.hashing.threads = NonZeroUsize::new(1);
                config.throttle.first_step = Duration::from_millis(1);
                config.throttle.cap = Duration::from_millis(1);
                config.purge.every = None;
                config.reset.cooldown = SECOND;
                config.danger_allow("throttle");
                config.danger_allow("reset.cooldown");
                config.reset.link_lifetime = DAY;
            })
            .build_with_operator()
            .unwrap();
    (auth, operator, clock)
}

/// A user with as many devices and links as an account can hold.
fn open_full_account((auth, operator): (&Auth, &Operator), clock: &doorward::testing::ManualClock, address: &str) {
    block_on(async {
        let account = operator.provision_without_mail(Email::parse(address).unwrap()).await.unwrap();
        let request = SignInRequest::new(address, account.temporary_password.expose());
        let Ok(SignIn::PasswordChangeRequired(challenge)) = auth.sign_in(request).await else {
            panic!("no password change was due")
        };
        let Ok(SignIn::Complete(mut last)) = auth.choose_password(&challenge, OLD).await else { panic!("refused") };
        for _ in 0..19 {
            clock.advance(SECOND);
            last = complete(auth.try_sign_in(SignInRequest::new(address, OLD)).await.unwrap());
        }
        assert_eq!(auth.devices(&last).await.unwrap().len(), 20);
        for _ in 0..12 {
            auth.request_reset(&email(address)).await.unwrap();
            clock.advance(HOUR);
        }
    });
}

struct Sample {
    mean: f64,
    variance: f64,
    median: f64,
    n: f64,
}

fn sample(mut nanos: Vec<f64>) -> Sample {
    nanos.sort_by(f64::total_cmp);
    nanos.truncate((nanos.len() as f64 * (1.0 - CROPPED)) as usize);
    let n = nanos.len() as f64;
    let mean = nanos.iter().sum::<f64>() / n;
    let variance = nanos.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Sample { mean, variance, median: nanos[nanos.len() / 2], n }
}

/// Welch's t, and the relative difference of the medians.
fn compare(name: &str, one: Vec<f64>, other: Vec<f64>) -> (f64, f64) {
    let (one, other) = (sample(one), sample(other));
    let t = (one.mean - other.mean) / (one.variance / one.n + other.variance / other.n).sqrt();
    let apart = (one.median - other.median).abs() / one.median.max(other.median);
    println!(
        "{name}: medians {:.2} µs and {:.2} µs ({:.3} % apart), Welch t = {t:.2}, n = {} each",
        one.median / 1e3,
        other.median / 1e3,
        apart * 100.0,
        one.n
    );
    (t, apart)
}

#[test]
#[ignore = "statistical and long: run it in release, by the command above"]
fn s15_known_and_unknown_addresses_take_equally_long() {
    // Little more than 2 ms a hash, so that a difference of microseconds is visible.
    let params = HashParams::danger_weak(8 * 1024, 1, 1).unwrap();
    let (auth, operator, clock) = auth(params);
    // Two of each kind, so that what they share in caches is equally warm.
    let known = ["ann@acme.example", "bob@acme.example"];
    let unknown = ["eve@acme.example", "joe@acme.example"];
    known.iter().for_each(|address| open_full_account((&auth, &operator), &clock, address));
    let try_once = |address: &str, round: usize| {
        clock.advance(Duration::from_millis(1));
        let request = SignInRequest::new(address, &format!("guess {round}"));
        let begun = Instant::now();
        let outcome = block_on(auth.try_sign_in(request));
        let took = begun.elapsed();
        assert!(matches!(outcome, Err(doorward::error::SignInError::InvalidCredentials)));
        took.as_nanos() as f64
    };
    let sides = [known[0], unknown[0], known[1], unknown[1]];
    let mut times = [const { Vec::new() }; 4];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..PAIRS + 200 {
        let mut order = [0, 1, 2, 3];
        for i in (1..4).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(i, (state >> 33) as usize % (i + 1));
        }
        for side in order {
            // Another text in each round: Argon2id's time depends slightly on salt and text together, and a fixed text would
            // compare the salts of four accounts instead of their code paths.
            let took = try_once(sides[side], round);
            // The first rounds are for warming up.
            if round >= 200 {
                times[side].push(took);
            }
        }
    }
    let [known, unknown, other_known, other_unknown] = times;
    assert!(sample(known.clone()).median >= 2e6, "the hash takes less than 2 ms here: raise its memory");
    let (control_t, control_apart) = compare("control, unknown against unknown", unknown.clone(), other_unknown);
    compare("control, known against known", known.clone(), other_known);
    let (t, apart) = compare("known against unknown", known, unknown);
    assert!(control_t.abs() < 4.5 || control_apart < 0.01, "the machine is too noisy for a result");
    assert!(t.abs() < 4.5 || apart < 0.01, "response times reveal a known address");
}

/// Two taken addresses and two free ones, as long as each other.
const TAKEN_AND_FREE: [&str; 4] = ["ann@acme.example", "eve@acme.example", "bob@acme.example", "joe@acme.example"];

/// Opens the taken ones, and an account that asks for others.
fn open_taken(users: &std::sync::Arc<MemoryUsers>, clock: &doorward::testing::ManualClock) {
    let (auth, operator) = Auth::builder(site(), users.clone(), MemoryAttempts::new(), Unread)
        .clock(clock.clone())
        .configure(for_tests)
        .build_with_operator()
        .unwrap();
    for address in [TAKEN_AND_FREE[0], TAKEN_AND_FREE[2], "mover@acme.example"] {
        block_on(async {
            let account = operator.provision_without_mail(email(address)).await.unwrap();
            let request = SignInRequest::new(address, account.temporary_password.expose());
            let Ok(SignIn::PasswordChangeRequired(challenge)) = auth.sign_in(request).await else { panic!() };
            let _ = complete(auth.choose_password(&challenge, OLD).await.unwrap());
        });
    }
}

/// So many requests are timed together: one takes half a microsecond, of which a clock's tick is some percent.
const BATCH: u32 = 16;

/// Measures each address in random order, and compares taken with free ones.
fn compare_taken_and_free(name: &str, least: f64, mut measure: impl FnMut(&Email) -> Duration) {
    let sides = TAKEN_AND_FREE.map(email);
    let mut times = [const { Vec::new() }; 4];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for round in 0..PAIRS + 200 {
        let mut order = [0, 1, 2, 3];
        for i in (1..4).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            order.swap(i, (state >> 33) as usize % (i + 1));
        }
        for side in order {
            let took = measure(&sides[side]);
            if round >= 200 {
                times[side].push(took.as_nanos() as f64);
            }
        }
    }
    let [taken, free, other_taken, other_free] = times;
    let (control_t, control_apart) = compare(&format!("{name}: free against free"), free.clone(), other_free);
    compare(&format!("{name}: taken against taken"), taken.clone(), other_taken);
    let (t, apart) = compare(&format!("{name}: taken against free"), taken, free);
    assert!(control_t.abs() < 4.5 || control_apart < 0.01, "the machine is too noisy for a result");
    assert!(t.abs() < 4.5 || apart < least, "{name} reveal a taken address");
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}

/// An `Auth` whose work after the response is done when the channel is read.
fn auth_with_later(
    change: impl FnOnce(&mut doorward::Config),
) -> (Auth, doorward::testing::ManualClock, std::sync::mpsc::Receiver<doorward::config::BackgroundWork>) {
    let (later, after_the_answer) = std::sync::mpsc::channel();
    let (clock, users) = (doorward::testing::ManualClock::new(), std::sync::Arc::new(MemoryUsers::new()));
    open_taken(&users, &clock);
    let auth = Auth::builder(site(), users, MemoryAttempts::new(), Unread)
        .clock(clock.clone())
        .keyring(doorward::Keyring::new("a", [7; 32]).unwrap())
        .background(move |work| drop(later.send(work)))
        .configure(for_tests)
        .configure(|config| config.purge.every = None)
        .configure(change)
        .build()
        .unwrap();
    (auth, clock, after_the_answer)
}

/// Until the response nothing is looked up, so only what was sent could show. What follows it is compared as well, since it delays
/// the next request. The mails that follow have other texts.
#[test]
#[ignore = "statistical and long: run it in release, by the command above"]
fn r02_free_and_taken_addresses_take_equally_long_to_register() {
    let open = |config: &mut doorward::Config| config.registration.mode = doorward::config::RegistrationMode::Open;
    let (auth, clock, after_the_answer) = auth_with_later(open);
    let work_off = || after_the_answer.try_iter().for_each(block_on);
    compare_taken_and_free("answers", 0.01, |address| {
        clock.advance(5 * MINUTE);
        let answered = timed(|| {
            for _ in 0..BATCH {
                block_on(auth.request_registration(address)).unwrap();
            }
        });
        work_off();
        answered
    });
    compare_taken_and_free("what follows", 0.05, |address| {
        clock.advance(5 * MINUTE);
        block_on(auth.request_registration(address)).unwrap();
        timed(work_off)
    });
}

#[test]
#[ignore = "statistical and long: run it in release, by the command above"]
fn r02_free_and_taken_addresses_take_equally_long_to_ask_for() {
    let (auth, clock, after_the_answer) = auth_with_later(|_| {});
    let work_off = || after_the_answer.try_iter().for_each(block_on);
    let request = SignInRequest::new("mover@acme.example", OLD);
    let session = std::cell::RefCell::new(complete(block_on(auth.sign_in(request)).unwrap()));
    let ask = |address: &Email| {
        clock.advance(5 * MINUTE);
        let proved = block_on(auth.reauthenticate(&session.borrow(), OLD)).unwrap();
        *session.borrow_mut() = proved;
        timed(|| {
            block_on(auth.request_email_change(&session.borrow(), address.clone())).unwrap();
        })
    };
    compare_taken_and_free("answers", 0.01, |address| {
        let answered = ask(address);
        work_off();
        answered
    });
    compare_taken_and_free("what follows", 0.05, |address| {
        ask(address);
        timed(work_off)
    });
}

/// A mailer whose mails nobody reads.
#[derive(Debug)]
struct Unread;

#[doorward::async_trait]
impl doorward::Mailer for Unread {
    async fn send(&self, _: &Email, _: &doorward::mail::Mail) -> Result<(), doorward::store::BackendError> {
        Ok(())
    }
}
