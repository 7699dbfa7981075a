use doorward::store::sqlx;
use doorward::store::sqlx::postgres::{PgDatabaseError, PgSeverity};
use doorward::store::{BackendError, BackendErrorKind};

use super::Verdict;

/// Determines from a driver error what the statement did.
pub fn judge(error: sqlx::Error) -> Verdict {
    let Some(answer) = error.as_database_error() else { return Verdict::on_driver(error) };
    let code = answer.code().unwrap_or_default().into_owned();
    let kind = match (code.get(..2).unwrap_or_default(), &*code) {
        // Also if they are in a schema outside the search path.
        (_, "42P01") => BackendErrorKind::TablesMissing,
        // A full disk is a clear answer, unlike other resource shortages.
        (_, "53100") => BackendErrorKind::Refused,
        // The connection, the server's resources, its operator, its system, the server itself; or completion unknown to the
        // server.
        ("08" | "53" | "57" | "58" | "XX", _) | (_, "40003") => BackendErrorKind::Unavailable,
        _ => BackendErrorKind::Refused,
    };
    // The schema names its constraints, so the name says which one was violated. The message would contain the address.
    let constraint = answer.constraint().unwrap_or_default();
    let (on_id, on_email) = (constraint.ends_with("users_id"), constraint.ends_with("users_email"));
    let failed = BackendError::new(kind).with_code(&code).with_source(error);
    match &*code {
        "23505" if on_id => Verdict::IdTaken,
        "23505" if on_email => Verdict::EmailTaken,
        "40001" | "40P01" => Verdict::Stale(failed),
        _ => Verdict::Failed(failed),
    }
}

/// Whether the error is about the connection and not the statement, so that the next statement on it would fail as well.
pub fn is_spoilt(error: &sqlx::Error) -> bool {
    let answer = match error {
        sqlx::Error::Database(answer) => answer,
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => return true,
        _ => return false,
    };
    // The server closes the connection after such an error, whatever its code.
    let severity = answer.try_downcast_ref::<PgDatabaseError>().map(PgDatabaseError::severity);
    if matches!(severity, Some(PgSeverity::Fatal | PgSeverity::Panic)) {
        return true;
    }
    let code = answer.code().unwrap_or_default();
    match &*code {
        // The server became a standby, or its sessions read-only: after a failover the primary is elsewhere.
        "25006" => true,
        // Someone left a failed transaction on it, or the transaction ran too long.
        "25P02" | "25P03" | "25P04" => true,
        // The statements prepared on it are out of date, gone, or those of another client behind a pooler.
        "0A000" | "26000" | "42P05" => true,
        // The connection is broken, by the server's or a pooler's account; the session or the server is ending; the server
        // failed internally, so nobody knows what state the session is in.
        code => ["08", "57P", "XX"].iter().any(|class| code.starts_with(class)),
    }
}
