//! Four processes with one worker each, on one database, deliver what is owed: each mail once, in at most half of the time that one
//! of them takes.
//!
//! ```text
//! DOORWARD_OWED_MAILS=10000 cargo test --release --all-features --test owed_workers -- --ignored --nocapture --test-threads=1
//! ```
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use doorward::mail::Mail;
use doorward::store::{BackendError, PostgresStore, SqliteStore, UserDirectory};
use doorward::testing::{ManualClock, join_all};
use doorward::{AttemptStore, Auth, Clock, Email, Mailer, Operator, UserRepository};
use support::sql::{Folder, block_on, fresh_prefix, runtime};
use support::{MINUTE, email, for_tests, postgres, site};
use time::OffsetDateTime;
use tokio::sync::watch;

/// How many mails are owed in a measurement, unless the environment says otherwise, and in a test.
const OWED: usize = 1_000;
const FEW: usize = 300;
const WORKERS: usize = 4;
const URL: &str = "DOORWARD_TEST_STORE";
const PREFIX: &str = "DOORWARD_TEST_PREFIX";
const NOW: &str = "DOORWARD_TEST_NOW";

trait Store: UserRepository + UserDirectory + AttemptStore + Clone {}
impl<S: UserRepository + UserDirectory + AttemptStore + Clone> Store for S {}

/// A provider that takes 20 ms for a mail, and tells to whom it was sent.
#[derive(Clone, Debug)]
struct Provider;

#[doorward::async_trait]
impl Mailer for Provider {
    async fn send(&self, to: &Email, _: &Mail) -> Result<(), BackendError> {
        tokio::time::sleep(Duration::from_millis(20)).await;
        say(&format!("mailed {}", to.canonical()));
        Ok(())
    }
}

/// A mailer of a process that ends before any mail has left.
#[derive(Clone, Debug)]
struct Nowhere;

#[doorward::async_trait]
impl Mailer for Nowhere {
    async fn send(&self, _: &Email, _: &Mail) -> Result<(), BackendError> {
        Ok(())
    }
}

fn say(line: &str) {
    std::io::stdout().lock().write_all(format!("@{line}\n").as_bytes()).unwrap();
}

/// One of the processes: its worker begins when it is told to, and ends when it is told to.
#[test]
#[ignore = "the other tests start it as processes of their own"]
fn one_of_several_processes() {
    let (Ok(url), Ok(prefix), Ok(now)) = (std::env::var(URL), std::env::var(PREFIX), std::env::var(NOW)) else {
        return;
    };
    let clock = ManualClock::at(OffsetDateTime::from_unix_timestamp(now.parse().unwrap()).unwrap());
    block_on(async {
        match url.starts_with("sqlite") {
            true => work(sqlite(&url).await, &clock).await,
            false => work(connect(&url, &prefix).await, &clock).await,
        }
    });
}

async fn work(store: impl Store, clock: &ManualClock) {
    let (begin, begun) = watch::channel(false);
    let auth = Auth::builder(site(), store.clone(), store.clone(), Provider)
        .clock(clock.clone())
        .background(|work| drop(runtime().spawn(work)))
        .owed_mails(store)
        .sleep(move |wait| {
            let mut begun = begun.clone();
            async move {
                // All begin at once, and not after a part of a second that differs.
                let begins = !*begun.borrow();
                drop(begun.wait_for(|begun| *begun).await);
                if !begins {
                    tokio::time::sleep(wait).await;
                }
            }
        })
        .configure(for_tests)
        .configure(|config| {
            config.hashing.threads = std::num::NonZeroUsize::new(1);
            config.owed_mails.every = Duration::from_secs(1);
        })
        .build()
        .unwrap();
    say("ready");
    for line in std::io::stdin().lines() {
        match &*line.unwrap() {
            "begin" => drop(begin.send_replace(true)),
            _ => break,
        }
    }
    auth.close().await;
}

struct Process(Child);

impl Process {
    fn start(url: &str, prefix: &str, now: OffsetDateTime, lines: Sender<String>) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "one_of_several_processes", "--nocapture"])
            .env(URL, url)
            .env(PREFIX, prefix)
            .env(NOW, now.unix_timestamp().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                // The test harness does not end its own line before our first one.
                if let Some((_, line)) = line.split_once('@') {
                    drop(lines.send(line.to_owned()));
                }
            }
        });
        Self(child)
    }

    fn tell(&mut self, what: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{what}").unwrap();
    }

    fn end(mut self) {
        self.tell("end");
        assert!(self.0.wait().unwrap().success());
    }
}

/// The next line of any process. None is silent for so long, however slow the machine is.
fn next(lines: &Receiver<String>) -> String {
    lines.recv_timeout(Duration::from_secs(120)).expect("the processes live")
}

