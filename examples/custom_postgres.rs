//! Adds doorward to a PostgreSQL table of users with integer keys and bcrypt hashes: six more columns, a repository over them, and
//! the import of the hashes, in the table where they are.
//!
//! Run it: `DATABASE_URL=postgres://… cargo run --features postgres,legacy-hashes --example custom_postgres`. It works in a schema
//! of its own, which it drops at the end.
#![allow(dead_code)] // the conformance suite uses the same adapter with its own setup

use doorward::account::{ImportMark, ImportReport, ImportRow, ImportSource};
use doorward::mail::PrintingMailer;
use doorward::store::sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use doorward::store::sqlx::{self, AssertSqlSafe, query, query_as, query_scalar, raw_sql};
use doorward::store::{
    BackendError, BackendErrorKind, Insert, PostgresStore, Replace, Swap, User, UserHead, UserHeadRow, UserRow, Version,
};
use doorward::{Auth, Email, Operator, SignIn, SignInRequest, Site, UserId, UserRepository};

/// The existing table and its rows. All passwords are "correct horse battery staple"; some rows are invalid.
pub const BEFORE: &str =
    "CREATE TABLE users (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL, email TEXT,
    active BOOLEAN NOT NULL DEFAULT TRUE, password_digest TEXT);
    INSERT INTO users (name, email, active, password_digest) VALUES
    ('Ann Lee', 'Ann@acme.example', TRUE, '$2b$04$.OGB/.SE/ueHAeqKBO2NC.VRuper1xNnktaj72pGYG7ahdfAeNgNu'),
    ('Bob Ray', 'bob at acme', TRUE, '$2b$04$.OGB/.SE/ueHAeqKBO2NC.VRuper1xNnktaj72pGYG7ahdfAeNgNu'),
    ('Cem Kaya', 'cem@acme.example', TRUE, NULL),
    ('Ann Lee', 'ann@ACME.example', TRUE, '$2b$04$.OGB/.SE/ueHAeqKBO2NC.VRuper1xNnktaj72pGYG7ahdfAeNgNu'),
    ('Dora Holm', 'dora@acme.example', FALSE, '$2b$04$.OGB/.SE/ueHAeqKBO2NC.VRuper1xNnktaj72pGYG7ahdfAeNgNu');";

/// The added columns, which every start adds where they are missing. A row without a document is a person who cannot sign in yet.
/// `auth_deleted` marks people whose account was deleted, and `auth_held` rows whose address another row has.
const COLUMNS: &str = "ALTER TABLE users ADD COLUMN IF NOT EXISTS auth_email TEXT COLLATE \"C\",
        ADD COLUMN IF NOT EXISTS auth_version TEXT, ADD COLUMN IF NOT EXISTS auth_document TEXT,
        ADD COLUMN IF NOT EXISTS auth_head TEXT, ADD COLUMN IF NOT EXISTS auth_deleted BOOLEAN NOT NULL DEFAULT FALSE,
        ADD COLUMN IF NOT EXISTS auth_held BOOLEAN NOT NULL DEFAULT FALSE;
    CREATE UNIQUE INDEX IF NOT EXISTS users_auth_email ON users (auth_email);";

/// Adds missing columns. Runs at every start.
pub async fn add_columns(pool: &PgPool) -> Result<(), sqlx::Error> {
    let mut transaction = pool.begin().await?;
    // Of two instances starting together, the second waits, and finds it done.
    query("SELECT pg_advisory_xact_lock(7204417)").execute(&mut *transaction).await?;
    raw_sql(COLUMNS).execute(&mut *transaction).await?;
    transaction.commit().await
}

// The adapter begins.
/// The people who may sign in.
#[derive(Clone, Debug)]
pub struct People(pub PgPool);

/// Drivers quote values in their messages, so those stay in the source. The database's code contains none.
fn failed(error: sqlx::Error) -> BackendError {
    let code = error.as_database_error().and_then(|answer| answer.code()).unwrap_or_default().into_owned();
    BackendError::unavailable(error).with_code(code)
}

/// A serialization failure or a deadlock certainly had no effect.
fn had_no_effect(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|answer| answer.code());
    matches!(code.as_deref(), Some("40001" | "40P01"))
}

fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|answer| answer.is_unique_violation())
}

/// The key of a person. No row has the lowest number, which stands for ids that are no keys, so that they take as long to look up.
fn key(id: &str) -> i64 {
    id.parse().ok().filter(|key: &i64| key.to_string() == id).unwrap_or(i64::MIN)
}

