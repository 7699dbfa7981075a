//! Imports a large table of another system by a process that is killed again and again, then by two at once: the end is the same as
//! after one quiet run, and the time of that one is told.
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use doorward::account::{ImportMark, ImportReport, ImportRow, ImportSource};
use doorward::hashing::HashParams;
use doorward::mail::PrintingMailer;
use doorward::store::sqlx::postgres::PgPool;
use doorward::store::sqlx::sqlite::SqlitePool;
use doorward::store::sqlx::{AssertSqlSafe, query, query_as};
use doorward::store::{BackendError, MemoryAttempts, PostgresStore, SqliteStore};
use doorward::{Auth, Operator, UserRepository};
use support::sql::{Folder, block_on, fresh_prefix};

const URL: &str = "DOORWARD_TEST_STORE";
const PREFIX: &str = "DOORWARD_TEST_PREFIX";
const KILLS: i64 = 10;
/// "password" hashed by the reference implementation (`tests/data/argon2_reference.json`).
const HASH: &str = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

/// The table of the other system, beside those of the store.
enum OldTable {
    Sqlite(SqlitePool, String),
    Postgres(PgPool, String),
}

/// The two databases answer an executed statement with types of their own.
macro_rules! drop_done {
    (execute) => {
        drop
    };
    (fetch_all) => {
        std::convert::identity
    };
}

/// Runs a statement on either database; `$table` is the name in the text.
macro_rules! on_either {
    ($table:expr, |$name:ident| $sql:expr, $query:ident, $fetch:ident, [$($value:expr),*]) => {
        match $table {
            OldTable::Sqlite(pool, $name) => {
                // The one spelling that SQLite has known for long.
                let sql = $sql.replace("IS NOT DISTINCT FROM", "IS").replace("IS DISTINCT FROM", "IS NOT");
                $query(AssertSqlSafe(sql))$(.bind($value))*.$fetch(pool).await.map(drop_done!($fetch))
            }
            OldTable::Postgres(pool, $name) => {
                $query(AssertSqlSafe($sql))$(.bind($value))*.$fetch(pool).await.map(drop_done!($fetch))
            }
        }
        .map_err(BackendError::unavailable)
    };
}

type OldRow = (i64, String, Option<String>, i64);

impl OldTable {
    /// Adds rows of all kinds: most are good, some are not.
    async fn fill(&self, rows: i64) -> Result<(), BackendError> {
        let create = |name: &str| {
            format!(
                "CREATE TABLE {name}old (id BIGINT PRIMARY KEY, email TEXT NOT NULL, password TEXT,
                inactive BIGINT NOT NULL, import_mark TEXT)"
            )
        };
        on_either!(self, |name| create(name), query, execute, [])?;
        for begin in (1..=rows).step_by(10_000) {
            let rows: Vec<_> = (begin..=rows.min(begin + 9_999)).map(row).collect();
            let rows = serde_json::to_string(&rows).unwrap();
            match self {
                Self::Sqlite(pool, name) => {
                    let add = format!(
                        "INSERT INTO {name}old (id, email, password, inactive)
                        SELECT value->>0, value->>1, value->>2, value->>3 FROM json_each($1)"
                    );
                    query(AssertSqlSafe(add)).bind(rows).execute(pool).await.map(drop)
                }
                Self::Postgres(pool, name) => {
                    let add = format!(
                        "INSERT INTO {name}old (id, email, password, inactive)
                        SELECT (it->>0)::BIGINT, it->>1, it->>2, (it->>3)::BIGINT FROM jsonb_array_elements($1::JSONB) it"
                    );
                    query(AssertSqlSafe(add)).bind(rows).execute(pool).await.map(drop)
                }
            }
            .map_err(BackendError::unavailable)?;
        }
        Ok(())
    }

    /// What is at the end: the marks, and each account without what is random or an instant.
    async fn end_state(&self) -> End {
        let marks = |name: &str| format!("SELECT id, import_mark FROM {name}old");
        let users = |name: &str| format!("SELECT id, email, snapshot FROM {name}users");
        let marks: Vec<(i64, Option<String>)> = on_either!(self, |name| marks(name), query_as, fetch_all, []).unwrap();
        let users: Vec<(String, String, String)> =
            on_either!(self, |name| users(name), query_as, fetch_all, []).unwrap();
        let account = |snapshot: &str| {
            let document: serde_json::Value = serde_json::from_str(snapshot).unwrap();
            format!("{} {} {}", document["email"], document["status"], document["password"]["hash"])
        };
        let users = users.into_iter().map(|(id, email, snapshot)| (id, (email, account(&snapshot))));
        End { marks: marks.into_iter().collect(), users: users.collect() }
    }
}

