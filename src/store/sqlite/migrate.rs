use doorward::store::BackendError;
use doorward::store::sqlx::sqlite::{Sqlite, SqlitePool};
use doorward::store::sqlx::{self, AssertSqlSafe, Executor, query, query_scalar};

use super::super::sql::{MigrationLog, TablePrefix, migrations};
use super::failed;

/// Applies what is missing, in one transaction that takes the write lock before it looks: of processes that start at once
/// the first does it, and the others find it done.
pub async fn migrate(pool: &SqlitePool, prefix: &TablePrefix) -> Result<(), BackendError> {
    let log = MigrationLog::new(prefix);
    let steps = migrations(prefix);
    // Nothing is written to a file that is up to date: it may be read-only. A log that is not there yet is an error here.
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
