//! Lists for operators and the purging of expired attempts, on every store that offers them.
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

mod support;

use std::sync::Arc;
use std::time::Duration;

use doorward::account::{UserOverview, UserStatus};
use doorward::store::sqlx::postgres::PgPool;
use doorward::store::sqlx::sqlite::SqlitePool;
use doorward::store::sqlx::{AssertSqlSafe, raw_sql};
use doorward::store::{MemoryAttempts, MemoryUsers, PostgresStore, SqliteStore, UserDirectory};
use doorward::testing::conformance::{Stores, a_directory_lists_everybody_and_who_is_owed_a_mail};
use doorward::{AttemptStore, Clock, UserRepository};
use support::sql::{Folder, block_on, fresh_prefix};
use support::stage::Stage;
use support::{HOUR, MINUTE, OLD, email};

async fn lists(name: &str, directory: impl UserDirectory, stores: Stores) {
    let stage = Stage::of(stores);
    let opened_at = stage.clock.now();
    for n in 0..7 {
        let _ = stage.open(&format!("user{n}@acme.example"), OLD).await;
    }
    stage.operator.provision(email("new@acme.example")).await.unwrap();
    for address in ["user2@acme.example", "user5@acme.example"] {
        let user = stage.stores.users.find_by_email(&email(address)).await.unwrap().unwrap();
        stage.operator.deactivate(user.id()).await.unwrap();
    }
    let counts = directory.count().await.unwrap();
    assert_eq!((counts.active, counts.deactivated), (6, 2), "{name}");

    // Pages of two, ordered by id, each user once.
    let mut listed: Vec<UserOverview> = Vec::new();
    loop {
        let page = directory.list(UserStatus::Active, listed.last(), 2).await.unwrap();
        assert!(page.len() <= 2);
        if page.is_empty() {
            break;
        }
        listed.extend(page);
    }
    assert!(listed.windows(2).all(|pair| pair[0].id.as_str() < pair[1].id.as_str()), "{name}: {listed:?}");
    let mut addresses: Vec<_> = listed.iter().map(|user| user.email.canonical().to_owned()).collect();
    addresses.sort();
    let active = ["new", "user0", "user1", "user3", "user4", "user6"].map(|user| format!("{user}@acme.example"));
    assert_eq!(addresses, active, "{name}");
    let new = listed.iter().find(|user| user.email.canonical().starts_with("new")).unwrap();
    assert!(!new.has_password && new.last_sign_in_at.is_none() && new.created_at >= opened_at, "{name}: {new:?}");
    assert!(!format!("{listed:?}").contains("argon2"), "{name}: a secret in {listed:?}");
    let silent = directory.list(UserStatus::Deactivated, None, 10).await.unwrap();
    assert!(silent.len() == 2 && silent.iter().all(|user| user.status == UserStatus::Deactivated), "{name}");

    // Three request a reset, a minute apart; the second confirms ten minutes later, which extends it.
    for n in [4, 0, 6] {
        stage.auth.request_reset(&email(&format!("user{n}@acme.example"))).await.unwrap();
        stage.clock.advance(MINUTE);
    }
    let pending = async |at_most: u32| {
        let mut pending: Vec<UserOverview> = Vec::new();
        loop {
            let page = directory.list_pending_resets(stage.clock.now(), pending.last(), at_most).await.unwrap();
            if page.is_empty() {
                return pending.iter().map(|user| user.email.canonical()[..5].to_owned()).collect::<Vec<_>>();
            }
            pending.extend(page);
        }
    };
    assert_eq!(pending(1).await, ["user4", "user0", "user6"], "{name}");
    stage.clock.advance(10 * MINUTE);
    let token = stage.mailer.last_to(&email("user0@acme.example")).and_then(|mail| mail.token()).unwrap();
    let _ = stage.auth.confirm_reset(&token).await.unwrap();
    assert_eq!(pending(2).await, ["user4", "user6", "user0"], "{name}");
    let first = directory.list_pending_resets(stage.clock.now(), None, 1).await.unwrap();
    let left = first[0].reset_expires_at.unwrap() - stage.clock.now();
    assert_eq!(left, time::Duration::minutes(60 - 13), "{name}");
    stage.clock.advance(HOUR - 13 * MINUTE);
    assert_eq!(pending(9).await, ["user6", "user0"], "{name}: the first has just expired");
    let challenge = stage.challenge("user0@acme.example").await;
    let _ = stage.auth.choose_password(&challenge, "something else again").await.unwrap();
    assert_eq!(pending(9).await, ["user6"], "{name}: completed");
}

#[test]
fn operators_list_users_in_memory() {
    let users = Arc::new(MemoryUsers::new());
    let stores = Stores { users: users.clone(), attempts: Arc::new(MemoryAttempts::new()) };
    block_on(lists("memory", users, stores));
}

#[test]
fn operators_list_users_on_sqlite() {
    let folder = Folder::new();
    block_on(async {
        let store = SqliteStore::connect(&folder.url("auth.db")).await.unwrap();
        store.migrate().await.unwrap();
        let stores = Stores { users: Arc::new(store.clone()), attempts: Arc::new(store.clone()) };
        lists("SQLite", Arc::new(store), stores).await;
    });
}

#[test]
fn operators_list_users_on_postgres() {
    let Some(url) = support::postgres::url_or_skip("lists on PostgreSQL") else { return };
    block_on(async {
        let store = PostgresStore::connect(url).await.unwrap().with_prefix(&fresh_prefix()).unwrap();
        store.migrate().await.unwrap();
        let stores = Stores { users: Arc::new(store.clone()), attempts: Arc::new(store.clone()) };
        lists("PostgreSQL", Arc::new(store), stores).await;
    });
}

