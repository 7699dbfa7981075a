use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::types::{Email, UserId};

/// Whether an account can be used.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UserStatus {
    /// It can.
    Active,
    /// It is silent: sign-in fails like any other failure, a reset mails nothing, sessions have ended.
    Deactivated,
}

impl UserStatus {
    /// A stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }
}

/// A user as an operator sees one: no hash, no digest, nothing that opens anything.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct UserOverview {
    /// The user's id.
    pub id: UserId,
    /// The address.
    pub email: Email,
    /// Whether the account is active or deactivated.
    pub status: UserStatus,
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// When its user last signed in.
    pub last_sign_in_at: Option<OffsetDateTime>,
    /// Whether its user has chosen a password.
    pub has_password: bool,
    /// Whether a second factor is on.
    pub has_second_factor: bool,
    /// When the last thing that a reset has outstanding expires: a mailed link, or a temporary password not yet used. It may
    /// have passed already.
    pub reset_expires_at: Option<OffsetDateTime>,
}

/// How many users there are.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct UserCounts {
    /// With an active account.
    pub active: u64,
    /// With a deactivated one.
    pub deactivated: u64,
}