/// Provisions so many people, and does not live to send their welcomes.
async fn owe(store: impl Store, clock: &ManualClock, people: &[String]) {
    let builder = Auth::builder(site(), store.clone(), store.clone(), Nowhere).clock(clock.clone());
    // Nobody strikes them off.
    let builder = builder.background(drop).owed_mails(store).configure(for_tests);
    let (_, operator): (_, Operator) = builder.build_with_operator().unwrap();
    let provision = async |address: &String| drop(operator.provision(email(address)).await.unwrap());
    for some in people.chunks(64) {
        join_all(some.iter().map(provision)).await;
    }
}

/// How long so many processes take until the last mail has left.
fn deliver<S: Store>(url: &str, prefix: &str, open: &impl AsyncFn() -> S, round: usize, workers: usize) -> Duration {
    deliver_all(url, prefix, open, round, owed(), workers)
}

fn deliver_all<S: Store>(
    url: &str,
    prefix: &str,
    open: &impl AsyncFn() -> S,
    round: usize,
    owed: usize,
    workers: usize,
) -> Duration {
    let clock = ManualClock::new();
    let people: Vec<_> = (0..owed).map(|n| format!("r{round}.{n}@acme.example")).collect();
    let store = block_on(async {
        let store = open().await;
        owe(store.clone(), &clock, &people).await;
        store
    });
    clock.advance(16 * MINUTE);
    let (sender, lines) = channel();
    let start = |_| Process::start(url, prefix, clock.now(), sender.clone());
    let mut processes: Vec<_> = (0..workers).map(start).collect();
    drop(sender);
    for _ in 0..workers {
        assert_eq!(next(&lines), "ready");
    }

    let (begun, mut mailed) = (Instant::now(), BTreeMap::<String, usize>::new());
    processes.iter_mut().for_each(|process| process.tell("begin"));
    let count = |mailed: &mut BTreeMap<String, usize>, line: String| {
        let address = line.strip_prefix("mailed ").expect("a mail").to_owned();
        *mailed.entry(address).or_default() += 1;
    };
    while mailed.len() < owed {
        count(&mut mailed, next(&lines));
    }
    let took = begun.elapsed();
    // Closing waits until what has left is struck off.
    processes.into_iter().for_each(Process::end);
    while let Ok(line) = lines.recv() {
        count(&mut mailed, line);
    }
    assert!(people.iter().all(|address| mailed.get(address) == Some(&1)), "each once");
    let late = clock.now() + 60 * MINUTE;
    assert_eq!(block_on(UserDirectory::list_owing(&store, late, 10)).unwrap(), []);
    took
}

fn owed() -> usize {
    std::env::var("DOORWARD_OWED_MAILS").map_or(OWED, |owed| owed.parse().unwrap())
}

/// The best of three comparisons, since a machine does other things as well.
fn compare<S: Store>(name: &str, url: &str, prefix: &str, open: impl AsyncFn() -> S) {
    let mut best = f64::MAX;
    for round in 0..3 {
        let one = deliver(url, prefix, &open, 2 * round, 1);
        let four = deliver(url, prefix, &open, 2 * round + 1, WORKERS);
        let share = four.as_secs_f64() / one.as_secs_f64();
        println!("{name}: {} mails, one process {one:.1?}, four {four:.1?}: {share:.2} of the time", owed());
        best = best.min(share);
        if best <= 0.5 {
            return;
        }
    }
    panic!("{best}");
}

async fn sqlite(url: &str) -> SqliteStore {
    let store = SqliteStore::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn connect(url: &str, prefix: &str) -> PostgresStore {
    let store = PostgresStore::connect(url).await.unwrap().with_prefix(prefix).unwrap();
    store.migrate().await.unwrap();
    store
}

#[test]
fn of_four_processes_on_sqlite_one_sends_each_mail() {
    let folder = Folder::new();
    let url = folder.url("auth.db");
    deliver_all(&url, "doorward_", &async || sqlite(&url).await, 0, FEW, WORKERS);
}

#[test]
fn of_four_processes_on_postgres_one_sends_each_mail() {
    let Some(url) = postgres::url_or_skip("four workers on PostgreSQL") else { return };
    let prefix = fresh_prefix();
    deliver_all(url, &prefix, &async || connect(url, &prefix).await, 0, FEW, WORKERS);
}

#[test]
#[ignore = "a measurement: run it by the command above"]
fn four_processes_take_at_most_half_of_the_time_of_one_on_sqlite() {
    let folder = Folder::new();
    let url = folder.url("auth.db");
    compare("SQLite", &url, "doorward_", async || sqlite(&url).await);
}

#[test]
#[ignore = "a measurement: run it by the command above"]
fn four_processes_take_at_most_half_of_the_time_of_one_on_postgres() {
    let Some(url) = postgres::url_or_skip("four workers on PostgreSQL") else { return };
    let prefix = fresh_prefix();
    compare("PostgreSQL", url, &prefix, async || connect(url, &prefix).await);
}
