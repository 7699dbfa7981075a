//! Whether the response time of a throttled attempt reveals a known address, over SQL: no hash masks it.
//!
//! A statistical test, run by its own command, as the test command has built it:
//!
//! ```text
//! cargo test --all-features --test throttled -- --ignored --nocapture
//! ```
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

mod support;

use std::time::Instant;

use doorward::error::SignInError;
use doorward::hashing::HashParams;
use doorward::store::{PostgresStore, SqliteStore};
use doorward::testing::{ManualClock, RecordingMailer};
use doorward::{AttemptStore, Auth, Operator, SignInRequest, UserRepository};
use support::sql::Folder;
use support::*;

const PAIRS: usize = 10_000;
/// Of each kind, known and unknown.
const ADDRESSES: usize = 400;
const TRIES: usize = 40;
/// Other load on the machine affects a single measurement; a real difference shows in all of them.
const MEASUREMENTS: usize = 3;

/// How much data an account holds.
#[derive(Clone, Copy, Debug)]
enum Account {
    /// Provisioned, nothing more.
    Small,
    /// With a password and three devices.
    Usual,
    /// With as many devices and links as an account can hold.
    Full,
}

struct Host {
    auth: Auth,
    operator: Operator,
    clock: ManualClock,
    mailer: RecordingMailer,
}

impl Host {
    fn over(store: impl UserRepository + AttemptStore + Clone) -> Self {
        let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
        let (auth, operator) = Auth::builder(site(), store.clone(), store, mailer.clone())
            .clock(clock.clone())
            .background(|work| drop(tokio::spawn(work)))
            .configure(|config| {
                config.hashing.params = HashParams::danger_cheap_for_tests();
                config.purge.every = None;
            })
            .build_with_operator()
            .unwrap();
        Self { auth, operator, clock, mailer }
    }