#[doorward::async_trait]
impl UserRepository for People {
    /// Attaches the document to a person who has none and never had one: the id of a deleted one stays taken.
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        let attach = "UPDATE users SET auth_email = $2, auth_version = $3, auth_document = $4, auth_head = $5
            WHERE id = $1 AND auth_version IS NULL AND NOT auth_deleted";
        let statement = query(attach).bind(key(user.id().as_str())).bind(user.email().canonical());
        let statement = statement.bind(user.version().to_string()).bind(user.to_snapshot()).bind(user.head().encode());
        match statement.execute(&self.0).await {
            Ok(done) if done.rows_affected() == 1 => return Ok(Insert::Stored),
            Err(error) if is_taken(&error) => return Ok(Insert::EmailTaken),
            Err(error) => return Err(failed(error)),
            Ok(_) => {}
        }
        let known = query("SELECT 1 FROM users WHERE id = $1 AND (auth_version IS NOT NULL OR auth_deleted)");
        match known.bind(key(user.id().as_str())).fetch_optional(&self.0).await.map_err(failed)? {
            Some(_) => Ok(Insert::IdTaken),
            // No such person: the host must add the row first.
            None => Err(BackendError::new(BackendErrorKind::Refused)),
        }
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        let find = "SELECT id::text, auth_email, auth_version, auth_document FROM users
            WHERE id = $1 AND auth_version IS NOT NULL";
        let found = query_as::<_, (String, String, String, String)>(find).bind(key(id.as_str()));
        let found = found.fetch_optional(&self.0).await.map_err(failed)?;
        // Also for `None`, so that it takes as long as for a row.
        User::decode(found.as_ref().map(|(id, email, version, snapshot)| UserRow { id, email, version, snapshot }))
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        let find = "SELECT id::text, auth_email, auth_head FROM users WHERE auth_email = $1";
        let found = query_as::<_, (String, String, String)>(find).bind(email.canonical()).fetch_optional(&self.0).await;
        let found = found.map_err(failed)?;
        UserHead::decode(found.as_ref().map(|(id, email, head)| UserHeadRow { id, email, head }))
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        let replace = "UPDATE users SET auth_email = $2, auth_version = $3, auth_document = $4, auth_head = $5
            WHERE id = $1 AND auth_version = $6";
        let statement = query(replace).bind(key(user.id().as_str())).bind(user.email().canonical());
        let statement = statement.bind(user.version().to_string()).bind(user.to_snapshot()).bind(user.head().encode());
        match statement.bind(expected.to_string()).execute(&self.0).await {
            Ok(done) => Ok(if done.rows_affected() == 1 { Replace::Stored } else { Replace::Stale }),
            Err(error) if is_taken(&error) => Ok(Replace::EmailTaken),
            Err(error) if had_no_effect(&error) => Ok(Replace::Stale),
            Err(error) => Err(failed(error)),
        }
    }

    /// Keeps the person, removes what this crate stores, and marks the row as deleted.
    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        let detach = "UPDATE users SET auth_email = NULL, auth_version = NULL, auth_document = NULL, auth_head = NULL,
            auth_deleted = TRUE WHERE id = $1 AND auth_version = $2";
        match query(detach).bind(key(user.id().as_str())).bind(user.version().to_string()).execute(&self.0).await {
            Ok(done) => Ok(if done.rows_affected() == 1 { Swap::Stored } else { Swap::Stale }),
            Err(error) if had_no_effect(&error) => Ok(Swap::Stale),
            Err(error) => Err(failed(error)),
        }
    }

    fn keeps_journal(&self) -> bool {
        false
    }
}
// The adapter ends.

/// The same table as the source of the import. A row that was taken over has a document, or had one: the marks come with the
/// writes of the adapter, so no kill separates an account from its mark.
#[doorward::async_trait]
impl ImportSource for People {
    async fn next_page(
        &self,
        mark: Option<ImportMark>,
        after: Option<&str>,
        at_most: u32,
    ) -> Result<Vec<ImportRow>, BackendError> {
        let due = match mark {
            None => "auth_version IS NULL AND NOT auth_deleted AND NOT auth_held",
            Some(ImportMark::Held) => "auth_version IS NULL AND NOT auth_deleted AND auth_held",
            Some(_) => "(auth_version IS NOT NULL OR auth_deleted)",
        };
        let page = format!(
            "SELECT id, COALESCE(email, ''), active, password_digest FROM users
            WHERE id > $1 AND {due} ORDER BY id LIMIT $2"
        );
        let page = query_as(AssertSqlSafe(page));
        let page = page.bind(after.map_or(i64::MIN, key)).bind(i64::from(at_most)).fetch_all(&self.0).await;
        let rows = page.map_err(failed)?.into_iter();
        let row = |(id, email, active, hash): (i64, String, bool, Option<String>)| {
            ImportRow::new(id, email).password_hash(hash).deactivated(!active)
        };
        Ok(rows.map(row).collect())
    }

