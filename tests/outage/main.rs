//! What a store does when its database fails over, answers late, or never: real servers, and a relay that falls silent.
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

mod relay;
#[path = "../support/mod.rs"]
mod support;

use std::future::Future;
use std::time::{Duration, Instant};

use doorward::error::{Malformed, SignInError};
use doorward::hashing::HashParams;
use doorward::store::sqlx::postgres::{PgPool, PgPoolOptions};
use doorward::store::sqlx::sqlite::SqlitePoolOptions;
use doorward::store::sqlx::{self, AssertSqlSafe, Executor, query_scalar};
use doorward::store::{BackendErrorKind, PostgresStore, SqliteStore, Swap};
use doorward::testing::{ManualClock, RecordingMailer, join_all};
use doorward::{AttemptStore, Auth, SignIn, SignInRequest, UserRepository};
use relay::Relay;
use support::postgres::{self, Cluster};
use support::sql::{Folder, block_on, fresh_prefix};
use support::{ANN, MINUTE, OLD, email, site};

/// Longer than any bound that is set here, even on the slowest machine.
const FOR_EVER: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(300);
const CONNECTIONS: u32 = 5;

/// The work's outcome, unless it takes for ever.
async fn ends<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(FOR_EVER, work).await.expect("a call ends")
}

/// A host whose user Ann has chosen a password.
struct Host {
    auth: Auth,
    clock: ManualClock,
}

impl Host {
    async fn new<S>(store: S) -> Self
    where
        S: UserRepository + AttemptStore + Clone,
    {
        let (clock, mailer) = (ManualClock::new(), RecordingMailer::new());
        let (auth, operator) = Auth::builder(site(), store.clone(), store, mailer.clone())
            .clock(clock.clone())
            .configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests())
            .build_with_operator()
            .unwrap();
        operator.provision(email(ANN)).await.unwrap();
        let first = mailer.last().unwrap().temporary_password().unwrap();
        let SignIn::PasswordChangeRequired(challenge) = auth.sign_in(SignInRequest::new(ANN, &first)).await.unwrap()
        else {
            panic!("a first password")
        };
        assert!(matches!(auth.choose_password(&challenge, OLD).await, Ok(SignIn::Complete(_))));
        Self { auth, clock }
    }

    /// A sign-in, after every wait.
    async fn sign_in(&self) -> Result<SignIn, SignInError> {
        self.clock.advance(MINUTE);
        ends(self.auth.try_sign_in(SignInRequest::new(ANN, OLD))).await
    }

    /// How many of so many sign-ins fail for want of a store.
    async fn failures(&self, sign_ins: usize) -> usize {
        let mut failures = 0;
        for _ in 0..sign_ins {
            match self.sign_in().await {
                Ok(SignIn::Complete(_)) => {}
                Err(SignInError::Unavailable(_)) => failures += 1,
                other => panic!("{other:?}"),
            }
        }
        failures
    }
}

fn options() -> PgPoolOptions {
    PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(FOR_EVER)
}

/// Opens every connection that the pool may have.
async fn fill(pool: &PgPool) {
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        held.push(pool.acquire().await.unwrap());
    }
}

async fn text(pool: &PgPool, sql: &str) -> String {
    query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(pool).await.unwrap()
}

