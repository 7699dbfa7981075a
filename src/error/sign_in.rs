use core::time::Duration;

use thiserror::Error;

use super::{Unavailable, failure, please_wait};

/// The one message of every evaluated and failed sign-in, whatever the cause.
pub const INVALID_CREDENTIALS: &str = "Email and Password do not match";

/// What someone reads who is signed in on too many devices.
pub(super) const TOO_MANY_SESSIONS: &str =
    "You are signed in on too many devices. Please sign out on one of them first.";

/// Why a sign-in failed.
#[derive(Debug, Error)]
pub enum SignInError {
    /// The sign-in failed, whatever the reason: unknown address, wrong password, deactivated account, expired temporary
    /// password. Show this message as it is and nothing else; users with questions ask the support contact.
    ///
    /// Status 401, code `invalid_credentials`.
    #[error("{}", INVALID_CREDENTIALS)]
    InvalidCredentials,
    /// The wait after the last failure has not passed. This attempt was neither evaluated nor counted. Show how long to wait;
    /// known and unknown addresses wait alike.
    ///
    /// Status 429, code `throttled`.
    #[error("throttled")]
    Throttled {
        /// The remaining wait.
        retry_after: Duration,
    },
    /// The user is signed in on too many devices, and [`danger_refuse_when_full`](crate::session::SessionConfig::danger_refuse_when_full) is
    /// on: the password was right. The user signs out somewhere else, or resets the password.
    ///
    /// Status 409, code `too_many_sessions`.
    #[error("too many sessions")]
    TooManySessions,
    /// No decision was reached; retrying is safe.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
}

failure!(SignInError {
    Self::InvalidCredentials => "invalid_credentials", 401, INVALID_CREDENTIALS;
    Self::Throttled { retry_after } => "throttled", 429, please_wait(*retry_after), retry retry_after;
    Self::TooManySessions => "too_many_sessions", 409, TOO_MANY_SESSIONS;
} unavailable Unavailable);
