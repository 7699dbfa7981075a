use core::time::Duration;

use time::OffsetDateTime;

use crate::types::{Email, UserId};

/// The response to a request for another address, the same whether or not that address has an account: say that a mail is on its
/// way there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EmailChangeRequested {
    /// When the link that was mailed expires.
    pub expires_at: OffsetDateTime,
    /// The minimum time between two mails to one address: [`ResetConfig::cooldown`](crate::config::ResetConfig::cooldown).
    pub cooldown: Duration,
}

/// A change was taken back, and a temporary password was mailed to the address that the account has again.
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct EmailChangeUndone {
    /// The user's id.
    pub user_id: UserId,
    /// When the temporary password expires.
    pub expires_at: OffsetDateTime,
}

/// Whether a link of a change works. Checking changes nothing.
///
/// `Debug` does not show the address.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum EmailLinkStatus {
    /// The link would work now.
    Valid {
        /// The address that the account would have. Whoever holds the link reads mail at that address, so the page may show it.
        email: Email,
    },
    /// The link is used, expired or belongs to no account.
    Invalid,
    /// The text has not the form of a link's token: something was lost or added on the way from the mail. Its form alone shows
    /// that. The user copies the whole link.
    Damaged,
}
