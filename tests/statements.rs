//! How many statements the stores send to their databases, and what the logs then contain. One test in its own binary, because
//! the log is shared by the whole process.
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres", feature = "tracing"))]

mod support;

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use doorward::store::sqlx::postgres::PgPoolOptions;
use doorward::store::sqlx::sqlite::SqlitePoolOptions;
use doorward::store::sqlx::{AssertSqlSafe, raw_sql};
use doorward::store::{PostgresStore, SqliteStore};
use doorward::{AttemptStore, UserRepository};
use support::sql::{Folder, block_on, fresh_prefix};
use support::stage::Stage;
use support::{ANN, NOBODY, OLD, email};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Captures everything that any crate logs, at every level, including sqlx's statements.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<(String, String)>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        let mut line = Line(String::new());
        attributes.record(&mut line);
        self.0.lock().unwrap().push(("span".to_owned(), line.0));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        let mut line = Line(String::new());
        values.record(&mut line);
        self.0.lock().unwrap().push(("span".to_owned(), line.0));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push((event.metadata().target().to_owned(), line.0));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Log {
    /// One log for the whole process, because SQLite runs on threads of its own.
    fn install() -> Self {
        let log = Self::default();
        tracing::subscriber::set_global_default(log.clone()).unwrap();
        log
    }

    /// The statements sent while this runs: how many read and how many write. Each is its own transaction, so each write is a
    /// commit.
    async fn statements(&self, run: impl AsyncFnOnce()) -> (usize, usize) {
        let from = self.0.lock().unwrap().len();
        run().await;
        let lines = self.0.lock().unwrap();
        let sent: Vec<_> = lines[from..].iter().filter(|(target, _)| target == "sqlx::query").collect();
        let of = |verbs: &[&str]| {
            let starts = |line: &str| verbs.iter().any(|verb| line.contains(&format!("summary=\"{verb} ")));
            sent.iter().filter(|(_, line)| starts(line)).count()
        };
        // With a journal, PostgreSQL gets one statement that begins with `WITH`, SQLite a whole transaction at once.
        let (reads, writes) = (of(&["SELECT"]), of(&["INSERT", "UPDATE", "DELETE", "WITH", "BEGIN"]));
        assert_eq!(reads + writes, sent.len(), "nothing else is sent: {sent:?}");
        (reads, writes)
    }
}

/// The same with a journal: what it stores is part of the same commits. A failure is entered with the next sign-in, so it costs
/// nothing more. From a known device, one more look-up finds what strangers tried.
async fn costs_with_a_journal(log: &Log, name: &str, store: impl UserRepository + AttemptStore + Clone) {
    assert!(store.keeps_journal());
    let stage = Stage::new(store);
    let ann = stage.open(ANN, OLD).await;
    stage.clock.advance(support::MINUTE);
    let complete = log.statements(async || drop(stage.signs_in(ANN, OLD).await)).await;
    assert_eq!(complete, (3, 3), "{name}: a complete sign-in");
    stage.clock.advance(support::MINUTE);
    for address in [ANN, NOBODY] {
        let failed = log.statements(async || assert!(stage.sign_in(address, "wrong").await.is_err())).await;
        assert_eq!(failed, (3, 1), "{name}: a failed sign-in of {address}");
    }
    stage.clock.advance(support::MINUTE);
    let entering = log.statements(async || drop(stage.signs_in(ANN, OLD).await)).await;
    assert_eq!(entering, (3, 3), "{name}: a sign-in that enters a failure");
    stage.clock.advance(support::MINUTE);
    let known = doorward::SignInRequest::new(ANN, OLD).device(&ann.device_token().unwrap().expose());
    let known = log.statements(async || drop(stage.auth.sign_in(known).await.unwrap())).await;
    assert_eq!(known, (4, 3), "{name}: a sign-in from a known device");
}

