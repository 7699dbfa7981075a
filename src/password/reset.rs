use core::time::Duration;

use time::OffsetDateTime;

use crate::types::{DeviceToken, UserId};

/// The response to a reset request, the same for every address at any time: if there is an account, a mail is on its way, and
/// at most one within this time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ResetRequested {
    /// The minimum time between two mails to one account: [`ResetConfig::cooldown`](crate::config::ResetConfig::cooldown).
    pub cooldown: Duration,
}

/// A reset was confirmed, and a temporary password was mailed.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "keep its `device` in the device cookie: without it, an attacker's failures can delay the owner"]
pub struct ResetConfirmed {
    /// The user's id.
    pub user_id: UserId,
    /// When the temporary password expires.
    pub expires_at: OffsetDateTime,
    /// The token to keep in the device cookie of the confirming browser, as after a sign-in
    /// ([`SignedIn::device_token`](crate::SignedIn::device_token)). It gives the owner a throttle bucket that no attacker can
    /// reach. `None` if the user has the maximum number of devices and all their tokens are valid: confirming a link evicts
    /// none of them.
    pub device: Option<DeviceToken>,
}

/// Whether a reset link is valid. Checking changes nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ResetLinkStatus {
    /// The link would work now.
    Valid,
    /// The link is used, expired or belongs to no account. The user requests a new one.
    Invalid,
    /// The text has not the form of a link's token: something was lost or added on the way from the mail. Its form alone shows
    /// that, for known and unknown accounts alike. The user copies the whole link, or requests a new one.
    Damaged,
}
