//! Several processes on one database: waits, cooldowns and single use hold across them, and across restarts.
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

#[path = "cluster/everybody.rs"]
mod everybody;
mod support;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward::config::Backoff;
use doorward::error::{ConfirmResetError, SignInError, VerifySecondFactorError};
use doorward::hashing::HashParams;
use doorward::store::sqlx::postgres::{PgConnectOptions, PgPool};
use doorward::store::sqlx::sqlite::SqlitePool;
use doorward::store::{BackendErrorKind, MemoryAttempts, Migration, PostgresStore, SqliteStore, sqlx};
use doorward::testing::conformance::Stores;
use doorward::testing::{RecordingMailer, join_all};
use doorward::{
    AttemptStore, Auth, Challenge, Clock, Keyring, Operator, SignIn, SignInRequest, SignedIn, SystemClock,
    UserRepository,
};
use support::sql::{Folder, block_on, fresh_prefix};
use support::stage::Stage;
use support::{ANN, OLD, complete, email};

const URL: &str = "DOORWARD_TEST_STORE";
const PREFIX: &str = "DOORWARD_TEST_PREFIX";
const PROCESSES: usize = 4;
const GUESSES: usize = 1_000;
const REQUESTS: usize = 50;
const CODES: usize = 200;

async fn connect(url: &str, prefix: &str) -> PostgresStore {
    let store = PostgresStore::connect(url).await.unwrap().with_prefix(prefix).unwrap();
    store.migrate().await.unwrap();
    store
}

async fn connect_sqlite(url: &str) -> SqliteStore {
    let store = SqliteStore::connect(url).await.unwrap();
    store.migrate().await.unwrap();
    store
}

async fn connect_any(url: &str, prefix: &str) -> Stores {
    if url.starts_with("sqlite") {
        let store = connect_sqlite(url).await;
        return Stores { users: Arc::new(store.clone()), attempts: Arc::new(store) };
    }
    let store = connect(url, prefix).await;
    Stores { users: Arc::new(store.clone()), attempts: Arc::new(store) }
}

/// On the system's clock, as in production.
fn auth(Stores { users, attempts }: Stores, mailer: &RecordingMailer) -> (Auth, Operator) {
    Auth::builder(support::site(), users, attempts, mailer.clone())
        .clock(SystemClock)
        .keyring(Keyring::new("a", *b"a key of these tests, no secret.").unwrap())
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.hashing.threads = std::num::NonZeroUsize::new(1);
        })
        .build_with_operator()
        .unwrap()
}

/// One of the processes: executes commands as they arrive, and reports the results.
#[test]
#[ignore = "the test below starts it as processes of their own"]
fn one_of_several_processes() {
    let (Ok(url), Ok(prefix)) = (std::env::var(URL), std::env::var(PREFIX)) else { return };
    let say = |line: String| std::io::stdout().write_all(format!("@{line}\n").as_bytes()).unwrap();
    block_on(async {
        let mailer = RecordingMailer::new();
        let (auth, _) = auth(connect_any(&url, &prefix).await, &mailer);
        say("ready".to_owned());
        for line in std::io::stdin().lines() {
            let line = line.unwrap();
            let words: Vec<_> = line.split(' ').collect();
            match words[..] {
                ["code", challenge, code] => {
                    let passed = auth.verify_second_factor(&Challenge::parse(challenge).unwrap(), code).await;
                    say(format!("{} 0 0", u64::from(passed.is_ok())));
                }
                ["codes", challenge, code] => {
                    let (mut evaluated, mut early) = (0, 0);
                    for _ in 0..CODES {
                        match auth.verify_second_factor(&Challenge::parse(challenge).unwrap(), code).await {
                            Err(VerifySecondFactorError::CodeWrong) => evaluated += 1,
                            Err(VerifySecondFactorError::Throttled { .. }) => early += 1,
                            other => panic!("{other:?}"),
                        }
                    }
                    say(format!("{evaluated} {early} 0"));
                }
                ["guess"] => {
                    let (mut evaluated, mut early) = (0, 0);
                    for n in 0..GUESSES {
                        match auth.try_sign_in(SignInRequest::new(ANN, &format!("guess {n}"))).await {
                            Err(SignInError::InvalidCredentials) => evaluated += 1,
                            Err(SignInError::Throttled { .. }) => early += 1,
                            other => panic!("{other:?}"),
                        }
                    }
                    say(format!("{evaluated} {early} {}", auth.hash_load().computed));
                }
                ["request"] => {
                    let ann = email(ANN);
                    let requests = join_all((0..REQUESTS).map(|_| auth.request_reset(&ann))).await;
                    let answers = requests.into_iter().map(|answer| answer.unwrap().cooldown).max().unwrap();
                    say(format!("{} {} 0", mailer.count(), answers.as_secs()));
                }
                _ => return,
            }
        }
    });
}

