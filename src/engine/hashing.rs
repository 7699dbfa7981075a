//! Password hashes between rest and verification: places in the hash queue, seals, hashes that cannot be read, and dummies.

use core::hint::black_box;
use core::time::Duration;
use std::io;
use std::sync::Arc;

use super::events::Events;
use super::hash_pool::{Caller, HashPool, Holder, Permit, PermitRefused};
use crate::config::{HashSealing, HashingConfig};
use crate::crypto::{Keyring, Purpose, RandomError, SecretFault, keyed};
use crate::error::Unavailable;
use crate::event::EventKind;
use crate::hashing::{self, HashMemory, HashParams, PasswordHash, StoredHash};
use crate::types::{Digest, Email, Password, SecretBytes, UserId};
use crate::user::{Fresh, Judged, Replacement, User};

/// How long to wait after `Busy`, and while another call uses the same challenge: the time of a few hashes.
pub(crate) const SHORT_WHILE: Duration = Duration::from_secs(1);

pub(crate) struct Hashing {
    pub(crate) config: HashingConfig,
    pub(crate) pool: HashPool,
    keyring: Option<Arc<Keyring>>,
    events: Arc<Events>,
    /// Derives the dummy of an address that has no password. Made of the index key, so that it is the same in all processes;
    /// random for every `Auth` without one.
    dummy_key: SecretBytes<32>,
    /// The decoy's password, kept like any other: read where there is none.
    decoy_hash: StoredHash,
    decoy_id: UserId,
}

/// Why hashing did not start.
pub(crate) enum StartError {
    Threads(io::Error),
    Random(RandomError),
}

/// A place for a hash, or why there is none for the time being.
pub(crate) enum Seat {
    Taken(Permit),
    /// The bucket, user or client address holds as many as it may.
    Held,
}

/// What a typed password is verified against.
pub(crate) struct Evaluable {
    hash: PasswordHash,
    /// Whether it is the user's own, and not the dummy.
    pub(crate) known: bool,
    /// Whether another system made it, perhaps of the text as it was typed.
    imported: bool,
}

impl Evaluable {
    fn dummy(hash: PasswordHash) -> Self {
        Self { hash, known: false, imported: false }
    }

    /// Whether the text is the password of this hash, and how many hashes that took. The dummy's is nobody's.
    ///
    /// Where the typed form differs from the canonical one, both are hashed, for everybody alike; the typed one counts only for
    /// an imported hash.
    pub(crate) fn verify(&self, password: &Password, memory: &mut HashMemory) -> (bool, u64) {
        let canonical = self.hash.verify(password.expose(), memory);
        let typed = password.other_typed().map(|typed| self.hash.verify(typed, memory));
        let right = canonical | (typed.unwrap_or(false) & self.imported);
        (right & self.known, 1 + u64::from(typed.is_some()))
    }

    /// Whether a right password is to be hashed anew: the hash has other parameters than new ones, or is perhaps not of the
    /// canonical form.
    pub(crate) fn is_outdated(&self, params: HashParams) -> bool {
        self.imported || !self.hash.is_up_to_date(params)
    }

    pub(crate) fn hash(&self) -> &PasswordHash {
        &self.hash
    }
}

impl Hashing {
    /// Starts the hashing threads, and makes the decoy's hash.
    pub(crate) fn start(
        config: HashingConfig,
        keyring: Option<Arc<Keyring>>,
        events: &Arc<Events>,
        dummy_key: [u8; 32],
        decoy_id: &UserId,
    ) -> Result<Self, StartError> {
        let pool = HashPool::start(&config).map_err(StartError::Threads)?;
        let decoy_hash = PasswordHash::dummy(config.params.into(), &Digest::new([7; 32]));
        let decoy_hash = StoredHash::kept(&decoy_hash, keyring.as_deref(), decoy_id).map_err(StartError::Random)?;
        let (events, dummy_key, decoy_id) = (Arc::clone(events), SecretBytes::new(dummy_key), decoy_id.clone());
        Ok(Self { config, pool, keyring, events, dummy_key, decoy_hash, decoy_id })
    }

