//! Kills processes running all flows with SIGKILL at random moments, and a server under load: afterwards no user is lost,
//! nothing single-use works twice, and everyone can sign in.
#![cfg(all(feature = "testing", feature = "smtp", feature = "sqlite", feature = "postgres"))]

#[path = "kill/journal.rs"]
mod journal;
#[allow(dead_code)]
#[path = "smtp/letter.rs"]
mod letter;
#[path = "kill/moving.rs"]
mod moving;
#[path = "kill/owed.rs"]
mod owed;
#[path = "kill/post_office.rs"]
mod post_office;
#[allow(dead_code)]
#[path = "smtp/server.rs"]
mod server;
mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use doorward::store::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use doorward::store::sqlx::query_scalar;
use doorward::store::{PostgresStore, SqliteStore};
use doorward::testing::ManualClock;
use doorward::testing::conformance::Stores;
use support::lives::{Book, Diary, Inspector, auth, live};
use support::postgres::Cluster;
use support::sql::{Folder, block_on, fresh_prefix};
use tokio::task::JoinHandle;

const KILLS: usize = 200;
const DROPS: usize = 60;
const STORE: &str = "DOORWARD_TEST_STORE";
const PREFIX: &str = "DOORWARD_TEST_PREFIX";

async fn connect(url: &str, prefix: &str, application: &str) -> Stores {
    if url.starts_with("sqlite") {
        let store = SqliteStore::connect(url).await.unwrap().with_prefix(prefix).unwrap();
        store.migrate().await.unwrap();
        return Stores { users: Arc::new(store.clone()), attempts: Arc::new(store) };
    }
    let options: PgConnectOptions = url.parse().unwrap();
    let pool = PgPoolOptions::new().max_connections(5).acquire_timeout(Duration::from_secs(2));
    let pool = pool.connect_with(options.application_name(application)).await.unwrap();
    let store = PostgresStore::new(pool).with_prefix(prefix).unwrap();
    store.migrate().await.unwrap();
    Stores { users: Arc::new(store.clone()), attempts: Arc::new(store) }
}

/// Each life has its own clock, since whoever waits advances it.
fn spawn(stores: &Stores, reader: Option<Sender<String>>, name: &str, n: usize) -> JoinHandle<()> {
    let name = format!("{name}.{n}");
    let clock = ManualClock::new();
    let diary = Diary::new(clock.clone(), reader);
    let (auth, operator) = auth(stores.users.clone(), stores.attempts.clone(), &clock, diary.clone());
    tokio::spawn(async move { live(&auth, &operator, &clock, &diary, &name, n).await })
}

/// The process to be killed: four users at a time go through all flows. Started by the tests below.
#[test]
#[ignore = "the other tests start it as a process of its own"]
fn the_process_that_is_killed() {
    let (Ok(url), Ok(prefix)) = (std::env::var(STORE), std::env::var(PREFIX)) else { return };
    block_on(async {
        let stores = connect(&url, &prefix, &prefix).await;
        let process = std::process::id();
        let lives: Vec<_> = (0..4).map(|n| spawn(&stores, None, &format!("p{process}"), n)).collect();
        for life in lives {
            life.await.expect("the living do not panic");
        }
    });
}

/// That process, and the lines of its diary.
struct Living {
    process: Child,
    lines: Receiver<String>,
}

impl Living {
    /// Starts that test of this program.
    fn start(test: &str, url: &str, prefix: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", test, "--nocapture"])
            .env(STORE, url)
            .env(PREFIX, prefix)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            // A line truncated by the kill is ignored.
            output.lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        Self { process, lines }
    }

    /// Waits until the diary has this many lines, so that the process gets as far on a slow machine as on a fast one.
    fn wait(&mut self, book: &mut Book, lines: usize) {
        while book.lines() < lines {
            book.read(&self.line());
        }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(Duration::from_secs(60)).expect("the process lives")
    }

    fn kill(mut self, read: impl FnMut(String)) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        self.lines.iter().for_each(read);
    }
}

/// Moments that differ from run to run.
#[derive(Debug)]
struct Moments(u64);

impl Moments {
    fn new() -> Self {
        let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
        Self(seed | 1)
    }

    fn below(&mut self, most: usize) -> usize {
        1 + (self.share() * most as f64) as usize
    }

    fn within(&mut self, most: Duration) -> Duration {
        most.mul_f64(self.share())
    }

