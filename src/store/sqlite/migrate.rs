use doorward::store::BackendError;
use doorward::store::sqlx::sqlite::{Sqlite, SqlitePool};
use doorward::store::sqlx::{self, AssertSqlSafe, Executor, query, query_scalar};

use super::super::sql::{MigrationLog, TablePrefix, migrations};
use super::failed;
use super::journal::DIALECT;

/// Applies missing steps, in one transaction that takes the write lock before reading: of several processes starting at once,
/// the first applies them and the others find them done.
pub async fn migrate(pool: &SqlitePool, prefix: &TablePrefix, journal: bool) -> Result<(), BackendError> {
    let log = MigrationLog::new(prefix);
    let steps = migrations(prefix, journal.then_some(&DIALECT));
    // A file that is up to date is not written to: it may be read-only. A missing log is an error here.
    if let Ok(applied) = applied(&log, pool).await
        && steps.iter().all(|step| applied.contains(&step.number))
    {
        return Ok(());
    }
    let mut transaction = pool.begin_with("BEGIN IMMEDIATE").await.map_err(failed)?;
    transaction.execute(AssertSqlSafe(log.create.clone())).await.map_err(failed)?;
    let applied = applied(&log, &mut *transaction).await.map_err(failed)?;
    for step in steps.into_iter().filter(|step| !applied.contains(&step.number)) {
        for statement in step.statements {
            transaction.execute(AssertSqlSafe(statement)).await.map_err(failed)?;
        }
        let record = query(AssertSqlSafe(log.record.clone())).bind(step.number);
        record.execute(&mut *transaction).await.map_err(failed)?;
    }
    transaction.commit().await.map_err(failed)
}

async fn applied(log: &MigrationLog, database: impl Executor<'_, Database = Sqlite>) -> sqlx::Result<Vec<i64>> {
    query_scalar(AssertSqlSafe(log.applied.clone())).fetch_all(database).await
}