struct Process(Child, BufReader<std::process::ChildStdout>, String);

impl Process {
    fn start(url: &str, prefix: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "one_of_several_processes", "--nocapture"])
            .env(URL, url)
            .env(PREFIX, prefix)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self(child, output, String::new())
    }

    fn tell(&mut self, what: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{what}").unwrap();
    }

    /// Queues a command, so that all processes receive theirs at once.
    fn say_later(&mut self, what: String) {
        self.2 = what;
    }

    fn say_now(&mut self) {
        let what = std::mem::take(&mut self.2);
        self.tell(&what);
    }

    /// The next line of its output.
    fn answer(&mut self) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.1.read_line(&mut line).unwrap(), 0, "the process has ended");
            // The test harness does not end its own line before our first one.
            if let Some((_, answer)) = line.trim_end().split_once('@') {
                return answer.to_owned();
            }
        }
    }

    fn numbers(&mut self) -> [u64; 3] {
        let answer = self.answer();
        let numbers: Vec<u64> = answer.split(' ').map(|number| number.parse().expect("a number")).collect();
        numbers.try_into().expect("three numbers")
    }
}

/// How many attempts a schedule admits in that time if each is made as early as allowed.
fn slots(schedule: Backoff, time: Duration) -> u64 {
    let (mut opens, mut slots) = (Duration::ZERO, 0);
    while opens <= time {
        slots += 1;
        opens += schedule.delay_after(slots);
    }
    u64::from(slots)
}

#[test]
fn four_processes_on_postgres_get_the_slots_of_one_and_two_hundred_requests_one_mail() {
    let Some(url) = support::postgres::url_or_skip("several processes on PostgreSQL") else { return };
    hammer(url, &fresh_prefix());
}

#[test]
fn four_processes_on_sqlite_get_the_slots_of_one_and_two_hundred_requests_one_mail() {
    let folder = Folder::new();
    hammer(&folder.url("auth.db"), "doorward_");
}

/// Creates an account on the system's clock.
async fn open((auth, operator): &(Auth, Operator), mailer: &RecordingMailer) -> SignedIn {
    operator.provision(email(ANN)).await.unwrap();
    let mailed = mailer.last().and_then(|mail| mail.temporary_password()).unwrap();
    let entered = auth.try_sign_in(SignInRequest::new(ANN, &mailed)).await.unwrap();
    let SignIn::PasswordChangeRequired(challenge) = entered else { panic!("no password change was due") };
    complete(auth.choose_password(&challenge, OLD).await.unwrap())
}

fn start(url: &str, prefix: &str) -> Vec<Process> {
    let mut processes: Vec<_> = (0..PROCESSES).map(|_| Process::start(url, prefix)).collect();
    processes.iter_mut().for_each(|process| assert_eq!(process.answer(), "ready"));
    processes
}

fn end(processes: Vec<Process>) {
    for mut process in processes {
        process.tell("end");
        assert!(process.0.wait().unwrap().success());
    }
}

