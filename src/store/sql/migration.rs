use core::fmt;

use super::TablePrefix;
use super::journal::{Dialect, schema};

/// One step of the schema: plain SQL that is safe to run again.
///
/// The adapter's `migrate` applies missing steps. A host that runs its own migrations prints them instead and does not call
/// `migrate`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Migration {
    /// Counted from 1, in the order of application.
    pub number: i64,
    /// What the step creates.
    pub name: &'static str,
    /// The SQL statements, without semicolons.
    pub statements: Vec<String>,
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "-- {}: {}", self.number, self.name)?;
        self.statements.iter().try_for_each(|statement| writeln!(f, "{statement};"))
    }
}

/// The table in which `migrate` records applied steps.
pub struct MigrationLog {
    pub create: String,
    pub applied: String,
    pub record: String,
}

impl MigrationLog {
    pub fn new(prefix: &TablePrefix) -> Self {
        let table = format!("{}migrations", prefix.as_str());
        Self {
            create: format!("CREATE TABLE IF NOT EXISTS {table} (number BIGINT NOT NULL PRIMARY KEY)"),
            applied: format!("SELECT number FROM {table}"),
            record: format!("INSERT INTO {table} (number) VALUES ($1)"),
        }
    }
}

/// All steps in order. A released step is never edited; a new one is added.
///
/// Addresses are plain `TEXT`. Text equality, and so the unique index, is byte for byte on SQLite and CockroachDB, and under
/// every deterministic collation of PostgreSQL and YugabyteDB, which includes every possible default collation of a database.
/// Naming the collation "C" here would not be more exact, and CockroachDB does not compare collated text with plain parameters.
///
/// `head` is what a lookup by address reads. It stands right behind what that look-up needs besides: a database takes a row apart from
/// the left, and each further column would take the time by which a known address could be told. `status`,
/// `reset_until` and `mail_due` duplicate what the document holds, for indexed lists; no flow reads them.
///
/// `journal` is the dialect for a store that keeps one.
pub fn migrations(prefix: &TablePrefix, journal: Option<&Dialect>) -> Vec<Migration> {
    let p = prefix.as_str();
    let users = Migration {
        number: 1,
        name: "users and attempts",
        statements: vec![
            format!(
                "CREATE TABLE IF NOT EXISTS {p}users (
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    head TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    reset_until BIGINT,
    mail_due BIGINT,
    snapshot TEXT NOT NULL,
    CONSTRAINT {p}users_id PRIMARY KEY (id),
    CONSTRAINT {p}users_email UNIQUE (email)
)"
            ),
            format!("CREATE INDEX IF NOT EXISTS {p}users_status ON {p}users (status, id)"),
            format!(
                "CREATE INDEX IF NOT EXISTS {p}users_reset_until ON {p}users (reset_until, id) \
                 WHERE reset_until IS NOT NULL"
            ),
            format!(
                "CREATE INDEX IF NOT EXISTS {p}users_mail_due ON {p}users (mail_due, id) WHERE mail_due IS NOT NULL"
            ),
            format!(
                "CREATE TABLE IF NOT EXISTS {p}attempts (
    key TEXT NOT NULL,
    version TEXT NOT NULL,
    expires_at BIGINT NOT NULL,
    snapshot TEXT NOT NULL,
    CONSTRAINT {p}attempts_key PRIMARY KEY (key)
)"
            ),
            format!("CREATE INDEX IF NOT EXISTS {p}attempts_expires_at ON {p}attempts (expires_at)"),
        ],
    };
    let journal = journal.map(|dialect| Migration { number: 2, name: "journal", statements: schema(prefix, dialect) });
    [Some(users), journal].into_iter().flatten().collect()
}