#[derive(Debug, PartialEq)]
struct End {
    marks: BTreeMap<i64, Option<String>>,
    users: BTreeMap<String, (String, String)>,
}

fn row(n: i64) -> OldRow {
    let address = match n {
        n if n % 97 == 5 => format!("user {n}"),
        // That of the row before.
        n if n % 101 == 7 => format!("User{}@acme.example", n - 1),
        n => format!("user{n}@acme.example"),
    };
    let hash = match n {
        n if n % 89 == 3 => Some("5f4dcc3b5aa765d61d8327deb882cf99".to_owned()),
        n if n % 83 == 2 => None,
        _ => Some(HASH.to_owned()),
    };
    (n, address, hash, i64::from(n % 79 == 1))
}

#[doorward::async_trait]
impl ImportSource for OldTable {
    async fn next_page(
        &self,
        mark: Option<ImportMark>,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<ImportRow>, BackendError> {
        let (mark, after) = (mark.map(ImportMark::as_str), after.map_or(0, |id| id.parse().unwrap_or(0)));
        let select = |name: &str| {
            format!(
                "SELECT id, email, password, inactive FROM {name}old
                WHERE import_mark IS NOT DISTINCT FROM $1 AND id > $2 ORDER BY id LIMIT $3"
            )
        };
        let rows: Vec<OldRow> =
            on_either!(self, |name| select(name), query_as, fetch_all, [mark, after, i64::from(at_most)])?;
        let row =
            |(id, email, hash, inactive)| ImportRow::new(id, email).password_hash(hash).deactivated(inactive == 1);
        Ok(rows.into_iter().map(row).collect())
    }

    async fn mark(&self, ids: &[&str], mark: ImportMark) -> Result<(), BackendError> {
        let ids = format!("[{}]", ids.join(","));
        let update = |name: &str, list: &str| {
            format!(
                "UPDATE {name}old SET import_mark = $2
                WHERE id IN ({list}) AND import_mark IS DISTINCT FROM 'taken_over'"
            )
        };
        let (on_sqlite, on_postgres) =
            ("SELECT value FROM json_each($1)", "SELECT jsonb_array_elements($1::JSONB)::BIGINT");
        let list = if matches!(self, Self::Sqlite(..)) { on_sqlite } else { on_postgres };
        on_either!(self, |name| update(name, list), query, execute, [&ids, mark.as_str()])?;
        Ok(())
    }
}

async fn connect(url: &str, prefix: &str) -> (Auth, Operator, OldTable) {
    let (users, old): (Arc<dyn UserRepository>, _) = if url.starts_with("sqlite") {
        let store = SqliteStore::connect(url).await.unwrap().with_prefix(prefix).unwrap();
        store.migrate().await.unwrap();
        let pool = SqlitePool::connect_with(SqliteStore::options(url).unwrap()).await.unwrap();
        (Arc::new(store), OldTable::Sqlite(pool, prefix.to_owned()))
    } else {
        let store = PostgresStore::connect(url).await.unwrap().with_prefix(prefix).unwrap();
        store.migrate().await.unwrap();
        (Arc::new(store), OldTable::Postgres(PgPool::connect(url).await.unwrap(), prefix.to_owned()))
    };
    let (auth, operator) = Auth::builder(support::site(), users, MemoryAttempts::new(), PrintingMailer)
        .configure(|config| {
            config.hashing.params = HashParams::danger_cheap_for_tests();
            config.hashing.threads = std::num::NonZeroUsize::new(1);
        })
        .build_with_operator()
        .unwrap();
    (auth, operator, old)
}

fn tell(line: &str) {
    drop(writeln!(std::io::stdout(), "{line}"));
    drop(std::io::stdout().flush());
}

/// Started by the tests below. After each page it tells how many rows it has taken over.
#[test]
#[ignore = "the other tests start it as a process of its own"]
fn the_process_that_is_killed() {
    let (Ok(url), Ok(prefix)) = (std::env::var(URL), std::env::var(PREFIX)) else { return };
    block_on(async {
        let (_auth, operator, old) = connect(&url, &prefix).await;
        let progress = |so_far: &ImportReport| {
            tell(&format!("taken {}", so_far.imported + so_far.provisioned + so_far.taken_over_already))
        };
        let _ = operator.import_from(&old).page_size(100).on_progress(progress).run().await.unwrap();
        tell("complete");
    });
}

fn process(url: &str, prefix: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "the_process_that_is_killed", "--nocapture"])
        .env(URL, url)
        .env(PREFIX, prefix)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Reads what the process tells until it has taken over that many rows; false if it came to its end before.
