//! Adds doorward to an existing users table with integer keys, names, tenants and no passwords: five more columns, and a
//! repository over them.
//!
//! Run it: `cargo run --features sqlite --example custom_repository`. It checks that two instances starting together do not
//! disturb each other, that a row that cannot have an account does not stop the others, and that deleted users stay deleted.
#![allow(dead_code)] // the conformance suite uses the same adapter with its own setup

use doorward::account::Provision;
use doorward::error::ProvisionError;
use doorward::mail::PrintingMailer;
use doorward::store::sqlx::sqlite::SqliteConnectOptions;
use doorward::store::sqlx::{self, SqlitePool, query, query_as, query_scalar};
use doorward::store::{
    BackendError, BackendErrorKind, Insert, Replace, SqliteStore, Swap, User, UserHead, UserHeadRow, UserRow, Version,
};
use doorward::{Auth, Email, Operator, Site, UserId, UserRepository};

/// The existing table and its rows. Some rows are invalid.
pub const BEFORE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, email TEXT);
    INSERT INTO users (tenant, name, email) VALUES ('north', 'Ann Lee', 'Ann@acme.example'), ('south', 'Bob Ray', NULL),
    ('south', 'Cem Kaya', 'cem at acme'), ('west', 'Ann Lee', 'ann@ACME.example'), ('west', 'Dora Holm', 'dora@acme.example');";

/// The added columns. All are nullable: a row without a document is a person who cannot sign in yet. `auth_deleted` marks
/// people whose account was deleted; without it they would look like people to provision.
const COLUMNS: [(&str, &str); 5] = [
    ("auth_email", "ALTER TABLE users ADD COLUMN auth_email TEXT"),
    ("auth_version", "ALTER TABLE users ADD COLUMN auth_version TEXT"),
    ("auth_document", "ALTER TABLE users ADD COLUMN auth_document TEXT"),
    ("auth_head", "ALTER TABLE users ADD COLUMN auth_head TEXT"),
    ("auth_deleted", "ALTER TABLE users ADD COLUMN auth_deleted INTEGER"),
];

/// Adds missing columns. Runs at every start.
pub async fn add_columns(pool: &SqlitePool) -> Result<(), sqlx::Error> {
    // Take the write lock before looking: of two instances starting together, the second finds it done.
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await?;
    let there: Vec<String> =
        query_scalar("SELECT name FROM pragma_table_info('users')").fetch_all(&mut *transaction).await?;
    for (name, add) in COLUMNS {
        if !there.iter().any(|column| column == name) {
            query(add).execute(&mut *transaction).await?;
        }
    }
    let index = "CREATE UNIQUE INDEX IF NOT EXISTS users_auth_email ON users (auth_email)";
    query(index).execute(&mut *transaction).await?;
    transaction.commit().await
}

// The adapter begins.
/// The people who may sign in.
#[derive(Clone, Debug)]
pub struct People(pub SqlitePool);

/// Drivers quote values in their messages, so those stay in the source. The database's code contains none.
fn failed(error: sqlx::Error) -> BackendError {
    let code = error.as_database_error().and_then(|answer| answer.code()).unwrap_or_default().into_owned();
    BackendError::unavailable(error).with_code(code)
}

fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|answer| answer.is_unique_violation())
}

#[doorward::async_trait]
impl UserRepository for People {
    /// Attaches the document to a person who has none and never had one: the id of a deleted one stays taken.
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        let attach = "UPDATE users SET auth_email = $2, auth_version = $3, auth_document = $4, auth_head = $5
            WHERE CAST(id AS TEXT) = $1 AND id = CAST($1 AS INTEGER) AND auth_version IS NULL AND auth_deleted IS NULL";
        let statement = query(attach).bind(user.id().as_str()).bind(user.email().canonical());
        let statement = statement.bind(user.version().to_string()).bind(user.to_snapshot()).bind(user.head().encode());
        let done = statement.execute(&self.0).await;
        match done {
            Ok(done) if done.rows_affected() == 1 => Ok(Insert::Stored),
            Err(error) if is_taken(&error) => Ok(Insert::EmailTaken),
            Err(error) => Err(failed(error)),
            Ok(_) => {
                let known = query("SELECT 1 FROM users WHERE CAST(id AS TEXT) = $1").bind(user.id().as_str());
                match known.fetch_optional(&self.0).await.map_err(failed)? {
                    Some(_) => Ok(Insert::IdTaken),
                    // No such person: the host must add the row first.
                    None => Err(BackendError::new(BackendErrorKind::Refused)),
                }
            }
        }
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        let find = "SELECT CAST(id AS TEXT), auth_email, auth_version, auth_document FROM users
            WHERE CAST(id AS TEXT) = $1 AND id = CAST($1 AS INTEGER) AND auth_version IS NOT NULL";
        let found =
            query_as::<_, (String, String, String, String)>(find).bind(id.as_str()).fetch_optional(&self.0).await;
        let found = found.map_err(failed)?;
        // Also for `None`, so that it takes as long as for a row.
        User::decode(found.as_ref().map(|(id, email, version, snapshot)| UserRow { id, email, version, snapshot }))
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<UserHead>, BackendError> {
        let find = "SELECT CAST(id AS TEXT), auth_email, auth_head FROM users WHERE auth_email = $1";
        let found = query_as::<_, (String, String, String)>(find).bind(email.canonical()).fetch_optional(&self.0).await;
        let found = found.map_err(failed)?;
        UserHead::decode(found.as_ref().map(|(id, email, head)| UserHeadRow { id, email, head }))
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        let replace = "UPDATE users SET auth_email = $2, auth_version = $3, auth_document = $4, auth_head = $5
            WHERE id = CAST($1 AS INTEGER) AND auth_version = $6";
        let statement = query(replace).bind(user.id().as_str()).bind(user.email().canonical());
        let statement = statement.bind(user.version().to_string()).bind(user.to_snapshot()).bind(user.head().encode());
        match statement.bind(expected.to_string()).execute(&self.0).await {
            Ok(done) => Ok(if done.rows_affected() == 1 { Replace::Stored } else { Replace::Stale }),
            Err(error) if is_taken(&error) => Ok(Replace::EmailTaken),
            Err(error) => Err(failed(error)),
        }
    }

