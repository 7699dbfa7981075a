//! Importing an account of another system, with the hash of its password.

mod all;

pub use all::{ImportRun, ImportStopped};

use super::Operator;
use crate::account::{Import, Imported};
use crate::engine::Happened;
use crate::error::{ImportError, Unavailable};
use crate::event::EventKind;
use crate::store::Insert;
use crate::user::{Fresh, User};

/// # Importing
impl Operator {
    /// Imports an account with the hash of its password. The hash is replaced by a new one when its owner signs in. No mail is
    /// sent. [`Imported::risks`] lists the weaknesses of the hash. For a whole table or export, use
    /// [`import_from`](Self::import_from).
    ///
    /// Any scheme but Argon2id needs the feature `legacy-hashes` and
    /// [`HashingConfig::legacy`](crate::config::HashingConfig::legacy). [`manual::coming_from`](crate::manual::coming_from) lists
    /// the systems whose hashes are read.
    ///
    /// The account remembers that the hash was imported. Until its owner signs in, the password is verified both in the Unicode
    /// form in which it is typed, which is what the other system hashed, and in the form of [`Password`](crate::Password), which
    /// is what this crate hashes.
    ///
    /// # Errors
    /// [`ImportError`], for the operator. [`LegacyScheme`](ImportError::LegacyScheme) if the hash is of a scheme that is not
    /// switched on.
    ///
    /// ```
    /// use doorward::account::Import;
    /// use doorward::hashing::PasswordHash;
    /// use doorward::{Email, Operator};
    ///
    /// async fn import(operator: &Operator, email: &str, hash: &str) -> Result<(), Box<dyn std::error::Error>> {
    ///     let hash = PasswordHash::parse(hash)?; // the error says what is wrong
    ///     let imported = operator.import_user(Import::new(Email::parse(email)?, hash)).await?;
    ///     for risk in &imported.risks {
    ///         eprintln!("{email}: {}", risk.as_str());
    ///     }
    ///     Ok(())
    /// }
    /// ```
    pub async fn import_user(&self, account: Import) -> Result<Imported, ImportError> {
        let engine = self.engine();
        engine.open()?;
        if !engine.hashing.config.accepts(account.hash.scheme()) {
            return Err(ImportError::LegacyScheme);
        }
        let fresh = Fresh::draw().map_err(Unavailable::from)?;
        let Import { email, hash, id, change_required, deactivated } = account;
        let id = id.unwrap_or_else(|| fresh.user_id.clone());
        let kept = engine.hashing.keep(&hash, &id).map_err(Unavailable::from)?;
        let active = User::import(id, email, kept, change_required, engine.now(), &fresh);
        let user = if deactivated { active.deactivate(&fresh).unwrap_or(active) } else { active };
        let scheme = hash.scheme();
        let deactivated = deactivated.then_some(EventKind::Deactivated);
        let happened = Happened::of([EventKind::Imported { scheme }].into_iter().chain(deactivated)).by(self.acting());
        let (inserted, user) = engine.users.insert(user, happened).await?;
        match inserted {
            Insert::Stored => {}
            Insert::EmailTaken => return Err(ImportError::EmailTaken),
            Insert::IdTaken => return Err(ImportError::IdTaken),
        }
        Ok(Imported { user_id: user.id().clone(), scheme, risks: hash.risks(), cost: hash.cost() })
    }
}
