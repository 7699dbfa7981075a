use crate::hashing::{HashCost, HashRisk, HashScheme, PasswordHash};
use crate::types::{Email, UserId};

/// An account to import.
///
/// ```
/// use doorward::{Email, UserId};
/// use doorward::account::Import;
/// use doorward::hashing::PasswordHash;
///
/// let hash = PasswordHash::parse(
///     "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
/// )?;
/// let account = Import::new(Email::parse("ann@acme.example")?, hash).id(UserId::parse("4711")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Import {
    pub(crate) email: Email,
    pub(crate) hash: PasswordHash,
    pub(crate) id: Option<UserId>,
    pub(crate) change_required: bool,
    pub(crate) deactivated: bool,
}

impl Import {
    /// For the owner of this address, with the hash of their current password and a random id.
    pub fn new(email: Email, hash: PasswordHash) -> Self {
        Self { email, hash, id: None, change_required: false, deactivated: false }
    }

    /// Sets the host's own id.
    #[must_use]
    pub fn id(self, id: UserId) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Requires a new password, under this system's policy, at the first sign-in.
    #[must_use]
    pub fn require_password_change(self) -> Self {
        Self { change_required: true, ..self }
    }

    /// Creates the account deactivated, for a person who is blocked in the other system.
    /// [`Operator::reactivate`](crate::Operator::reactivate) activates it.
    #[must_use]
    pub fn deactivated(self) -> Self {
        Self { deactivated: true, ..self }
    }
}

/// An imported account, and what to know about its hash.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Imported {
    /// The account's id.
    pub user_id: UserId,
    /// The scheme of its hash, until its owner signs in.
    pub scheme: HashScheme,
    /// The weaknesses of the hash; often none.
    pub risks: Vec<HashRisk>,
    /// The cost of the hash, to count for [`CostProfile`](crate::config::CostProfile)s.
    pub cost: HashCost,
}
