use doorward::UserId;
use doorward::journal::JournalEntry;
use doorward::store::sqlx::query::Query;
use doorward::store::sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection};
use doorward::store::sqlx::{self, Executor};
use serde_json::{Value, json};

use super::super::sql::{Dialect, micros, signed};

/// There is one writer at a time, so positions are in the order of commits. The index by user holds all columns: the rows that it names
/// lie far apart, and fifty of them would be fifty pages to read.
pub const DIALECT: Dialect = Dialect {
    order: "position INTEGER PRIMARY KEY AUTOINCREMENT,
    xact BIGINT NOT NULL DEFAULT 0",
    behind: "$1 IS NOT NULL AND position > $2",
    by: "position",
    by_user: "(user_id, seq, at, event, request_id, operator, digest, checkpoint)",
    indexes: &[],
    with_entries,
};

/// One transaction for both, sent at once: each statement would be a way to SQLite's thread and back. There are entries only if a
/// row was changed.
fn with_entries(statement: &str, parameters: usize, journal: &str) -> String {
    format!(
        "BEGIN IMMEDIATE; {statement} RETURNING id; \
         INSERT INTO {journal} (user_id, seq, at, event, request_id, operator, digest) \
         SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6 \
         FROM json_each(${}) WHERE changes() = 1 ORDER BY key; \
         COMMIT",
        parameters + 1
    )
}

/// Runs a write with its entries, and returns how many users it changed. After an error nothing is open on the connection. If the
/// future is dropped, something may be: the connection must be closed then.
pub async fn write(
    connection: &mut SqliteConnection,
    statement: Query<'_, Sqlite, SqliteArguments>,
    entries: &[JournalEntry],
) -> sqlx::Result<u64> {
    if entries.is_empty() {
        return Ok(statement.execute(connection).await?.rows_affected());
    }
    let columns = |entry: &JournalEntry| -> Value {
        json!([
            entry.user_id.as_str(),
            signed(entry.seq),
            micros(entry.at),
            &*entry.event,
            entry.request_id.as_deref(),
            entry.operator.as_ref().map(UserId::as_str),
            entry.digest.as_deref(),
        ])
    };
    let rows = Value::Array(entries.iter().map(columns).collect()).to_string();
    match statement.bind(rows).fetch_all(&mut *connection).await {
        Ok(changed) => Ok(changed.len() as u64),
        Err(error) => {
            // An error here says that nothing was begun, or that the connection is of no more use, as the first one does.
            drop(connection.execute("ROLLBACK").await);
            Err(error)
        }
    }
}
