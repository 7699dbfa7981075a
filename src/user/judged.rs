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
    password: Version,
    epoch: Epoch,
}

impl Judged {
    /// The password of this user, if an active one has any.
    pub(crate) fn password_of(user: &User) -> Option<Self> {
        let StoredPassword { hash, id, .. } = user.document.password.as_ref()?;
        user.is_active().then(|| Self { hash: hash.clone(), password: *id, epoch: user.epoch() })
    }

    pub(crate) fn hash(&self) -> &StoredHash {
        &self.hash
    }

    /// Whether the user is active, in the same epoch, and has the very password that was judged.
    pub(crate) fn holds_for(&self, user: &User) -> bool {
        let same = user.document.password.as_ref().is_some_and(|password| password.id == self.password);
        user.is_active() && user.epoch() == self.epoch && same
    }
}
