//! A host that had users before it had this crate: a table of its own, with integer keys, names, tenants and rows that know
//! nothing of passwords. It gets three columns more, and a repository over them.
//!
//! `cargo run --features sqlite --example custom_repository`
#![allow(dead_code)] // the conformance suite runs on the same adapter and has its own beginning

use doorward::sqlx::{self, SqlitePool, query, query_as};
use doorward::{
    Auth, BackendError, BackendErrorKind, Email, Insert, PrintingMailer, Provision, Replace, Row, Site, SqliteStore,
    Swap, User, UserId, UserRepository, Version,
};

/// The table as it was, with rows from before.
pub const BEFORE: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, tenant TEXT NOT NULL, name TEXT NOT NULL, email TEXT);
    INSERT INTO users (tenant, name, email) VALUES ('north', 'Ann Lee', 'Ann@acme.example'), ('south', 'Bob Ray', NULL);";

/// What is added. All may be empty, since rows without a document are people who cannot sign in yet.
pub const ADDED: &str = "ALTER TABLE users ADD COLUMN auth_email TEXT;
    ALTER TABLE users ADD COLUMN auth_version TEXT;
    ALTER TABLE users ADD COLUMN auth_document TEXT;
    CREATE UNIQUE INDEX users_auth_email ON users (auth_email);";

// The adapter begins.
/// The people who may sign in.
#[derive(Clone, Debug)]
pub struct People(pub SqlitePool);

type Found = (String, String, String, String);

impl People {
    async fn find(&self, statement: &'static str, by: &str) -> Result<Option<User>, BackendError> {
        let found: Option<Found> = query_as(statement).bind(by).fetch_optional(&self.0).await.map_err(failed)?;
        let row = found.as_ref().map(|(id, email, version, snapshot)| Row { id, email, version, snapshot });
        User::decode(row)
    }
}

/// Drivers quote values in their messages, so those stay in the source.
fn failed(error: sqlx::Error) -> BackendError {
    BackendError::unavailable(error)
}

fn is_taken(error: &sqlx::Error) -> bool {
    error.as_database_error().is_some_and(|answer| answer.is_unique_violation())
}

#[doorward::async_trait]
impl UserRepository for People {
    /// Attaches the document to a person who has none.
    async fn insert(&self, user: &User) -> Result<Insert, BackendError> {
        let attach = "UPDATE users SET auth_email = $2, auth_version = $3, auth_document = $4
            WHERE CAST(id AS TEXT) = $1 AND id = CAST($1 AS INTEGER) AND auth_version IS NULL";
        let statement = query(attach).bind(user.id().as_str()).bind(user.email().canonical());
        let done = statement.bind(user.version().to_string()).bind(user.to_snapshot()).execute(&self.0).await;
        match done {
            Ok(done) if done.rows_affected() == 1 => Ok(Insert::Stored),
            Err(error) if is_taken(&error) => Ok(Insert::EmailTaken),
            Err(error) => Err(failed(error)),
            Ok(_) if self.find_by_id(user.id()).await?.is_some() => Ok(Insert::IdTaken),
            // There is no such person: the host adds the row first.
            Ok(_) => Err(BackendError::new(BackendErrorKind::Refused)),
        }
    }

    async fn find_by_id(&self, id: &UserId) -> Result<Option<User>, BackendError> {
        let find = "SELECT CAST(id AS TEXT), auth_email, auth_version, auth_document FROM users
            WHERE CAST(id AS TEXT) = $1 AND id = CAST($1 AS INTEGER) AND auth_version IS NOT NULL";
        self.find(find, id.as_str()).await
    }

    async fn find_by_email(&self, email: &Email) -> Result<Option<User>, BackendError> {
        let find = "SELECT CAST(id AS TEXT), auth_email, auth_version, auth_document FROM users WHERE auth_email = $1";
        self.find(find, email.canonical()).await
    }

    async fn replace(&self, user: &User, expected: Version) -> Result<Replace, BackendError> {
        let replace = "UPDATE users SET auth_email = $2, auth_version = $3, auth_document = $4
            WHERE id = CAST($1 AS INTEGER) AND auth_version = $5";
        let statement = query(replace).bind(user.id().as_str()).bind(user.email().canonical());
        let statement = statement.bind(user.version().to_string()).bind(user.to_snapshot()).bind(expected.to_string());
        match statement.execute(&self.0).await {
            Ok(done) => Ok(if done.rows_affected() == 1 { Replace::Stored } else { Replace::Stale }),
            Err(error) if is_taken(&error) => Ok(Replace::EmailTaken),
            Err(error) => Err(failed(error)),
        }
    }

    /// The person stays; what this crate keeps of them goes.
    async fn delete(&self, id: &UserId, expected: Version) -> Result<Swap, BackendError> {
        let detach = "UPDATE users SET auth_email = NULL, auth_version = NULL, auth_document = NULL
            WHERE id = CAST($1 AS INTEGER) AND auth_version = $2";
        let statement = query(detach).bind(id.as_str()).bind(expected.to_string());
        let done = statement.execute(&self.0).await.map_err(failed)?;
        Ok(if done.rows_affected() == 1 { Swap::Stored } else { Swap::Stale })
    }
}
// The adapter ends.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Runtime::new()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("doorward-people-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let pool =
        SqlitePool::connect_with(SqliteStore::options(&format!("sqlite://{}/acme.db", folder.display()))?).await?;
    sqlx::raw_sql(BEFORE).execute(&pool).await?;
    sqlx::raw_sql(ADDED).execute(&pool).await?;

    // Attempts need no table of the host's: the crate's own store takes them, in the same file.
    let attempts = SqliteStore::new(pool.clone());
    attempts.migrate().await?;
    let site = Site::new("Acme", "https://acme.example", "help@acme.example")?;
    let auth = Auth::builder(site, People(pool.clone()), attempts, PrintingMailer)
        .background(|work| drop(tokio::spawn(work)))
        .build()?;

    // Whoever is to sign in from now on is given a document, and a mail with a first password.
    let people: Vec<(i64, String)> =
        query_as("SELECT id, email FROM users WHERE email IS NOT NULL AND auth_version IS NULL")
            .fetch_all(&pool)
            .await?;
    for (id, email) in people {
        auth.provision(Provision::new(Email::parse(&email)?).id(UserId::parse(&id.to_string())?)).await?;
    }

    let rows: Vec<(i64, String, bool)> =
        query_as("SELECT id, name, auth_version IS NOT NULL FROM users").fetch_all(&pool).await?;
    for (id, name, can_sign_in) in rows {
        println!("{id}: {name} {}", if can_sign_in { "can sign in" } else { "has no account" });
    }
    auth.close().await;
    pool.close().await;
    std::fs::remove_dir_all(&folder)?;
    Ok(())
}
