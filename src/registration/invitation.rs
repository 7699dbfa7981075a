use time::OffsetDateTime;

use super::value::RegistrationValue;
use crate::types::Email;

/// Whom to invite.
///
/// ```
/// use doorward::Email;
/// use doorward::registration::{Invitation, RegistrationValue};
///
/// let invitation = Invitation::new(Email::parse("ben@acme.example")?).value(RegistrationValue::parse("team=7")?);
/// # Ok::<(), doorward::error::Malformed>(())
/// ```
#[derive(Clone, Debug)]
pub struct Invitation {
    pub(crate) email: Email,
    pub(crate) value: Option<RegistrationValue>,
}

impl Invitation {
    /// The owner of that address.
    pub fn new(email: Email) -> Self {
        Self { email, value: None }
    }

    /// What the account is to begin with.
    #[must_use]
    pub fn value(self, value: RegistrationValue) -> Self {
        Self { value: Some(value), ..self }
    }
}

impl From<Email> for Invitation {
    fn from(email: Email) -> Self {
        Self::new(email)
    }
}

/// Somebody was invited.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Invited {
    /// When the invitation expires.
    pub expires_at: OffsetDateTime,
}