    async fn open(&self, address: &str, account: Account) {
        let address = email(address);
        self.operator.provision(address.clone()).await.unwrap();
        let (devices, links) = match account {
            Account::Small => return,
            Account::Usual => (2, 0),
            Account::Full => (19, 11),
        };
        let mailed = self.mailer.last_to(&address).and_then(|mail| mail.temporary_password()).unwrap();
        let request = SignInRequest::new(address.as_typed(), &mailed);
        let Ok(doorward::SignIn::PasswordChangeRequired(challenge)) = self.auth.try_sign_in(request).await else {
            panic!("no password change was due")
        };
        let _ = complete(self.auth.choose_password(&challenge, OLD).await.unwrap());
        for _ in 0..devices {
            self.clock.advance(SECOND);
            let _ = complete(self.auth.try_sign_in(SignInRequest::new(address.as_typed(), OLD)).await.unwrap());
        }
        for _ in 0..links {
            let before = self.mailer.count();
            self.clock.advance(HOUR / 12);
            self.auth.request_reset(&address).await.unwrap();
            for _ in 0..200 {
                if self.mailer.count() > before {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        self.clock.advance(MINUTE);
    }

    /// Fails once, so that from now on every attempt is throttled: the clock does not move.
    async fn fail(&self, address: &str) {
        let failed = self.auth.try_sign_in(SignInRequest::new(address, "wrong")).await;
        assert!(matches!(failed, Err(SignInError::InvalidCredentials)), "{failed:?}");
    }

    async fn micros_too_early(&self, address: &str) -> f64 {
        let request = SignInRequest::new(address, "wrong");
        let begun = Instant::now();
        let outcome = self.auth.try_sign_in(request).await;
        let took = begun.elapsed();
        assert!(matches!(outcome, Err(SignInError::Throttled { .. })), "{outcome:?}");
        took.as_secs_f64() * 1e6
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Welch's t of the fastest four fifths, and the relative difference of the medians.
fn apart(mut one: Vec<f64>, mut other: Vec<f64>) -> (f64, f64) {
    let (median_one, median_other) = (median(&mut one), median(&mut other));
    let moments = |values: &mut Vec<f64>| {
        values.truncate(values.len() * 4 / 5);
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        (mean, values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0) / n)
    };
    let ((mean_one, error_one), (mean_other, error_other)) = (moments(&mut one), moments(&mut other));
    let t = (mean_one - mean_other) / (error_one + error_other).sqrt();
    (t, (median_one - median_other).abs() / median_one.max(median_other))
}

async fn h2_over(name: &str, store: impl UserRepository + AttemptStore + Clone) {
    let host = Host::over(store);
    for account in [Account::Small, Account::Usual, Account::Full] {
        let known = |n: usize| format!("{account:?}{n}.known@acme.example").to_lowercase();
        let unknown = |n: usize| format!("{account:?}{n}.other@acme.example").to_lowercase();
        for n in 0..ADDRESSES {
            host.open(&known(n), account).await;
        }
        let mut addresses = Vec::new();
        for n in 0..ADDRESSES {
            addresses.extend([(known(n), true), (unknown(n), false)]);
        }
        host.clock.advance(DAY);
        for (address, _) in &addresses {
            host.fail(address).await;
        }
        let mut held = false;
        for _ in 0..MEASUREMENTS {
            let (mut of_known, mut of_unknown) = (Vec::new(), Vec::new());
            for round in 0..PAIRS {
                // Alternately first and second.
                let pair = [&addresses[round % 8 * 2], &addresses[round % 8 * 2 + 1]];
                for (address, is_known) in if round / 8 % 2 == 0 { pair } else { [pair[1], pair[0]] } {
                    let took = host.micros_too_early(address).await;
                    if *is_known { of_known.push(took) } else { of_unknown.push(took) }
                }
            }
            let (t, apart) = apart(of_known, of_unknown);
            println!("h2 {name}, {account:?}: Welch t {t:.1}, medians {:.2} % apart, {PAIRS} pairs", apart * 100.0);
            held = t.abs() < 4.5 || apart < 0.01;
            if held {
                break;
            }
        }
        assert!(held, "{name}, {account:?}: response times reveal a known address");

        // The same for each address by itself, as someone would who asks about many: of two, one known and one not, measured by
        // turns, which one takes longer?
        let mut fair = false;
        for _ in 0..MEASUREMENTS {
            let mut times = vec![(Vec::with_capacity(TRIES), Vec::with_capacity(TRIES)); ADDRESSES];
            for round in 0..TRIES {
                for step in 0..ADDRESSES {
                    // In a different order each round, and each pair alternately the other way round.
                    let index = (step * 7 + round * 13) % ADDRESSES;
                    let (known, unknown) = (&addresses[index * 2].0, &addresses[index * 2 + 1].0);
                    let (of_known, of_unknown) = &mut times[index];
                    if (round + index).is_multiple_of(2) {
                        of_known.push(host.micros_too_early(known).await);
                        of_unknown.push(host.micros_too_early(unknown).await);
                    } else {
                        of_unknown.push(host.micros_too_early(unknown).await);
                        of_known.push(host.micros_too_early(known).await);
                    }
                }
            }
            let longer = times.iter_mut().map(|(known, unknown)| usize::from(median(known) > median(unknown))).sum();
            println!("h2 {name}, {account:?}: the known address takes longer in {longer} of {ADDRESSES} pairs");
            // Three standard deviations to either side of a coin's throw.
            fair = (170..=230_usize).contains(&longer);
            if fair {
                break;
            }
        }
        assert!(fair, "{name}, {account:?}: response times distinguish addresses");
    }
}

fn on_two_threads<F: Future>(work: F) -> F::Output {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(work)
}

#[test]
#[ignore = "statistical and long: run it by the command above"]
fn h2_too_early_tries_take_equally_long_over_sqlite() {
    on_two_threads(async {
        let folder = Folder::new();
        let store = SqliteStore::connect(&folder.url("a.db")).await.unwrap();
        store.migrate().await.unwrap();
        h2_over("sqlite", store).await;
    });
}

#[test]
#[ignore = "statistical and long: run it by the command above"]
fn h2_too_early_tries_take_equally_long_over_postgres() {
    let Some(url) = support::postgres::url_or_skip("the times over PostgreSQL") else { return };
    on_two_threads(async {
        let pool = doorward::store::sqlx::PgPool::connect(url).await.unwrap();
        let store = PostgresStore::new(pool).with_prefix("h2_").unwrap();
        store.migrate().await.unwrap();
        h2_over("postgres", store).await;
    });
}
