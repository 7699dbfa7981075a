//! Stores that are damaged, full, read-only or out of connections: a typed error, no access granted, and nothing else harmed.
#![cfg(all(feature = "testing", feature = "sqlite", feature = "postgres"))]

mod support;

use std::path::Path;
use std::time::Duration;

use doorward::error::{SignInError, Unavailable};
use doorward::event::EventKind;
use doorward::hashing::HashParams;
use doorward::mail::PrintingMailer;
use doorward::session::SignOutSweep;
use doorward::store::sqlx::pool::PoolConnection;
use doorward::store::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use doorward::store::sqlx::sqlite::{SqliteConnectOptions, SqlitePool, SqlitePoolOptions};
use doorward::store::sqlx::{AssertSqlSafe, Database, Pool, query_scalar, raw_sql};
use doorward::store::{BackendCode, BackendError, BackendErrorKind, PostgresStore, SqliteStore};
use doorward::{AttemptStore, Auth, SignInRequest, SignedIn, UserRepository};
use support::sql::{Folder, block_on, fresh_prefix};
use support::stage::Stage;
use support::{ANN, NOBODY, OLD, email, site};

const BOB: &str = "bob@acme.example";

/// The answer to a failed sign-in; success means that access was granted.
fn refused(outcome: Result<doorward::SignIn, SignInError>) -> Option<BackendErrorKind> {
    match outcome.expect_err("access was granted") {
        SignInError::InvalidCredentials => None,
        SignInError::Unavailable(Unavailable::Backend(error)) => {
            let told = format!("{error} {error:?}");
            assert!(!told.contains('@') && !told.contains("snapshot"), "{told}");
            Some(error.kind())
        }
        other => panic!("{other:?}"),
    }
}

/// Creates two accounts, damages the store, tries every flow, and repairs the store. `restart` reopens the store in its current
/// state.
async fn check<S: UserRepository + AttemptStore + Clone>(
    name: &str,
    expected: BackendErrorKind,
    store: S,
    damage: impl AsyncFnOnce(),
    damaged: impl AsyncFnOnce() -> S,
    mend: impl AsyncFnOnce() -> S,
) {
    let stage = Stage::new(store);
    let ann = stage.open(ANN, OLD).await;
    let bob = stage.open(BOB, OLD).await;
    stage.clock.advance(support::MINUTE);
    damage().await;

    let hurt = stage.restarted(damaged().await);
    let mut kinds = Vec::new();
    for (address, password) in [(ANN, OLD), (ANN, "wrong"), (NOBODY, OLD)] {
        kinds.push(refused(hurt.sign_in(address, password).await));
    }
    let mails = hurt.mailer.count();
    let answer = hurt.auth.request_reset(&email(ANN)).await;
    assert!(answer.as_ref().map_or_else(|error| error.http_status() == 503, |_| true), "{name}: {answer:?}");
    let changed = hurt.auth.change_password(&ann, OLD, "something else again").await;
    assert!(changed.is_err(), "{name}: {changed:?}");
    if !name.ends_with("attempts") {
        assert!(hurt.operator.provision(email("new@acme.example")).await.is_err(), "{name}");
    }
    // A reset needs no attempts.
    let mails = if name.ends_with("attempts") { mails + 1 } else { mails };
    assert_eq!(hurt.mailer.count(), mails, "{name}: an unexpected mail");
    if expected == BackendErrorKind::Unreadable {
        // To an unauthenticated client this looks like an unknown address.
        assert!(kinds.iter().all(Option::is_none), "{name}: {kinds:?}");
    } else {
        assert!(kinds.contains(&Some(expected)), "{name}: {kinds:?}");
    }
    let events = hurt.observer.kinds();
    assert!(
        events.iter().any(|event| matches!(event, EventKind::StoreFailed { error, .. } if *error == expected)),
        "{name}: no event in {events:?}"
    );
    let told = format!("{:?}", hurt.observer.events());
    assert!(!told.contains('@'), "{name}: an address in {told}");

    let mended = stage.restarted(mend().await);
    for (address, session) in [(ANN, ann), (BOB, bob)] {
        assert!(mended.auth.resume(&session.token().expose()).await.is_ok(), "{name}: {address} was signed out");
        let _ = mended.signs_in(address, OLD).await;
    }
    assert!(mended.sign_in("new@acme.example", OLD).await.is_err());
    let _ = mended.open("new@acme.example", OLD).await;
    mended.resets(ANN, "something else again").await;
}

