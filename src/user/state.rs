use core::fmt;
use std::sync::Arc;

use super::fresh::Fresh;
use super::stored::Document;
use crate::account::UserStatus;
use crate::types::{Email, Epoch, UserId, Version};

/// Everything known about one account. It is loaded whole, changed by pure functions, and stored whole with a compare-and-swap
/// on its version.
///
/// A repository stores it as [`id`](Self::id), [`email`](Self::email) (the canonical form, unique),
/// [`version`](Self::version) and one document ([`to_snapshot`](Self::to_snapshot)). Cloning it is cheap and costs the
/// same whatever it holds, since the document is shared.
#[derive(Clone)]
pub struct User {
    pub(super) id: UserId,
    pub(super) email: Email,
    pub(super) version: Version,
    pub(super) document: Arc<Document>,
}

impl User {
    /// The user's id. It never changes.
    pub fn id(&self) -> &UserId {
        &self.id
    }

    /// The address, as typed and in canonical form.
    pub fn email(&self) -> &Email {
        &self.email
    }

    /// Names this state: every stored change draws a new one.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Whether the account is active or deactivated.
    pub fn status(&self) -> UserStatus {
        self.document.status
    }

    pub(crate) fn is_active(&self) -> bool {
        self.document.status == UserStatus::Active
    }

    pub(crate) fn has_password(&self) -> bool {
        self.document.password.is_some()
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.document.epoch
    }

    /// Whether this is another state than that one.
    pub(crate) fn is_changed_from(&self, other: &User) -> bool {
        self.version != other.version
    }

    /// The next state: this one under a new version, changed by the given function.
    pub(super) fn next(&self, fresh: &Fresh, change: impl FnOnce(&mut Document)) -> Self {
        self.next_with(fresh, change).1
    }

    /// The same, with what the function returns.
    pub(super) fn next_with<T>(&self, fresh: &Fresh, change: impl FnOnce(&mut Document) -> T) -> (T, Self) {
        let mut document = Document::clone(&self.document);
        // What another decision mailed is no concern of this one.
        if self.version != fresh.version {
            document.to_mail.clear();
            document.journal_entries.clear();
        }
        let outcome = change(&mut document);
        (outcome, Self { version: fresh.version, document: Arc::new(document), ..self.clone() })
    }
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("version", &self.version)
            .field("status", &self.document.status)
            .finish_non_exhaustive()
    }
}

/// Two users are equal when they are the same state of the same account, documents included.
impl PartialEq for User {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
            && self.email == other.email
            && self.email.as_typed() == other.email.as_typed()
            && self.version == other.version
            && self.to_snapshot() == other.to_snapshot()
    }
}
