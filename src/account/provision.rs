use time::OffsetDateTime;

use crate::types::{Email, TemporaryPassword, UserId};

/// An account to provision.
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
    /// Only for an import, which mails nothing to such an account.
    pub(crate) deactivated: bool,
}

impl Provision {
    /// For the owner of this address, with a random id.
    pub fn new(email: Email) -> Self {
        Self { email, id: None, deactivated: false }
    }

    /// Sets the host's own id.
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

/// An account was provisioned, or a new first password was mailed.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Provisioned {
    /// The account's id.
    pub user_id: UserId,
    /// When the first password expires.
    pub expires_at: OffsetDateTime,
}

/// An account was provisioned, and its first password is returned instead of mailed.
#[derive(Clone, Debug)]
#[non_exhaustive]
#[must_use = "the password is not mailed and never shown again: pass it on to the user"]
pub struct ProvisionedWithPassword {
    /// The account's id.
    pub user_id: UserId,
    /// When the first password expires.
    pub expires_at: OffsetDateTime,
    /// The first password.
    pub temporary_password: TemporaryPassword,
}