async fn until(pool: &PgPool, sql: &str) {
    let begun = Instant::now();
    while text(pool, sql).await != "true" {
        assert!(begun.elapsed() < FOR_EVER, "{sql}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The second server has everything that the first one has.
async fn caught_up(primary: &PgPool, standby: &PgPool) {
    let at = text(primary, "SELECT pg_current_wal_lsn()::text").await;
    until(standby, &format!("SELECT (pg_last_wal_replay_lsn() >= '{at}'::pg_lsn)::text")).await;
}

#[test]
fn after_a_failover_each_connection_fails_at_most_once() {
    let Some(cluster) = Cluster::start(false) else { return postgres::skip("a failover") };
    let Some(standby) = cluster.standby() else { return postgres::skip("a failover") };
    block_on(async {
        let relay = Relay::to(&cluster.url);
        // A pool of the host's, and one of the crate's.
        let pool = options().connect(&relay.url(&cluster.url)).await.unwrap();
        let stores = [
            PostgresStore::new(pool.clone()).with_prefix(&fresh_prefix()).unwrap(),
            PostgresStore::connect(&relay.url(&cluster.url)).await.unwrap().with_prefix(&fresh_prefix()).unwrap(),
        ];
        let mut hosts = Vec::new();
        for store in stores {
            store.migrate().await.unwrap();
            hosts.push(Host::new(store).await);
        }
        fill(&pool).await;
        let (old, new) = (PgPool::connect(&cluster.url).await.unwrap(), PgPool::connect(&standby.url).await.unwrap());
        // The first server is demoted, with its connections open, and the second one promoted.
        old.execute("ALTER SYSTEM SET default_transaction_read_only = on").await.unwrap();
        old.execute("SELECT pg_reload_conf()").await.unwrap();
        until(&pool, "SELECT (current_setting('default_transaction_read_only') = 'on')::text").await;
        caught_up(&old, &new).await;
        new.execute("SELECT pg_promote()").await.unwrap();
        until(&new, "SELECT (NOT pg_is_in_recovery())::text").await;
        relay.lead_to(&standby.url);
        for host in hosts {
            let failures = host.failures(CONNECTIONS as usize).await;
            assert!(failures >= 1, "the connections that exist lead to the server that is read-only");
            assert_eq!(host.failures(20).await, 0, "20 of 20");
        }
    });
}

/// Lets every new count of attempts fail with this code.
async fn fail_with(pool: &PgPool, prefix: &str, code: &str) {
    let function = format!(
        "CREATE OR REPLACE FUNCTION {prefix}fail() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN RAISE EXCEPTION 'as asked' USING ERRCODE = '{code}'; END $$"
    );
    pool.execute(AssertSqlSafe(function)).await.unwrap();
    let trigger = format!(
        "CREATE OR REPLACE TRIGGER {prefix}fail BEFORE INSERT OR UPDATE ON {prefix}attempts \
         FOR EACH ROW EXECUTE FUNCTION {prefix}fail()"
    );
    pool.execute(AssertSqlSafe(trigger)).await.unwrap();
}

#[test]
fn a_connection_is_given_up_for_what_is_said_of_it_and_for_nothing_else() {
    let Some(url) = postgres::url_or_skip("spoilt connections") else { return };
    block_on(async {
        let (pool, admin) =
            (options().max_connections(1).connect(url).await.unwrap(), PgPool::connect(url).await.unwrap());
        let prefix = fresh_prefix();
        let store = PostgresStore::new(pool.clone()).with_prefix(&prefix).unwrap();
        store.migrate().await.unwrap();
        let host = Host::new(store).await;
        let of_the_connection = [
            "08000", "08003", "08006", "08P01", "0A000", "25006", "25P02", "25P03", "25P04", "26000", "42P05", "57P01",
            "57P02", "57P03", "57P04", "57P05", "XX000", "XX001", "XX002",
        ];
        let of_the_statement = [
            "22001", "23514", "25001", "40003", "42501", "53100", "53200", "55P03", "57014", "58030", "P0001", "72000",
        ];
        let all =
            of_the_connection.iter().map(|code| (code, true)).chain(of_the_statement.iter().map(|code| (code, false)));
        for (code, given_up) in all {
            fail_with(&admin, &prefix, code).await;
            let before = text(&pool, "SELECT pg_backend_pid()::text").await;
            assert_eq!(host.failures(1).await, 1, "{code}");
            let after = text(&pool, "SELECT pg_backend_pid()::text").await;
            assert_eq!(before != after, given_up, "{code}");
        }
        admin.execute(AssertSqlSafe(format!("DROP TRIGGER {prefix}fail ON {prefix}attempts"))).await.unwrap();
        assert_eq!(host.failures(1).await, 0);
        // What a statement was prepared for has changed.
        let change = format!("ALTER TABLE {prefix}attempts ALTER COLUMN snapshot TYPE varchar");
        admin.execute(AssertSqlSafe(change)).await.unwrap();
        assert!(host.failures(2).await <= 1, "one failure, not one for every call from then on");
        assert_eq!(host.failures(5).await, 0);
    });
}

#[test]
fn connections_that_were_closed_by_the_server_cost_no_more_than_one_failure_each() {
    let Some(url) = postgres::url_or_skip("closed connections") else { return };
    block_on(async {
        let (pool, admin) = (options().connect(url).await.unwrap(), PgPool::connect(url).await.unwrap());
        let store = PostgresStore::new(pool.clone()).with_prefix(&fresh_prefix()).unwrap();
        store.migrate().await.unwrap();
        let host = Host::new(store).await;
        fill(&pool).await;
        let pid = text(&pool, "SELECT pg_backend_pid()::text").await;
        admin.execute(AssertSqlSafe(format!("SELECT pg_terminate_backend({pid})"))).await.unwrap();
        assert!(host.failures(CONNECTIONS as usize).await <= 1);
        assert_eq!(host.failures(20).await, 0);
    });
}

#[test]
fn a_server_that_falls_silent_costs_each_call_its_timeout_and_the_pool_no_connection() {
    let Some(url) = postgres::url_or_skip("a silent server") else { return };
    block_on(async {
        let relay = Relay::to(url);
        let pool = options().connect(&relay.url(url)).await.unwrap();
        let store = PostgresStore::new(pool.clone()).with_prefix(&fresh_prefix()).unwrap();
        store.migrate().await.unwrap();
        let host = Host::new(store.clone()).await;
        let (store, bounded) = (store.clone(), store.with_timeout(SHORT).unwrap());
        fill(&pool).await;
        let (begun, ann) = (Instant::now(), email(ANN));
        while pool.num_idle() < CONNECTIONS as usize {
            assert!(begun.elapsed() < FOR_EVER, "they are idle");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        // When the server falls silent, the connections are on their way back to the pool.
        join_all((0..CONNECTIONS).map(|_| store.find_by_email(&ann))).await;
        relay.silence_all(true);
        // Callers that go away before the timeout leave nothing behind either.
        for _ in 0..CONNECTIONS {
            let lookup = store.find_by_email(&ann);
            assert!(tokio::time::timeout(Duration::from_millis(50), lookup).await.is_err(), "nothing answers");
        }
        for _ in 0..3 {
            let error = ends(bounded.find_by_email(&email(ANN))).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (BackendErrorKind::Unavailable, Some("io-timed-out")));
        }
        relay.silence_all(false);
        // Only the old connections stay silent, and they are given up.
        let begun = Instant::now();
        while ends(bounded.find_by_email(&email(ANN))).await.is_err() {
            assert!(begun.elapsed() < FOR_EVER, "the pool recovers");
        }
        fill(&pool).await;
        assert_eq!(host.failures(20).await, 0);
    });
}

#[test]
fn a_connection_that_falls_silent_within_a_statement_is_not_used_again() {
    let Some(url) = postgres::url_or_skip("a silent connection") else { return };
    block_on(async {
        for goes_away in [false, true] {
            let (relay, prefix) = (Relay::to(url), fresh_prefix());
            let pool = options().max_connections(1).connect(&relay.url(url)).await.unwrap();
            let store = PostgresStore::new(pool.clone()).with_prefix(&prefix).unwrap();
            store.migrate().await.unwrap();
            let host = Host::new(store.clone()).await;
            // The statement is at the server, which waits for a lock, when the connection falls silent.
            let admin = PgPool::connect(url).await.unwrap();
            let mut lock = admin.begin().await.unwrap();
            lock.execute(AssertSqlSafe(format!("LOCK TABLE {prefix}users"))).await.unwrap();
            let patience = if goes_away { FOR_EVER } else { 2 * SHORT };
            let bounded = store.with_timeout(patience).unwrap();
            let silencer = std::thread::spawn(move || {
                std::thread::sleep(SHORT);
                relay.silence();
            });
            let ann = email(ANN);
            let lookup = bounded.find_by_email(&ann);
            if goes_away {
                assert!(tokio::time::timeout(2 * SHORT, lookup).await.is_err(), "nothing answers");
            } else {
                assert_eq!(ends(lookup).await.unwrap_err().code(), Some("io-timed-out"));
            }
            silencer.join().unwrap();
            lock.rollback().await.unwrap();
            assert_eq!(host.failures(5).await, 0, "{goes_away}: the pool opens another");
        }
    });
}

#[test]
fn a_row_that_someone_locks_delays_a_call_until_its_timeout() {
    let Some(url) = postgres::url_or_skip("a locked row") else { return };
    block_on(async {
        let prefix = fresh_prefix();
        let admin = PgPool::connect(url).await.unwrap();
        // The crate gives up, or the server does, which the pool's own settings bring about.
        let (with_own, code) = (format!("{url}?options[statement_timeout]=300"), "57014");
        let store = PostgresStore::connect(url).await.unwrap().with_prefix(&prefix).unwrap();
        store.migrate().await.unwrap();
        let host = Host::new(store.clone()).await;
        let server_gives_up = PostgresStore::connect(&with_own).await.unwrap().with_prefix(&prefix).unwrap();
        for (store, code) in [(store.with_timeout(SHORT).unwrap(), "io-timed-out"), (server_gives_up, code)] {
            let user = store.find_by_email(&email(ANN)).await.unwrap().unwrap();
            let user = store.find_by_id(user.id()).await.unwrap().unwrap();
            let mut lock = admin.begin().await.unwrap();
            lock.execute(AssertSqlSafe(format!("SELECT 1 FROM {prefix}users FOR UPDATE"))).await.unwrap();
            let error = ends(store.delete(&user)).await.unwrap_err();
            assert_eq!((error.kind(), error.code()), (BackendErrorKind::Unavailable, Some(code)));
            let mut locks = Vec::new();
            for _ in 0..20 {
                locks.push(ends(store.delete(&user)).await.is_err());
            }
            assert!(locks.iter().all(|failed| *failed));
            // The server still works on what the crate gave up, until the lock is gone: none of it may delete Ann.
            admin
                .execute(AssertSqlSafe(
                    "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE \
                 'DELETE FROM "
                        .to_owned()
                        + &prefix
                        + "users%'",
                ))
                .await
                .unwrap();
            lock.rollback().await.unwrap();
        }
        assert_eq!(host.failures(3).await, 0);
    });
}

#[test]
fn the_crate_s_own_pool_lets_the_server_give_up_unless_the_host_or_a_pooler_says_otherwise() {
    let Some(url) = postgres::url_or_skip("statement_timeout") else { return };
    block_on(async {
        let prefix = fresh_prefix();
        // What the sessions of a store have is seen in its own statements: a trigger writes it down.
        let admin = PgPool::connect(url).await.unwrap();
        let plain = PostgresStore::new(admin.clone()).with_prefix(&prefix).unwrap();
        plain.migrate().await.unwrap();
        let host = Host::new(plain).await;
        let seen = format!(
            "CREATE TABLE {prefix}seen (setting text); \
             CREATE FUNCTION {prefix}see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             INSERT INTO {prefix}seen VALUES (current_setting('statement_timeout')); RETURN NULL; END $$; \
             CREATE TRIGGER {prefix}see AFTER DELETE ON {prefix}users FOR EACH STATEMENT EXECUTE FUNCTION {prefix}see()"
        );
        sqlx::raw_sql(AssertSqlSafe(seen)).execute(&admin).await.unwrap();
        let own = format!("{url}?options[statement_timeout]=3000");
        let pooler = Relay::refusing(url, Some("statement_timeout"));
        for (url, setting) in [(url, "8s"), (own.as_str(), "3s"), (pooler.url(url).as_str(), "0")] {
            let store = PostgresStore::connect(url).await.unwrap().with_prefix(&prefix).unwrap();
            let ann = store.find_by_email(&email(ANN)).await.unwrap().unwrap();
            let ann = store.find_by_id(ann.id()).await.unwrap().unwrap();
            let (email, snapshot, version) = (ann.email().canonical(), ann.to_snapshot(), "AAAAAAAAAAAAAAAAAAAAAA");
            let row = doorward::store::UserRow { id: ann.id().as_str(), email, version, snapshot: &snapshot };
            assert_eq!(store.delete(&doorward::store::User::from_snapshot(row).unwrap()).await.unwrap(), Swap::Stale);
            let seen = text(&admin, &format!("DELETE FROM {prefix}seen RETURNING setting")).await;
            assert_eq!(seen, setting);
        }
        assert_eq!(host.failures(1).await, 0);
    });
}

#[test]
fn an_sqlite_file_that_is_locked_or_read_only_is_left_behind_as_soon_as_it_is_not() {
    let folder = Folder::new();
    block_on(async {
        let url = folder.url("auth.db");
        let pool = SqlitePoolOptions::new().max_connections(3).connect_with(SqliteStore::options(&url).unwrap());
        let pool = pool.await.unwrap();
        let store = SqliteStore::new(pool.clone());
        store.migrate().await.unwrap();
        let host = Host::new(store.clone()).await;
        // Locked for longer than the call may take, though for less than the busy timeout.
        let bounded = store.with_timeout(SHORT).unwrap();
        let ann = bounded.find_by_email(&email(ANN)).await.unwrap().unwrap();
        let ann = bounded.find_by_id(ann.id()).await.unwrap().unwrap();
        let lock = pool.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let begun = Instant::now();
        let error = ends(bounded.replace(&ann, ann.version())).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (BackendErrorKind::Unavailable, Some("io-timed-out")));
        assert!(begun.elapsed() >= SHORT);
        lock.rollback().await.unwrap();
        assert_eq!(host.failures(5).await, 0);

        let mut held = Vec::new();
        for _ in 0..3 {
            let mut connection = pool.acquire().await.unwrap();
            connection.execute("PRAGMA query_only = ON").await.unwrap();
            held.push(connection);
        }
        drop(held);
        assert!(host.failures(3).await >= 1);
        assert_eq!(host.failures(20).await, 0);
    });
}

#[test]
fn a_timeout_without_sense_is_refused() {
    let Some(url) = postgres::url_or_skip("timeouts") else { return };
    block_on(async {
        let store = PostgresStore::connect(url).await.unwrap();
        for timeout in [Duration::ZERO, Duration::from_micros(999), Duration::from_secs(3_601), Duration::MAX] {
            let refused: Malformed = store.clone().with_timeout(timeout).unwrap_err();
            assert_eq!(refused.to_string(), "malformed store timeout, not between 1 millisecond and an hour");
        }
        for timeout in [Duration::from_millis(1), Duration::from_secs(3_600)] {
            assert!(store.clone().with_timeout(timeout).is_ok());
        }
    });
}
