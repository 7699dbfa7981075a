use core::time::Duration;

use thiserror::Error;

use super::{Unavailable, failure, please_wait};

/// The one message of every evaluated and failed sign-in, for every cause.
pub const INVALID_CREDENTIALS: &str = "Email and Password do not match";

/// Why a sign-in did not go on.
#[derive(Debug, Error)]
pub enum SignInError {
    /// Wrong, for whatever reason: unknown address, wrong password, deactivated account, expired temporary password. Show
    /// the message as it is and nothing else; whoever wants to know more asks the support contact.
    #[error("{}", INVALID_CREDENTIALS)]
    InvalidCredentials,
    /// The try was not evaluated, since the wait after the last failure is not over. It was not counted either. Tell how
    /// long to wait; known and unknown addresses wait alike.
    #[error("throttled")]
    Throttled {
        /// The rest of the wait.
        retry_after: Duration,
    },
    /// Nothing was decided.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(SignInError {
    Self::InvalidCredentials => "invalid_credentials", 401, INVALID_CREDENTIALS;
    Self::Throttled { retry_after } => "throttled", 429, please_wait(*retry_after), retry retry_after;
} unavailable Unavailable);
