use time::OffsetDateTime;

use crate::types::{Email, TemporaryPassword, UserId};

/// An account to open.
///
/// ```
/// use doorward::{Email, UserId};
/// use doorward::account::Provision;
///
/// let account = Provision::new(Email::parse("ann@acme.example")?).id(UserId::parse("4711")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Provision {
    pub(crate) email: Email,
    pub(crate) id: Option<UserId>,
}

impl Provision {
    /// For the owner of that address, under a random id.
    pub fn new(email: Email) -> Self {
        Self { email, id: None }
    }

    /// Under the host's own id.
    #[must_use]
    pub fn id(self, id: UserId) -> Self {
        Self { id: Some(id), ..self }
    }
}

impl From<Email> for Provision {
    fn from(email: Email) -> Self {
        Self::new(email)
    }
}

/// An account was opened, or its first password issued anew.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Provisioned {
    /// The account.
    pub user_id: UserId,
    /// Until when the first password works.
    pub expires_at: OffsetDateTime,
}

/// An account was opened, and its first password is shown instead of mailed.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "the password is mailed to nobody and never shown again"]
pub struct ProvisionedWithPassword {
    /// The account.
    pub user_id: UserId,
    /// Until when the first password works.
    pub expires_at: OffsetDateTime,
    /// The first password.
    pub temporary_password: TemporaryPassword,
}
