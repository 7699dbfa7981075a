use time::OffsetDateTime;

use super::value::RegistrationValue;
use crate::types::Email;

/// Whether the link of a registration or an invitation is valid. Checking changes nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum RegistrationLinkStatus {
    /// The link would work now.
    Valid(RegistrationLink),
    /// The link is used or expired, or was never issued. The user asks for a new one, or signs in.
    Invalid,
    /// The text has not the form of a link's token: something was lost or added on the way from the mail. The user copies the whole
    /// link.
    Damaged,
}

/// What the link of a registration or an invitation stands for. Whoever holds it can read the mailbox.
///
/// `Debug` shows neither the address nor the value.
#[derive(Clone, Eq, PartialEq)]
#[non_exhaustive]
pub struct RegistrationLink {
    /// Whose account will be opened.
    pub email: Email,
    /// What the host gave along ([`RegistrationValue`]).
    pub value: Option<RegistrationValue>,
    /// Whether it is an invitation.
    pub invited: bool,
    /// When it expires.
    pub expires_at: OffsetDateTime,
}

impl core::fmt::Debug for RegistrationLink {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { invited, expires_at, .. } = self;
        f.debug_struct("RegistrationLink")
            .field("invited", invited)
            .field("expires_at", expires_at)
            .finish_non_exhaustive()
    }
}