struct Sqlite {
    folder: Folder,
}

impl Sqlite {
    fn new() -> Self {
        Self { folder: Folder::new() }
    }

    fn options(&self) -> SqliteConnectOptions {
        SqliteStore::options(&self.folder.url("auth.db")).unwrap()
    }

    async fn store(&self) -> SqliteStore {
        self.store_with(self.options()).await
    }

    async fn store_with(&self, options: SqliteConnectOptions) -> SqliteStore {
        SqliteStore::new(SqlitePoolOptions::new().max_connections(2).connect_with(options).await.unwrap())
    }

    async fn migrated(&self) -> SqliteStore {
        let store = self.store().await;
        store.migrate().await.unwrap();
        store
    }

    async fn run(&self, sql: &'static str) {
        let pool = SqlitePool::connect_with(self.options()).await.unwrap();
        raw_sql(sql).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

/// What a log shows of an error and its sources, down to the store's own, which reveals too much.
fn chain(error: &dyn std::error::Error) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(source) = next.filter(|source| source.is::<BackendError>() || source.is::<Unavailable>()) {
        told = format!("{told}: {source}");
        next = source.source();
    }
    told
}

/// The message if the tables of users or of attempts are missing.
fn missing(kept: &str) -> String {
    format!("the {kept} tables are missing: call migrate() on the store passed as {kept}")
}

/// A host that forgot to call `migrate()`.
async fn check_unmigrated(store: impl UserRepository + AttemptStore + Clone, code: &str) {
    let stage = Stage::new(store);
    let errors: [Box<dyn std::error::Error>; 3] = [
        Box::new(stage.operator.provision(email(ANN)).await.unwrap_err()),
        Box::new(stage.sign_in(ANN, OLD).await.unwrap_err()),
        Box::new(stage.auth.inspect_reset(&format!("YW5u.{}", "A".repeat(43))).await.unwrap_err()),
    ];
    assert!(
        stage.auth.request_reset(&email(ANN)).await.is_ok(),
        "the answer does not reveal whether the account exists"
    );
    for error in &errors {
        let told = chain(error.as_ref());
        let ends = |kept| told.ends_with(&format!("{} ({code})", missing(kept)));
        assert!(ends("users") || ends("attempts"), "{told}");
    }
    let calls = stage.observer.kinds().into_iter().filter_map(|kind| match kind {
        EventKind::StoreFailed { call, error: BackendErrorKind::TablesMissing, code: told } => {
            assert_eq!(told, BackendCode::new(code));
            Some(call)
        }
        _ => None,
    });
    let calls: Vec<_> = calls.collect();
    for call in ["insert", "find_by_email", "find_by_id"] {
        assert!(calls.contains(&call), "{call} is not among {calls:?}");
    }
    let told = format!("{:?} {errors:?}", stage.observer.events());
    assert!(!told.contains("users") && !told.contains("attempts") && !told.contains('@'), "driver's text in {told}");
}

#[test]
fn sqlite_without_its_tables() {
    let sqlite = Sqlite::new();
    block_on(async { check_unmigrated(sqlite.store().await, "1").await });
}

/// The first error of an `Auth` over these stores.
async fn first_error(users: SqliteStore, attempts: SqliteStore) -> Option<String> {
    let builder = Auth::builder(site(), users, attempts, PrintingMailer);
    let builder = builder.configure(|config| config.hashing.params = HashParams::danger_cheap_for_tests());
    let (auth, operator) = builder.build_with_operator().unwrap();
    if let Err(error) = operator.provision_without_mail(email(ANN)).await {
        return Some(chain(&error));
    }
    match auth.sign_in(SignInRequest::new(ANN, "a guess")).await {
        Err(SignInError::InvalidCredentials) => None,
        outcome => Some(chain(&outcome.expect_err("access was granted"))),
    }
}

#[test]
fn section_5_of_two_stores_the_one_that_was_not_migrated_is_named() {
    let (one, other) = (Sqlite::new(), Sqlite::new());
    block_on(async {
        let (users, attempts) = (one.store().await, other.store().await);
        attempts.migrate().await.unwrap();
        let told = first_error(users.clone(), attempts.clone()).await.unwrap();
        assert!(told.contains(&missing("users")), "{told}");
        users.migrate().await.unwrap();
        assert_eq!(first_error(users, attempts).await, None);
    });

    let (one, other) = (Sqlite::new(), Sqlite::new());
    block_on(async {
        let (users, attempts) = (one.migrated().await, other.store().await);
        let told = first_error(users, attempts).await.unwrap();
        assert!(told.contains(&missing("attempts")), "{told}");
    });

    // A store whose attempts were moved after it was migrated.
    let (one, other) = (Sqlite::new(), Sqlite::new());
    block_on(async {
        let pool = SqlitePool::connect_with(other.options()).await.unwrap();
        let store = one.migrated().await.with_attempts(pool);
        let told = first_error(store.clone(), store.clone()).await.unwrap();
        assert!(told.contains(&missing("attempts")), "{told}");
        store.migrate().await.unwrap();
        let told = first_error(store.clone(), store).await.unwrap();
        assert_eq!(told, "another account has this address", "the tables are there, and so is Ann");
    });
}

#[test]
fn postgres_without_its_tables() {
    let Some(postgres) = Postgres::new() else { return };
    block_on(async { check_unmigrated(postgres.store().await, "42P01").await });
}

#[test]
fn sqlite_with_a_damaged_schema() {
    use BackendErrorKind::{Refused, TablesMissing};
    let cases = [
        (
            "missing column",
            Refused,
            "ALTER TABLE doorward_users RENAME snapshot TO gone",
            "ALTER TABLE doorward_users RENAME gone TO snapshot",
        ),
        (
            "missing table of users",
            TablesMissing,
            "ALTER TABLE doorward_users RENAME TO gone",
            "ALTER TABLE gone RENAME TO doorward_users",
        ),
        (
            "missing table of attempts",
            TablesMissing,
            "ALTER TABLE doorward_attempts RENAME TO gone",
            "ALTER TABLE gone RENAME TO doorward_attempts",
        ),
    ];
    for (name, expected, damage, mend) in cases {
        let sqlite = Sqlite::new();
        block_on(async {
            check(
                name,
                expected,
                sqlite.migrated().await,
                async || sqlite.run(damage).await,
                async || sqlite.store().await,
                async || {
                    sqlite.run(mend).await;
                    sqlite.store().await
                },
            )
            .await;
        });
    }
}

#[test]
fn sqlite_that_is_read_only() {
    let sqlite = Sqlite::new();
    block_on(async {
        check(
            "read-only",
            BackendErrorKind::Refused,
            sqlite.migrated().await,
            async || {},
            async || {
                let store = sqlite.store_with(sqlite.options().read_only(true)).await;
                store.migrate().await.expect("there is nothing to migrate");
                store
            },
            async || sqlite.store().await,
        )
        .await;
    });
}

/// Takes the only connection, even if a slow machine does not open it before the pool gives up.
async fn hold<D: Database>(pool: &Pool<D>) -> PoolConnection<D> {
    loop {
        match pool.acquire().await {
            Ok(held) => return held,
            Err(doorward::store::sqlx::Error::PoolTimedOut) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn sqlite_without_a_free_connection() {
    let sqlite = Sqlite::new();
    block_on(async {
        let mut held = None;
        check(
            "pool exhausted",
            BackendErrorKind::Unavailable,
            sqlite.migrated().await,
            async || {},
            async || {
                let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(50));
                let pool = pool.connect_lazy_with(sqlite.options());
                held = Some(hold(&pool).await);
                SqliteStore::new(pool)
            },
            async || sqlite.store().await,
        )
        .await;
        drop(held);
    });
}

#[test]
fn sqlite_that_somebody_else_keeps_locked() {
    let sqlite = Sqlite::new();
    block_on(async {
        let locking = SqlitePool::connect_with(sqlite.options()).await.unwrap();
        let held = std::cell::RefCell::new(None);
        check(
            "locked",
            BackendErrorKind::Unavailable,
            sqlite.migrated().await,
            async || {
                *held.borrow_mut() = Some(locking.begin_with("BEGIN IMMEDIATE").await.unwrap());
            },
            async || sqlite.store_with(sqlite.options().busy_timeout(Duration::from_millis(20))).await,
            async || {
                drop(held.take());
                sqlite.store().await
            },
        )
        .await;
    });
}

#[test]
fn sqlite_whose_file_is_something_else() {
    let sqlite = Sqlite::new();
    let (file, copy) = (sqlite.folder.path().join("auth.db"), sqlite.folder.path().join("copy.db"));
    block_on(async {
        let store = sqlite.migrated().await;
        let (pool, closing) = (sqlite.options(), store.clone());
        check(
            "garbage",
            BackendErrorKind::Unavailable,
            store,
            async || {
                closing.close().await;
                std::fs::copy(&file, &copy).unwrap();
                let size = std::fs::metadata(&file).unwrap().len() as usize;
                std::fs::write(&file, "garbage ".repeat(size / 8)).unwrap();
            },
            // The journal mode is requested lazily here, since requesting it from an invalid file fails.
            async || SqliteStore::new(SqlitePoolOptions::new().connect_lazy_with(pool)),
            async || {
                std::fs::copy(&copy, &file).unwrap();
                sqlite.store().await
            },
        )
        .await;
    });
}

/// Unreadable rows look like unknown addresses to clients, emit an event to the host, and harm no other user.
#[test]
fn sqlite_with_rows_edited_by_hand() {
    let edits = [
        "UPDATE doorward_users SET snapshot = substr(snapshot, 1, 100) WHERE email = 'ann@acme.example'",
        "UPDATE doorward_users SET snapshot = replace(snapshot, 'active', 'superuser') WHERE email = 'ann@acme.example'",
        "UPDATE doorward_users SET snapshot = X'00ff' WHERE email = 'ann@acme.example'",
        "UPDATE doorward_users SET snapshot = 7 WHERE email = 'ann@acme.example'",
        "UPDATE doorward_users SET version = 'x' WHERE email = 'ann@acme.example'",
        "UPDATE doorward_users SET version = X'00' WHERE email = 'ann@acme.example'",
        "UPDATE doorward_users SET snapshot = (SELECT snapshot FROM doorward_users WHERE email = 'bob@acme.example')
            WHERE email = 'ann@acme.example'",
    ];
    for edit in edits {
        let sqlite = Sqlite::new();
        block_on(async {
            let stage = Stage::new(sqlite.migrated().await);
            let ann = stage.open(ANN, OLD).await;
            let _ = stage.open(BOB, OLD).await;
            sqlite.run("CREATE TABLE kept AS SELECT * FROM doorward_users").await;
            sqlite.run(edit).await;
            assert!(refused(stage.sign_in(ANN, OLD).await).is_none(), "{edit}");
            assert!(refused(stage.sign_in(ANN, "wrong").await).is_none(), "{edit}");
            let mails = stage.mailer.count();
            stage.auth.request_reset(&email(ANN)).await.unwrap();
            assert_eq!(stage.mailer.count(), mails, "{edit}");
            assert!(stage.auth.resume(&ann.token().expose()).await.is_err(), "{edit}");
            let kinds = stage.observer.kinds();
            let unreadable =
                |kind: &&EventKind| matches!(kind, EventKind::StoreFailed { error: BackendErrorKind::Unreadable, .. });
            assert!(kinds.iter().filter(unreadable).count() >= 3, "{edit}: {kinds:?}");
            let _ = stage.signs_in(BOB, OLD).await;
            stage.resets(BOB, "something else again").await;
            sqlite
                .run(
                    "UPDATE doorward_users SET (version, snapshot) = (SELECT version, snapshot FROM kept WHERE
                kept.id = doorward_users.id) WHERE email = 'ann@acme.example'",
                )
                .await;
            let _ = stage.signs_in(ANN, OLD).await;
        });
    }
}

/// A damaged head harms its own user alone. Nobody's address is answered by what stands in somebody's row.
#[test]
fn sqlite_with_a_head_edited_by_hand() {
    for edit in [
        "UPDATE doorward_users SET head = '' WHERE email = 'bob@acme.example'",
        "UPDATE doorward_users SET head = X'00ff' WHERE email = 'bob@acme.example'",
        "UPDATE doorward_users SET head = 7 WHERE email = 'bob@acme.example'",
        "UPDATE doorward_users SET head = substr(head, 2) WHERE email = 'bob@acme.example'",
    ] {
        let sqlite = Sqlite::new();
        block_on(async {
            let stage = Stage::new(sqlite.migrated().await);
            let _ = stage.open(ANN, OLD).await;
            // The last address in order.
            let _ = stage.open(BOB, OLD).await;
            sqlite.run(edit).await;
            let failed = || {
                let failed = |kind: &EventKind| matches!(kind, EventKind::StoreFailed { .. });
                stage.observer.kinds().iter().filter(|kind| failed(kind)).count()
            };
            // The next address in order is Bob's; the last one is.
            for nobody in ["ba@acme.example", NOBODY] {
                assert!(refused(stage.sign_in(nobody, OLD).await).is_none(), "{edit}");
            }
            let mails = stage.mailer.count();
            stage.auth.request_reset(&email(NOBODY)).await.unwrap();
            let _ = stage.signs_in(ANN, OLD).await;
            assert_eq!((failed(), stage.mailer.count()), (0, mails), "{edit}: no row is broken but Bob's");
            assert!(refused(stage.sign_in(BOB, OLD).await).is_none(), "{edit}");
            assert!(failed() > 0, "{edit}: his is reported");
        });
    }
}

#[test]
fn everybody_is_signed_out_though_the_row_of_one_cannot_be_read() {
    let sqlite = Sqlite::new();
    block_on(async {
        let store = sqlite.migrated().await;
        let stage = Stage::new(store.clone());
        let mut everybody = Vec::new();
        for name in ["ann", "bob", "cem"] {
            everybody.push(stage.open(&format!("{name}@acme.example"), OLD).await);
        }
        everybody.sort_by_key(|who| who.user_id().clone());
        let live = async |who: &SignedIn| stage.auth.resume(&who.token().expose()).await.is_ok();
        let (broken, mut sweep) = (everybody[1].user_id().clone(), SignOutSweep::new());
        sqlite
            .run(
                "UPDATE doorward_users SET snapshot = replace(snapshot, '\"active\"', '\"dormant\"')
                WHERE id = (SELECT id FROM doorward_users ORDER BY id LIMIT 1 OFFSET 1)",
            )
            .await;
        for _ in 0..2 {
            let outcome = stage.operator.sign_out_everybody(&store, &mut sweep).await;
            assert!(
                matches!(outcome, Err(Unavailable::Backend(error)) if error.kind() == BackendErrorKind::Unreadable)
            );
            assert_eq!(sweep.unreadable(), std::slice::from_ref(&broken));
            assert_eq!((sweep.accounts(), sweep.signed_out(), sweep.is_complete()), (2, 2, false));
        }
        sqlite.run("UPDATE doorward_users SET snapshot = replace(snapshot, '\"dormant\"', '\"active\"')").await;
        assert!(!live(&everybody[0]).await && live(&everybody[1]).await && !live(&everybody[2]).await);
        stage.operator.sign_out_everybody(&store, &mut sweep).await.unwrap();
        assert_eq!((sweep.accounts(), sweep.signed_out(), sweep.is_complete()), (3, 3, true));
        assert!(sweep.unreadable().is_empty() && !live(&everybody[1]).await);
    });
}

#[test]
fn sqlite_with_an_entry_of_attempts_edited_by_hand() {
    let sqlite = Sqlite::new();
    block_on(async {
        let stage = Stage::new(sqlite.migrated().await);
        let _ = stage.open(ANN, OLD).await;
        assert!(refused(stage.sign_in(ANN, "wrong").await).is_none());
        sqlite.run("UPDATE doorward_attempts SET snapshot = '{}'").await;
        // Without the attempt count no one may try: an error, and the mailbox still works.
        assert_eq!(refused(stage.sign_in(ANN, OLD).await), Some(BackendErrorKind::Unreadable));
        sqlite.run("DELETE FROM doorward_attempts").await;
        let _ = stage.signs_in(ANN, OLD).await;
    });
}

/// Fills a disk until an account is rejected; then all existing users are still there, and continue once there is space.
async fn fill(full: SqliteStore, roomy: impl AsyncFnOnce() -> SqliteStore) {
    let stage = Stage::new(full);
    let _ = stage.open(ANN, OLD).await;
    let mut stored = 0;
    let error = loop {
        assert!(stored < 10_000, "the disk is never full");
        match stage.operator.provision(email(&format!("user{stored}@acme.example"))).await {
            Ok(_) => stored += 1,
            Err(error) => break error,
        }
    };
    assert!(stored > 3, "{error:?}");
    assert_eq!((error.code(), error.http_status()), ("backend", 503), "{error:?}");
    for n in 0..stored {
        let found = stage.stores.users.find_by_email(&email(&format!("user{n}@acme.example"))).await;
        assert!(found.unwrap().is_some(), "user{n} was lost");
    }
    // Existing entries may or may not be overwritable; the wrong password is rejected in either case.
    stage.clock.advance(support::MINUTE);
    refused(stage.sign_in(ANN, "wrong").await);
    let stage = stage.restarted(roomy().await);
    let _ = stage.signs_in(ANN, OLD).await;
    let _ = stage.open(&format!("user{stored}@acme.example"), OLD).await;
    stage.resets(ANN, "something else again").await;
    for n in 0..stored {
        stage.resets(&format!("user{n}@acme.example"), OLD).await;
    }
}

#[test]
fn sqlite_at_its_page_limit() {
    let sqlite = Sqlite::new();
    block_on(async {
        sqlite.migrated().await.close().await;
        let limited = sqlite.store_with(sqlite.options().pragma("max_page_count", "40")).await;
        fill(limited, async || sqlite.store().await).await;
    });
}

const SMALL_DISK: &str = "DOORWARD_TEST_SMALL_DISK";

/// Runs in a separate process, for which a small file system is mounted.
#[test]
#[ignore = "the test below starts it as a process of its own"]
fn the_process_on_a_small_disk() {
    let Ok(disk) = std::env::var(SMALL_DISK) else { return };
    let disk = Path::new(&disk);
    let ballast = disk.join("ballast");
    std::fs::write(&ballast, vec![0; 4 << 20]).unwrap();
    let url = format!("sqlite://{}", disk.join("auth.db").display());
    block_on(async {
        let store = SqliteStore::connect(&url).await.unwrap();
        store.migrate().await.unwrap();
        fill(store, async || {
            std::fs::remove_file(&ballast).unwrap();
            SqliteStore::connect(&url).await.unwrap()
        })
        .await;
    });
    std::fs::write(disk.join("done"), "").unwrap();
    println!("the small disk was full");
}

#[test]
fn sqlite_on_a_small_disk() {
    let folder = Folder::new();
    let mount = "-t tmpfs -o size=5m doorward \"$1\"";
    let said = "the small disk was full";
    support::mounted::run("the_process_on_a_small_disk", mount, folder.path(), SMALL_DISK, said);
}

struct Postgres {
    url: &'static str,
    prefix: String,
}

impl Postgres {
    fn new() -> Option<Self> {
        Some(Self { url: support::postgres::url_or_skip("a damaged PostgreSQL")?, prefix: fresh_prefix() })
    }

    fn store_of(&self, pool: PgPool) -> PostgresStore {
        PostgresStore::new(pool).with_prefix(&self.prefix).unwrap()
    }

    async fn store_with(&self, options: &[(&str, &str)]) -> PostgresStore {
        let connect: PgConnectOptions = self.url.parse().unwrap();
        let connect = connect.options(options.iter().copied());
        self.store_of(PgPoolOptions::new().max_connections(2).connect_with(connect).await.unwrap())
    }

    async fn store(&self) -> PostgresStore {
        self.store_with(&[]).await
    }

    async fn migrated(&self) -> PostgresStore {
        let store = self.store().await;
        store.migrate().await.unwrap();
        store
    }

    /// Runs SQL in which `%` stands for the prefix.
    async fn run(&self, sql: &str) {
        let pool = PgPool::connect(self.url).await.unwrap();
        raw_sql(AssertSqlSafe(sql.replace('%', &self.prefix))).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

#[test]
fn postgres_with_a_damaged_schema() {
    use BackendErrorKind::{Refused, TablesMissing, Unreadable};
    let cases = [
        (
            "missing column",
            Refused,
            "ALTER TABLE %users RENAME snapshot TO gone",
            "ALTER TABLE %users RENAME gone TO snapshot",
        ),
        (
            "missing table of users",
            TablesMissing,
            "ALTER TABLE %users RENAME TO %gone",
            "ALTER TABLE %gone RENAME TO %users",
        ),
        (
            "missing table of attempts",
            TablesMissing,
            "ALTER TABLE %attempts RENAME TO %gone",
            "ALTER TABLE %gone RENAME TO %attempts",
        ),
        (
            "wrong type",
            Unreadable,
            "ALTER TABLE %users ALTER snapshot TYPE JSONB USING snapshot::JSONB",
            "ALTER TABLE %users ALTER snapshot TYPE TEXT USING snapshot::TEXT",
        ),
        (
            "a constraint that nothing meets",
            Refused,
            "ALTER TABLE %users ADD CONSTRAINT %never CHECK (email IS NULL) NOT VALID",
            "ALTER TABLE %users DROP CONSTRAINT %never",
        ),
    ];
    for (name, expected, damage, mend) in cases {
        let Some(postgres) = Postgres::new() else { return };
        block_on(async {
            check(
                name,
                expected,
                postgres.migrated().await,
                async || postgres.run(damage).await,
                async || postgres.store().await,
                async || {
                    postgres.run(mend).await;
                    postgres.store().await
                },
            )
            .await;
        });
    }
}

#[test]
fn postgres_that_is_read_only() {
    let Some(postgres) = Postgres::new() else { return };
    block_on(async {
        check(
            "read-only",
            BackendErrorKind::Refused,
            postgres.migrated().await,
            async || {},
            async || {
                let store = postgres.store_with(&[("default_transaction_read_only", "on")]).await;
                store.migrate().await.expect("there is nothing to migrate");
                store
            },
            async || postgres.store().await,
        )
        .await;
    });
}

#[test]
fn postgres_without_a_free_connection() {
    let Some(postgres) = Postgres::new() else { return };
    block_on(async {
        let mut held = None;
        check(
            "pool exhausted",
            BackendErrorKind::Unavailable,
            postgres.migrated().await,
            async || {},
            async || {
                let pool = PgPoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(50));
                let pool = pool.connect_lazy(postgres.url).unwrap();
                held = Some(hold(&pool).await);
                postgres.store_of(pool)
            },
            async || postgres.store().await,
        )
        .await;
        drop(held);
    });
}

/// Serialization failures and deadlocks as reported by the server, on every second write: all flows continue.
#[test]
fn postgres_that_gives_way_on_every_second_write() {
    let Some(postgres) = Postgres::new() else { return };
    block_on(async {
        let store = postgres.migrated().await;
        postgres
            .run(
                "CREATE SEQUENCE %writes;
                CREATE FUNCTION %give_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                    CASE nextval('%writes') % 4
                        WHEN 1 THEN RAISE EXCEPTION 'could not serialize' USING ERRCODE = '40001';
                        WHEN 3 THEN RAISE EXCEPTION 'deadlock' USING ERRCODE = '40P01';
                        ELSE RETURN COALESCE(NEW, OLD);
                    END CASE;
                END $$;
                CREATE TRIGGER %users BEFORE INSERT OR UPDATE OR DELETE ON %users
                    FOR EACH ROW EXECUTE FUNCTION %give_way();
                CREATE TRIGGER %attempts BEFORE INSERT OR UPDATE ON %attempts
                    FOR EACH ROW EXECUTE FUNCTION %give_way();"
                    .replace("') % 4", "') & 3")
                    .as_str(),
            )
            .await;
        let stage = Stage::new(store.clone());
        let ann = stage.open(ANN, OLD).await;
        assert!(refused(stage.sign_in(ANN, "wrong").await).is_none());
        let _ = stage.signs_in(ANN, OLD).await;
        stage.resets(ANN, "something else again").await;
        stage.operator.deactivate(ann.user_id()).await.unwrap();
        stage.operator.reactivate(ann.user_id()).await.unwrap();
        let _ = stage.signs_in(ANN, "something else again").await;
        stage.operator.delete(ann.user_id()).await.unwrap();
        let writes: i64 = query_scalar(AssertSqlSafe(format!("SELECT last_value FROM {}writes", postgres.prefix)))
            .fetch_one(&PgPool::connect(postgres.url).await.unwrap())
            .await
            .unwrap();
        assert!(writes > 30, "{writes} writes were tried");
    });
}

/// A connection that breaks during a write: an error, because the outcome is unknown, and no retry.
#[test]
fn postgres_that_breaks_off_in_the_middle_of_a_write() {
    let Some(postgres) = Postgres::new() else { return };
    block_on(async {
        let stage = Stage::new(postgres.migrated().await);
        let ann = stage.open(ANN, OLD).await;
        let pool = PgPool::connect(postgres.url).await.unwrap();
        let mut holder = pool.begin().await.unwrap();
        let hold = format!("SELECT * FROM {}users FOR UPDATE", postgres.prefix);
        raw_sql(AssertSqlSafe(hold)).execute(&mut *holder).await.unwrap();

        let (operator, id) = (stage.operator.clone(), ann.user_id().clone());
        let writing = tokio::spawn(async move { operator.sign_out_everywhere(&id).await });
        let cut = format!(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
                WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE {}users%'",
            postgres.prefix
        );
        while query_scalar::<_, i64>(AssertSqlSafe(cut.clone())).fetch_one(&pool).await.unwrap() == 0 {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let error = writing.await.unwrap().expect_err("the answer was lost");
        assert_eq!((error.code(), error.http_status()), ("backend", 503), "{error:?}");
        let kinds = stage.observer.kinds();
        let lost = |kind: &&EventKind| {
            matches!(kind, EventKind::StoreFailed { call: "replace", error: BackendErrorKind::Unavailable, .. })
        };
        assert_eq!(kinds.iter().filter(lost).count(), 1, "one attempt and no retry: {kinds:?}");
        holder.rollback().await.unwrap();
        assert!(stage.auth.resume(&ann.token().expose()).await.is_ok(), "it had no effect");
        stage.operator.sign_out_everywhere(ann.user_id()).await.unwrap();
        assert!(stage.auth.resume(&ann.token().expose()).await.is_err());
    });
}
