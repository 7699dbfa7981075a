use doorward::store::sqlx;
use doorward::store::sqlx::error::DatabaseError;
use doorward::store::{BackendError, BackendErrorKind};

use super::Verdict;

pub const BUSY: i32 = 5;
/// Errors without a code of their own: a statement on a missing table, for example.
const ERROR: i32 = 1;
const LOCKED: i32 = 6;
const NOMEM: i32 = 7;
/// The file was opened read-only, or has been moved or replaced since.
const READONLY: i32 = 8;
const IOERR: i32 = 10;
const CORRUPT: i32 = 11;
const CANTOPEN: i32 = 14;
const NOTADB: i32 = 26;
/// A statement read a state that has since changed: SQLite's serialization failure.
const BUSY_SNAPSHOT: i32 = 517;
const CONSTRAINT_PRIMARYKEY: i32 = 1555;
const CONSTRAINT_UNIQUE: i32 = 2067;

/// Determines from a driver error what the statement did.
pub fn judge(error: sqlx::Error) -> Verdict {
    let Some(answer) = error.as_database_error() else { return Verdict::on_driver(error) };
    let code = code(answer);
    // These messages name a column or a table but no values; they are inspected and not kept.
    let on_email = answer.message().ends_with("users.email");
    let no_table = answer.message().starts_with("no such table");
    let kind = match code & 0xff {
        ERROR if no_table => BackendErrorKind::TablesMissing,
        // The file, or its current lock holder. A busy one certainly stored nothing; for the others it is unknown.
        BUSY | LOCKED | NOMEM | IOERR | CORRUPT | CANTOPEN | NOTADB => BackendErrorKind::Unavailable,
        _ => BackendErrorKind::Refused,
    };
    let failed = BackendError::new(kind).with_code(code.to_string()).with_source(error);
    match code {
        CONSTRAINT_PRIMARYKEY => Verdict::IdTaken,
        CONSTRAINT_UNIQUE if on_email => Verdict::EmailTaken,
        BUSY_SNAPSHOT => Verdict::Stale(failed),
        _ => Verdict::Failed(failed),
    }
}

/// Whether the error is about the connection and not the statement: a new one opens the file again.
pub fn is_spoilt(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(answer) => {
            matches!(code(&**answer) & 0xff, READONLY | IOERR | CORRUPT | CANTOPEN | NOTADB)
        }
        _ => false,
    }
}

fn code(answer: &dyn DatabaseError) -> i32 {
    answer.code().and_then(|code| code.parse().ok()).unwrap_or_default()
}
