use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::types::micros;

/// How the user proved their identity.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthMethod {
    /// The user's own password.
    Password,
    /// A mailed temporary password, which proves access to the mailbox.
    TemporaryPassword,
    /// A mailed reset link, which proves access to the mailbox.
    ResetLink,
    /// A code from an authenticator.
    Totp,
    /// A recovery code, in place of a code from an authenticator.
    RecoveryCode,
}

impl AuthMethod {
    /// Whether it proves the second factor.
    pub fn is_second_factor(self) -> bool {
        matches!(self, Self::Totp | Self::RecoveryCode)
    }
}

/// A proof of identity and its time.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Authentication {
    /// The method of proof.
    pub method: AuthMethod,
    /// When it was given.
    #[serde(with = "micros")]
    pub at: OffsetDateTime,
}

impl Authentication {
    pub(crate) fn new(method: AuthMethod, at: OffsetDateTime) -> Self {
        Self { method, at }
    }
}