    pub(crate) fn params(&self) -> HashParams {
        self.config.params
    }

    /// Takes a place for a hash, before the try that needs it is counted.
    pub(crate) fn permit(&self, caller: Caller, holders: Vec<Holder>) -> Result<Seat, Unavailable> {
        match self.pool.permit(caller, holders) {
            Ok(permit) => Ok(Seat::Taken(permit)),
            Err(PermitRefused::Held) => Ok(Seat::Held),
            Err(PermitRefused::Full) => Err(self.busy()),
            Err(PermitRefused::Closed) => Err(Unavailable::Closed),
        }
    }

    /// A place for a hash that a known user asks for, and that no bucket is charged for.
    pub(crate) fn permit_of(&self, user: &UserId) -> Result<Permit, Unavailable> {
        self.permit_in(Holder::user(user))
    }

    /// The same for somebody who has proved a mailbox and is no user yet.
    pub(crate) fn permit_in(&self, holder: Holder) -> Result<Permit, Unavailable> {
        match self.permit(Caller::Known, vec![holder])? {
            Seat::Taken(permit) => Ok(permit),
            Seat::Held => Err(self.busy()),
        }
    }

    pub(crate) fn busy(&self) -> Unavailable {
        self.events.report(EventKind::Busy).send();
        Unavailable::Busy { retry_after: SHORT_WHILE }
    }

