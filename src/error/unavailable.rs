use core::time::Duration;

use thiserror::Error;

use super::failure;
use crate::crypto::RandomError;
use crate::hashing::HashingError;
use crate::types::BackendError;

/// Nothing was decided: something the flow needs could not be had. No door was opened and the try may be repeated.
///
/// If a store lost the answer to a write, the write itself may have taken effect; every flow is made so that repeating it
/// is safe.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The hash queue is full. Nothing was counted against anyone. Tell the user to try again in a moment.
    #[error("the hash queue is full")]
    Busy {
        /// A short while.
        retry_after: Duration,
    },
    /// Others kept changing the same entry. Trying again soon will do.
    #[error("others kept changing the same entry")]
    Contended,
    /// A store failed. Its [`source`](std::error::Error::source) is the reason, a [`BackendError`], whose kind, code and call
    /// are fit for logs.
    #[error("a store failed")]
    Backend(#[source] BackendError),
    /// The operating system gave no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// There was no memory for a hash.
    #[error("no memory for a hash")]
    OutOfMemory,
    /// The `Auth` was closed.
    #[error("closed")]
    Closed,
}

const TRY_AGAIN: &str = "Something went wrong on our side. Please try again in a moment.";

failure!(Unavailable {
    Self::Busy { retry_after } => "busy", 503, "We are very busy right now. Please try again in a moment.", retry retry_after;
    Self::Contended => "contended", 503, TRY_AGAIN;
    Self::Backend(_) => "backend", 503, TRY_AGAIN;
    Self::Random(_) => "random", 503, TRY_AGAIN;
    Self::OutOfMemory => "out_of_memory", 503, TRY_AGAIN;
    Self::Closed => "closed", 503, TRY_AGAIN;
});

impl From<HashingError> for Unavailable {
    fn from(error: HashingError) -> Self {
        match error {
            HashingError::Random(error) => Self::Random(error),
            HashingError::OutOfMemory => Self::OutOfMemory,
        }
    }
}

impl From<BackendError> for Unavailable {
    fn from(error: BackendError) -> Self {
        Self::Backend(error)
    }
}
