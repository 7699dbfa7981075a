//! Taking over an account of another system, with the hash of its password.

use std::sync::Arc;

use crate::crypto::{HashCost, HashRisk, HashScheme, PasswordHash};
use crate::engine::Engine;
use crate::error::{ImportError, Unavailable};
use crate::port::{EventKind, Insert};
use crate::types::{Email, UserId};
use crate::user::{Fresh, User};

/// An account to take over.
///
/// ```
/// use doorward::{Email, Import, PasswordHash, UserId};
///
/// let hash = PasswordHash::parse(
///     "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
/// )?;
/// let account = Import::new(Email::parse("ann@acme.example")?, hash).id(UserId::parse("4711")?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Import {
    email: Email,
    hash: PasswordHash,
    id: Option<UserId>,
    change_required: bool,
}

impl Import {
    /// For the owner of that address, with the hash of the password used so far, under a random id.
    pub fn new(email: Email, hash: PasswordHash) -> Self {
        Self { email, hash, id: None, change_required: false }
    }

    /// Under the host's own id.
    #[must_use]
    pub fn id(self, id: UserId) -> Self {
        Self { id: Some(id), ..self }
    }

    /// The first sign-in leads to the choice of a new password, by the policy of this system.
    #[must_use]
    pub fn require_password_change(self) -> Self {
        Self { change_required: true, ..self }
    }
}

/// An account was taken over: what to know of its hash.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Imported {
    /// The account.
    pub user_id: UserId,
    /// The scheme of its hash, until its owner signs in.
    pub scheme: HashScheme,
    /// What is wrong with it; often nothing.
    pub risks: Vec<HashRisk>,
    /// What it costs: to be counted for [`CostProfile`](crate::CostProfile)s.
    pub cost: HashCost,
}

pub(crate) async fn import_user(engine: &Arc<Engine>, account: Import) -> Result<Imported, ImportError> {
    engine.open()?;
    let fresh = Fresh::draw().map_err(Unavailable::from)?;
    let Import { email, hash, id, change_required } = account;
    let id = id.unwrap_or_else(|| fresh.user_id.clone());
    let kept = engine.keep(&hash, &id).map_err(Unavailable::from)?;
    let user = User::import(id, email, kept, change_required, engine.now(), &fresh);
    match engine.insert(&user).await? {
        Insert::Stored => {}
        Insert::EmailTaken => return Err(ImportError::EmailTaken),
        Insert::IdTaken => return Err(ImportError::IdTaken),
    }
    let scheme = hash.scheme();
    engine.report(EventKind::Imported { scheme }).user(&user).send();
    Ok(Imported { user_id: user.id().clone(), scheme, risks: hash.risks(), cost: hash.cost() })
}
