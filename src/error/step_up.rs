use core::fmt;

use crate::user::User;

/// The proof to ask for when the session's own is too old or too weak.
///
/// Exhaustive on purpose: each kind is a different field in the host's form and a different call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum StepUp {
    /// No second factor is on: ask for the password and call [`reauthenticate`](crate::Auth::reauthenticate).
    Password,
    /// A second factor is on, so the password is not enough here, however often it is given. Ask for a code from the
    /// authenticator or a recovery code, and call [`reauthenticate_with_code`](crate::Auth::reauthenticate_with_code).
    SecondFactor,
}

impl StepUp {
    /// The proof this user needs to change credentials.
    pub(crate) fn needed_of(user: &User) -> Self {
        if user.has_second_factor() { Self::SecondFactor } else { Self::Password }
    }

    /// A stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::SecondFactor => "second_factor",
        }
    }
}

impl fmt::Display for StepUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Password => "password",
            Self::SecondFactor => "second-factor code",
        })
    }
}

/// The end-user message for each kind.
pub const BY_PASSWORD: &str = "Please confirm that it is you by entering your password.";
pub const BY_CODE: &str =
    "Please confirm that it is you by entering a code from your authenticator app or a recovery code.";
