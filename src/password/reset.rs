use core::time::Duration;

use time::OffsetDateTime;

use crate::types::{DeviceToken, UserId};

/// The answer to every reset request, the same for every address at every moment: if there is an account, a mail is on its way,
/// and at most one in this time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct ResetRequested {
    /// The shortest time between two mails to one account: [`ResetConfig::cooldown`](crate::config::ResetConfig::cooldown).
    pub cooldown: Duration,
}

/// A reset was confirmed, and a temporary password was mailed.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "its `device` belongs into the device cookie: without it strangers who guess can slow the owner down"]
pub struct ResetConfirmed {
    /// Whose.
    pub user_id: UserId,
    /// Until when the temporary password works.
    pub expires_at: OffsetDateTime,
    /// The token to keep in the device cookie of the confirming browser, as after a sign-in
    /// ([`SignedIn::device_token`](crate::SignedIn::device_token)): it gives the owner a throttle lane that no stranger reaches.
    /// `None` if all places are taken: confirming a link takes none from a device whose token still works.
    pub device: Option<DeviceToken>,
}

/// Whether a link would work now. Telling it changes nothing.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum ResetLinkStatus {
    /// It would.
    Valid,
    /// It would not: malformed, used, expired, or of nobody.
    Invalid,
}
