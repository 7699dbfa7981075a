use doorward::store::sqlx;
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
