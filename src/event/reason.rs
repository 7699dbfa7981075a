/// Why a sign-in failed. For the log only: the client always gets the one uniform message.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum SignInFailureReason {
    /// The text is not an address.
    MalformedEmail,
    /// No account has this address.
    UnknownEmail,
    /// The account is deactivated.
    Deactivated,
    /// The account has no password (not chosen yet, or void), and the text is not its valid temporary password.
    NoPassword,
    /// The password is wrong.
    WrongPassword,
    /// The stored password hash is unreadable: see [`EventKind::HashUnusable`](super::EventKind::HashUnusable).
    UnusableHash,
    /// The password was right, but the code given with it was not.
    WrongCode,
    /// The account changed while the password was being checked.
    Changed,
    /// The stored user is unreadable.
    Unreadable,
}

impl SignInFailureReason {
    /// A stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::MalformedEmail => "malformed_email",
            Self::UnknownEmail => "unknown_email",
            Self::Deactivated => "deactivated",
            Self::NoPassword => "no_password",
            Self::WrongPassword => "wrong_password",
            Self::UnusableHash => "unusable_hash",
            Self::WrongCode => "wrong_code",
            Self::Changed => "changed",
            Self::Unreadable => "unreadable",
        }
    }
}