    /// Between zero and one.
    fn share(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// How many users there were, and how many calls of each flow were interrupted.
#[derive(Default)]
struct Toll {
    users: usize,
    cut_off: BTreeMap<String, usize>,
}

impl Toll {
    fn take(&mut self, book: &Book) {
        self.users += book.users();
        book.cut_off().for_each(|flow| *self.cut_off.entry(flow.to_owned()).or_default() += 1);
    }

    fn tell(&self, what: &str) {
        let line = format!("{what}, {} users, calls cut off: {:?}\n", self.users, self.cut_off);
        drop(std::io::stderr().write_all(line.as_bytes()));
    }
}

/// Kills a running process again and again, and inspects what is left. `settle` waits until the store has finished.
fn kill_and_inspect(name: &str, url: &str, prefix: &str, settle: impl Fn()) {
    let stores = block_on(connect(url, prefix, "inspector"));
    let inspector = Inspector::new(stores.users, stores.attempts);
    let (mut moments, mut toll) = (Moments::new(), Toll::default());
    for _ in 0..KILLS {
        let mut book = Book::default();
        let mut living = Living::start("the_process_that_is_killed", url, prefix);
        living.wait(&mut book, moments.below(150));
        std::thread::sleep(moments.within(Duration::from_millis(5)));
        living.kill(|line| book.read(&line));
        settle();
        toll.take(&book);
        block_on(inspector.inspect(&book));
    }
    toll.tell(&format!("{name}: {KILLS} kills"));
    for flow in ["provision", "resend", "choose", "enroll", "pass", "change", "enter", "confirm", "deactivate"] {
        assert!(toll.cut_off.contains_key(flow), "no kill interrupted {flow}");
    }
}

#[test]
fn a_process_on_sqlite_may_be_killed_at_any_moment() {
    let folder = Folder::new();
    kill_and_inspect("SQLite", &folder.url("auth.db"), "doorward_", || {});
}

#[test]
fn a_process_on_postgres_may_be_killed_at_any_moment() {
    let Some(url) = support::postgres::url_or_skip("killing processes on PostgreSQL") else { return };
    let prefix = fresh_prefix();
    let pool = block_on(PgPool::connect(url)).unwrap();
    kill_and_inspect("PostgreSQL", url, &prefix, || {
        // The server may still be processing requests of a dead client.
        let left = "SELECT COUNT(*) FROM pg_stat_activity WHERE application_name = $1";
        while block_on(query_scalar::<_, i64>(left).bind(&prefix).fetch_one(&pool)).unwrap() > 0 {
            std::thread::sleep(Duration::from_millis(2));
        }
    });
}

#[test]
fn a_server_may_be_killed_under_load() {
    const CRASHES: usize = 8;
    let Some(mut cluster) = Cluster::start(true) else {
        return support::postgres::skip("killing the PostgreSQL server (which takes its programs)");
    };
    let url = cluster.url.clone();
    let (mut moments, mut toll) = (Moments::new(), Toll::default());
    for crash in 0..CRASHES {
        let mut book = Book::default();
        let prefix = format!("crash{crash}_");
        let mut living = Living::start("the_process_that_is_killed", &url, &prefix);
        living.wait(&mut book, moments.below(150));
        cluster.kill();
        std::thread::sleep(moments.within(Duration::from_millis(100)));
        cluster.restart();
        // The process continues with new users as soon as the server is back.
        std::thread::sleep(Duration::from_millis(300));
        living.kill(|line| book.read(&line));
        toll.take(&book);
        let stores = block_on(connect(&url, &prefix, "inspector"));
        block_on(Inspector::new(stores.users, stores.attempts).inspect(&book));
    }
    toll.tell(&format!("PostgreSQL itself: {CRASHES} crashes"));
    assert!(toll.cut_off.values().sum::<usize>() > CRASHES, "crashes happened only between calls");
}

/// Drops the calls of running users at random moments, in a process that keeps running. `close` waits until the store has
/// finished what it was asked for.
fn drop_and_inspect(name: &str, open: impl AsyncFn() -> (Stores, Box<dyn Future<Output = ()> + Send>)) {
    let (mut moments, mut toll) = (Moments::new(), Toll::default());
    for round in 0..DROPS {
        let mut book = Book::default();
        block_on(async {
            let (stores, close) = open().await;
            let (sender, lines) = channel();
            let spawn = |n| spawn(&stores, Some(sender.clone()), &format!("d{round}"), n);
            let living: Vec<_> = (0..4).map(spawn).collect();
            tokio::time::sleep(moments.within(Duration::from_millis(60))).await;
            for life in living {
                life.abort();
                drop(life.await);
            }
            Box::into_pin(close).await;
            lines.try_iter().for_each(|line| book.read(&line));
            toll.take(&book);
            let (Stores { users, attempts }, close) = open().await;
            Inspector::new(users, attempts).inspect(&book).await;
            Box::into_pin(close).await;
        });
    }
    toll.tell(&format!("{name}: {DROPS} times all calls dropped"));
    assert!(toll.cut_off.values().sum::<usize>() > DROPS, "calls were dropped only between their awaits");
}

#[test]
fn calls_may_be_dropped_at_any_moment() {
    let folder = Folder::new();
    drop_and_inspect("SQLite", async || {
        let store = SqliteStore::connect(&folder.url("auth.db")).await.unwrap().with_journal();
        store.migrate().await.unwrap();
        let closing = store.clone();
        let stores = Stores { users: Arc::new(store.clone()), attempts: Arc::new(store) };
        (stores, Box::new(async move { closing.close().await }) as Box<dyn Future<Output = ()> + Send>)
    });
    block_on(async {
        let store = SqliteStore::connect(&folder.url("auth.db")).await.unwrap().with_journal();
        journal::is_whole(&store).await;
    });
    let Some(url) = support::postgres::url_or_skip("dropped calls on PostgreSQL") else { return };
    let prefix = fresh_prefix();
    drop_and_inspect("PostgreSQL", async || {
        let store = PostgresStore::connect(url).await.unwrap().with_prefix(&prefix).unwrap().with_journal();
        store.migrate().await.unwrap();
        let closing = store.clone();
        let stores = Stores { users: Arc::new(store.clone()), attempts: Arc::new(store) };
        (stores, Box::new(async move { closing.close().await }) as Box<dyn Future<Output = ()> + Send>)
    });
    block_on(async {
        let store = PostgresStore::connect(url).await.unwrap().with_prefix(&prefix).unwrap().with_journal();
        journal::is_whole(&store).await;
    });
}