fn id(n: u32) -> doorward::UserId {
    doorward::UserId::parse(&format!("user {} \u{e9}", 9 - n)).unwrap()
}

#[test]
fn the_directory_in_memory_keeps_its_contract() {
    let users = Arc::new(MemoryUsers::new());
    block_on(a_directory_lists_everybody_and_who_is_owed_a_mail(users.clone(), users, id));
}

#[test]
fn the_directory_on_sqlite_keeps_its_contract() {
    let folder = Folder::new();
    block_on(async {
        let store = SqliteStore::connect(&folder.url("auth.db")).await.unwrap();
        store.migrate().await.unwrap();
        a_directory_lists_everybody_and_who_is_owed_a_mail(store.clone(), store, id).await;
    });
}

#[test]
fn the_directory_on_postgres_keeps_its_contract() {
    let Some(url) = support::postgres::url_or_skip("the directory on PostgreSQL") else { return };
    block_on(async {
        let store = PostgresStore::connect(url).await.unwrap().with_prefix(&fresh_prefix()).unwrap();
        store.migrate().await.unwrap();
        a_directory_lists_everybody_and_who_is_owed_a_mail(store.clone(), store, id).await;
    });
}

/// Expired entries are dropped, as many as requested, and the count is right; others stay.
async fn purges(name: &str, store: impl AttemptStore, fill: impl AsyncFn(&'static str)) {
    let spent = time::OffsetDateTime::UNIX_EPOCH + Duration::from_secs(1);
    fill("2500 1000000").await;
    fill("700 1000001").await;
    for dropped in [1_000, 1_000, 500, 0] {
        assert_eq!(store.purge(spent, 1_000).await.unwrap(), dropped, "{name}");
    }
    assert_eq!(store.purge(spent + Duration::from_micros(1), 1_000).await.unwrap(), 700, "{name}");
}

fn rows(prefix: &str, what: &str, series: &str) -> String {
    let (rows, expires_at) = what.split_once(' ').unwrap();
    let series = series.replace('#', rows);
    format!("INSERT INTO {prefix}attempts SELECT 'k{expires_at}-' || n, 'v', {expires_at}, '{{}}' FROM {series}")
}

#[test]
fn spent_attempts_go_by_the_thousand() {
    let folder = Folder::new();
    block_on(async {
        let store = SqliteStore::connect(&folder.url("auth.db")).await.unwrap();
        store.migrate().await.unwrap();
        let pool = SqlitePool::connect(&folder.url("auth.db")).await.unwrap();
        let series = "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < #) SELECT n FROM s)";
        purges("SQLite", store, async |what| {
            raw_sql(AssertSqlSafe(rows("doorward_", what, series))).execute(&pool).await.unwrap();
        })
        .await;
    });
    let Some(url) = support::postgres::url_or_skip("purging on PostgreSQL") else { return };
    block_on(async {
        let prefix = fresh_prefix();
        let store = PostgresStore::connect(url).await.unwrap().with_prefix(&prefix).unwrap();
        store.migrate().await.unwrap();
        let pool = PgPool::connect(url).await.unwrap();
        purges("PostgreSQL", store, async |what| {
            raw_sql(AssertSqlSafe(rows(&prefix, what, "generate_series(1, #) n"))).execute(&pool).await.unwrap();
        })
        .await;
    });
}

/// An entry that is counted again during a purge stays: the purge checks the state that it finds.
#[test]
fn an_entry_counted_anew_is_not_purged_on_postgres() {
    let Some(url) = support::postgres::url_or_skip("purging beside a write on PostgreSQL") else { return };
    block_on(async {
        let prefix = fresh_prefix();
        let store = PostgresStore::connect(url).await.unwrap().with_prefix(&prefix).unwrap();
        store.migrate().await.unwrap();
        let pool = PgPool::connect(url).await.unwrap();
        let run = async |sql: String| raw_sql(AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        run(format!("INSERT INTO {prefix}attempts VALUES ('k', 'v', 1000000, '{{}}')")).await;
        let mut writer = pool.begin().await.unwrap();
        let count_anew = format!("UPDATE {prefix}attempts SET version = 'w', expires_at = 9000000 WHERE key = 'k'");
        raw_sql(AssertSqlSafe(count_anew)).execute(&mut *writer).await.unwrap();
        let purging = tokio::spawn(async move {
            store.purge(time::OffsetDateTime::UNIX_EPOCH + Duration::from_secs(2), 1_000).await.unwrap()
        });
        // It waits for the writer's row, and only then does the writer continue.
        let waiting = "SELECT COUNT(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'";
        while doorward::store::sqlx::query_scalar::<_, i64>(waiting).fetch_one(&pool).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        writer.commit().await.unwrap();
        assert_eq!(purging.await.unwrap(), 0);
    });
}

#[test]
fn the_schema_can_be_printed_and_run_by_the_host() {
    let folder = Folder::new();
    block_on(async {
        let pool = SqlitePool::connect_with(SqliteStore::options(&folder.url("auth.db")).unwrap()).await.unwrap();
        let store = SqliteStore::new(pool.clone()).with_prefix("acme_").unwrap();
        let printed: String = store.migrations().iter().map(ToString::to_string).collect();
        assert!(printed.starts_with("-- 1: ") && printed.contains("CREATE TABLE IF NOT EXISTS acme_users ("));
        raw_sql(AssertSqlSafe(printed.clone())).execute(&pool).await.unwrap();
        // Steps may run again, as when both the host and the adapter apply them.
        raw_sql(AssertSqlSafe(printed)).execute(&pool).await.unwrap();
        store.migrate().await.unwrap();
        store.migrate().await.unwrap();
        let _ = Stage::new(store).open("ann@acme.example", OLD).await;
        assert!(SqliteStore::new(pool).with_prefix("Robert'); DROP TABLE").is_err());
    });
}
