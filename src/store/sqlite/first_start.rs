use doorward::store::BackendError;
use doorward::store::sqlx::sqlite::SqliteConnectOptions;
use doorward::store::sqlx::{self, ConnectOptions, Connection, Executor};

use super::failed;

/// How often to look again after another process came first.
const ROUNDS: usize = 64;

/// Opens a file once, which turns its write-ahead log on if it is new.
///
/// SQLite does not wait for its busy timeout where two turn it on at once: one is refused at once. It does wait for a
/// transaction, so that is what the one who was refused asks for before it looks again.
pub async fn turn_log_on(options: &SqliteConnectOptions, plain: &SqliteConnectOptions) -> Result<(), BackendError> {
    let mut refused = None;
    for _ in 0..ROUNDS {
        match options.connect().await {
            Ok(connection) => return connection.close().await.map_err(failed),
            Err(error) if is_busy(&error) => refused = Some(error),
            Err(error) => return Err(failed(error)),
        }
        if let Ok(mut connection) = plain.connect().await {
            // Whatever comes of it, the next look tells.
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
