use doorward::journal::JournalEntry;
use doorward::store::sqlx;
use doorward::store::sqlx::postgres::{PgArguments, PgConnection, Postgres};
use doorward::store::sqlx::query::Query;

use super::super::sql::{Dialect, TablePrefix, journal_table, micros, signed};

/// Entries are in the order of their transactions' numbers. One is settled once all transactions up to its own have ended.
pub const DIALECT: Dialect = Dialect {
    order: "position BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xact BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint)",
    // A database that was restored on another server has numbers from elsewhere. See `renumber`.
    behind: "(xact, position) > \
     (CASE WHEN $1 >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint THEN 0 ELSE $1 END, $2) \
     AND xact < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
    by: "xact, position",
    // With all that is read, so that a user's entries are read from the index: in the table each is on another page.
    by_user: "(user_id, seq) INCLUDE (at, event, request_id, operator, digest, checkpoint)",
    indexes: &["CREATE INDEX IF NOT EXISTS {journal}_order ON {journal} (xact, position)"],
    with_entries,
};

/// One statement for both: the entries are those of the row that was changed, so there are none if there was none.
fn with_entries(statement: &str, parameters: usize, journal: &str) -> String {
    let next = |offset: usize| parameters + offset;
    format!(
        "WITH changed AS ({statement} RETURNING id) \
         INSERT INTO {journal} (user_id, seq, at, event, request_id, operator, digest) \
         SELECT changed.id, entry.* FROM changed, unnest(${}::bigint[], ${}::bigint[], ${}::text[], ${}::text[], \
         ${}::text[], ${}::text[]) AS entry (seq, at, event, request_id, operator, digest)",
        next(1),
        next(2),
        next(3),
        next(4),
        next(5),
        next(6)
    )
}

/// After a dump was restored on a server that counts its transactions from a lower number: puts the restored entries before all
/// that are still to come.
pub fn renumber(prefix: &TablePrefix) -> String {
    format!(
        "UPDATE {} SET xact = 0 WHERE xact >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint",
        journal_table(prefix)
    )
}

/// Runs a write with its entries, and returns how many users it changed.
pub async fn write(
    connection: &mut PgConnection,
    statement: Query<'_, Postgres, PgArguments>,
    entries: &[JournalEntry],
) -> sqlx::Result<u64> {
    if entries.is_empty() {
        return Ok(statement.execute(connection).await?.rows_affected());
    }
    let texts = |text: fn(&JournalEntry) -> Option<&str>| -> Vec<Option<String>> {
        entries.iter().map(|entry| text(entry).map(str::to_owned)).collect()
    };
    let stored = statement
        .bind(entries.iter().map(|entry| signed(entry.seq)).collect::<Vec<_>>())
        .bind(entries.iter().map(|entry| micros(entry.at)).collect::<Vec<_>>())
        .bind(texts(|entry| Some(&entry.event)))
        .bind(texts(|entry| entry.request_id.as_deref()))
        .bind(texts(|entry| entry.operator.as_ref().map(doorward::UserId::as_str)))
        .bind(texts(|entry| entry.digest.as_deref()))
        .execute(connection)
        .await?;
    Ok(u64::from(stored.rows_affected() > 0))
}