    /// Keeps the person, removes what this crate stores, and marks the row as deleted.
    async fn delete(&self, user: &User) -> Result<Swap, BackendError> {
        let detach = "UPDATE users SET auth_email = NULL, auth_version = NULL, auth_document = NULL, auth_head = NULL,
            auth_deleted = 1 WHERE id = CAST($1 AS INTEGER) AND auth_version = $2";
        let statement = query(detach).bind(user.id().as_str()).bind(user.version().to_string());
        let done = statement.execute(&self.0).await.map_err(failed)?;
        Ok(if done.rows_affected() == 1 { Swap::Stored } else { Swap::Stale })
    }

    fn keeps_journal(&self) -> bool {
        false
    }
}
// The adapter ends.

type Failed = Box<dyn std::error::Error + Send + Sync>;

/// Starts an instance. Others may be starting at the same moment.
async fn start(file: SqliteConnectOptions) -> Result<((Auth, Operator), SqlitePool, usize), Failed> {
    let pool = SqlitePool::connect_with(file).await?;
    add_columns(&pool).await?;
    // Attempts need no host table: the crate's own store keeps them, in the same file.
    let attempts = SqliteStore::new(pool.clone());
    attempts.migrate().await?;
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let (auth, operator) = Auth::builder(site, People(pool.clone()), attempts, PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .build_with_operator()?;
    let opened = open_accounts(&operator, &pool).await?;
    Ok(((auth, operator), pool, opened))
}

/// Provisions everyone who has an address and never had an account, and mails a first password. Invalid rows are reported and
/// skipped. Reports name ids only, since they may end up in a log.
async fn open_accounts(operator: &Operator, pool: &SqlitePool) -> Result<usize, Failed> {
    let who = "SELECT id, email FROM users
        WHERE email IS NOT NULL AND auth_version IS NULL AND auth_deleted IS NULL ORDER BY id";
    let people: Vec<(i64, String)> = query_as(who).fetch_all(pool).await?;
    let mut opened = 0;
    for (id, address) in people {
        let Ok(email) = Email::parse(&address) else {
            eprintln!("person {id} skipped: malformed address");
            continue;
        };
        match operator.provision(Provision::new(email).id(UserId::parse(&id.to_string())?)).await {
            Ok(_) => opened += 1,
            // Another instance was first, or the person was deleted since the list was read.
            Err(ProvisionError::IdTaken) => {}
            Err(ProvisionError::EmailTaken) => eprintln!("person {id} skipped: the address belongs to another person"),
            // The account exists, so the next start skips it: an operator has to act.
            Err(error @ ProvisionError::MailFailed { .. }) => {
                opened += 1;
                eprintln!("person {id}: {error}, call resend_welcome");
            }
            // A failing store fails for everyone.
            Err(error) => return Err(error.into()),
        }
    }
    Ok(opened)
}

fn main() -> Result<(), Failed> {
    tokio::runtime::Runtime::new()?.block_on(run())
}

async fn run() -> Result<(), Failed> {
    let folder = std::env::temp_dir().join(format!("doorward-people-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let file = SqliteStore::options(&format!("sqlite://{}/acme.db", folder.display()))?;
    let before = SqlitePool::connect_with(file.clone()).await?;
    sqlx::raw_sql(BEFORE).execute(&before).await?;
    before.close().await;

    // Two instances at once: each account is provisioned once, and neither the other instance nor an invalid row stops one.
    let (one, other) = (tokio::spawn(start(file.clone())), tokio::spawn(start(file.clone())));
    let ((one, pool, first), (other, other_pool, second)) = (one.await??, other.await??);
    assert_eq!(first + second, 2, "Ann and Dora");

    // Dora leaves. The next start does not provision her again.
    let dora: i64 = query_scalar("SELECT id FROM users WHERE name = 'Dora Holm'").fetch_one(&pool).await?;
    let dora = UserId::parse(&dora.to_string())?;
    one.1.delete(&dora).await?;
    let (restarted, restarted_pool, opened) = start(file).await?;
    assert_eq!(opened, 0);
    assert!(People(pool.clone()).find_by_id(&dora).await?.is_none());

    let state = "SELECT id, name, CASE WHEN auth_deleted IS NOT NULL THEN 'was deleted'
        WHEN auth_version IS NOT NULL THEN 'can sign in' ELSE 'has no account' END FROM users ORDER BY id";
    let rows: Vec<(i64, String, String)> = query_as(state).fetch_all(&pool).await?;
    for (id, name, state) in rows {
        println!("{id}: {name} {state}");
    }
    for ((auth, _), pool) in [(one, pool), (other, other_pool), (restarted, restarted_pool)] {
        auth.close().await;
        pool.close().await;
    }
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