    async fn mark(&self, ids: &[&str], mark: ImportMark) -> Result<(), BackendError> {
        let statement = match mark {
            ImportMark::Held => "UPDATE users SET auth_held = TRUE WHERE id = ANY($1)",
            // A row without a document is one whose account was deleted.
            _ => "UPDATE users SET auth_deleted = TRUE WHERE id = ANY($1) AND auth_version IS NULL",
        };
        let keys: Vec<i64> = ids.iter().map(|id| key(id)).collect();
        query(statement).bind(keys).execute(&self.0).await.map_err(failed)?;
        Ok(())
    }
}

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Starts an instance. Others may be starting at the same moment.
async fn start(options: PgConnectOptions) -> Result<(Auth, Operator, PgPool, ImportReport), Failed> {
    let pool = PgPoolOptions::new().max_connections(5).connect_with(options).await?;
    add_columns(&pool).await?;
    // Attempts need no host table: the crate's own store keeps them, in the same schema.
    let attempts = PostgresStore::new(pool.clone());
    attempts.migrate().await?;
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let people = People(pool.clone());
    let (auth, operator) = Auth::builder(site, people.clone(), attempts, PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .configure(|config| config.hashing.legacy = true)
        .build_with_operator()?;
    let report = operator.import_from(&people).run().await?;
    Ok((auth, operator, pool, report))
}

fn main() -> Result<(), Failed> {
    let url = std::env::var("DATABASE_URL").map_err(|_| "set DATABASE_URL to a PostgreSQL database")?;
    tokio::runtime::Runtime::new()?.block_on(run(&url))
}

/// Runs the whole story in a schema of its own.
pub async fn run(url: &str) -> Result<(), Failed> {
    let schema = format!("doorward_example_{}", std::process::id());
    let options: PgConnectOptions = url.parse()?;
    let before = PgPool::connect_with(options.clone()).await?;
    let prepare = format!("CREATE SCHEMA {schema}; SET search_path = {schema}; {BEFORE}");
    raw_sql(AssertSqlSafe(prepare)).execute(&mut *before.acquire().await?).await?;
    let options = options.options([("search_path", schema.as_str())]);

    // Two instances at once: each account is imported once.
    let (one, other) = (tokio::spawn(start(options.clone())), tokio::spawn(start(options.clone())));
    let ((auth, operator, pool, first), (other, _, other_pool, second)) = (one.await??, other.await??);
    assert_eq!(first.imported + second.imported, 2, "Ann and Dora");
    assert_eq!(first.provisioned + second.provisioned, 1, "Cem");

    // Ann signs in with the password of before. Then she leaves, and the next start does not bring her back, not even by the other
    // row with her address.
    let ann = auth.sign_in(SignInRequest::new("ann@acme.example", "correct horse battery staple")).await?;
    let SignIn::Complete(ann) = ann else { return Err("Ann needs nothing else".into()) };
    operator.delete(ann.user_id()).await?;
    let (restarted, operator, restarted_pool, third) = start(options).await?;
    assert_eq!(third.imported + third.provisioned, 0);
    for row in &third.rows {
        println!("{row}");
    }
    let review = operator.review_import(&People(pool.clone())).await?;
    println!("{review}");
    assert_eq!((review.taken_over, review.deleted, review.old_hashes, review.hashes_left), (3, 1, 1, 2));

    let state =
        "SELECT id, name, CASE WHEN auth_deleted THEN 'was deleted' WHEN auth_version IS NULL THEN 'has no account'
        WHEN active THEN 'can sign in' ELSE 'is deactivated' END FROM users ORDER BY id";
    for (id, name, state) in query_as::<_, (i64, String, String)>(state).fetch_all(&pool).await? {
        println!("{id}: {name} {state}");
    }
    let left: i64 =
        query_scalar("SELECT count(*) FROM users WHERE auth_document LIKE '%$2b$%'").fetch_one(&pool).await?;
    assert_eq!(left, 1, "the hash of Dora, who has not signed in");
    for (auth, pool) in [(auth, pool), (other, other_pool), (restarted, restarted_pool)] {
        auth.close().await;
        pool.close().await;
    }
    raw_sql(AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE"))).execute(&before).await?;
    Ok(())
}