    /// A hash of nothing that costs what a try does.
    pub(crate) fn any_hash(&self) -> impl FnOnce(&mut HashMemory) + Send + 'static {
        let params = self.params();
        move |memory| drop(hashing::hash(&Password::new(""), params, memory))
    }

    /// The keyring, if password hashes are sealed under it.
    fn sealing(&self) -> Option<&Keyring> {
        let seals = matches!(self.config.sealing, HashSealing::On | HashSealing::Enforced);
        self.keyring().filter(|_| seals)
    }

    fn keyring(&self) -> Option<&Keyring> {
        self.keyring.as_deref()
    }

    /// The hash in a stored one, if the settings let it count.
    fn open_hash(&self, stored: &StoredHash, user: &UserId) -> Result<PasswordHash, SecretFault> {
        if !stored.is_sealed() && self.config.sealing == HashSealing::Enforced {
            return Err(SecretFault::NotSealed);
        }
        let hash = stored.open(self.keyring(), user)?;
        if self.config.accepts(hash.scheme()) { Ok(hash) } else { Err(SecretFault::LegacyScheme) }
    }

    /// What the typed password for that address is verified against: the user's hash, or the dummy where there is none that can be
    /// read. The work is the same either way.
    pub(crate) fn evaluable(&self, email: &Email, user: Option<&User>, judged: Option<&Judged>) -> Evaluable {
        let dummy = self.dummy(email);
        // With a keyring one seal is opened, whether there is a user or not and however the hash is kept.
        if !judged.is_some_and(|judged| judged.hash().is_sealed()) {
            black_box(self.decoy_hash.open(self.keyring(), &self.decoy_id).is_ok());
        }
        let (Some(user), Some(judged)) = (user, judged) else { return Evaluable::dummy(dummy) };
        match self.open_hash(judged.hash(), user.id()) {
            Ok(hash) => Evaluable { imported: judged.is_imported() || !hash.is_own(), hash, known: true },
            Err(fault) => {
                self.events.report(EventKind::HashUnusable { fault }).user(user).send();
                Evaluable::dummy(dummy)
            }
        }
    }

    /// What is verified where this address has no password: always the same for one address, and of the same cost as a new hash,
    /// or as one of the configured profiles.
    fn dummy(&self, email: &Email) -> PasswordHash {
        let seed = keyed(self.dummy_key.expose(), Purpose::DummyHash, &[email.canonical().as_bytes()]);
        PasswordHash::dummy(self.config.dummy_cost(&seed), &seed)
    }

    /// A hash as it is kept: sealed, if the settings say so.
    pub(crate) fn keep(&self, hash: &PasswordHash, user: &UserId) -> Result<StoredHash, RandomError> {
        StoredHash::kept(hash, self.sealing(), user)
    }

    /// A stored hash as the settings want it kept now, or `None` if it is so already or does not count.
    fn rekept(&self, stored: &StoredHash, user: &UserId) -> Result<Option<StoredHash>, RandomError> {
        let Some(keyring) = self.keyring() else { return Ok(None) };
        let (is_kept, under) = match self.config.sealing {
            // A seal is never taken off in passing.
            HashSealing::Off => (!stored.is_sealed() || stored.is_up_to_date(keyring), Some(keyring)),
            HashSealing::On | HashSealing::Enforced => (stored.is_up_to_date(keyring), Some(keyring)),
            HashSealing::DangerRemove => (!stored.is_sealed(), None),
        };
        if !stored.is_sealed() && self.config.sealing == HashSealing::Enforced {
            return Ok(None);
        }
        // Whatever its scheme: a hash that is not verified is kept all the same.
        match stored.open(self.keyring(), user) {
            Ok(hash) if !is_kept => StoredHash::kept(&hash, under, user).map(Some),
            _ => Ok(None),
        }
    }

    /// The user with every hash as the settings want it kept now. `None` if all are so already.
    pub(crate) fn rekept_hashes(&self, user: &User, fresh: &Fresh) -> Result<Option<User>, RandomError> {
        let mut failed = None;
        let keep = |stored: &StoredHash| {
            self.rekept(stored, user.id()).unwrap_or_else(|error| {
                failed = Some(error);
                None
            })
        };
        let kept = user.with_hashes_kept(keep, fresh);
        failed.map_or(Ok(kept), Err)
    }

    /// What takes the place of a hash that was found to be right: a new hash of the same password, or the same hash in another
    /// seal. If it cannot be had, the sign-in goes on without.
    pub(crate) fn replacement(
        &self,
        user: &User,
        judged: &Judged,
        rehashed: Option<&PasswordHash>,
    ) -> Option<Replacement> {
        // A sealed hash is replaced by a sealed one, also while new ones are not sealed.
        let stays_sealed = judged.hash().is_sealed() && self.config.sealing == HashSealing::Off;
        let under = self.sealing().or(self.keyring().filter(|_| stays_sealed));
        match rehashed {
            Some(hash) => StoredHash::kept(hash, under, user.id()).ok().map(Replacement::Rehashed),
            None => self.rekept(judged.hash(), user.id()).ok().flatten().map(Replacement::Resealed),
        }
    }

    /// Whether a secret of the user is sealed under a key that the keyring lacks.
    pub(crate) fn lacks_a_key_for(&self, user: &User) -> bool {
        let hashes = user.refused_hashes(usize::MAX);
        let unknown =
            |stored: &StoredHash| stored.open(self.keyring(), user.id()).err() == Some(SecretFault::UnknownKey);
        hashes.iter().any(unknown) || user.totp_fault(self.keyring()) == Some(SecretFault::UnknownKey)
    }

    /// Whether the user has a password whose hash is not like a new one: it came from another system, or has other parameters.
    pub(crate) fn has_old_hash(&self, user: &User) -> bool {
        let is_new = |hash: PasswordHash| hash.is_up_to_date(self.params());
        let current = user.refused_hashes(0);
        user.has_password() && current.iter().any(|stored| !self.open_hash(stored, user.id()).is_ok_and(is_new))
    }

    /// Those of the stored hashes that can be read.
    pub(crate) fn readable(&self, user: &User, stored: &[StoredHash]) -> Vec<PasswordHash> {
        let read = |stored: &StoredHash| match self.open_hash(stored, user.id()) {
            Ok(hash) => Some(hash),
            // It signs nobody in, but it is still a password not to be used again.
            Err(SecretFault::LegacyScheme) => stored.open(self.keyring(), user.id()).ok(),
            Err(fault) => {
                self.events.report(EventKind::HashUnusable { fault }).user(user).send();
                None
            }
        };
        stored.iter().filter_map(read).collect()
    }
}
