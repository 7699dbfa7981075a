//! Four workers on one database deliver what is owed: each mail once, in at most half of the time that one of them takes.
//!
//! ```text
//! DOORWARD_OWED_MAILS=10000 cargo test --release --all-features --test owed_workers -- --ignored --nocapture --test-threads=1
//! ```
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

mod support;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use doorward::mail::{Mail, OwedReport};
use doorward::store::{BackendError, PostgresStore, SqliteStore, UserDirectory};
use doorward::testing::{ManualClock, join_all};
use doorward::{AttemptStore, Auth, Email, Mailer, Operator, UserRepository};
use support::sql::{Folder, block_on, fresh_prefix, runtime};
use support::{MINUTE, email, for_tests, site};

/// How many mails are owed, unless the environment says otherwise.
const OWED: usize = 1_000;
const WORKERS: usize = 4;

/// A provider that takes 20 ms for a mail, and counts them by address.
#[derive(Clone, Debug, Default)]
struct Provider(Arc<Mutex<BTreeMap<String, usize>>>);

#[doorward::async_trait]
impl Mailer for Provider {
    async fn send(&self, to: &Email, _: &Mail) -> Result<(), BackendError> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        *self.0.lock().unwrap().entry(to.canonical().to_owned()).or_default() += 1;
        Ok(())
    }
}

/// A process of its own: its pool, its `Auth`.
async fn process<S>(
    open: &impl AsyncFn() -> S,
    clock: &ManualClock,
    provider: &Provider,
    dies: bool,
) -> (Auth, Operator)
where
    S: UserRepository + UserDirectory + AttemptStore + Clone,
{
    let store = open().await;
    Auth::builder(site(), store.clone(), store.clone(), provider.clone())
        .clock(clock.clone())
        .background(move |work| {
            if !dies {
                drop(runtime().spawn(work))
            }
        })
        .owed_mails(store)
        .configure(for_tests)
        .configure(|config| config.hashing.threads = std::num::NonZeroUsize::new(1))
        .build_with_operator()
        .unwrap()
}

/// How long so many workers take.
async fn deliver<S>(open: &impl AsyncFn() -> S, round: usize, owed: usize, workers: usize) -> Duration
where
    S: UserRepository + UserDirectory + AttemptStore + Clone,
{
    let (clock, provider) = (ManualClock::new(), Provider::default());
    // Whoever provisioned them did not live to strike the welcomes off.
    let (_, operator) = process(open, &clock, &provider, true).await;
    let people: Vec<_> = (0..owed).map(|n| format!("r{round}.{n}@acme.example")).collect();
    let provision = async |address: &String| drop(operator.provision(email(address)).await);
    for some in people.chunks(64) {
        join_all(some.iter().map(provision)).await;
    }
    provider.0.lock().unwrap().clear();
    clock.advance(16 * MINUTE);
    let mut hosts = Vec::new();
    for _ in 0..workers {
        hosts.push(process(open, &clock, &provider, false).await.0);
    }
    let begun = Instant::now();
    let delivered = join_all(hosts.iter().map(async |auth| auth.deliver_owed().await.unwrap())).await;
    let took = begun.elapsed();
    join_all(hosts.iter().map(Auth::close)).await;

    let sent: u64 = delivered.iter().map(|report: &OwedReport| report.sent).sum();
    assert_eq!(sent, owed as u64);
    let mailed = provider.0.lock().unwrap();
    assert!(mailed.len() == owed && mailed.values().all(|mails| *mails == 1), "each once");
    took
}

fn owed() -> usize {
    std::env::var("DOORWARD_OWED_MAILS").map_or(OWED, |owed| owed.parse().unwrap())
}

/// The best of three comparisons, since a machine does other things as well.
async fn compare<S>(name: &str, open: impl AsyncFn() -> S)
where
    S: UserRepository + UserDirectory + AttemptStore + Clone,
{
    let mut best = f64::MAX;
    for round in 0..3 {
        let one = deliver(&open, 2 * round, owed(), 1).await;
        let four = deliver(&open, 2 * round + 1, owed(), WORKERS).await;
        let share = four.as_secs_f64() / one.as_secs_f64();
        println!("{name}: {} mails, one worker {one:.1?}, four {four:.1?}: {share:.2} of the time", owed());
        best = best.min(share);
    }
    assert!(best <= 0.5, "{best}");
}

async fn sqlite(folder: &Folder) -> SqliteStore {
    let store = SqliteStore::connect(&folder.url("auth.db")).await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn postgres(url: &str, prefix: &str) -> PostgresStore {
    let store = PostgresStore::connect(url).await.unwrap().with_prefix(prefix).unwrap();
    store.migrate().await.unwrap();
    store
}

#[test]
fn of_four_workers_on_sqlite_one_sends_each_mail() {
    let folder = Folder::new();
    let _ = block_on(deliver(&async || sqlite(&folder).await, 0, owed(), WORKERS));
}

#[test]
fn of_four_workers_on_postgres_one_sends_each_mail() {
    let Some(url) = support::postgres::url_or_skip("four workers on PostgreSQL") else { return };
    let prefix = fresh_prefix();
    let _ = block_on(deliver(&async || postgres(url, &prefix).await, 0, owed(), WORKERS));
}

#[test]
#[ignore = "a measurement: run it by the command above"]
fn four_workers_take_at_most_half_of_the_time_of_one_on_sqlite() {
    let folder = Folder::new();
    block_on(compare("SQLite", async || sqlite(&folder).await));
}

#[test]
#[ignore = "a measurement: run it by the command above"]
fn four_workers_take_at_most_half_of_the_time_of_one_on_postgres() {
    let Some(url) = support::postgres::url_or_skip("four workers on PostgreSQL") else { return };
    let prefix = fresh_prefix();
    block_on(compare("PostgreSQL", async || postgres(url, &prefix).await));
}
