use core::num::NonZeroUsize;
use core::time::Duration;

use super::ConfigError;
use crate::hashing::{HashBackend, HashCost, HashParams};
use crate::types::Digest;

/// Password hashing.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HashingConfig {
    /// Cost of new hashes. Hashes of another cost are replaced when their owner signs in.
    pub params: HashParams,
    /// Which library computes Argon2.
    pub backend: HashBackend,
    /// How many threads hash, each with memory of its own: default, as many as the machine runs in parallel.
    pub threads: Option<NonZeroUsize>,
    /// How many hashes may be waiting for or running on each thread, 2 to 4,096; default 32. Half of all these places
    /// are kept for tries with a known device and for signed-in users.
    pub queue_per_thread: usize,
    /// After how long without work a thread gives its memory back, at least a second; default never. The first hash after
    /// that takes longer, since the kernel hands the memory out anew: up to twice as long at 46 MiB and one pass.
    pub release_after: Option<Duration>,
    /// Whether a thread overwrites its memory with zeros after each hash; default no. What a hash leaves there is not the
    /// password, but somebody who can read the process's memory could guess passwords from it without the hash's cost.
    /// `HashBackend::Simd` always does. The example `capacity` shows what it costs.
    pub wipe_memory: bool,
    /// Whether password hashes are kept sealed under the builder's [`keyring`](crate::AuthBuilder::keyring), so that a
    /// stolen store alone gives nothing to guess against; default off.
    pub sealing: HashSealing,
    /// The mix of costs among stored hashes, by which unknown addresses are answered; default none: all cost as much as a
    /// new hash. See [`CostProfile`].
    pub profiles: Vec<CostProfile>,
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
        }
    }
}

/// Whether password hashes are kept sealed. What is stored otherwise than wanted is changed when its owner signs in, or by
/// [`Operator::reseal`](crate::Operator::reseal).
///
/// To turn it on where several processes run: give all of them the keyring, then turn all of them [`On`](Self::On), then
/// reseal every user, then turn all of them to [`Enforced`](Self::Enforced). A process without the keyring cannot read what
/// another has sealed.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum HashSealing {
    /// New hashes are not sealed. Those that are stay so, under the current key.
    #[default]
    Off,
    /// Hashes are sealed. One that is not sealed yet works.
    On,
    /// Hashes are sealed, and one that is not is never evaluated: somebody who can write to the store gains nothing by
    /// putting a hash of a password they know in another's place. For when every user was resealed.
    Enforced,
    /// Takes the seals off again, for a host that gives its keyring up. A stolen store can then be guessed against.
    DangerRemove,
}

/// How many of the stored hashes are of one cost.
///
/// Imported hashes take longer or shorter than new ones, and the time of an answer then tells that an address is known. With
/// profiles each unknown address is given one of these costs, in their proportion and always the same one. It takes an
/// [`index_key`](crate::AuthBuilder::index_key): without one an address would be given another cost at every start.
///
/// Keep the order of profiles and let their shares shrink as hashes are replaced: then few addresses change theirs.
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
    /// The cost: [`PasswordHash::cost`](crate::hashing::PasswordHash::cost) of such a hash.
    pub cost: HashCost,
    /// How many hashes have it; only the proportion counts. At least 1.
    pub share: u32,
}

impl CostProfile {
    /// So many hashes of that cost.
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
        if !self.profiles.is_empty() && !has_index_key {
            return Err(ConfigError::new("hashing.profiles", "needs an index key"));
        }
        if self.profiles.iter().any(|profile| profile.share == 0) {
            return Err(ConfigError::new("hashing.profiles", "has a share of 0"));
        }
        Ok(())
    }

    /// The cost of the dummy that is verified for an address without a password, by what its seed falls on.
    pub(crate) fn dummy_cost(&self, seed: &Digest) -> HashCost {
        let total: u64 = self.profiles.iter().map(|profile| u64::from(profile.share)).sum();
        // The last eight bytes: the first ones become the salt.
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

    /// The most memory that a thread keeps from one hash to the next, in KiB.
    pub(crate) fn kept_memory_kib(&self) -> usize {
        let costs = self.profiles.iter().map(|profile| profile.cost).chain([self.params.into()]);
        costs.map(|cost| cost.memory_kib()).max().unwrap_or(0)
    }
}
