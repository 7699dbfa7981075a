use core::fmt;

use super::TablePrefix;

/// One step of the schema: plain SQL that may run again without harm.
///
/// `migrate` of an adapter applies what is missing. A host that runs migrations of its own prints them instead and leaves
/// out the adapter's `migrate`.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Migration {
    /// Counted from 1, in the order in which they are applied.
    pub number: i64,
    /// What it is for.
    pub name: &'static str,
    /// Its statements, without semicolons.
    pub statements: Vec<String>,
}

impl fmt::Display for Migration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "-- {}: {}", self.number, self.name)?;
        self.statements.iter().try_for_each(|statement| writeln!(f, "{statement};"))
    }
}

/// The table in which `migrate` keeps what was applied.
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

/// All steps, the first one first. A step that was released is never edited: a new one is added.
///
/// Addresses are plain `TEXT`. Equality of text, and so the unique index, is byte for byte on SQLite and CockroachDB, and under
/// every deterministic collation of PostgreSQL and YugabyteDB, which all that a database can have by default are. A
/// collation "C" named here would be no more exact, and CockroachDB does not compare collated text with plain parameters.
///
/// `head` is what a look-up by address reads; it comes before the document, so that a row is not read on for it. `status` and
/// `reset_until` repeat what the document holds, for lists by index; no flow reads them.
pub fn migrations(prefix: &TablePrefix) -> Vec<Migration> {
    let p = prefix.as_str();
    vec![Migration {
        number: 1,
        name: "users and attempts",
        statements: vec![
            format!(
                "CREATE TABLE IF NOT EXISTS {p}users (
    id TEXT NOT NULL,
    email TEXT NOT NULL,
    version TEXT NOT NULL,
    status TEXT NOT NULL,
    reset_until BIGINT,
    head TEXT NOT NULL,
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
    }]
}
