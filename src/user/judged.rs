use super::state::User;
use super::stored::StoredPassword;
use crate::hashing::StoredHash;
use crate::types::{Epoch, Version};

/// What a verdict ("this is the right password") was about. It counts only for a user of whom all this still holds.
///
/// It names the password by an id of its own rather than by the text of its hash: that text is replaced by one of other
/// parameters or in another seal while the password stays, and a sign-in that runs beside this must not fail for it. Every
/// new password has a new id, and moves the epoch too.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    hash: StoredHash,
    imported: bool,
    password: Version,
    epoch: Epoch,
}

/// What takes the place of a hash that was found to be right.
#[derive(Clone, Debug)]
pub(crate) enum Replacement {
    /// A new hash of the password in canonical form.
    Rehashed(StoredHash),
    /// The same hash in another seal.
    Resealed(StoredHash),
}

impl Replacement {
    pub(super) fn hash(&self) -> &StoredHash {
        match self {
            Self::Rehashed(hash) | Self::Resealed(hash) => hash,
        }
    }
}

impl Judged {
    /// The password of this user, if an active one has any.
    pub(crate) fn password_of(user: &User) -> Option<Self> {
        let StoredPassword { hash, imported, id, .. } = user.document.password.as_ref()?;
        let (imported, password) = (*imported, *id);
        user.is_active().then(|| Self { hash: hash.clone(), imported, password, epoch: user.epoch() })
    }

    pub(crate) fn hash(&self) -> &StoredHash {
        &self.hash
    }

    /// Whether another system made the hash, perhaps of the text as it was typed.
    pub(crate) fn is_imported(&self) -> bool {
        self.imported
    }

    /// Whether the user is active, in the same epoch, and has the very password that was judged.
    pub(crate) fn holds_for(&self, user: &User) -> bool {
        let same = user.document.password.as_ref().is_some_and(|password| password.id == self.password);
        user.is_active() && user.epoch() == self.epoch && same
    }
}
