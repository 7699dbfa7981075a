use core::fmt;

use crate::user::User;

/// Which proof is asked for, where what the session proved is not fresh enough or proves too little.
///
/// It is exhaustive on purpose: each kind is another field in the host's form, and another call.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum StepUp {
    /// No second factor is on: ask for the password, and call [`reauthenticate`](crate::Auth::reauthenticate).
    Password,
    /// A second factor is on, so the password proves too little here, however often it is given: ask for a code of the
    /// authenticator or a recovery code, and call [`reauthenticate_with_code`](crate::Auth::reauthenticate_with_code).
    SecondFactor,
}

impl StepUp {
    /// What changes of the credentials of this user take.
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
            Self::Password => "the password",
            Self::SecondFactor => "a code of the second factor",
        })
    }
}

/// What the user is told, for each kind.
pub const BY_PASSWORD: &str = "Please confirm that it is you first, with your password.";
pub const BY_CODE: &str =
    "Please confirm that it is you first, with a code of your authenticator app or a recovery code.";
