use doorward::store::sqlx;
use doorward::store::{BackendError, BackendErrorKind};

/// What a failed statement means.
pub enum Verdict {
    /// The id is taken. Nothing was stored.
    IdTaken,
    /// The address is taken. Nothing was stored.
    EmailTaken,
    /// The statement lost to a concurrent write. It certainly stored nothing.
    Stale(BackendError),
    /// Anything else; it may be unknown whether something was stored.
    Failed(BackendError),
}

impl Verdict {
    /// For an error that is not the database's own answer.
    pub fn on_driver(error: sqlx::Error) -> Self {
        let kind = match &error {
            // A column that is null or has another type.
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => BackendErrorKind::Unreadable,
            sqlx::Error::Configuration(_)
            | sqlx::Error::InvalidArgument(_)
            | sqlx::Error::Encode(_)
            | sqlx::Error::TypeNotFound { .. }
            | sqlx::Error::ColumnNotFound(_)
            | sqlx::Error::ColumnIndexOutOfBounds { .. } => BackendErrorKind::Refused,
            // The connection, or waiting for one.
            _ => BackendErrorKind::Unavailable,
        };
        let told = BackendError::new(kind);
        let told = match class(&error) {
            Some(class) => told.with_code(class),
            None => told,
        };
        Self::Failed(told.with_source(error))
    }

    /// The error to return where no other result fits.
    pub fn into_error(self) -> BackendError {
        match self {
            Self::Stale(error) | Self::Failed(error) => error,
            Self::IdTaken | Self::EmailTaken => BackendError::new(BackendErrorKind::Refused),
        }
    }
}

/// A word for an error without a code of the database's. Never text of a message, which may hold values. I/O errors are
/// classified by their source.
fn class(error: &sqlx::Error) -> Option<&'static str> {
    match error {
        sqlx::Error::PoolTimedOut => Some("pool-timed-out"),
        sqlx::Error::PoolClosed => Some("pool-closed"),
        sqlx::Error::WorkerCrashed => Some("worker-crashed"),
        sqlx::Error::Tls(_) => Some("tls"),
        sqlx::Error::Protocol(_) => Some("protocol"),
        sqlx::Error::Configuration(_) => Some("configuration"),
        sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Some("decode"),
        _ => None,
    }
}
