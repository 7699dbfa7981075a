use core::time::Duration;

use thiserror::Error;

use super::failure;
use crate::crypto::RandomError;
use crate::hashing::HashingError;
use crate::types::BackendError;

/// No decision was reached because something the flow needs was unavailable. Access was not granted, and the call may be
/// repeated.
///
/// If a store lost the answer to a write, the write itself may have taken effect; every flow is safe to repeat.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// The hash queue is full. Nothing was counted. Ask the user to try again in a moment.
    ///
    /// Status 503, code `busy`.
    #[error("the hash queue is full")]
    Busy {
        /// A short wait.
        retry_after: Duration,
    },
    /// Other requests kept changing the same entry. Retry soon.
    ///
    /// Status 503, code `contended`.
    #[error("too many concurrent changes to the same entry")]
    Contended,
    /// A store failed. The [`source`](std::error::Error::source) is a [`BackendError`], whose kind, code and call are safe to
    /// log.
    ///
    /// Status 503, code `backend`.
    #[error("a store failed")]
    Backend(#[source] BackendError),
    /// The operating system provided no randomness.
    ///
    /// Status 503, code `random`.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// Not enough memory for a hash.
    ///
    /// Status 503, code `out_of_memory`.
    #[error("not enough memory for a hash")]
    OutOfMemory,
    /// The `Auth` was closed.
    ///
    /// Status 503, code `closed`.
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
