//! Between hashes at rest and hashes that are verified: seals, what cannot be read, and dummies.

use super::Engine;
use crate::crypto::{HashMemory, Keyring, PasswordHash, Purpose, RandomError, StoredHash, keyed};
use crate::port::EventKind;
use crate::types::{Email, Password, UserId};
use crate::user::{Judged, User};

/// What a typed password is verified against.
pub(crate) struct Evaluable {
    hash: PasswordHash,
    /// Whether it is the user's own, and not the dummy.
    pub(crate) known: bool,
}

impl Evaluable {
    /// Whether the text is the password of this hash. The dummy's is nobody's.
    pub(crate) fn verify(&self, typed: &Password, memory: &mut HashMemory) -> bool {
        self.hash.verify(typed, memory) && self.known
    }

    pub(crate) fn hash(&self) -> &PasswordHash {
        &self.hash
    }
}

impl Engine {
    /// The keyring, if password hashes are sealed under it.
    fn sealing(&self) -> Option<&Keyring> {
        self.keyring.as_ref().filter(|_| self.config.hashing.seal)
    }

    /// What the typed password of that address is verified against: the user's hash, or the dummy where there is none that
    /// can be read. The same work is done for nobody.
    pub(crate) fn evaluable(&self, email: &Email, user: Option<&User>, judged: Option<&Judged>) -> Evaluable {
        let dummy = self.dummy(email);
        let (stored, id) = match (user, judged) {
            (Some(user), Some(judged)) => (judged.hash(), user.id()),
            _ => (&self.decoy_hash, self.decoy.id()),
        };
        match (stored.open(self.keyring.as_ref(), id), user, judged) {
            (Ok(hash), Some(_), Some(_)) => Evaluable { hash, known: true },
            (Err(fault), Some(user), Some(_)) => {
                self.report(EventKind::HashUnusable { fault }).user(user).send();
                Evaluable { hash: dummy, known: false }
            }
            _ => Evaluable { hash: dummy, known: false },
        }
    }

    /// What is verified where this address has no password: always the same for one address, and of the same cost as a new
    /// hash, or as one of the configured profiles.
    fn dummy(&self, email: &Email) -> PasswordHash {
        let seed = keyed(self.dummy_key.expose(), Purpose::DummyHash, &[email.canonical().as_bytes()]);
        PasswordHash::dummy(self.config.hashing.dummy_cost(&seed), &seed)
    }

    /// A hash as it is kept: sealed, if the host wishes.
    pub(crate) fn keep(&self, hash: &PasswordHash, user: &UserId) -> Result<StoredHash, RandomError> {
        StoredHash::kept(hash, self.sealing(), user)
    }

    /// A stored hash as it is to be kept by now, or `None` if it is so already or cannot be read.
    pub(crate) fn kept_anew(&self, stored: &StoredHash, user: &UserId) -> Result<Option<StoredHash>, RandomError> {
        if stored.is_kept_under(self.sealing()) {
            return Ok(None);
        }
        match stored.open(self.keyring.as_ref(), user) {
            Ok(hash) => self.keep(&hash, user).map(Some),
            Err(_) => Ok(None),
        }
    }

    /// What takes the place of a hash that was found to be right: its new computation, or the same in another seal.
    /// A sign-in does not fail for want of it.
    pub(crate) fn replacement(
        &self,
        user: &User,
        judged: &Judged,
        rehashed: Option<&PasswordHash>,
    ) -> Option<StoredHash> {
        match rehashed {
            Some(hash) => self.keep(hash, user.id()).ok(),
            None => self.kept_anew(judged.hash(), user.id()).ok().flatten(),
        }
    }

    /// Whether one of the user's hashes cannot be read. It is an event too.
    pub(crate) fn has_unreadable_hash(&self, user: &User) -> bool {
        let stored = user.refused_hashes(usize::MAX);
        self.readable(user, &stored).len() < stored.len()
    }

    /// The earlier hashes of a user that can be read: those that a new password must not match.
    pub(crate) fn readable(&self, user: &User, stored: &[StoredHash]) -> Vec<PasswordHash> {
        let read = |stored: &StoredHash| match stored.open(self.keyring.as_ref(), user.id()) {
            Ok(hash) => Some(hash),
            Err(fault) => {
                self.report(EventKind::HashUnusable { fault }).user(user).send();
                None
            }
        };
        stored.iter().filter_map(read).collect()
    }
}
