use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::undeliverable::Undeliverable;
use crate::types::{Email, UserId};

/// Whether an account is active.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UserStatus {
    /// Users can sign in and reset their password.
    Active,
    /// Sign-in fails like any other failure, resets send no mail, and all sessions have ended: by an operator, or because the owner has
    /// asked for the deletion ([`UserOverview::deletion_due_at`]).
    Deactivated,
}

impl UserStatus {
    /// A stable name in snake_case.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Deactivated => "deactivated",
        }
    }
}

/// A user as an operator sees it: no hash, no digest, no credential.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct UserOverview {
    /// The user's id.
    pub id: UserId,
    /// The address.
    pub email: Email,
    /// Whether the account is active or deactivated.
    pub status: UserStatus,
    /// When it was provisioned.
    pub created_at: OffsetDateTime,
    /// When the user last signed in.
    pub last_sign_in_at: Option<OffsetDateTime>,
    /// Whether the user has chosen a password.
    pub has_password: bool,
    /// Whether a second factor is on.
    pub has_second_factor: bool,
    /// When the last credential of a pending reset expires: a mailed link or an unused temporary password. It may already have
    /// passed.
    pub reset_expires_at: Option<OffsetDateTime>,
    /// How many mails are owed: recorded, but not yet confirmed as sent. Always 0 without
    /// [`AuthBuilder::owed_mails`](crate::AuthBuilder::owed_mails).
    pub owed_mails: usize,
    /// When the next of them is due; `None` if none is owed.
    pub mail_due_at: Option<OffsetDateTime>,
    /// Set if the owner has [asked for the deletion](crate::Auth::request_deletion) of the account: from when on it is deleted. Until
    /// then it is deactivated.
    pub deletion_due_at: Option<OffsetDateTime>,
    /// When the crate next has something to do for this account: the earlier of [`mail_due_at`](Self::mail_due_at) and
    /// [`deletion_due_at`](Self::deletion_due_at). The column by which
    /// [`UserDirectory::list_owing`](crate::store::UserDirectory::list_owing) finds it.
    pub due_at: Option<OffsetDateTime>,
    /// Set if the address was [reported](crate::Operator::report_undeliverable) as one that mail does not reach.
    pub undeliverable: Option<Undeliverable>,
}

/// The number of users.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub struct UserCounts {
    /// Users with an active account.
    pub active: u64,
    /// Users with a deactivated account.
    pub deactivated: u64,
}
