//! The password: verdicts about it, and setting a new one.

use time::OffsetDateTime;

use super::document::{Document, Extra, StoredPassword};
use super::reset::ResetState;
use super::sign_in::Passed;
use super::{DeviceLimits, Fresh, Method, Proof, Session, Step, User};
use crate::crypto::{Purpose, StoredHash, sha256};
use crate::types::{Digest, Epoch};

/// What a verdict ("this is the right password") was about. It counts only for a user of whom all this still holds.
#[derive(Clone, Debug)]
pub(crate) struct Judged {
    hash: StoredHash,
    epoch: Epoch,
}

impl Judged {
    /// The password of this user, if an active one has any.
    pub(crate) fn password_of(user: &User) -> Option<Self> {
        let hash = user.document.password.as_ref()?.hash.clone();
        user.is_active().then_some(Self { hash, epoch: user.epoch() })
    }

    pub(crate) fn hash(&self) -> &StoredHash {
        &self.hash
    }

    /// Whether the user is active, in the same epoch, and has the very hash that was judged, or one that an accepted
    /// sign-in with this hash put in its place (a rehash in passing must not fail a sign-in that runs beside it).
    pub(crate) fn holds_for(&self, user: &User) -> bool {
        let Some(password) = user.document.password.as_ref() else { return false };
        let same = password.hash.as_str() == self.hash.as_str();
        let rehashed = password.rehashed_from.is_some_and(|from| from.ct_eq(&rehash_digest(&self.hash)).into());
        user.is_active() && user.epoch() == self.epoch && (same || rehashed)
    }
}

fn rehash_digest(hash: &StoredHash) -> Digest {
    sha256(Purpose::RehashedFrom, &[hash.as_str().as_bytes()])
}

/// A hashed new password, and what becomes of other things when it is set.
#[derive(Clone, Debug)]
pub(crate) struct NewCredential {
    pub(crate) hash: StoredHash,
    /// How many earlier hashes to keep.
    pub(crate) history: usize,
    /// Unconfirmed reset links only mail their owner, so they survive a change, except where a link by itself
    /// authorises setting a password.
    pub(crate) links_survive: bool,
}

impl User {
    /// The hashes that a new password must not match: that of the last password, and of as many before it as the policy
    /// looks back. A password that was marked as compromised is the last one, though it is no longer the current one.
    pub(crate) fn refused_hashes(&self, history: usize) -> Vec<StoredHash> {
        let current = self.document.password.iter().map(|password| &password.hash);
        current.chain(&self.document.earlier_passwords).take(history.saturating_add(1)).cloned().collect()
    }

    /// A signed-in user changes the password. The acting session lives on; every other one and every device ends.
    pub(crate) fn change_password(
        &self,
        session: &Session,
        new: NewCredential,
        devices: &DeviceLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Passed {
        let mut device = None;
        let user = self.next(fresh, |document| {
            document.set_password(new, now, fresh);
            device = document.remember_device(&self.id, None, devices, now, fresh);
        });
        let session = session.proved_again(fresh.epoch, Method::Password, now);
        Passed { step: Step::Complete { session, device }, user }
    }

    /// The forced change after a challenge, or the change by a reset link: it also signs in.
    pub(crate) fn choose_password(
        &self,
        proof: Chooser,
        new: NewCredential,
        devices: &DeviceLimits,
        now: OffsetDateTime,
        fresh: &Fresh,
    ) -> Passed {
        let completes_reset = self.completes_reset(proof);
        let mut device = None;
        let user = self.next(fresh, |document| {
            document.set_password(new, now, fresh);
            if completes_reset {
                document.reset = ResetState::default();
            }
            device = document.remember_device(&self.id, None, devices, now, fresh);
            document.last_sign_in_at = Some(now);
        });
        let session = Session::new(self.id.clone(), fresh.epoch, now, &[proof.method()]);
        Passed { step: Step::Complete { session, device }, user }
    }

    /// Whether choosing a password by that right completes a reset (rather than a provision or a change that was due).
    pub(crate) fn completes_reset(&self, proof: Chooser) -> bool {
        match proof {
            Chooser::ResetLink => true,
            Chooser::Challenge(Proof::Password) => false,
            Chooser::Challenge(Proof::TemporaryPassword) => {
                self.document.temporary.as_ref().is_some_and(|temporary| temporary.origin.is_reset())
            }
        }
    }
}

impl User {
    /// The same passwords, each kept as `keep` says. `None` if it leaves all as they are.
    pub(crate) fn with_hashes_kept(
        &self,
        mut keep: impl FnMut(&StoredHash) -> Option<StoredHash>,
        fresh: &Fresh,
    ) -> Option<User> {
        let mut changed = false;
        let next = self.next(fresh, |document| {
            if let Some(password) = &mut document.password
                && let Some(kept) = keep(&password.hash)
            {
                password.replace_hash(kept);
                changed = true;
            }
            for earlier in &mut document.earlier_passwords {
                if let Some(kept) = keep(earlier) {
                    *earlier = kept;
                    changed = true;
                }
            }
        });
        changed.then_some(next)
    }
}

/// By what right a password is chosen without the current one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Chooser {
    Challenge(Proof),
    ResetLink,
}

impl Chooser {
    fn method(self) -> Method {
        match self {
            Self::Challenge(Proof::Password) => Method::Password,
            Self::Challenge(Proof::TemporaryPassword) => Method::TemporaryPassword,
            Self::ResetLink => Method::ResetLink,
        }
    }
}

impl Document {
    /// A new password: the epoch moves; temporary password, confirmed resets, challenges and devices are void.
    fn set_password(&mut self, new: NewCredential, now: OffsetDateTime, fresh: &Fresh) {
        if let Some(old) = self.password.take() {
            self.earlier_passwords.insert(0, old.hash);
        }
        self.earlier_passwords.truncate(new.history);
        self.password = Some(StoredPassword::new(new.hash, now));
        self.epoch = fresh.epoch;
        self.temporary = None;
        self.reset.void_confirmed(new.links_survive);
        self.challenges.clear();
        self.devices.clear();
    }

    /// Puts a hash of the same password with newer parameters, or in another seal, in place of the one that was judged.
    pub(super) fn rehash(&mut self, judged: &Judged, rehashed: Option<&StoredHash>) {
        if let (Some(password), Some(hash)) = (&mut self.password, rehashed)
            && password.hash.as_str() == judged.hash.as_str()
        {
            password.replace_hash(hash.clone());
        }
    }
}

impl StoredPassword {
    pub(super) fn new(hash: StoredHash, now: OffsetDateTime) -> Self {
        Self { hash, set_at: now, change_required: false, rehashed_from: None, extra: Extra::new() }
    }

    fn replace_hash(&mut self, hash: StoredHash) {
        self.rehashed_from = Some(rehash_digest(&self.hash));
        self.hash = hash;
    }
}
