use doorward::store::sqlx::postgres::{PgPool, Postgres};
use doorward::store::sqlx::{self, AssertSqlSafe, Executor, query, query_scalar};
use doorward::store::{BackendError, BackendErrorKind};

use super::super::sql::{Migration, MigrationLog, TablePrefix, migrations};
use super::failed;
use super::journal::{DIALECT, renumber};

/// How often to check again after another process went first.
const MIGRATION_TRIES: usize = 32;

/// Applies missing steps. The process that records a step first applies it in the same transaction; the unique index on the
/// number makes all others wait for it and then find it done. Advisory locks would work too, but not all databases of the
/// PostgreSQL family support them.
pub async fn migrate(pool: &PgPool, prefix: &TablePrefix, journal: bool) -> Result<(), BackendError> {
    let log = MigrationLog::new(prefix);
    let steps = migrations(prefix, journal.then_some(&DIALECT));
    for _ in 0..MIGRATION_TRIES {
        let applied = match applied(&log, pool).await {
            Ok(applied) => applied,
            Err(error) if is(&error, &["42P01"]) => {
                // Several processes may create the log at once, and "if not exists" does not prevent conflicts.
                match pool.execute(AssertSqlSafe(log.create.clone())).await {
                    Err(error) if !others_were_first(&error) => return Err(failed(error)),
                    _ => continue,
                }
            }
            Err(error) => return Err(failed(error)),
        };
        let Some(step) = steps.iter().find(|step| !applied.contains(&step.number)) else {
            return if journal { settle(prefix, pool).await } else { Ok(()) };
        };
        match apply(&log, step, pool).await {
            Err(error) if !others_were_first(&error) => return Err(failed(error)),
            _ => {}
        }
    }
    Err(BackendError::new(BackendErrorKind::Unavailable))
}

async fn settle(prefix: &TablePrefix, pool: &PgPool) -> Result<(), BackendError> {
    pool.execute(AssertSqlSafe(renumber(prefix))).await.map(drop).map_err(failed)
}

async fn apply(log: &MigrationLog, step: &Migration, pool: &PgPool) -> sqlx::Result<()> {
    let mut transaction = pool.begin().await?;
    // A step may take longer than a call: it may build an index.
    transaction.execute("SET LOCAL statement_timeout = 0").await?;
    let record = query(AssertSqlSafe(log.record.clone())).bind(step.number);
    record.execute(&mut *transaction).await?;
    for statement in &step.statements {
        transaction.execute(AssertSqlSafe(statement.clone())).await?;
    }
    transaction.commit().await
}

async fn applied(log: &MigrationLog, database: impl Executor<'_, Database = Postgres>) -> sqlx::Result<Vec<i64>> {
    query_scalar(AssertSqlSafe(log.applied.clone())).fetch_all(database).await
}

/// A unique violation (of the number, or in the server's own catalogue), a table or type that exists by now, or a serialization
/// failure.
fn others_were_first(error: &sqlx::Error) -> bool {
    is(error, &["23505", "42P07", "42710", "40001", "40P01"])
}

fn is(error: &sqlx::Error, codes: &[&str]) -> bool {
    error.as_database_error().and_then(|answer| answer.code()).is_some_and(|code| codes.contains(&&*code))
}