fn hammer(url: &str, prefix: &str) {
    block_on(async {
        let mailer = RecordingMailer::new();
        let _ = open(&auth(connect_any(url, prefix).await, &mailer), &mailer).await;
    });
    let mut processes = start(url, prefix);

    let began = Instant::now();
    processes.iter_mut().for_each(|process| process.tell("guess"));
    let counts: Vec<_> = processes.iter_mut().map(Process::numbers).collect();
    let took = began.elapsed();
    let [evaluated, early, hashed] = [0, 1, 2].map(|n| counts.iter().map(|count| count[n]).sum::<u64>());
    let line = format!(
        "{evaluated} of {} guesses were evaluated in {took:?}, {} slots\n",
        evaluated + early,
        slots(Backoff::default(), took)
    );
    drop(std::io::stderr().write_all(line.as_bytes()));
    assert_eq!(evaluated + early, (PROCESSES * GUESSES) as u64);
    assert!(evaluated == slots(Backoff::default(), took) || evaluated + 1 == slots(Backoff::default(), took), "{line}");
    assert_eq!(hashed, evaluated, "what was not evaluated was not hashed");

    processes.iter_mut().for_each(|process| process.tell("request"));
    let answers: Vec<_> = processes.iter_mut().map(Process::numbers).collect();
    assert_eq!(answers.iter().map(|answer| answer[0]).sum::<u64>(), 1, "one mail: {answers:?}");
    assert!(answers.iter().all(|answer| answer[1] == 300), "the same answer: {answers:?}");
    end(processes);
}

/// A challenge for a code, on the system's clock, after waiting out the spacing of the last sign-in.
async fn code_is_asked(auth: &Auth) -> String {
    loop {
        match auth.try_sign_in(SignInRequest::new(ANN, OLD)).await {
            Ok(SignIn::SecondFactorRequired(challenge)) => return challenge.expose().to_string(),
            Err(SignInError::Throttled { retry_after }) => tokio::time::sleep(retry_after).await,
            other => panic!("{other:?}"),
        }
    }
}

