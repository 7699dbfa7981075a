use core::num::NonZeroUsize;
use core::time::Duration;

use super::ConfigError;
use crate::hashing::{HashBackend, HashCost, HashParams, HashScheme};
use crate::types::Digest;

/// Settings of password hashing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HashingConfig {
    /// The cost of new hashes. Hashes with other costs are replaced when their owner signs in.
    pub params: HashParams,
    /// The library that computes Argon2.
    pub backend: HashBackend,
    /// The number of hashing threads, each with memory of its own; default the parallelism of the machine.
    pub threads: Option<NonZeroUsize>,
    /// How many hashes may be queued or running per thread, 2 to 4,096; default 32. Half of all places are reserved for known
    /// devices and signed-in users.
    pub queue_per_thread: usize,
    /// The idle time after which a thread frees its memory, at least a second; default never. The first hash afterwards takes
    /// longer, since the kernel has to provide the memory again: up to twice as long at 46 MiB and one pass.
    pub release_after: Option<Duration>,
    /// Whether a thread overwrites its memory with zeros after each hash; default `false`. A hash does not leave the password
    /// there, but anyone who can read the process's memory could guess passwords from it without the cost of the hash.
    /// `HashBackend::Simd` always wipes. The example `capacity` shows the cost.
    pub wipe_memory: bool,
    /// Whether password hashes are sealed under the builder's [`keyring`](crate::AuthBuilder::keyring), so that a stolen store
    /// alone leaves nothing to brute-force; default off.
    pub sealing: HashSealing,
    /// The mix of costs among stored hashes, which the responses to unknown addresses imitate; default none: all cost as much
    /// as a new hash. See [`CostProfile`].
    pub profiles: Vec<CostProfile>,
    /// Whether password hashes of other systems, of any scheme but Argon2id, may be imported and verified; default `false`. It
    /// needs the feature `legacy-hashes`. The feature alone changes nothing, so that no dependency can switch weaker schemes on.
    pub legacy: bool,
}

impl Default for HashingConfig {
    fn default() -> Self {
        Self {
            params: HashParams::default(),
            backend: HashBackend::default(),
            threads: None,
            queue_per_thread: 32,
            release_after: None,
            wipe_memory: false,
            sealing: HashSealing::default(),
            profiles: Vec::new(),
            legacy: false,
        }
    }
}

/// Whether stored password hashes are sealed. A hash stored other than configured is converted when its owner signs in, or by
/// [`Operator::reseal`](crate::Operator::reseal).
///
/// To turn sealing on across several processes: give all of them the keyring, then set all of them to [`On`](Self::On), reseal
/// every user, and set all of them to [`Enforced`](Self::Enforced). A process without the keyring cannot read what another has
/// sealed.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum HashSealing {
    /// New hashes are not sealed. Sealed ones stay sealed, under the current key.
    #[default]
    Off,
    /// Hashes are sealed. Unsealed ones are still accepted.
    On,
    /// Hashes are sealed, and unsealed ones are never evaluated: an attacker who can write to the store gains nothing by
    /// replacing a user's hash with that of a password they know. Use it once every user has been resealed.
    Enforced,
    /// Removes all seals, for a host that gives up its keyring. A stolen store can then be brute-forced.
    DangerRemove,
}

/// The share of one cost among the stored hashes.
///
/// Imported hashes take more or less time than new ones, so response times reveal which addresses have accounts (account
/// enumeration). With profiles, each unknown address gets one of these costs, in proportion to their shares and always the same
/// one. This needs an [`index_key`](crate::AuthBuilder::index_key): without one an address would get another cost at every
/// start.
///
/// Keep the order of the profiles and reduce their shares as hashes are replaced; then few addresses change their cost.
///
/// ```
/// use doorward::config::CostProfile;
/// use doorward::hashing::HashParams;
///
/// // 700 users were imported with hashes of 12 MiB, 300 have new ones.
/// let old = HashParams::OWASP_12_MIB;
/// let profiles = vec![CostProfile::new(old.into(), 700), CostProfile::new(HashParams::default().into(), 300)];
/// ```
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct CostProfile {
    /// The cost, as returned by [`PasswordHash::cost`](crate::hashing::PasswordHash::cost) for such a hash.
    pub cost: HashCost,
    /// How many hashes have it, at least 1; only the proportion counts.
    pub share: u32,
}

impl CostProfile {
    /// A profile of this many hashes with this cost.
    pub fn new(cost: HashCost, share: u32) -> Self {
        Self { cost, share }
    }
}

impl HashingConfig {
    pub(super) fn validate(&self, has_keyring: bool, has_index_key: bool) -> Result<(), ConfigError> {
        if !(2..=4_096).contains(&self.queue_per_thread) {
            return Err(ConfigError::new("hashing.queue_per_thread", "is not between 2 and 4,096"));
        }
        if self.release_after.is_some_and(|after| after < Duration::from_secs(1)) {
            return Err(ConfigError::new("hashing.release_after", "is below a second"));
        }
        if self.sealing != HashSealing::Off && !has_keyring {
            return Err(ConfigError::new("hashing.sealing", "needs a keyring"));
        }
        if self.legacy && cfg!(not(feature = "legacy-hashes")) {
            return Err(ConfigError::new("hashing.legacy", "needs the feature legacy-hashes"));
        }
        if !self.profiles.is_empty() && !has_index_key {
            return Err(ConfigError::new("hashing.profiles", "needs an index key"));
        }
        if !self.legacy && self.profiles.iter().any(|profile| profile.cost.is_legacy()) {
            return Err(ConfigError::new(
                "hashing.profiles",
                "has costs of schemes that hashing.legacy does not accept",
            ));
        }
        if self.profiles.iter().any(|profile| profile.share == 0) {
            return Err(ConfigError::new("hashing.profiles", "has a share of 0"));
        }
        Ok(())
    }

    /// Whether hashes of that scheme may be verified.
    pub(crate) fn accepts(&self, scheme: HashScheme) -> bool {
        scheme == HashScheme::Argon2id || self.legacy
    }

    /// The cost of the dummy for an address without a password, drawn by its seed.
    pub(crate) fn dummy_cost(&self, seed: &Digest) -> HashCost {
        let total: u64 = self.profiles.iter().map(|profile| u64::from(profile.share)).sum();
        // The last eight bytes, since the first ones become the salt.
        let drawn = seed.as_bytes().last_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        let mut place = drawn.checked_rem(total).unwrap_or(0);
        for profile in &self.profiles {
            match place.checked_sub(profile.share.into()) {
                Some(rest) => place = rest,
                None => return profile.cost,
            }
        }
        self.params.into()
    }

    /// The most memory that a thread keeps between hashes, in KiB.
    pub(crate) fn kept_memory_kib(&self) -> usize {
        let costs = self.profiles.iter().map(|profile| profile.cost).chain([self.params.into()]);
        costs.map(|cost| cost.memory_kib()).max().unwrap_or(0)
    }
}
