//! Between hashes at rest and hashes that are verified: seals, what cannot be read, and dummies.

use core::hint::black_box;

use super::Engine;
use crate::config::HashSealing;
use crate::crypto::{Keyring, Purpose, RandomError, SecretFault, keyed};
use crate::event::EventKind;
use crate::hashing::{HashMemory, PasswordHash, StoredHash};
use crate::types::{Email, Password, UserId};
use crate::user::{Fresh, Judged, User};

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
        let seals = matches!(self.config.hashing.sealing, HashSealing::On | HashSealing::Enforced);
        self.keyring.as_ref().filter(|_| seals)
    }

    /// The hash in a stored one, if it counts.
    fn open_hash(&self, stored: &StoredHash, user: &UserId) -> Result<PasswordHash, SecretFault> {
        if !stored.is_sealed() && self.config.hashing.sealing == HashSealing::Enforced {
            return Err(SecretFault::NotSealed);
        }
        stored.open(self.keyring.as_ref(), user)
    }

    /// What the typed password of that address is verified against: the user's hash, or the dummy where there is none that
    /// can be read. The same work is done for nobody.
    pub(crate) fn evaluable(&self, email: &Email, user: Option<&User>, judged: Option<&Judged>) -> Evaluable {
        let dummy = self.dummy(email);
        // With a keyring one seal is opened, whether there is a user or not and however the hash is kept.
        let sealed = judged.is_some_and(|judged| judged.hash().is_sealed());
        if !sealed {
            black_box(self.decoy_hash.open(self.keyring.as_ref(), self.decoy.id()).is_ok());
        }
        let (Some(user), Some(judged)) = (user, judged) else { return Evaluable { hash: dummy, known: false } };
        match self.open_hash(judged.hash(), user.id()) {
            Ok(hash) => Evaluable { hash, known: true },
            Err(fault) => {
                self.report(EventKind::HashUnusable { fault }).user(user).send();
                Evaluable { hash: dummy, known: false }
            }
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

    /// A stored hash as it is to be kept by now, or `None` if it is so already or does not count.
    pub(crate) fn kept_anew(&self, stored: &StoredHash, user: &UserId) -> Result<Option<StoredHash>, RandomError> {
        let Some(keyring) = &self.keyring else { return Ok(None) };
        let (is_kept, under) = match self.config.hashing.sealing {
            // What somebody sealed is never unsealed by the way.
            HashSealing::Off => (!stored.is_sealed() || stored.is_up_to_date(keyring), Some(keyring)),
            HashSealing::On | HashSealing::Enforced => (stored.is_up_to_date(keyring), Some(keyring)),
            HashSealing::DangerRemove => (!stored.is_sealed(), None),
        };
        match self.open_hash(stored, user) {
            Ok(hash) if !is_kept => StoredHash::kept(&hash, under, user).map(Some),
            _ => Ok(None),
        }
    }

    /// The user with everything that is sealed as it is to be kept by now, or `None` if it is so already.
    pub(crate) fn resealed(&self, user: &User, fresh: &Fresh) -> Result<Option<User>, RandomError> {
        let mut failed = None;
        let keep = |stored: &StoredHash| {
            self.kept_anew(stored, user.id()).unwrap_or_else(|error| {
                failed = Some(error);
                None
            })
        };
        let kept = user.with_hashes_kept(keep, fresh);
        let resealed = self.with_resealed_totp(kept.clone().unwrap_or_else(|| user.clone()), fresh);
        match failed {
            Some(error) => Err(error),
            None => Ok((kept.is_some() || resealed.is_changed_from(user)).then_some(resealed)),
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
        // A sealed hash is replaced by a sealed one, also while new ones are not sealed.
        let under = self.sealing().or(self.keyring.as_ref().filter(|_| self.stays_sealed(judged.hash())));
        match rehashed {
            Some(hash) => StoredHash::kept(hash, under, user.id()).ok(),
            None => self.kept_anew(judged.hash(), user.id()).ok().flatten(),
        }
    }

    fn stays_sealed(&self, stored: &StoredHash) -> bool {
        stored.is_sealed() && self.config.hashing.sealing == HashSealing::Off
    }

    /// Whether something of the user is sealed under a key that is not at hand.
    pub(crate) fn lacks_a_key_for(&self, user: &User) -> bool {
        let hashes = user.refused_hashes(usize::MAX);
        let unknown = |stored: &StoredHash| self.open_hash(stored, user.id()).err() == Some(SecretFault::UnknownKey);
        hashes.iter().any(unknown) || user.totp_fault(self.keyring.as_ref()) == Some(SecretFault::UnknownKey)
    }

    /// The hashes of these that can be read: those that a new password must not match.
    pub(crate) fn readable(&self, user: &User, stored: &[StoredHash]) -> Vec<PasswordHash> {
        let read = |stored: &StoredHash| match self.open_hash(stored, user.id()) {
            Ok(hash) => Some(hash),
            Err(fault) => {
                self.report(EventKind::HashUnusable { fault }).user(user).send();
                None
            }
        };
        stored.iter().filter_map(read).collect()
    }
}
