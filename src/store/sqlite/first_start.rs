use doorward::store::BackendError;
use doorward::store::sqlx::sqlite::SqliteConnectOptions;
use doorward::store::sqlx::{self, ConnectOptions, Connection, Executor};

use super::failed;

/// How often to check again after another process went first.
const WAL_TRIES: usize = 64;

/// Opens a file once, which enables its write-ahead log if it is new.
///
/// If two processes enable it at once, SQLite rejects one of them immediately instead of waiting for the busy timeout. It does
/// wait for a transaction, so the rejected process starts one before it tries again.
pub async fn turn_log_on(options: &SqliteConnectOptions, plain: &SqliteConnectOptions) -> Result<(), BackendError> {
    let mut refused = None;
    for _ in 0..WAL_TRIES {
        match options.connect().await {
            Ok(connection) => return connection.close().await.map_err(failed),
            Err(error) if is_busy(&error) => refused = Some(error),
            Err(error) => return Err(failed(error)),
        }
        if let Ok(mut connection) = plain.connect().await {
            // Its result does not matter: the next attempt shows.
            drop(connection.execute("BEGIN IMMEDIATE; COMMIT").await);
            drop(connection.close().await);
        }
    }
    refused.map_or(Ok(()), |error| Err(failed(error)))
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|answer| answer.code());
    code.and_then(|code| code.parse::<i32>().ok()).is_some_and(|code| code & 0xff == super::verdict::BUSY)
}