fn second_factor_holds(url: &str, prefix: &str) {
    let (auth, operator) = block_on(async { auth(connect_any(url, prefix).await, &RecordingMailer::new()) });
    let mailer = RecordingMailer::new();
    let now = || doorward::Clock::now(&SystemClock).unix_timestamp().unsigned_abs();
    let (ann, authenticator, recovery_code) = block_on(async {
        // A code lasts half a minute: make sure that enough of it is left.
        while now() % 30 > 25 {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let opening = self::auth(connect_any(url, prefix).await, &mailer);
        let ann = open(&opening, &mailer).await;
        let (opening, _) = opening;
        let authenticator = totp_rs::Totp::from_url(opening.begin_enrollment(&ann).await.unwrap().uri()).unwrap();
        // The code of the previous step, so that the current one is still unused.
        let code = authenticator.generate(now() - 30).to_string();
        let (_, codes) = opening.confirm_enrollment(&ann, &code).await.unwrap();
        (ann.user_id().clone(), authenticator, codes.expose().next().unwrap().to_owned())
    });
    let mut processes = start(url, prefix);

    // The same code, entered in four processes at once, is accepted once.
    for code in [authenticator.generate(now()).to_string(), recovery_code] {
        for process in &mut processes {
            let challenge = block_on(code_is_asked(&auth));
            process.say_later(format!("code {challenge} {code}"));
        }
        processes.iter_mut().for_each(Process::say_now);
        let passed: Vec<_> = processes.iter_mut().map(|process| process.numbers()[0]).collect();
        assert_eq!(passed.iter().sum::<u64>(), 1, "{passed:?}");
    }

    // Eight hundred wrong codes after a right password share the budget of one.
    let right = block_on(async {
        // With another authenticator the race's count is gone.
        operator.reset_second_factor(&ann, "the test begins again").await.unwrap();
        let signed_in = loop {
            match auth.try_sign_in(SignInRequest::new(ANN, OLD)).await {
                Ok(SignIn::Complete(signed_in)) => break signed_in,
                Err(SignInError::Throttled { retry_after }) => tokio::time::sleep(retry_after).await,
                other => panic!("{other:?}"),
            }
        };
        let enrollment = auth.begin_enrollment(&signed_in).await.unwrap();
        let authenticator = totp_rs::Totp::from_url(enrollment.uri()).unwrap();
        let code = authenticator.generate(now()).to_string();
        let _ = auth.confirm_enrollment(&signed_in, &code).await.unwrap();
        (0..9).map(|step| authenticator.generate(now() - 120 + 30 * step).to_string()).collect::<Vec<_>>()
    });
    let wrong = (0..).map(|n| format!("{n:06}")).find(|code| !right.contains(code)).unwrap();
    let challenge = block_on(code_is_asked(&auth));
    let began = Instant::now();
    processes.iter_mut().for_each(|process| process.tell(&format!("codes {challenge} {wrong}")));
    let counts: Vec<_> = processes.iter_mut().map(Process::numbers).collect();
    let took = began.elapsed();
    let slots = slots(doorward::Config::default().second_factor.throttle, took);
    let [evaluated, early] = [0, 1].map(|n| counts.iter().map(|count| count[n]).sum::<u64>());
    let line = format!("{evaluated} of {} codes were evaluated in {took:?}, {slots} slots\n", evaluated + early);
    drop(std::io::stderr().write_all(line.as_bytes()));
    assert_eq!(evaluated + early, (PROCESSES * CODES) as u64);
    assert!(evaluated == slots || evaluated + 1 == slots, "{line}");
    end(processes);
}

#[test]
fn the_second_factor_holds_across_processes_on_postgres() {
    let Some(url) = support::postgres::url_or_skip("the second factor in several processes on PostgreSQL") else {
        return;
    };
    second_factor_holds(url, &fresh_prefix());
}

#[test]
fn the_second_factor_holds_across_processes_on_sqlite() {
    let folder = Folder::new();
    second_factor_holds(&folder.url("auth.db"), "doorward_");
}

/// Everything decided before a restart still holds after it.
async fn survives<S: UserRepository + AttemptStore + Clone>(name: &str, open: impl AsyncFn() -> S) {
    let stage = Stage::new(open().await);
    stage.operator.provision(email(ANN)).await.unwrap();
    let first = stage.mailer.last().and_then(|mail| mail.temporary_password()).unwrap();

    let stage = stage.restarted(open().await);
    let challenge = stage.challenge(ANN).await;
    let stage = stage.restarted(open().await);
    let chosen = stage.auth.choose_password(&challenge, OLD).await.unwrap();
    let SignIn::Complete(ann) = chosen else { panic!("{name}: not complete") };
    let cookie = ann.device_token().unwrap().expose();

    // What was used stays used; a session and a device survive.
    let stage = stage.restarted(open().await);
    assert!(stage.auth.choose_password(&challenge, "something else again").await.is_err(), "{name}");
    assert!(matches!(stage.sign_in(ANN, &first).await, Err(SignInError::InvalidCredentials)), "{name}");
    assert!(stage.auth.resume(&ann.token().expose()).await.is_ok(), "{name}");
    assert_eq!(stage.auth.devices(&ann).await.unwrap().len(), 1, "{name}");

    // A wait continues for unknown browsers, but not for the owner's device.
    for _ in 0..9 {
        assert!(matches!(stage.sign_in(ANN, "wrong").await, Err(SignInError::InvalidCredentials)), "{name}");
    }
    let stage = stage.restarted(open().await);
    let early = stage.auth.try_sign_in(SignInRequest::new(ANN, OLD)).await;
    let Err(SignInError::Throttled { retry_after }) = early else { panic!("{name}: {early:?}") };
    assert_eq!(retry_after, Backoff::default().delay_after(10), "{name}");
    stage.clock.advance(support::SECOND);
    let known = stage.auth.try_sign_in(SignInRequest::new(ANN, OLD).device(&cookie)).await;
    assert!(matches!(known, Ok(SignIn::Complete(_))), "{name}: {known:?}");

    // A cooldown continues; a link survives and works once.
    stage.auth.request_reset(&email(ANN)).await.unwrap();
    let (mails, token) = (stage.mailer.count(), stage.mailer.last().and_then(|mail| mail.token()).unwrap());
    let stage = stage.restarted(open().await);
    stage.auth.request_reset(&email(ANN)).await.unwrap();
    assert_eq!(stage.mailer.count(), mails, "{name}: the cooldown holds");
    let _ = stage.auth.confirm_reset(&token).await.unwrap();
    let stage = stage.restarted(open().await);
    let again = stage.auth.confirm_reset(&token).await;
    assert!(matches!(again, Err(ConfirmResetError::AlreadyConfirmed { .. })), "{name}: {again:?}");
    let challenge = stage.challenge(ANN).await;
    let _ = stage.auth.choose_password(&challenge, "something else again").await.unwrap();
    let stage = stage.restarted(open().await);
    assert!(stage.auth.confirm_reset(&token).await.is_err(), "{name}");
    assert!(stage.auth.resume(&ann.token().expose()).await.is_err(), "{name}");

    // So does a deactivation.
    stage.operator.deactivate(ann.user_id()).await.unwrap();
    let stage = stage.restarted(open().await);
    assert!(stage.sign_in(ANN, "something else again").await.is_err(), "{name}");
}

#[test]
fn what_was_decided_outlives_a_restart_on_sqlite() {
    let folder = Folder::new();
    block_on(survives("SQLite", async || connect_sqlite(&folder.url("auth.db")).await));
}

#[test]
fn what_was_decided_outlives_a_restart_on_postgres() {
    let Some(url) = support::postgres::url_or_skip("restarts on PostgreSQL") else { return };
    let prefix = fresh_prefix();
    block_on(survives("PostgreSQL", async || connect(url, &prefix).await));
}

#[test]
fn attempts_may_be_kept_elsewhere() {
    let folder = Folder::new();
    block_on(survives("two files", async || {
        let store = SqliteStore::connect(&folder.url("users.db")).await.unwrap();
        let options = SqliteStore::options(&folder.url("attempts.db")).unwrap();
        let options = options.synchronous(doorward::store::sqlx::sqlite::SqliteSynchronous::Normal);
        let attempts = SqlitePool::connect_with(options).await.unwrap();
        let store = store.with_attempts(attempts);
        store.migrate().await.unwrap();
        store
    }));
}

/// The rows in the tables of that prefix: of users, and of attempts.
macro_rules! rows {
    ($pool:expr, $prefix:expr) => {{
        let count = format!("SELECT (SELECT COUNT(*) FROM {0}users), (SELECT COUNT(*) FROM {0}attempts)", $prefix);
        sqlx::query_as::<_, (i64, i64)>(sqlx::AssertSqlSafe(count)).fetch_one(&$pool).await.unwrap()
    }};
}

/// Opens an account and enters a wrong password, which leaves a row of each kind.
async fn leaves_a_user_and_attempts(users: impl UserRepository, attempts: impl AttemptStore) {
    let stage = Stage::of(Stores { users: Arc::new(users), attempts: Arc::new(attempts) });
    let _ = stage.open(ANN, OLD).await;
    let _ = stage.signs_in(ANN, OLD).await;
    assert!(matches!(stage.sign_in(ANN, "wrong").await, Err(SignInError::InvalidCredentials)));
    let again = stage.auth.try_sign_in(SignInRequest::new(ANN, OLD)).await;
    assert!(matches!(again, Err(SignInError::Throttled { .. })), "the failure was stored");
}

#[test]
fn attempts_that_are_kept_elsewhere_are_kept_there_alone() {
    let folder = Folder::new();
    block_on(async {
        let pool =
            async |file| SqlitePool::connect_with(SqliteStore::options(&folder.url(file)).unwrap()).await.unwrap();
        let (users, attempts) = (pool("users.db").await, pool("attempts.db").await);
        let store = SqliteStore::new(users.clone()).with_attempts(attempts.clone());
        store.migrate().await.unwrap();
        leaves_a_user_and_attempts(store.clone(), store).await;
        assert_eq!(rows!(users, "doorward_"), (1, 0));
        assert!(matches!(rows!(attempts, "doorward_"), (0, 1..)));
    });
    let Some(url) = support::postgres::url_or_skip("attempts elsewhere on PostgreSQL") else { return };
    block_on(async {
        let prefix = fresh_prefix();
        let schema = format!("{prefix}elsewhere");
        let users = PgPool::connect(url).await.unwrap();
        let create = sqlx::AssertSqlSafe(format!("CREATE SCHEMA {schema}"));
        sqlx::query(create).execute(&users).await.unwrap();
        let options = url.parse::<PgConnectOptions>().unwrap().options([("search_path", &schema)]);
        let attempts = PgPool::connect_with(options).await.unwrap();
        let store = PostgresStore::new(users.clone()).with_attempts(attempts.clone()).with_prefix(&prefix).unwrap();
        store.migrate().await.unwrap();
        leaves_a_user_and_attempts(store.clone(), store).await;
        assert_eq!(rows!(users, prefix), (1, 0));
        assert!(matches!(rows!(attempts, prefix), (0, 1..)));
    });
}

/// A host that runs the printed migrations itself may leave out the table of attempts, and keep them in another store.
#[test]
fn users_need_no_table_of_attempts() {
    fn of_users(steps: Vec<Migration>) -> Vec<sqlx::AssertSqlSafe<String>> {
        let statements = steps.into_iter().flat_map(|step| step.statements);
        statements.filter(|statement| !statement.contains("attempts")).map(sqlx::AssertSqlSafe).collect()
    }
    let folder = Folder::new();
    block_on(async {
        let pool = SqlitePool::connect_with(SqliteStore::options(&folder.url("users.db")).unwrap()).await.unwrap();
        let users = SqliteStore::new(pool.clone());
        for statement in of_users(users.migrations()) {
            sqlx::query(statement).execute(&pool).await.unwrap();
        }
        leaves_a_user_and_attempts(users.clone(), MemoryAttempts::new()).await;
        assert_eq!(users.purge(SystemClock.now(), 1).await.unwrap_err().kind(), BackendErrorKind::TablesMissing);
    });
    let Some(url) = support::postgres::url_or_skip("no table of attempts on PostgreSQL") else { return };
    block_on(async {
        let (pool, prefix) = (PgPool::connect(url).await.unwrap(), fresh_prefix());
        let users = PostgresStore::new(pool.clone()).with_prefix(&prefix).unwrap();
        for statement in of_users(users.migrations()) {
            sqlx::query(statement).execute(&pool).await.unwrap();
        }
        // Of another adapter.
        let attempts = connect_sqlite(&folder.url("attempts.db")).await;
        leaves_a_user_and_attempts(users.clone(), attempts).await;
        assert_eq!(users.purge(SystemClock.now(), 1).await.unwrap_err().kind(), BackendErrorKind::TablesMissing);
    });
}

/// Sixteen concurrent starts on an empty database: the schema is created once, and all continue.
#[test]
fn processes_may_all_migrate_at_once() {
    let folder = Folder::new();
    block_on(async {
        let starts = (0..16).map(async |_| {
            let store = SqliteStore::connect(&folder.url("auth.db")).await.unwrap();
            store.migrate().await.unwrap();
            Arc::new(store)
        });
        for store in join_all(starts).await {
            assert!(store.find_by_email(&email(ANN)).await.unwrap().is_none());
        }
    });
    let Some(url) = support::postgres::url_or_skip("migrating at once on PostgreSQL") else { return };
    for _ in 0..8 {
        let prefix = fresh_prefix();
        block_on(async {
            for store in join_all((0..8).map(|_| connect(url, &prefix))).await {
                assert!(store.find_by_email(&email(ANN)).await.unwrap().is_none());
            }
        });
    }
}
