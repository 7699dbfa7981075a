use doorward::sqlx;
use doorward::{BackendError, BackendErrorKind};

/// What a failed statement comes to.
pub enum Verdict {
    /// The id is taken. Nothing was stored.
    IdTaken,
    /// The address is taken. Nothing was stored.
    EmailTaken,
    /// The database gave way to somebody else who wrote at the same time. Nothing was stored, surely.
    Stale(BackendError),
    /// Anything else; whether something was stored may not be known.
    Failed(BackendError),
}

impl Verdict {
    /// On an error that is not the database's own answer.
    pub fn on_driver(error: sqlx::Error) -> Self {
        let kind = match &error {
            // A column that is null or of another type.
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
        Self::Failed(BackendError::new(kind).with_source(error))
    }

    /// The error that it is where no other answer fits.
    pub fn into_error(self) -> BackendError {
        match self {
            Self::Stale(error) | Self::Failed(error) => error,
            Self::IdTaken | Self::EmailTaken => BackendError::new(BackendErrorKind::Refused),
        }
    }
}