fn wait(process: &mut Child, taken: i64) -> bool {
    let mut complete = false;
    for line in BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok) {
        let count = line.strip_prefix("taken ").and_then(|count| count.parse::<i64>().ok());
        if count.is_some_and(|count| count >= taken) {
            return true;
        }
        // What the test harness says after that is read too, since it fails without a reader.
        complete |= line == "complete";
    }
    assert!(complete, "the process lives");
    false
}

/// A number below `most` that differs from run to run.
fn below(most: i64) -> i64 {
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().subsec_nanos();
    i64::from(nanos / 7) % most
}

fn killed_and_quiet(name: &str, url: &str, prefixes: [&str; 2], rows: i64) {
    let [quiet, killed] = prefixes;
    let (report, expected) = block_on(async {
        let (_auth, operator, old) = connect(url, quiet).await;
        old.fill(rows).await.unwrap();
        let began = Instant::now();
        let report = operator.import_from(&old).run().await.unwrap();
        let rate = rows as f64 / began.elapsed().as_secs_f64();
        let line = format!("{name}: {rows} rows, {rate:.0} a second; {} skipped\n", report.skipped);
        drop(std::io::stderr().write_all(line.as_bytes()));
        (report, old.end_state().await)
    });
    assert_eq!(report.read as i64, rows);
    assert!(report.skipped as i64 > rows / 40 && report.provisioned > 0 && report.deactivated > 0);

    block_on(async { connect(url, killed).await.2.fill(rows).await.unwrap() });
    for _ in 0..KILLS {
        let mut living = process(url, killed);
        // Ten of these are less than all rows that can be taken over.
        let on_the_way = wait(&mut living, 1 + below(rows / (KILLS + 2)));
        std::thread::sleep(Duration::from_micros(below(5_000) as u64));
        living.kill().unwrap();
        living.wait().unwrap();
        assert!(on_the_way, "it was complete before the kill");
    }
    // Then two at once.
    let mut both = [process(url, killed), process(url, killed)];
    for living in &mut both {
        assert!(!wait(living, i64::MAX) && living.wait().unwrap().success());
    }
    block_on(async {
        let (_auth, operator, old) = connect(url, killed).await;
        let last = operator.import_from(&old).run().await.unwrap();
        assert_eq!((last.imported, last.provisioned, last.taken_over_already), (0, 0, 0));
        assert_eq!(
            (last.skipped, &last.reasons, last.hashes_left),
            (report.skipped, &report.reasons, report.hashes_left)
        );
        let named = |report: &ImportReport| {
            let mut rows: Vec<_> = report.rows.iter().map(|row| (row.id.clone(), row.reason.clone())).collect();
            rows.sort_by(|(one, _), (other, _)| one.cmp(other));
            rows
        };
        assert_eq!(named(&last), named(&report));
        assert!(old.end_state().await == expected, "the accounts or the marks differ");
    });
}

fn on_sqlite(rows: i64) {
    let folder = Folder::new();
    killed_and_quiet("SQLite", &folder.url("acme.db"), ["quiet_", "killed_"], rows);
}

fn on_postgres(rows: i64) {
    let Some(url) = support::postgres::url_or_skip("killed imports on PostgreSQL") else { return };
    killed_and_quiet("PostgreSQL", url, [&fresh_prefix(), &fresh_prefix()], rows);
}

#[test]
fn an_import_into_sqlite_may_be_killed_at_any_moment() {
    on_sqlite(3_000);
}

#[test]
fn an_import_into_postgres_may_be_killed_at_any_moment() {
    on_postgres(3_000);
}

#[test]
#[ignore = "takes a minute or two"]
fn a_hundred_thousand_rows_into_sqlite() {
    on_sqlite(100_000);
}

#[test]
#[ignore = "takes a minute or two"]
fn a_hundred_thousand_rows_into_postgres() {
    on_postgres(100_000);
}
