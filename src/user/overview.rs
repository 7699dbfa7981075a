//! What an operator may see of a user.

use time::OffsetDateTime;

use super::{User, UserStatus};
use crate::types::{Email, UserId};

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
    /// When the last of what a reset has outstanding expires: a mailed link, or a temporary password not yet used. It may
    /// have passed already.
    pub reset_expires_at: Option<OffsetDateTime>,
}

impl User {
    /// What an operator may see of it.
    pub fn overview(&self) -> UserOverview {
        UserOverview {
            id: self.id.clone(),
            email: self.email.clone(),
            status: self.status(),
            created_at: self.document.created_at,
            last_sign_in_at: self.document.last_sign_in_at,
            has_password: self.has_password(),
            has_second_factor: self.has_second_factor(),
            reset_expires_at: self.document.reset.expires_at(),
        }
    }
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