/// A complete sign-in takes three reads and three writes, a failed one two writes fewer, a later request one read, and one
/// write at most every five minutes.
async fn costs(log: &Log, name: &str, store: impl UserRepository + AttemptStore + Clone) {
    let stage = Stage::new(store);
    let ann = stage.open(ANN, OLD).await;
    for _ in 0..2 {
        stage.clock.advance(support::MINUTE);
        let complete = log.statements(async || drop(stage.signs_in(ANN, OLD).await)).await;
        assert_eq!(complete, (3, 3), "{name}: a complete sign-in");
        stage.clock.advance(support::MINUTE);
        for address in [ANN, NOBODY] {
            let failed = log.statements(async || assert!(stage.sign_in(address, "wrong").await.is_err())).await;
            assert_eq!(failed, (3, 1), "{name}: a failed sign-in of {address}");
        }
    }
    let resumed = log.statements(async || drop(stage.auth.resume(&ann.token().expose()).await.unwrap())).await;
    assert_eq!(resumed, (1, 0), "{name}: a later request");
    stage.clock.advance(5 * support::MINUTE);
    let resumed = log.statements(async || drop(stage.auth.resume(&ann.token().expose()).await.unwrap())).await;
    assert_eq!(resumed, (1, 1), "{name}: a request whose time is to be written down");
    for _ in 0..3 {
        let resumed = log.statements(async || drop(stage.auth.resume(&ann.token().expose()).await.unwrap())).await;
        assert_eq!(resumed, (1, 0), "{name}: one right after it");
    }
    let signed_out = log.statements(async || stage.auth.sign_out(&ann).await.unwrap()).await;
    assert_eq!(signed_out, (1, 1), "{name}: signing out");
    let requested = log.statements(async || assert!(stage.auth.request_reset(&email(NOBODY)).await.is_ok())).await;
    assert_eq!(requested, (1, 0), "{name}: a reset request for an unknown address, including background work");
}

#[test]
fn statements_are_few_and_no_log_holds_an_address() {
    let log = Log::install();
    let folder = Folder::new();
    block_on(async {
        // One connection: a pool opens another if the last one is not back in time, and that sends statements too.
        let options = SqliteStore::options(&folder.url("auth.db")).unwrap();
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let store = SqliteStore::new(pool);
        store.migrate().await.unwrap();
        costs(&log, "SQLite", store).await;
        let options = SqliteStore::options(&folder.url("journal.db")).unwrap();
        let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
        let store = SqliteStore::new(pool).with_journal();
        store.migrate().await.unwrap();
        costs_with_a_journal(&log, "SQLite", store).await;
    });
    let Some(url) = support::postgres::url_or_skip("counting statements on PostgreSQL") else { return };
    block_on(async {
        let (prefix, pool) = (fresh_prefix(), PgPoolOptions::new().max_connections(1).connect(url).await.unwrap());
        let store = PostgresStore::new(pool.clone()).with_prefix(&prefix).unwrap();
        store.migrate().await.unwrap();
        costs(&log, "PostgreSQL", store.clone()).await;
        let with = PostgresStore::new(pool.clone()).with_prefix(&fresh_prefix()).unwrap().with_journal();
        with.migrate().await.unwrap();
        costs_with_a_journal(&log, "PostgreSQL", with).await;

        // A constraint that no row satisfies: the server's message contains the whole row, and must go no further than the
        // source.
        let never = format!("ALTER TABLE {prefix}users ADD CHECK (version IS NULL) NOT VALID");
        raw_sql(AssertSqlSafe(never)).execute(&pool).await.unwrap();
        let stage = Stage::new(store);
        stage.clock.advance(support::HOUR);
        let error = stage.operator.provision(email("new@acme.example")).await.unwrap_err();
        let mut outputs = vec![format!("{error} {error:?} {:?}", stage.auth.error_response(&error))];
        let error = stage.sign_in(ANN, OLD).await.unwrap_err();
        outputs.push(format!("{error} {error:?} {:?}", stage.auth.error_response(&error)));
        outputs.push(format!("{:?} {:?}", stage.observer.events(), stage.auth));
        let doorward::error::SignInError::Unavailable(doorward::error::Unavailable::Backend(error)) = error else {
            panic!("{error:?}")
        };
        assert_eq!((error.to_string().as_str(), error.code()), ("backend refused (23514)", Some("23514")));
        outputs.push(format!("{error} {error:?} {:?}", stage.stores));
        let driver = std::error::Error::source(&error).expect("the driver's error");
        assert!(format!("{driver:?}").contains(ANN), "the driver's error contains the address");
        let lines = log.0.lock().unwrap().clone();
        assert!(lines.iter().filter(|(target, _)| target == "sqlx::query").count() > 50, "the log works");
        outputs.extend(lines.into_iter().map(|(target, line)| target + &line));
        for output in outputs.iter().map(|output| output.replace("help@acme.example", "")) {
            assert!(!output.contains("@acme") && !output.contains(OLD), "{output}");
        }
    });
}
